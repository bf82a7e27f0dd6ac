//! `cdi export scai`: SCAI attribute reports, version 0.3 (`spec/predicates/scai.md` of the in-toto attestation framework).

use std::collections::BTreeSet;
use std::process::ExitCode;

use cdi_types::{ArtifactDigest, CatalogueDigest, Effect, Name, PolicyDigest, StatementId, Timestamp};
use cdi_verify::Vote;
use clap::Args;
use serde::Serialize;

use super::outgoing::Outgoing;
use super::report::{Counted, counted, tool_key};
use super::statement::{Descriptor, Statement};
use super::view::{Shown, View, Viewing, assumed, nothing};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

const TYPE: &str = "https://in-toto.io/attestation/scai/v0.3";

/// Write what reports show of an artifact as SCAI attributes.
///
/// One statement for each report about the artifact that counts by a principal's policy. An attribute is a property that
/// this report shows, with the report as its evidence; its conditions name the policy, the catalogue, the certifications and
/// the time by which that is so. What the policy only assumes of the artifact is not written; where it assumes something of
/// what the artifact was made from, the conditions say of what.
///
///   cdi export scai app.cwasm --principal developer --key export.pem --out app.scai.intoto.jsonl
///   cdi export scai app.cwasm --principal developer --report c777f9d3122d --unsigned
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Scai {
    #[command(flatten)]
    viewing: Viewing,
    /// Of this report alone, by its id or the first digits: it need not be about the artifact itself
    #[arg(long, value_name = "ID")]
    report: Option<IdPrefix>,
    #[command(flatten)]
    outgoing: Outgoing,
}

#[derive(Serialize)]
struct AttributeReport {
    attributes: Vec<Assertion>,
    producer: Descriptor,
}

#[derive(Serialize)]
struct Assertion {
    attribute: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Descriptor>,
    conditions: Conditions,
    evidence: Descriptor,
}

/// Under what the attribute is asserted. SCAI leaves the members to the producer: these are CDI's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Conditions {
    principal: Name,
    policy: PolicyDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalogue: Option<CatalogueDigest>,
    shown_at: Timestamp,
    quorum: u8,
    /// The artifacts of which the policy takes the property as given, where a step only preserves it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    assumed_of: BTreeSet<ArtifactDigest>,
    certifications: Vec<Certified>,
}

#[derive(Serialize)]
struct Certified {
    statement: StatementId,
    tool: String,
    effect: &'static str,
    authorities: Vec<Name>,
}

impl Scai {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.outgoing.foresee()?;
        let looked = self.viewing.look()?;
        let view = looked.view()?;
        let counted = counted(&view, self.report.as_ref())?;
        let payloads = counted.iter().filter_map(|one| statement(&view, one));
        let payloads = payloads.map(|statement| statement.payload()).collect::<Result<Vec<_>, Failure>>()?;
        if payloads.is_empty() {
            return Err(nothing("by this policy these reports show no property"));
        }
        self.outgoing.write(&payloads, view.provenance())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The attributes of a report; `None` if it shows none.
fn statement(view: &View<'_>, counted: &Counted<'_>) -> Option<Statement<AttributeReport>> {
    let shows: Vec<_> = counted.shows.iter().filter(|(_, shown)| !shown.property.is_step()).collect();
    let mut subjects = Vec::new();
    for (artifact, _) in &shows {
        let subject = Descriptor::artifact(counted.path(*artifact), *artifact);
        subjects.extend((!subjects.contains(&subject)).then_some(subject));
    }
    let several = subjects.len() > 1;
    let attribute = |(artifact, shown): &&(ArtifactDigest, Shown)| Assertion {
        attribute: shown.property.to_string(),
        target: several.then(|| Descriptor::artifact(counted.path(*artifact), *artifact)),
        conditions: conditions(view, shown),
        evidence: Descriptor::statement("report", counted.report.id()),
    };
    let attributes: Vec<Assertion> = shows.iter().map(attribute).collect();
    let tool = counted.report.predicate().tool.executables.first()?;
    let producer = Descriptor::file(&tool.path, tool.sha256.sha256()).at(tool_key(counted.report.issuer()));
    let report = AttributeReport { attributes, producer };
    (!subjects.is_empty()).then(|| Statement::new(TYPE, subjects, report))
}

fn conditions(view: &View<'_>, shown: &Shown) -> Conditions {
    let certified = |vote: &Vote| Certified {
        statement: vote.certification,
        tool: vote.tool.to_string(),
        effect: Effect::as_str(vote.effect),
        authorities: vote.authorities.to_vec(),
    };
    Conditions {
        principal: view.policy().principal().clone(),
        policy: view.policy().digest(),
        catalogue: view.policy().catalogue(),
        shown_at: view.at(),
        quorum: shown.quorum,
        assumed_of: assumed(&shown.proof),
        certifications: shown.votes.iter().map(certified).collect(),
    }
}
