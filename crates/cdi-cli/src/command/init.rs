//! `cdi init`.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use cdi_policy::{Atom, Catalogues, Configuration, Policy};
use cdi_types::{Custody, Duration, Name};
use clap::Args;

use crate::answer::{Done, Outputs, VALUES};
use crate::catalogues::CatalogueArguments;
use crate::command::authority::CustodyWord;
use crate::command::trust::{key, named_key, quoted, words_list as list};
use crate::failure::Failure;
use crate::words;

const CONFIGURATION: &str = include_str!("init/configuration.yaml");
const POLICY: &str = include_str!("init/policy.yaml");

/// Write a configuration and a policy to begin with.
///
/// DIR/cdi.yaml says that one principal must agree: you. DIR/policies has your policy, which trusts the authorities that
/// you name for what you require, and nothing else. Both have comments and are yours to edit; nothing that is there is
/// replaced.
///
///   cdi init --host me --anchor acme-vetting=acme/public.pem --require STACK_CANARIES --custody software
///   cdi init --host me --anchor acme-vetting=acme/public.pem --require ACME_REVIEWED --catalogue acme.yaml \
///       --custody software
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Init {
    /// The folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Who runs this host
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    host: Name,
    /// An authority that you trust, by its public key in PEM; may be repeated
    #[arg(long, value_name = "NAME=PEM", required = true, value_parser = NamedPem::parse)]
    anchor: Vec<NamedPem>,
    /// How many authorities may stand below each
    #[arg(long, value_name = "N", default_value_t = 0)]
    depth: u8,
    /// What code must have, in the catalogue's words; may be repeated
    #[arg(long, value_name = "WORD", required = true)]
    require: Vec<String>,
    /// How many independent authorities must vouch
    #[arg(long, value_name = "N", default_value_t = 1)]
    quorum: u8,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// The weakest way of holding report keys that you accept
    #[arg(long, value_enum)]
    custody: CustodyWord,
    /// How old revocation lists may be
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = age)]
    max_age: String,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

/// A time as policies write it.
fn age(text: &str) -> Result<String, cdi_types::DurationError> {
    Duration::parse(text).map(|_| text.to_owned())
}

/// `NAME=PEM`.
#[derive(Debug, Clone)]
struct NamedPem {
    name: Name,
    file: PathBuf,
}

impl NamedPem {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').ok_or("expected NAME=PEM")?;
        let name = Name::parse(name).map_err(|error| error.to_string())?;
        Ok(Self { name, file: PathBuf::from(file) })
    }
}

impl Init {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let catalogues = self.catalogues.read()?;
        let relative = format!("policies/{}.yaml", file_name(&self.host));
        let (configuration, policy) = (self.dir.join("cdi.yaml"), self.dir.join(&relative));
        let (host, catalogue_digest) = (quoted(&self.host), catalogues.newest().digest().to_string());
        let document = CONFIGURATION
            .replace("<catalogues>", &self.catalogues_of_configuration())
            .replace("<policy>", &quoted(&relative))
            .replace("<host>", &host);
        Configuration::load(document.as_bytes(), &catalogues)
            .map_err(|error| words::unread(error, &catalogues))?;
        let text = POLICY
            .replace("<catalogue>", &catalogue_digest)
            .replace("<custody>", Custody::from(self.custody).as_str())
            .replace("<quorum>", &self.quorum.to_string())
            .replace("<age>", &self.max_age)
            .replace("<require>", &self.requirement())
            .replace("<anchors>", &self.anchors(&catalogues)?)
            .replace("<host>", &host);
        Policy::load(text.as_bytes(), &catalogues)
            .map_err(|error| words::unread(error.into(), &catalogues))?;
        self.write(&configuration, &document, &policy, &text)?;
        let (name, host) = (configuration.display(), &self.host);
        let done = format!("wrote {name} and {}: `{host}` must agree to what runs here", policy.display());
        self.output.say(&Done::new(done).also("configuration", name).also("policy", policy.display()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The configuration comes last: without it there is nothing that would read a policy.
    fn write(&self, configuration: &Path, document: &str, policy: &Path, text: &str) -> Result<(), Failure> {
        let keep = |error| {
            Failure::from(error).hint("nothing that is there is replaced; change it with `cdi trust`")
        };
        for path in [configuration, policy] {
            if path.symlink_metadata().is_ok() {
                cdi_store::foresee_new(path).map_err(keep)?;
            }
        }
        let folder = policy.parent().unwrap_or(&self.dir);
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::failed("file-io", format!("cannot make `{}`: {error}", folder.display()))
        })?;
        cdi_store::write_new(policy, text.as_bytes(), 0o644).map_err(keep)?;
        cdi_store::write_new(configuration, document.as_bytes(), 0o644).map_err(keep)
    }

    /// The catalogues by their paths from the folder of the configuration.
    fn catalogues_of_configuration(&self) -> String {
        let entry = |path: &PathBuf| format!("{{path: {}}}", quoted(from(&self.dir, path).display()));
        match self.catalogues.paths() {
            [] => "  # catalogues: [{path: words.yaml}]".to_owned(),
            paths => format!("  catalogues: [{}]", paths.iter().map(entry).collect::<Vec<_>>().join(", ")),
        }
    }

    fn requirement(&self) -> String {
        match self.require.as_slice() {
            [only] => quoted(only),
            all => format!("{{allOf: {}}}", list(all)),
        }
    }

    /// Each anchor may speak about what is required of the code, and nothing more. Where nothing is, it may speak about what
    /// is required of the place: a runtime can be certified to supply that.
    fn anchors(&self, catalogues: &Catalogues) -> Result<String, Failure> {
        let (mut of_code, mut of_places) = (BTreeSet::new(), BTreeSet::new());
        for word in &self.require {
            let formula =
                catalogues.meaning(word).map_err(|error| words::unread(error.into(), catalogues))?;
            for atom in formula.atoms() {
                match atom {
                    Atom::Code(property) => of_code.insert(property.to_string()),
                    Atom::Platform(property) => of_places.insert(property.name.to_string()),
                    // No word of a catalogue stands for it.
                    Atom::Evidence(_) => false,
                };
            }
        }
        let scope = if of_code.is_empty() { of_places } else { of_code };
        let (scope, depth) = (list(&scope), self.depth);
        let anchor = |NamedPem { name, file }: &NamedPem| {
            let key = key(&named_key::read(file)?)?;
            let name = quoted(name);
            Ok(format!("      - {{name: {name}, keys: [{key}], scope: {scope}, depth: {depth}}}"))
        };
        Ok(self.anchor.iter().map(anchor).collect::<Result<Vec<_>, Failure>>()?.join("\n"))
    }
}

/// A path as seen from a folder below: relative where both are and the way back is known, else absolute.
fn from(folder: &Path, path: &Path) -> PathBuf {
    let mut back = PathBuf::new();
    for part in folder.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => back.push(".."),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return absolute(path),
        }
    }
    let seen = back.join(path);
    // A folder that is a link elsewhere has another way back.
    let same = folder.join(&seen).canonicalize().ok() == path.canonicalize().ok();
    if same || !folder.exists() { seen } else { absolute(path) }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A principal's name as a file's: names can have anything in them that is no control character.
fn file_name(name: &Name) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    name.as_str().chars().take(64).map(plain).collect()
}
