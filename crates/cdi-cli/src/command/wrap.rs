//! `cdi wrap`.

mod summary;
mod variables;

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_keys::{Signer as _, SoftwareKey};
use cdi_recorder::{
    Materials, Products, Ran, RecordError, Recorded, Run, certifications_of, named_evidence, write_evidence,
};
use cdi_types::{Exit, StatementId};
use clap::Args;

use crate::failure::Failure;
use crate::passphrase::{PassphraseSource, open_key};
use summary::Summary;
use variables::Variables;

/// Run a tool and sign a report of what it did.
///
/// The tool gets an empty environment (but PATH=/usr/bin:/bin and what you name), an empty standard input and no open files.
/// Each executable, script and library that really runs is measured, and so are the files that you declare: inputs
/// before the run (they must not change), outputs after it (the tool must have written them). The report goes into the
/// bundle beside each output, OUTPUT.intoto.jsonl, together with the evidence beside the inputs.
///
///   cdi wrap --key compiler.pem --input hello.c --output hello -- gcc -O2 -o hello hello.c
///   cdi verify hello
///
/// Without --key the run is measured and nothing is signed: with --summary that shows what a certification has to list.
///
///   cdi wrap --summary gcc.json -- gcc --version
///
/// That you named all inputs is your word (capture level `declared`). The exit status is the tool's own, 128 + N if
/// signal N ended it; nothing is recorded then unless it is 0. It is 125 if cdi itself failed.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Wrap {
    /// The tool's report key, in PEM
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseSource,
    /// A file that the tool reads
    #[arg(long = "input", value_name = "FILE")]
    inputs: Vec<String>,
    /// A file that the tool writes
    #[arg(long = "output", value_name = "FILE")]
    outputs: Vec<String>,
    /// Give the tool this file, an input, as standard input
    #[arg(long, value_name = "FILE")]
    stdin: Option<String>,
    #[command(flatten)]
    variables: Variables,
    /// Evidence to carry along to the outputs: certifications, say
    #[arg(long = "bundle", value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// A certification that the report is to name, beside those of the key that are in a --bundle
    #[arg(long = "certification", value_name = "ID")]
    certifications: Vec<StatementId>,
    /// Write report and evidence into this bundle instead of those beside the outputs
    #[arg(long, value_name = "BUNDLE", requires = "key")]
    report: Option<PathBuf>,
    /// Write what was measured into this file, as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// The tool and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Wrap {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        // What can fail without the tool fails before it runs.
        if self.key.is_some() && self.outputs.is_empty() {
            return Err(RecordError::NoOutput.into());
        }
        let key = self.key.as_ref().map(|path| open_key(path, &self.passphrase)).transpose()?;
        let evidence = self.evidence()?;
        let ran = Materials::take(self.asked_for()?)?.run()?;
        for note in ran.notes() {
            summary::say(format_args!("warning: {note}"));
        }
        let (status, ended) = match ran.exit() {
            Exit::Code(code) => (code, format!("with status {code}")),
            Exit::Signal(signal) => (128_u8.saturating_add(signal), format!("by signal {signal}")),
        };
        if status == 0 {
            self.conclude(ran, key.as_ref(), &evidence)?;
        } else {
            summary::say(format_args!("the tool ended {ended}: nothing is recorded"));
            self.summarise(Summary::of_run(&ran))?;
        }
        Ok(ExitCode::from(status))
    }

    fn asked_for(&self) -> Result<Run, Failure> {
        let (program, arguments) = match self.command.as_slice() {
            [program, arguments @ ..] => (program.clone(), arguments.to_vec()),
            [] => (String::new(), Vec::new()),
        };
        Ok(Run {
            program,
            arguments,
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            stdin: self.stdin.clone(),
            environment: self.variables.environment()?,
        })
    }

    /// The lines of the bundles that are named; unlike those beside inputs they have to be there.
    fn evidence(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let lines = self.bundles.iter().map(|bundle| Ok(named_evidence(bundle)?));
        Ok(lines.collect::<Result<Vec<_>, Failure>>()?.concat())
    }

    fn conclude(&self, ran: Ran, key: Option<&SoftwareKey>, evidence: &[Vec<u8>]) -> Result<(), Failure> {
        let mut summary = Summary::of_run(&ran);
        let products = ran.products()?;
        match key {
            Some(key) => {
                let (recorded, bundles) = self.record(products, key, evidence)?;
                summary.add(&recorded, &bundles);
                summary.tell();
            }
            None => summary::say("no key was given: nothing is recorded"),
        }
        self.summarise(summary)
    }

    /// Seals the report and puts it, with its evidence, where it belongs.
    fn record(
        &self,
        products: Products,
        key: &SoftwareKey,
        evidence: &[Vec<u8>],
    ) -> Result<(Recorded, Vec<PathBuf>), Failure> {
        let mut certifications = self.certifications.clone();
        let known = certifications_of(evidence, key.public_key().key_id());
        certifications.extend(known.into_iter().filter(|id| !self.certifications.contains(id)));
        let recorded = products.seal(key, &certifications)?;
        // Salts come first: a report whose commitments nobody can open is worth less than a file too many.
        self.variables.keep(&recorded.salts)?;
        let bundles: Vec<PathBuf> = match &self.report {
            Some(bundle) => vec![bundle.clone()],
            None => self.outputs.iter().map(cdi_store::default_bundle_path).collect(),
        };
        for bundle in &bundles {
            let inputs = self.inputs.iter().chain(&self.stdin).map(String::as_str);
            write_evidence(bundle, inputs, evidence, &recorded.sealed)?;
        }
        Ok((recorded, bundles))
    }

    fn summarise(&self, summary: Summary) -> Result<(), Failure> {
        match &self.summary {
            Some(file) => summary.write(file),
            None => Ok(()),
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let hint = error.hint();
        let failure = Self::failed(error.code(), error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
