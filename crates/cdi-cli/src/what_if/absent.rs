//! Evidence with lines taken out.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::Envelope;
use cdi_types::{AnyStatement, Bundle, KeyId, Line, StatementId, Unverified, parse_statement};

use crate::failure::Failure;
use crate::what_if::switches::Switch;
use crate::whose;

/// What the lines of the evidence say of themselves, as far as a switch asks. Nothing is verified: a line that lies about
/// its issuer is discarded by the decision anyway.
pub(crate) struct Lines {
    lines: Vec<OneLine>,
}

struct OneLine {
    number: usize,
    bytes: Vec<u8>,
    id: Option<StatementId>,
    /// Whose word the whole line is.
    issuer: Option<KeyId>,
    /// The authority that it endorses.
    endorses: Option<KeyId>,
    /// The keys that its signatures name, where there are several.
    countersigners: BTreeSet<KeyId>,
}

/// What is taken out: whole lines, by their numbers, and signatures of keys from others.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Absent {
    lines: BTreeSet<usize>,
    signatures: BTreeMap<usize, BTreeSet<KeyId>>,
}

impl Absent {
    /// What these switches take out together.
    pub(crate) fn of<'s>(switches: impl Iterator<Item = &'s Switch>, lines: &Lines) -> Self {
        let mut absent = Self::default();
        for switch in switches {
            for line in &lines.lines {
                if line.goes_with(switch) {
                    absent.lines.insert(line.number);
                } else if let Some(keys) = switch.keys() {
                    let signed: Vec<KeyId> = line.countersigners.intersection(keys).copied().collect();
                    if !signed.is_empty() {
                        absent.signatures.entry(line.number).or_default().extend(signed);
                    }
                }
            }
        }
        absent.signatures.retain(|line, _| !absent.lines.contains(line));
        absent
    }

    /// How many lines are not as they were.
    pub(crate) fn count(&self) -> usize {
        self.lines.len() + self.signatures.len()
    }
}

impl OneLine {
    fn of(line: Line<'_>) -> Self {
        let bare = Self {
            number: line.number,
            bytes: line.bytes.to_vec(),
            id: None,
            issuer: None,
            endorses: None,
            countersigners: BTreeSet::new(),
        };
        let Ok(envelope) = Envelope::parse(line.bytes) else { return bare };
        let envelope = envelope.into_untrusted();
        let Ok((id, statement)) = parse_statement(envelope.payload()) else { return bare };
        let hinted = envelope.signatures().filter_map(|(hint, _)| KeyId::parse(hint?).ok());
        let countersigners = if envelope.signatures().len() > 1 { hinted.collect() } else { BTreeSet::new() };
        let endorses =
            whose::brought(&statement).filter(|_| matches!(statement, AnyStatement::Endorsement(_)));
        Self { id: Some(id), issuer: whose::issuer(&statement), endorses, countersigners, ..bare }
    }

    fn goes_with(&self, switch: &Switch) -> bool {
        match switch.keys() {
            None => self.id.is_some() && self.id == switch.statement(),
            Some(keys) => [self.issuer, self.endorses].into_iter().flatten().any(|key| keys.contains(&key)),
        }
    }

    /// The line without the signatures that name these keys; `None` if no signature is left.
    fn without(&self, keys: &BTreeSet<KeyId>) -> Option<Vec<u8>> {
        let mut envelope: serde_json::Value = serde_json::from_slice(&self.bytes).ok()?;
        let signatures = envelope.get_mut("signatures")?.as_array_mut()?;
        let names_none = |signature: &serde_json::Value| {
            let named = signature.get("keyid").and_then(|hint| KeyId::parse(hint.as_str()?).ok());
            named.is_none_or(|key| !keys.contains(&key))
        };
        signatures.retain(names_none);
        if signatures.is_empty() { None } else { serde_json::to_vec(&envelope).ok() }
    }
}

impl Lines {
    pub(crate) fn of(bundle: &Unverified<Bundle>) -> Self {
        Self { lines: bundle.as_untrusted().lines().map(OneLine::of).collect() }
    }

    /// The evidence without what is absent. A line that is taken out leaves an empty one, so that all others keep their numbers.
    pub(crate) fn without(&self, absent: &Absent) -> Result<Unverified<Bundle>, Failure> {
        let mut bytes = Vec::new();
        let mut number = 1;
        for line in &self.lines {
            bytes.extend(std::iter::repeat_n(b'\n', line.number.saturating_sub(number)));
            number = line.number;
            match absent.signatures.get(&line.number) {
                _ if absent.lines.contains(&line.number) => {}
                Some(keys) => bytes.extend(line.without(keys).unwrap_or_default()),
                None => bytes.extend(&line.bytes),
            }
        }
        Ok(Bundle::parse(bytes)?)
    }
}
