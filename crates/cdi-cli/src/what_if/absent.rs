//! Evidence with lines taken out.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::{Budget, Envelope};
use cdi_types::{AnyStatement, Bundle, KeyId, Line, StatementId, Unverified, parse_statement};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::what_if::signers::Signers;
use crate::what_if::switches::Switch;
use crate::whose;

/// The lines of the evidence that say anything, with whose word each is. Of its issuer and of whom it endorses a line tells
/// itself: one that lies about that is discarded by the decision anyway. Whose signatures stand beneath it was verified.
pub(crate) struct Lines {
    lines: Vec<OneLine>,
    /// The lines of each statement, and the lines that are gone or changed with each key, by their places in `lines`.
    of_statement: BTreeMap<StatementId, Vec<usize>>,
    of_key: BTreeMap<KeyId, Vec<usize>>,
    signers: Known,
}

/// Whether it is known of every line who signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    All,
    NotAll,
}

struct OneLine {
    /// The line's number in the evidence.
    number: usize,
    bytes: Vec<u8>,
    id: StatementId,
    /// Whose the whole line is: the issuer's, and the authority's that it endorses.
    belongs_to: BTreeSet<KeyId>,
    /// The places of the signatures that keys of authorities have made.
    signatures: BTreeMap<KeyId, BTreeSet<usize>>,
    /// How many signatures there are.
    signed: usize,
}

/// What is taken out: whole lines, and signatures from others, by their places.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Absent {
    lines: BTreeSet<usize>,
    signatures: BTreeMap<usize, BTreeSet<usize>>,
}

impl Absent {
    /// What these switches take out together.
    pub(crate) fn of<'s>(switches: impl Iterator<Item = &'s Switch>, lines: &Lines) -> Self {
        let mut absent = Self::default();
        for switch in switches {
            let of_statement = switch.statement().and_then(|id| lines.of_statement.get(&id));
            absent.lines.extend(of_statement.into_iter().flatten());
            for key in switch.keys().into_iter().flatten() {
                absent.take(*key, lines);
            }
        }
        let left = |(at, cut): (&usize, &BTreeSet<usize>)| {
            lines.lines.get(*at).is_none_or(|line| cut.len() >= line.signed).then_some(*at)
        };
        let bare: Vec<usize> = absent.signatures.iter().filter_map(left).collect();
        absent.lines.extend(bare);
        absent.signatures.retain(|line, _| !absent.lines.contains(line));
        absent
    }

    /// What is gone with a key.
    fn take(&mut self, key: KeyId, lines: &Lines) {
        let places = lines.of_key.get(&key).into_iter().flatten();
        for (at, line) in places.filter_map(|at| Some((*at, lines.lines.get(*at)?))) {
            if line.belongs_to.contains(&key) {
                self.lines.insert(at);
            } else if let Some(cut) = line.signatures.get(&key) {
                self.signatures.entry(at).or_default().extend(cut);
            }
        }
    }

    /// How many lines are not as they were.
    pub(crate) fn count(&self) -> usize {
        self.lines.len() + self.signatures.len()
    }
}

impl OneLine {
    /// A line; none if it has no statement, since it says nothing in any combination.
    fn of(line: Line<'_>, signers: &Signers, budget: &mut Budget) -> Option<(Self, Known)> {
        let envelope = Envelope::parse(line.bytes).ok()?.into_untrusted();
        let (id, statement) = parse_statement(envelope.payload()).ok()?;
        let endorses =
            whose::brought(&statement).filter(|_| matches!(statement, AnyStatement::Endorsement(_)));
        let belongs_to = whose::issuer(&statement).into_iter().chain(endorses).collect();
        let (signatures, known) = match signers.of(id, &envelope, budget) {
            Ok(signatures) => (signatures, Known::All),
            Err(_) => (BTreeMap::new(), Known::NotAll),
        };
        let (number, bytes, signed) = (line.number, line.bytes.to_vec(), envelope.signatures().len());
        Some((Self { number, bytes, id, belongs_to, signatures, signed }, known))
    }

    /// The line without these signatures; every other byte of it is as it was.
    fn without(&self, cut: &BTreeSet<usize>) -> Result<Vec<u8>, Failure> {
        #[derive(Deserialize)]
        struct Signed<'l> {
            #[serde(borrow)]
            signatures: Vec<&'l RawValue>,
        }
        let broken = || Failure::failed("internal", format!("line {} cannot be cut", self.number));
        let signed: Signed<'_> = serde_json::from_slice(&self.bytes).map_err(|_| broken())?;
        let parts: Vec<&str> = signed.signatures.iter().map(|signature| signature.get()).collect();
        let start = self.bytes.as_ptr().addr();
        let place = |part: &&str| part.as_ptr().addr().checked_sub(start);
        let first = parts.first().and_then(place).ok_or_else(broken)?;
        let last = parts.last().and_then(|part| Some(place(part)? + part.len())).ok_or_else(broken)?;
        let kept = parts.iter().enumerate().filter(|(at, _)| !cut.contains(at)).map(|(_, part)| *part);
        let kept = kept.collect::<Vec<_>>().join(",");
        let (before, after) = (self.bytes.get(..first), self.bytes.get(last..));
        let (before, after) = before.zip(after).ok_or_else(broken)?;
        Ok([before, kept.as_bytes(), after].concat())
    }
}

impl Lines {
    pub(crate) fn of(bundle: &Unverified<Bundle>, signers: &Signers) -> Self {
        let mut budget = signers.budget();
        let mut all = Self {
            lines: Vec::new(),
            of_statement: BTreeMap::new(),
            of_key: BTreeMap::new(),
            signers: Known::All,
        };
        for (line, known) in
            bundle.as_untrusted().lines().filter_map(|line| OneLine::of(line, signers, &mut budget))
        {
            if known == Known::NotAll {
                all.signers = Known::NotAll;
            }
            all.push(line);
        }
        all
    }

    fn push(&mut self, line: OneLine) {
        let at = self.lines.len();
        self.of_statement.entry(line.id).or_default().push(at);
        let keys: BTreeSet<KeyId> = line.belongs_to.iter().chain(line.signatures.keys()).copied().collect();
        keys.into_iter().for_each(|key| self.of_key.entry(key).or_default().push(at));
        self.lines.push(line);
    }

    /// The same without the lines of these numbers.
    pub(crate) fn dropping(self, numbers: &BTreeSet<usize>) -> Self {
        let mut left = Self {
            lines: Vec::new(),
            of_statement: BTreeMap::new(),
            of_key: BTreeMap::new(),
            signers: self.signers,
        };
        let kept = self.lines.into_iter().filter(|line| !numbers.contains(&line.number));
        kept.for_each(|line| left.push(line));
        left
    }

    /// Whether it is known of every line who signed it: only then is it known what is absent with whom.
    pub(crate) fn is_known(&self) -> bool {
        self.signers == Known::All
    }

    pub(crate) fn count(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lines.iter().map(|line| line.bytes.len()).sum()
    }

    /// The evidence without what is absent, the rest in its order.
    pub(crate) fn without(&self, absent: &Absent) -> Result<Unverified<Bundle>, Failure> {
        let mut bytes = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            match absent.signatures.get(&at) {
                _ if absent.lines.contains(&at) => continue,
                Some(cut) => bytes.extend(line.without(cut)?),
                None => bytes.extend(&line.bytes),
            }
            bytes.push(b'\n');
        }
        Ok(Bundle::parse(bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_cut_and_every_other_byte_stays() {
        let line = |text: &str| OneLine {
            number: 1,
            bytes: text.as_bytes().to_vec(),
            id: StatementId::of(b""),
            belongs_to: BTreeSet::new(),
            signatures: BTreeMap::new(),
            signed: 3,
        };
        let text =
            r#"{"x":1e999, "signatures" : [ {"sig":"a","y":[{}]} , {"sig":"b"},{"sig":"c"} ],"payload":"{"}"#;
        let cut = |places: &[usize]| {
            let cut = line(text).without(&places.iter().copied().collect());
            String::from_utf8(cut.unwrap_or_default()).unwrap()
        };
        let with = |left: &str| {
            let all = r#"{"sig":"a","y":[{}]} , {"sig":"b"},{"sig":"c"}"#;
            text.replace(all, left)
        };
        assert_eq!(cut(&[0]), with(r#"{"sig":"b"},{"sig":"c"}"#));
        assert_eq!(cut(&[1]), with(r#"{"sig":"a","y":[{}]},{"sig":"c"}"#));
        assert_eq!(cut(&[0, 2]), with(r#"{"sig":"b"}"#));
        assert!(line("{}").without(&BTreeSet::new()).is_err());
    }
}
