//! `cdi export svr`: in-toto's simple verification results, version 0.2. Each is a record, and never a permission.

use std::process::ExitCode;

use cdi_types::Timestamp;
use clap::Args;
use serde::Serialize;

use super::decided::{Decided, Deciding, Met, Standing};
use super::outgoing::Outgoing;
use super::statement::{Descriptor, Statement};
use super::uri::Uri;
use crate::failure::Failure;

const TYPE: &str = "https://in-toto.io/attestation/svr/v0.2";

/// Decide, and record it as simple verification results.
///
/// One result for each principal whose policy was met in a decision that allows, with the properties that were verified by
/// its trust, in CDI's own words (`CDI_POLICY_MET`, `CDI_PROPERTY_WASM_VALIDATED`). The form has no way to say that something
/// failed: of a refusal nothing is written. Left out, with a warning, are policies that ask for nothing and those of which
/// something was excused. Decided is about the artifact wherever it goes, unless `--environment` names a place. Exit status:
/// that of `cdi verify`.
///
///   cdi export svr app.cwasm --verifier https://example.com/cdi --key export.pem --out app.svr.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Svr {
    #[command(flatten)]
    deciding: Deciding,
    #[command(flatten)]
    outgoing: Outgoing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationResult {
    verifier: Verifier,
    time_created: Timestamp,
    properties: Vec<String>,
}

#[derive(Serialize)]
struct Verifier {
    id: Uri,
    policies: Vec<Descriptor>,
}

impl Svr {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.outgoing.foresee()?;
        let decided = self.deciding.decide()?;
        let results = decided.standings.iter().filter_map(|standing| self.result(&decided, standing));
        let payloads = results.map(|result| result.payload()).collect::<Result<Vec<_>, Failure>>()?;
        let (Some(evidence), false) = (decided.evidence(), payloads.is_empty()) else {
            return Err(decided.nothing());
        };
        self.outgoing.write(&payloads, evidence)?;
        decided.end()
    }

    fn result(&self, decided: &Decided, standing: &Standing) -> Option<Statement<VerificationResult>> {
        let Met::By(properties) = &standing.met else { return None };
        let policy = Descriptor::new(Some(standing.principal().to_string()), standing.policy_digest());
        let result = VerificationResult {
            verifier: Verifier {
                id: self.deciding.verifier.clone(),
                policies: vec![policy.at(standing.policy_uri())],
            },
            time_created: decided.at,
            properties: properties.clone(),
        };
        Some(Statement::new(TYPE, decided.subject(), result))
    }
}
