//! `cdi authority countersign`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_keys::countersign;
use cdi_types::{AnyStatement, Report, RevokedId, Statement, StatementId, limits, parse_statement};
use clap::Args;
use serde::Serialize;

use super::folder::Folder;
use crate::answer::{Answer, Outputs, VALUES};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::layout::Page;
use crate::passphrase::PassphraseSource;
use crate::{count, terminal};

/// Sign a tool's report too: vouch for this one run, besides vetting the tool.
///
/// A policy may ask that so many authorities have signed reports themselves (`trust.countersigned`). Look at the run
/// first, with `cdi inspect`: that you sign says that you have reason to take the report for true. The report must be in
/// the bundle with a certification that brings its key. The envelope with the added signature goes into the same bundle,
/// or into `--out`; the authority's folder keeps a copy.
///
///   cdi authority countersign acme app.cwasm.intoto.jsonl --report 3f9a01c2
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Countersign {
    /// The authority's folder
    dir: PathBuf,
    /// The bundle that has the report
    bundle: PathBuf,
    /// The report; the first 8 or more digits of its id will do
    #[arg(long, value_name = "ID")]
    report: IdPrefix,
    /// The bundle to add the envelope to, in place of the one that has the report
    #[arg(long, value_name = "BUNDLE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<VALUES>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// What was countersigned.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Countersigned {
    id: StatementId,
    program: String,
    artifacts: Vec<String>,
    file: String,
}

/// A report of the bundle with its envelope.
struct Found {
    id: StatementId,
    report: Statement<Report>,
    signatures: usize,
    line: Vec<u8>,
}

impl Countersign {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = Folder::open(&self.dir)?;
        let out = self.out.as_ref().unwrap_or(&self.bundle);
        folder.refuse_as_output(out)?;
        let found = find(&self.bundle, &self.report)?;
        let signer = folder.signer(&self.passphrase)?;
        let locked = folder.lock()?;
        let lists = locked.records()?;
        let issuer = found.report.predicate().issuer;
        for id in [RevokedId::Report(found.id), RevokedId::Key(issuer)] {
            if lists.lists().entry(id).is_some() {
                let message = format!("this authority has revoked the {id}");
                return Err(Failure::failed("countersigns-revoked", message)
                    .hint("a countersignature by it would count for nothing"));
            }
        }
        let line = countersign(&found.line, signer.as_ref())?;
        locked.write_countersigned(&line)?;
        drop(locked);
        cdi_store::append_lines(out, &[line])?;
        let outcome = Countersigned {
            id: found.id,
            program: found.report.predicate().operation.program.clone(),
            artifacts: found
                .report
                .subject()
                .iter()
                .filter_map(|made| Some(made.path.as_ref()?.to_string()))
                .collect(),
            file: out.display().to_string(),
        };
        self.output.say(&outcome)
    }
}

impl Answer for Countersigned {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let about = count::of(self.artifacts.len(), "artifact");
        let program = terminal::plain(&self.program);
        writeln!(page, "countersigned the report of a run of {program}, about {about}")?;
        writeln!(page, "  id    {}", self.id)?;
        writeln!(page, "  file  {}", terminal::plain(&self.file))
    }
}

/// The report, its signature verified with the key that a certification of the bundle brings.
fn find(bundle: &Path, prefix: &IdPrefix) -> Result<Found, Failure> {
    let about = || format!("`{}`", bundle.display());
    let read = cdi_store::read_bundle(bundle)?;
    let (mut reports, mut keys) = (Vec::new(), Vec::new());
    for line in read.as_untrusted().lines() {
        let Ok(envelope) = Envelope::parse(line.bytes) else { continue };
        match parse_statement(envelope.as_untrusted().payload()) {
            Ok((id, AnyStatement::Report(report))) => {
                let signatures = envelope.as_untrusted().signatures().len();
                let line = line.bytes.trim_ascii().to_vec();
                reports.push(Found { id, report: *report, signatures, line });
            }
            Ok((_, AnyStatement::Certification(found))) => keys.push(found.predicate().report_key.clone()),
            _ => {}
        }
    }
    let id = prefix.among(reports.iter().map(|found| found.id), || {
        Failure::failed("report-unknown", format!("no report `{prefix}`"))
            .about(about())
            .hint("`cdi inspect BUNDLE` prints the ids of the reports in a bundle")
    })?;
    let mut of_report: Vec<Found> = reports.into_iter().filter(|found| found.id == id).collect();
    // The envelope with the most signatures: so countersignatures come together in one.
    of_report.sort_by_key(|found| std::cmp::Reverse(found.signatures));
    let signed = of_report.into_iter().find(|found| is_signed(found, &keys));
    signed.ok_or_else(|| {
        let message = "nobody brings the key that is to have signed the report, or it has not";
        Failure::failed("issuer-key-unknown", message)
            .about(about())
            .hint("add the certification of the tool to the bundle, with `cdi bundle add`")
    })
}

/// Whether the report's own issuer signed the envelope.
fn is_signed(found: &Found, keys: &[cdi_types::PublicKeyInfo]) -> bool {
    let issuer = found.report.predicate().issuer;
    let key = keys.iter().find(|key| key.key_id() == issuer).and_then(|key| PublicKey::from_info(key).ok());
    let envelope = Envelope::parse(&found.line).ok().map(cdi_types::Unverified::into_untrusted);
    let mut budget = Budget::new(limits::ENVELOPE_SIGNATURES);
    key.zip(envelope).is_some_and(|(key, envelope)| envelope.verify_by(&key, &mut budget).is_ok())
}
