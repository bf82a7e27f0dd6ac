//! What was read for an answer, what of it could not be used, and what that has to do with what is missing.

use std::path::Path;

use cdi_store::Sources;
use cdi_verify::{Provenance, Verified};
use serde::Serialize;

use crate::decision::Walk;
use crate::no_bundle::NoBundle;
use crate::shown::Shown;
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
}

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
        let of_bundles = provenance.discarded().iter().filter(|line| sources.remembered(line.line).is_none());
        let discarded = of_bundles.map(|discarded| {
            let (bundle, line) = sources.of(discarded.line).unwrap_or((Path::new(""), discarded.line));
            let (bundle, reason) = (bundle.display().to_string(), discarded.reason.clone());
            Discarded { bundle, line, code: discarded.code, reason }
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
    pub(crate) fn hint(&self, code: &str) -> Option<String> {
        if !matches!(code, "no-report" | "report-key-uncertified") {
            return None;
        }
        if let Some(missing) = &self.missing_bundle {
            Some(format!("put the artifact's bundle beside it as `{missing}`, or name it with `--bundle`"))
        } else if self.discarded.iter().any(|line| line.code == "issuer-key-unknown") {
            let hint =
                "add what brings the missing key, a certification or an endorsement, with `cdi bundle add`";
            Some(hint.to_owned())
        } else if !self.discarded.is_empty() {
            let hint = "lines of the bundle were discarded: what is wrong with them may be the cause";
            Some(hint.to_owned())
        } else {
            None
        }
    }

    /// What could not be used of the evidence, each in a line for people.
    pub(crate) fn unused(&self) -> Vec<String> {
        let missing = self.missing_bundle.as_ref().map(|missing| {
            format!("no bundle is beside the artifact: there is no file `{}`", plain(missing))
        });
        let in_bundles = |line: &&Discarded| self.no_bundles.iter().all(|none| none.file != line.bundle);
        let lines = self.discarded.iter().filter(in_bundles).map(|line| {
            let (bundle, reason) = (plain(&line.bundle), plain(&line.reason));
            format!("discarded line {} of {bundle}: {reason} [{}]", line.line, line.code)
        });
        missing.into_iter().chain(self.no_bundles.iter().map(NoBundle::says)).chain(lines).collect()
    }

    /// Gives what was not met the hint that the evidence has for it, if it has one.
    pub(crate) fn mends(&self, shown: &mut Shown) {
        shown.hint = self.hint(shown.code).or(shown.hint.take());
    }
}

/// How many of the lists no bundle has: this host remembers them.
fn remembered(sources: &Sources, provenance: &Provenance) -> usize {
    let lines = provenance.revocations().iter().filter_map(|list| provenance.line_of_list(list.id()));
    lines.filter(|line| sources.remembered(*line).is_some()).count()
}
