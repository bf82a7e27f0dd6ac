//! `cdi export vsa`: SLSA verification summaries, version 1. Each is a record, and never a permission.

use std::process::ExitCode;

use cdi_types::{NoDetails, SUMMARY_TYPE, StatementId, Verification, WrittenSummary};
use clap::Args;

use super::decided::{Decided, Deciding, Met, Standing};
use super::outgoing::Outgoing;
use super::statement::Statement;
use super::uri::Uri;
use crate::failure::Failure;

/// Decide, and record it as SLSA verification summaries.
///
/// One summary for each principal whose policy has a part in the decision, since each verifies by its own trust: `PASSED` if
/// the decision is allow, `FAILED` for each that refuses. Levels are CDI's own words (`CDI_POLICY_MET`,
/// `CDI_PROPERTY_WASM_VALIDATED`), without what rests on an assumption or on a part of the history; no SLSA level is claimed.
/// Left out, with a warning, are policies that ask for nothing and those of which something was excused. Decided is about the
/// artifact wherever it goes, unless `--environment` names a place. Exit status: that of `cdi verify`, the records of a refusal
/// written all the same.
///
///   cdi export vsa app.cwasm --verifier https://example.com/cdi --resource https://example.com/app.cwasm --key export.pem
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Vsa {
    #[command(flatten)]
    deciding: Deciding,
    /// Where the artifact is to be had, by which whoever reads the record knows what it is for
    #[arg(long, value_name = "URI")]
    resource: Uri,
    #[command(flatten)]
    outgoing: Outgoing,
}

impl Vsa {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.outgoing.foresee()?;
        let decided = self.deciding.decide()?;
        let (Some(evidence), false) = (decided.evidence(), decided.standings.is_empty()) else {
            return Err(decided.nothing());
        };
        let inputs = decided.statements();
        let payloads =
            decided.standings.iter().map(|standing| self.summary(&decided, standing, &inputs).payload());
        let payloads = payloads.collect::<Result<Vec<_>, Failure>>()?;
        self.outgoing.write(&payloads, evidence)?;
        decided.end()
    }

    fn summary(
        &self,
        decided: &Decided,
        standing: &Standing,
        inputs: &[StatementId],
    ) -> Statement<WrittenSummary<NoDetails>> {
        let verification = Verification {
            verifier: self.deciding.verifier.to_string(),
            at: decided.at,
            resource: self.resource.to_string(),
            policy: (standing.policy_uri(), standing.policy_digest()),
            inputs: inputs.to_vec(),
            passed: match &standing.met {
                Met::By(levels) => Some(levels.clone()),
                Met::Not => None,
            },
        };
        Statement::new(SUMMARY_TYPE, decided.subject(), verification.written(NoDetails {}))
    }
}
