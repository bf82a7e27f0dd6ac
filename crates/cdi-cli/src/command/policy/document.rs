//! A policy document on its way to being signed, and what every signature of a principal needs.

use std::path::{Path, PathBuf};

use cdi_policy::Policy;
use cdi_types::{Duration, Name, Timestamp};
use clap::Args;

use crate::answer::{Outputs, VALUES};
use crate::catalogues::CatalogueArguments;
use crate::command::verify::now;
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;
use crate::words;

/// A document, with its bytes as they are.
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    pub(super) policy: Policy,
}

impl Document {
    /// Reads a document as a decider would: what no decider could use is not signed.
    pub(super) fn read(path: &Path, catalogues: &CatalogueArguments) -> Result<Self, Failure> {
        let catalogues = catalogues.read()?;
        let about = |failure: Failure| failure.about(path.display());
        let bytes = cdi_store::read_document(path).map_err(Failure::from)?;
        let policy = Policy::load(&bytes, &catalogues)
            .map_err(|error| about(words::unread(error.into(), &catalogues)))?;
        Ok(Self { bytes, policy })
    }
}

/// Whose key signs, for whom, and for how long.
#[derive(Args)]
pub(super) struct Signing {
    /// The principal's policy key, in PEM
    #[arg(long, value_name = "KEY.pem")]
    pub(super) key: PathBuf,
    /// A decider that it is for, by the `metadata.name` of its configuration; may be repeated
    #[arg(long, value_name = "NAME", required = true, value_parser = Name::parse)]
    audience: Vec<Name>,
    /// How long it lasts, such as 90d
    #[arg(long = "for", value_name = "TIME")]
    length: Duration,
    /// When it begins [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    #[command(flatten)]
    pub(super) catalogues: CatalogueArguments,
    #[command(flatten)]
    pub(super) passphrase: PassphraseSource,
    #[command(flatten)]
    pub(super) output: Outputs<VALUES>,
}

impl Signing {
    /// The deciders, each once.
    pub(super) fn audience(&self) -> Vec<Name> {
        let mut audience = self.audience.clone();
        audience.sort();
        audience.dedup();
        audience
    }

    /// The start and the end.
    pub(super) fn window(&self, most: Duration) -> Result<(Timestamp, Timestamp), Failure> {
        if self.length > most {
            let days = most.seconds() / 86_400;
            return Err(Failure::failed("lifetime-too-long", format!("`--for` is longer than {days}d"))
                .hint(
                    "what a principal signs is signed anew from time to time: an old one can be kept back",
                ));
        }
        let start = self.from.map_or_else(now, Ok)?;
        Ok((start, start.after(self.length)))
    }
}
