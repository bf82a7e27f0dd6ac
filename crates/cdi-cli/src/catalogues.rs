//! Catalogues for commands that read no configuration: the one that ships, and what `--catalogue` names.

use std::path::PathBuf;

use cdi_policy::Catalogues;
use clap::Args;

use crate::failure::Failure;

/// Extensions of the catalogue.
#[derive(Debug, Clone, Args)]
pub(crate) struct CatalogueArguments {
    /// A catalogue that extends the one that ships, or one named before it; may be repeated. The last one is used
    #[arg(long, value_name = "FILE")]
    catalogue: Vec<PathBuf>,
}

impl CatalogueArguments {
    /// Where they are.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.catalogue
    }

    /// All of them, each held to its rules.
    pub(crate) fn read(&self) -> Result<Catalogues, Failure> {
        let mut catalogues = Catalogues::builtin()?;
        for path in &self.catalogue {
            let about = |failure: Failure| unread(failure).about(path.display());
            let bytes = cdi_store::read_document(path).map_err(Failure::from)?;
            catalogues.extend(&bytes).map_err(|error| about(error.into()))?;
        }
        Ok(catalogues)
    }
}

/// What a reader can do about a catalogue that is refused.
pub(crate) fn unread(failure: Failure) -> Failure {
    match failure.code {
        "catalogue-base-unknown" => failure.hint("name first what it extends: `cdi catalogue --output digest` prints the digest of the newest that ships"),
        "word-redefined" => failure.hint("a changed meaning is a new name; a new edition extends the one before it and adds words"),
        _ => failure,
    }
}
