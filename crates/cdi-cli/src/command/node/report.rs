//! `cdi node report`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_envelope::Envelope;
use cdi_keys::seal;
use cdi_policy::{Atom, Catalogues, Configuration, Formula};
use cdi_store::StoreError;
use cdi_types::{
    Annotations, AnyStatement, ArtifactDigest, Duration, KeyId, Name, NodeEnvironment, NodeReport,
    PlatformProperty, Resources, Statement, Subject, Timestamp, parse_statement,
};
use clap::Args;

use super::machine;
use crate::answer::{Done, Outputs, VALUES};
use crate::at_hand::{AtHand, at_hand};
use crate::catalogues::CatalogueArguments;
use crate::command::verify::now;
use crate::decision::configuration;
use crate::failure::Failure;
use crate::memory::StateArguments;
use crate::passphrase::{PassphraseSource, open_key};
use crate::{embedded, words};

/// Say what this machine has to give, signed with the node's key.
///
/// A report names the machine's processors and memory, and its execution environments with their runtimes as measured
/// here: what those supply, a vetting authority certifies. What `--assert` says is the node's word, and counts for policies
/// that take it. With `--config` runtimes that the configuration declares are among the environments. A report lasts no longer than seven days, and a later one takes its place.
///
///   cdi node report --key node.pem --name edge-1 --valid-for 24h --out edge-1.intoto.jsonl
///   cdi node report --key node.pem --name edge-1 --assert LOCATION=eu-de --assert OPERATOR=acme --valid-for 1d \
///       --out nodes/edge-1.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Report {
    /// The node's key, in PEM
    #[arg(long, value_name = "KEY.pem")]
    key: PathBuf,
    /// The node's name, for people
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    name: Name,
    /// A property of the place that the node asserts of all its environments; may be repeated
    #[arg(long, value_name = "PROPERTY", value_parser = property)]
    assert: Vec<PlatformProperty>,
    /// How long the report lasts, at most 7d
    #[arg(long, value_name = "TIME")]
    valid_for: Duration,
    /// Counts the node's reports: greater than that of every report before [default: the time in seconds]
    #[arg(long, value_name = "N")]
    serial: Option<u64>,
    /// Processors that programs can be given, in thousandths of one [default: all]
    #[arg(long, value_name = "N")]
    cpu_milli: Option<u64>,
    /// Memory that programs can be given, in bytes [default: what nobody uses now]
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
    /// Where to write the report; an earlier one under the same key is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The configuration that declares runtimes of this machine, and describes its environments [default: the gate's own only]
    #[arg(long, value_name = "FILE", env = "CDI_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    #[command(flatten)]
    passphrase: PassphraseSource,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

fn property(text: &str) -> Result<PlatformProperty, String> {
    PlatformProperty::parse(text).ok_or_else(|| PlatformProperty::FORM.to_owned())
}

impl Report {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let catalogues = self.catalogues.read()?;
        self.assert.iter().try_for_each(|property| of_places(property, &catalogues))?;
        let begins = now()?;
        let configured = self.config.as_deref().map(configuration).transpose()?;
        let configuration = configured.as_ref().map(|(configuration, _)| configuration);
        let environments = environments(configuration, &self.state)?;
        let key = open_key(&self.key, &self.passphrase)?;
        let report = self.report(key.public_key().key_id(), begins, environments)?;
        let said = (report.serial, report.not_after, report.environments.len());
        let subject = Subject { path: None, digest: ArtifactDigest::File(report.issuer.sha256()) };
        let sealed = seal(&Statement::new(vec![subject], report)?, key.as_ref())?;
        self.write(key.public_key().key_id(), &[sealed.line.as_slice(), b"\n"].concat())?;
        let (out, (serial, until, environments)) = (self.out.display(), said);
        let done = Done::new(format!("what `{}` has to give, in {out}", self.name))
            .with("id", sealed.id)
            .with("key", key.public_key().key_id())
            .with("serial", serial)
            .with("valid", format!("{begins} to {until}"))
            .counting("environments", environments)
            .also("file", out);
        self.output.say(&done)?;
        Ok(ExitCode::SUCCESS)
    }

    /// A later report takes the place of an earlier one of this node; nothing else is written over.
    fn write(&self, key: KeyId, line: &[u8]) -> Result<(), Failure> {
        if is_report_of(key, &self.out) {
            return Ok(cdi_store::replace(&self.out, line, 0o644)?);
        }
        match cdi_store::write_new(&self.out, line, 0o644) {
            Ok(()) => Ok(()),
            // Another process of this node was a moment faster.
            Err(StoreError::Exists { .. }) if is_report_of(key, &self.out) => {
                Ok(cdi_store::replace(&self.out, line, 0o644)?)
            }
            Err(error @ StoreError::Exists { .. }) => Err(Failure::from(error).hint(
                "only an earlier report under the same key is written over: give another name, or move the file away",
            )),
            Err(error) => Err(error.into()),
        }
    }

    fn report(
        &self,
        issuer: KeyId,
        begins: Timestamp,
        environments: Vec<NodeEnvironment>,
    ) -> Result<NodeReport, Failure> {
        let (capacity, free) = machine::resources()?;
        let given = |asked: Option<u64>, otherwise| asked.unwrap_or(otherwise);
        Ok(NodeReport {
            issuer,
            serial: self.serial.unwrap_or(begins.unix()),
            not_before: begins,
            not_after: begins.after(self.valid_for),
            name: self.name.clone(),
            architecture: Name::parse(std::env::consts::ARCH)
                .map_err(|error| Failure::failed("machine-unreadable", error))?,
            capacity,
            allocatable: Resources {
                cpu_milli: given(self.cpu_milli, free.cpu_milli),
                memory_bytes: given(self.memory, free.memory_bytes),
            },
            environments,
            asserts: self.assert.clone(),
            features: machine::features(),
            evidence: Vec::new(),
            annotations: Annotations::default(),
        })
    }
}

/// Whether this file is a report under this key, and nothing besides.
fn is_report_of(key: KeyId, path: &Path) -> bool {
    let Ok(bundle) = cdi_store::read_bundle(path) else { return false };
    let statement = |line: &[u8]| {
        let envelope = Envelope::parse(line).ok()?;
        Some(parse_statement(envelope.into_untrusted().payload()).ok()?.1)
    };
    let mut lines = bundle.as_untrusted().lines().map(|line| statement(line.bytes)).peekable();
    let is_its =
        |found| matches!(found, Some(AnyStatement::Node(report)) if report.predicate().issuer == key);
    lines.peek().is_some() && lines.all(is_its)
}

/// The environments that are here, each with its runtime as it is measured. Those that a configuration must describe or declare
/// are among them where it does, and what it says that they provide is then the node's word.
fn environments(
    configuration: Option<&Configuration>,
    state: &StateArguments,
) -> Result<Vec<NodeEnvironment>, Failure> {
    let drivers = embedded::drivers(configuration)?;
    configuration.into_iter().for_each(|configuration| embedded::warn_of_unknown(configuration, &drivers));
    let of = |AtHand { name, kind, provides, overheads, .. }: AtHand| {
        let described = configuration.map(|configuration| configuration.environment(&name, Some(&provides)));
        let asserts = described.transpose()?.unwrap_or(provides);
        Ok(NodeEnvironment {
            name: Name::parse(&name).map_err(|error| Failure::failed("environment-property", error))?,
            kind,
            runtime: embedded::runtime(&drivers, &name)?.map(|runtime| runtime.as_ref().clone()),
            asserts,
            overheads,
        })
    };
    at_hand(configuration, state)?.into_iter().map(of).collect()
}

/// Holds for a property of places that the catalogues have: nobody can ask for another.
fn of_places(property: &PlatformProperty, catalogues: &Catalogues) -> Result<(), Failure> {
    words::known(&property.to_string(), catalogues)?;
    match catalogues.meaning(&property.to_string()) {
        Ok(Formula::Atom(Atom::Platform(_))) => Ok(()),
        _ => Err(Failure::failed("usage", format!("`{property}` is no property of places"))
            .hint("a node asserts properties of places, which `cdi catalogue` lists")),
    }
}
