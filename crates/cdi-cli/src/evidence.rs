//! What was read for an answer, what of it could not be used, and what that has to do with what is missing.

use std::collections::BTreeMap;
use std::path::Path;

use cdi_envelope::Envelope;
use cdi_store::Sources;
use cdi_types::{AnyStatement, ArtifactDigest, KeyId, limits, parse_statement};
use cdi_verify::{Provenance, Verified};
use serde::Serialize;

use crate::count;
use crate::decision::Walk;
use crate::no_bundle::NoBundle;
use crate::shown::{Lacking, Shown};
use crate::terminal::plain;

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evidence {
    /// The files that were read.
    pub(crate) bundles: Vec<String>,
    /// The file that was looked for beside the artifact and is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missing_bundle: Option<String>,
    pub(crate) reports: usize,
    pub(crate) certifications: usize,
    pub(crate) endorsements: usize,
    pub(crate) origins: usize,
    pub(crate) revocation_lists: usize,
    pub(crate) editions: usize,
    pub(crate) waivers: usize,
    pub(crate) remembered_lists: usize,
    pub(crate) signature_verifications: usize,
    pub(crate) discarded: Vec<Discarded>,
    /// For people, in place of each of their lines.
    #[serde(skip)]
    pub(crate) no_bundles: Vec<NoBundle>,
}

#[derive(Serialize)]
pub(crate) struct Discarded {
    pub(crate) bundle: String,
    /// In that bundle, from 1.
    pub(crate) line: usize,
    pub(crate) code: &'static str,
    pub(crate) reason: String,
    #[serde(skip)]
    says: Says,
}

/// What a line that was discarded says of itself. Nobody vouches for it: it explains, and decides nothing.
enum Says {
    /// It is a report about these.
    Report(Vec<ArtifactDigest>),
    /// It is a certification of this report key.
    Certification(KeyId),
    /// It is something else.
    Other,
    /// It cannot be read.
    Unreadable,
}

impl Says {
    fn of(line: &[u8]) -> Self {
        let Ok(envelope) = Envelope::parse(line) else { return Self::Unreadable };
        match parse_statement(envelope.into_untrusted().payload()) {
            Ok((_, AnyStatement::Report(report))) => {
                Self::Report(report.subject().iter().map(|subject| subject.digest).collect())
            }
            Ok((_, AnyStatement::Certification(certification))) => {
                Self::Certification(certification.predicate().report_key.key_id())
            }
            Ok(_) => Self::Other,
            Err(_) => Self::Unreadable,
        }
    }

    /// Whether the line could be what is lacking.
    fn could_be(&self, lacking: Lacking) -> bool {
        match (self, lacking) {
            (Self::Report(about), Lacking::Report(artifact)) => about.contains(&artifact),
            (Self::Certification(of), Lacking::Certification(key)) => *of == key,
            (Self::Unreadable, _) => true,
            (Self::Report(_) | Self::Certification(_) | Self::Other, _) => false,
        }
    }
}

/// Whether what was discarded may be what an answer lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needed {
    /// Nothing is lacking.
    No,
    /// Something is.
    Perhaps,
}

/// The codes of lines of whose signers nobody knows: nobody brought the key, or there are too many such lines.
const STRANGERS: [&str; 2] = ["issuer-key-unknown", "limit-strangers"];

impl Evidence {
    /// What there is, signatures verified; no provenance if the bundle was refused as a whole.
    pub(crate) fn of(walk: &Walk, provenance: Option<&Verified<Provenance>>) -> Self {
        let sources = &walk.evidence.sources;
        let read = Self {
            bundles: sources.paths().map(|path| path.display().to_string()).collect(),
            missing_bundle: walk.no_bundle.as_ref().map(|path| path.display().to_string()),
            ..Self::default()
        };
        let Some(provenance) = provenance.map(Verified::get) else { return read };
        // A list that is remembered, of an authority that has no part in this decision, is no evidence that was discarded.
        let lines = match provenance.discarded() {
            [] => BTreeMap::new(),
            _ => {
                walk.evidence.together.as_untrusted().lines().map(|line| (line.number, line.bytes)).collect()
            }
        };
        let of_bundles = provenance.discarded().iter().filter(|line| sources.remembered(line.line).is_none());
        let mut read_again = 0_usize;
        let discarded = of_bundles.map(|discarded| {
            let (bundle, line) = sources.of(discarded.line).unwrap_or((Path::new(""), discarded.line));
            let (bundle, reason) = (bundle.display().to_string(), discarded.reason.clone());
            let line_bytes = lines.get(&discarded.line).copied().unwrap_or_default();
            read_again = read_again.saturating_add(line_bytes.len());
            // As much as is read of strangers at all; what lies beyond could be anything.
            let again = read_again <= limits::STRANGERS_BYTES;
            let says = if again { Says::of(line_bytes) } else { Says::Unreadable };
            Discarded { bundle, line, code: discarded.code, reason, says }
        });
        // Reading every envelope once more is for whoever has to be told something.
        let no_bundles =
            if provenance.discarded().is_empty() { Vec::new() } else { NoBundle::among(&walk.evidence) };
        Self {
            reports: provenance.reports().len(),
            certifications: provenance.certifications().len(),
            endorsements: provenance.endorsements().len(),
            origins: provenance.origins().len(),
            revocation_lists: provenance.revocations().len(),
            editions: provenance.editions().len(),
            waivers: provenance.waivers().len(),
            remembered_lists: remembered(sources, provenance),
            signature_verifications: provenance.verifications(),
            discarded: discarded.collect(),
            no_bundles,
            ..read
        }
    }

    /// What would mend the lack of a report or a certification, where what was read shows the cause: its bundle is missing,
    /// or its line was discarded.
    pub(crate) fn hint(&self, shown: &Shown) -> Option<String> {
        let lacking = shown.lacks?;
        let mut could_be = self.discarded.iter().filter(|line| line.says.could_be(lacking)).peekable();
        if let Some(missing) = &self.missing_bundle {
            Some(format!("put the artifact's bundle beside it as `{missing}`, or name it with `--bundle`"))
        } else {
            could_be.peek()?;
            let hint = if could_be.any(|line| STRANGERS.contains(&line.code)) {
                "add what brings the missing key, a certification or an endorsement, with `cdi bundle add`"
            } else {
                "lines of the bundle were discarded: what is wrong with them may be the cause"
            };
            Some(hint.to_owned())
        }
    }

    /// What could not be used of the evidence, each in a line for people. Lines by strangers are no more than counted where
    /// nobody needed them: see [`Self::needless`].
    pub(crate) fn unused(&self, needed: Needed) -> Vec<String> {
        let missing = self.missing_bundle.as_ref().map(|missing| {
            format!("no bundle is beside the artifact: there is no file `{}`", plain(missing))
        });
        let told =
            self.in_bundles().filter(|line| needed == Needed::Perhaps || !STRANGERS.contains(&line.code));
        let lines = told.map(|line| {
            let (bundle, reason) = (plain(&line.bundle), plain(&line.reason));
            format!("discarded line {} of {bundle}: {reason} [{}]", line.line, line.code)
        });
        missing.into_iter().chain(self.no_bundles.iter().map(NoBundle::says)).chain(lines).collect()
    }

    /// How many lines strangers signed, for people whom that need not trouble.
    pub(crate) fn needless(&self) -> Option<String> {
        let lines = self.in_bundles().filter(|line| STRANGERS.contains(&line.code)).count();
        let were = match lines {
            0 => return None,
            1 => "was",
            _ => "were",
        };
        let lines = count::of(lines, "line");
        Some(format!("{lines} that nobody vouches for {were} left out; `cdi inspect` shows a bundle's lines"))
    }

    /// How much of what counts no bundle has: whoever changed nothing, and is refused, wants to know where it comes from.
    pub(crate) fn remembers(&self) -> Option<String> {
        let lists = self.remembered_lists;
        let counts = if lists == 1 { "counts" } else { "count" };
        let lists = count::of(lists, "revocation list");
        (self.remembered_lists > 0).then(|| {
            format!("{lists} {counts} that this host remembers, and no bundle here has; `cdi state show` shows them")
        })
    }

    /// The lines that were discarded, of files that are bundles.
    fn in_bundles(&self) -> impl Iterator<Item = &Discarded> {
        let of_a_bundle = |line: &&Discarded| self.no_bundles.iter().all(|none| none.file != line.bundle);
        self.discarded.iter().filter(of_a_bundle)
    }

    /// Gives what was not met the hint that the evidence has for it, if it has one.
    pub(crate) fn mends(&self, shown: &mut Shown) {
        shown.hint = self.hint(shown).or(shown.hint.take());
    }
}

/// How many of the lists no bundle has: this host remembers them.
fn remembered(sources: &Sources, provenance: &Provenance) -> usize {
    let lines = provenance.revocations().iter().filter_map(|list| provenance.line_of_list(list.id()));
    lines.filter(|line| sources.remembered(*line).is_some()).count()
}
