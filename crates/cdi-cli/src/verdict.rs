//! A verdict as a value that can be written: the JSON of `--output json`, and what the text is made from.
//!
//! The schema is published in `docs/schema/verdict.v1.json`.

use std::path::Path;

use cdi_placement::Foreseen;
use cdi_policy::Request;
use cdi_store::Sources;
use cdi_types::{ArtifactDigest, CatalogueDigest, KeyId, PolicyDigest, StatementId, Timestamp};
use cdi_verify::Provenance;
use serde::{Deserialize, Serialize};

use crate::decision::{Outcome, Walk};
use crate::failure::Kind;
use crate::judged::Judging;
use crate::no_bundle::NoBundle;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    pub(crate) verdict: Word,
    pub(crate) artifact: ArtifactDigest,
    pub(crate) decided_at: Timestamp,
    pub(crate) catalogue: CatalogueDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grants: Option<Grants>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Shown>,
    pub(crate) principals: Vec<Principal>,
    pub(crate) evidence: Evidence,
}

#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    Allow,
    Deny,
    Unknown,
}

impl From<Foreseen> for Word {
    fn from(foreseen: Foreseen) -> Self {
        match foreseen {
            Foreseen::Allow => Self::Allow,
            Foreseen::Unknown => Self::Unknown,
            Foreseen::Deny => Self::Deny,
        }
    }
}

impl Word {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        }
    }

    /// How a command ends that had to allow; `None` if it did.
    pub(crate) const fn refusal(self) -> Option<Kind> {
        match self {
            Self::Allow => None,
            Self::Deny => Some(Kind::Denied),
            Self::Unknown => Some(Kind::Undecided),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) provides: Vec<String>,
    pub(crate) asserted_by: String,
}

/// What the program was to be given.
#[derive(Serialize)]
pub(crate) struct Grants {
    pub(crate) directories: Vec<Directory>,
    /// Names of variables. Their values are the program's business.
    pub(crate) environment: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Directory {
    pub(crate) name: String,
    pub(crate) access: &'static str,
}

impl Grants {
    fn asked(request: &Request) -> Option<Self> {
        let directories = request
            .directories
            .iter()
            .map(|wanted| Directory { name: wanted.name.to_string(), access: wanted.access.as_str() });
        let environment = request.environment.iter().map(|(name, _)| name.clone());
        let grants = Self { directories: directories.collect(), environment: environment.collect() };
        (!grants.directories.is_empty() || !grants.environment.is_empty()).then_some(grants)
    }
}

/// A rule that was not met.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The authority that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authority: Option<KeyId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Principal {
    pub(crate) name: String,
    pub(crate) policy: PolicyDigest,
    pub(crate) verdict: Word,
    /// What was left for the place to provide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) residual: Option<String>,
    pub(crate) reasons: Vec<Shows>,
    pub(crate) failures: Vec<Failed>,
}

/// A part of a requirement, with its proof.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shows {
    pub(crate) question: String,
    pub(crate) proof: Vec<Step>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) artifact: ArtifactDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) ground: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<StatementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quorum: Option<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) votes: Vec<Speaks>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Speaks {
    pub(crate) tool: String,
    pub(crate) effect: &'static str,
    pub(crate) certification: StatementId,
    pub(crate) authorities: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) endorsements: Vec<StatementId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) renews: Vec<StatementId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failed {
    pub(crate) requirement: String,
    #[serde(flatten)]
    pub(crate) shown: Shown,
    pub(crate) causes: Vec<Cause>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cause {
    pub(crate) question: String,
    pub(crate) obstacles: Vec<Shown>,
}

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

impl Document {
    pub(crate) fn new(walk: &Walk, outcome: &Outcome, decided_at: Timestamp) -> Self {
        let environment = walk.environment.as_ref().map(|place| Place {
            name: place.name.clone(),
            provides: place.provides.iter().map(ToString::to_string).collect(),
            asserted_by: place.asserted_by.to_string(),
        });
        let (verdict, error, mut principals) = Judging::of(walk, outcome).judged();
        let evidence = evidence(walk, outcome);
        let failures = principals.iter_mut().flat_map(|principal| &mut principal.failures);
        failures.for_each(|failure| look_at_the_evidence(failure, &evidence));
        Self {
            verdict,
            artifact: walk.artifact.digest(),
            decided_at,
            catalogue: walk.catalogue.digest(),
            environment,
            grants: Grants::asked(&walk.request),
            error,
            principals,
            evidence,
        }
    }
}

/// A report whose bundle is missing or whose line was discarded is not there for the decision, and that is the cause.
fn look_at_the_evidence(failure: &mut Failed, evidence: &Evidence) {
    if !matches!(failure.shown.code, "no-report" | "report-key-uncertified") {
        return;
    }
    if let Some(missing) = &evidence.missing_bundle {
        let hint = format!("put the artifact's bundle beside it as `{missing}`, or name it with `--bundle`");
        failure.shown.hint = Some(hint);
    } else if evidence.discarded.iter().any(|line| line.code == "issuer-key-unknown") {
        let hint =
            "add what brings the missing key, a certification or an endorsement, with `cdi bundle add`";
        failure.shown.hint = Some(hint.to_owned());
    } else if !evidence.discarded.is_empty() {
        let hint = "lines of the bundle were discarded: what is wrong with them may be the cause";
        failure.shown.hint = Some(hint.to_owned());
    }
}

/// How many of the lists no bundle has: this host remembers them.
fn remembered(sources: &Sources, provenance: &Provenance) -> usize {
    let lines = provenance.revocations().iter().filter_map(|list| provenance.line_of_list(list.id()));
    lines.filter(|line| sources.remembered(*line).is_some()).count()
}

fn evidence(walk: &Walk, outcome: &Outcome) -> Evidence {
    let sources = &walk.evidence.sources;
    let read = Evidence {
        bundles: sources.paths().map(|path| path.display().to_string()).collect(),
        missing_bundle: walk.no_bundle.as_ref().map(|path| path.display().to_string()),
        ..Evidence::default()
    };
    let Some(provenance) = outcome.provenance.as_ref().map(cdi_verify::Verified::get) else { return read };
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
    Evidence {
        reports: provenance.reports().len(),
        certifications: provenance.certifications().len(),
        endorsements: provenance.endorsements().len(),
        origins: provenance.origins().len(),
        revocation_lists: provenance.revocations().len(),
        remembered_lists: remembered(sources, provenance),
        signature_verifications: provenance.verifications(),
        discarded: discarded.collect(),
        no_bundles,
        ..read
    }
}
