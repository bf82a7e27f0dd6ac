//! `cdi authority lint`.

use std::path::PathBuf;

use cdi_authority::{Claims, Finding, lint};
use cdi_types::CertificationRequest;
use clap::Args;
use serde_json::json;

use super::files;
use crate::arguments::Output;
use crate::catalogues::CatalogueArguments;
use crate::failure::{Failure, Kind};
use crate::terminal::{self, STRONG, plain};
use crate::{count, words};

/// Look for mistakes in claims before they are signed.
///
/// Finds conditions that say nothing or never hold, descriptions that leave open what runs, and rules that no run can
/// match. With --request also what does not fit the tool. The exit status is 0 if nothing is found, 1 if something is,
/// and 2 if the claims cannot be read at all.
///
///   cdi authority lint claims.json
///   cdi authority lint claims.json --request compiler.intoto.jsonl --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Lint {
    /// What is claimed, and for which invocations
    #[arg(value_name = "CLAIMS.json")]
    claims: PathBuf,
    /// The tool owner's request
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// How to show the findings
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Lint {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let about = format!("`{}`", self.claims.display());
        let claims = Claims::parse(&files::bytes(&self.claims)?)
            .map_err(|error| Failure::from(error).about(&about))?;
        claims.admit().map_err(|error| Failure::from(error).about(&about))?;
        words::claims_meant(&claims, &self.catalogues.read()?).map_err(|failure| failure.about(&about))?;
        let request = self.request.as_deref().map(files::request::<CertificationRequest>).transpose()?;
        let findings = lint(&claims, request.as_ref().map(|request| request.statement()));
        match self.output {
            Output::Json => {
                terminal::json(&json!({ "findings": findings.iter().map(value).collect::<Vec<_>>() }))?
            }
            Output::Text => self.text(&findings)?,
        }
        if findings.is_empty() { Ok(()) } else { Err(Failure::told(Kind::Denied, "claims-doubtful")) }
    }
}

impl Lint {
    fn text(&self, findings: &[Finding]) -> Result<(), Failure> {
        for Finding { place, code, message, hint } in findings {
            let (place, message) = (plain(place), plain(message));
            terminal::line(format_args!("{STRONG}{place}{STRONG:#}: {message} [{code}]"))?;
            terminal::line(format_args!("  hint: {hint}"))?;
        }
        let file = terminal::path(&self.claims);
        terminal::line(format_args!("{} in {file}", count::of(findings.len(), "finding")))
    }
}

fn value(finding: &Finding) -> serde_json::Value {
    let Finding { place, code, message, hint } = finding;
    json!({ "place": place, "code": code, "message": message, "hint": hint })
}
