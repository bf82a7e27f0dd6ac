//! `cdi authority lint`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cdi_authority::{Claims, Finding, lint};
use cdi_types::CertificationRequest;
use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::files;
use crate::answer::{Answer, CASES, Case, Cell, Outcome, Outputs, Suite, Table};
use crate::catalogues::CatalogueArguments;
use crate::failure::{Failure, Kind};
use crate::layout::Page;
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
    #[command(flatten)]
    output: Outputs<CASES>,
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
        self.output.say(&Linted { findings: &findings, file: &self.claims })?;
        if findings.is_empty() { Ok(()) } else { Err(Failure::told(Kind::Denied, "claims-doubtful")) }
    }
}

/// What was found in claims.
struct Linted<'a> {
    findings: &'a [Finding],
    file: &'a Path,
}

impl Serialize for Linted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ "findings": self.findings.iter().map(value).collect::<Vec<_>>() }).serialize(serializer)
    }
}

impl Answer for Linted<'_> {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for Finding { place, code, message, hint } in self.findings {
            let (place, message) = (plain(place), plain(message));
            writeln!(page, "{STRONG}{place}{STRONG:#}: {message} [{code}]")?;
            writeln!(page, "  hint: {hint}")?;
        }
        let file = terminal::path(self.file);
        writeln!(page, "{} in {file}", count::of(self.findings.len(), "finding"))
    }

    fn tables(&self) -> Vec<Table> {
        let mut table =
            Table::new(count::of(self.findings.len(), "finding"), &["place", "code", "what", "hint"]);
        for Finding { place, code, message, hint } in self.findings {
            table.row([Cell::text(place), Cell::Word(code), Cell::text(message), Cell::text(hint)]);
        }
        vec![table]
    }

    fn suites(&self) -> Vec<Suite> {
        let name = self.file.display().to_string();
        let failed = |finding: &Finding| Case {
            name: finding.place.to_string(),
            outcome: Outcome::Failed { code: finding.code.to_owned(), message: finding.message.clone() },
        };
        let mut cases: Vec<Case> = self.findings.iter().map(failed).collect();
        if cases.is_empty() {
            cases.push(Case { name: name.clone(), outcome: Outcome::Passed });
        }
        vec![Suite { name: format!("cdi authority lint {name}"), cases }]
    }
}

fn value(finding: &Finding) -> serde_json::Value {
    let Finding { place, code, message, hint } = finding;
    json!({ "place": place, "code": code, "message": message, "hint": hint })
}
