//! How the certified tools record themselves: the options before the subcommand, and the session that reads inputs,
//! writes outputs and signs the report.
//!
//! The report's arguments are the operation in its canonical form, with every default written out: the order in which a
//! user types options says nothing, and a certification can describe the form in one ordered list.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use cdi_keys::{Passphrase, PrivateKeyError, Signer as _, SoftwareKey};
use cdi_recorder::{
    EnvironmentPolicy, RecordError, SelfRecorder, certifications_of, named_evidence, write_bundle,
};
use cdi_types::{ArtifactDigest, PropertyError, PropertyName, ReportKind, StatementId};
use clap::Args;

/// The recorder's own options. They stand before the subcommand, and no report carries them: they change who signs, not
/// what is made.
#[derive(Debug, Args)]
pub struct RecordingOptions {
    /// The tool's report key (PKCS#8 PEM): signs a report of the run. Without it there is no report
    #[arg(long, value_name = "KEY.pem")]
    report_key: Option<PathBuf>,
    /// The file with the key's passphrase
    #[arg(long, value_name = "FILE", requires = "report_key")]
    passphrase_file: Option<PathBuf>,
    /// A bundle whose lines go into the output's bundle, such as the tool's certifications; may be given several times
    #[arg(long, value_name = "BUNDLE", requires = "report_key")]
    evidence: Vec<PathBuf>,
}

/// Why a run was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// A file that the recorder's options name.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The report key.
    #[error("report key: {0}")]
    Key(#[from] PrivateKeyError),
    /// The recorder.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A property that is none.
    #[error(transparent)]
    Property(#[from] PropertyError),
}

impl ToolError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "input-unreadable",
            Self::Key(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Property(error) => error.code(),
        }
    }
}

/// A run that is being recorded.
pub struct Session {
    recorder: SelfRecorder,
    key: Option<SoftwareKey>,
    evidence: Vec<Vec<u8>>,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl RecordingOptions {
    /// Begins a session, before anything is read. The tools read no environment variable.
    ///
    /// # Errors
    /// [`ToolError`] if the key or the evidence cannot be read, or the tool cannot measure itself.
    pub fn start(&self, arguments: Vec<String>) -> Result<Session, ToolError> {
        let program = std::env::args_os().next().unwrap_or_default().to_string_lossy().into_owned();
        let recorder = SelfRecorder::start(program, arguments, EnvironmentPolicy::ReadsNone)?;
        let mut evidence = Vec::new();
        for bundle in &self.evidence {
            let lines = named_evidence(bundle)?;
            evidence.extend(lines);
        }
        Ok(Session { recorder, key: self.key()?, evidence, inputs: Vec::new(), outputs: Vec::new() })
    }

    fn key(&self) -> Result<Option<SoftwareKey>, ToolError> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path)
                .map_err(|source| ToolError::Unreadable { path: path.clone(), source })
        };
        let Some(path) = &self.report_key else { return Ok(None) };
        let passphrase = match &self.passphrase_file {
            Some(file) => Some(Passphrase::new(read(file)?.trim_end_matches(['\n', '\r']).to_owned())?),
            None => None,
        };
        Ok(Some(SoftwareKey::from_pkcs8_pem(&read(path)?, passphrase.as_ref())?))
    }
}

impl Session {
    /// The bytes of an input, read once.
    ///
    /// # Errors
    /// [`ToolError::Record`].
    pub fn input(&mut self, path: &str) -> Result<Vec<u8>, ToolError> {
        let bytes = self.recorder.input(path)?;
        self.inputs.push(path.to_owned());
        Ok(bytes)
    }

    /// Writes an output, whole or not at all.
    ///
    /// # Errors
    /// [`ToolError::Record`].
    pub fn output(&mut self, path: &str, bytes: &[u8]) -> Result<(), ToolError> {
        self.recorder.output(path, bytes)?;
        self.outputs.push(path.to_owned());
        Ok(())
    }

    /// Records the settings that the tool worked with, its defaults included.
    pub fn settings(&mut self, settings: &BTreeMap<String, String>) {
        settings.iter().for_each(|(name, value)| self.recorder.setting(name, value));
    }

    /// Records what an inspection found about an input.
    ///
    /// # Errors
    /// [`ToolError::Property`].
    pub fn finding(&mut self, bytes: &[u8], property: &str) -> Result<(), ToolError> {
        self.recorder.finding(ArtifactDigest::of(bytes), PropertyName::parse(property)?);
        Ok(())
    }

    /// Signs the report and puts it, with the inputs' evidence, into the bundle beside each output; for an inspection
    /// beside each input. The report's id, or `None` if there is no key to sign with.
    ///
    /// # Errors
    /// [`ToolError::Record`].
    pub fn finish(mut self, kind: ReportKind) -> Result<Option<StatementId>, ToolError> {
        let (inputs, outputs) = (std::mem::take(&mut self.inputs), std::mem::take(&mut self.outputs));
        match kind {
            ReportKind::Transform => self.sealed(kind, &outputs, &inputs),
            ReportKind::Inspection => self.sealed(kind, &inputs, &[]),
        }
    }

    /// As [`Self::finish`], of an inspection that read several files to learn something about one: the report stands beside
    /// this one alone.
    ///
    /// # Errors
    /// [`ToolError::Record`].
    pub fn finish_about(self, path: &str) -> Result<Option<StatementId>, ToolError> {
        self.sealed(ReportKind::Inspection, &[path.to_owned()], &[])
    }

    fn sealed(
        self,
        kind: ReportKind,
        beside: &[String],
        behind: &[String],
    ) -> Result<Option<StatementId>, ToolError> {
        let Some(key) = self.key else { return Ok(None) };
        let certifications = certifications_of(&self.evidence, key.public_key().key_id());
        let report = self.recorder.finish(kind, &key, &certifications)?;
        for path in beside {
            write_bundle(path, behind.iter().map(String::as_str), &self.evidence, &report)?;
        }
        Ok(Some(report.id))
    }
}

/// The command line. What is wrong with one is told, and ends the process, without a byte of it that could be taken for
/// something else on a terminal: whoever named a file may have put anything into its name.
#[must_use]
pub fn arguments<A: clap::Parser>() -> A {
    A::try_parse().unwrap_or_else(|error| {
        let harmless = std::env::args_os().map(|argument| printable(&argument.to_string_lossy()));
        A::try_parse_from(harmless).err().unwrap_or(error).exit()
    })
}

/// Words on their way to a terminal: text from an input has its control characters escaped.
#[must_use]
pub fn printable(text: &dyn std::fmt::Display) -> String {
    let plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    text.to_string()
        .chars()
        .map(|c| if plain(c) { c.to_string() } else { c.escape_unicode().to_string() })
        .collect()
}
