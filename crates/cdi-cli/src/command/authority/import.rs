//! `cdi authority import`.

use std::path::PathBuf;

use cdi_envelope::PublicKey;
use clap::Args;

use super::folder::Folder;
use super::{At, files};
use crate::failure::Failure;
use crate::{count, terminal};

/// Take in the endorsements that make this authority one.
///
/// From then on what this authority signs comes with them, and it refuses to certify or endorse outside its scope.
/// `--root` is the public key that the endorsements begin at, which you got from somewhere else than from them; each
/// endorsement must be signed by a root or by an authority that a root leads to, and one of them must be for this
/// authority. Endorsements that were imported before stay.
///
///   cdi authority import child child-endorsement.intoto.jsonl --root root-public.pem
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Import {
    /// The authority's folder
    dir: PathBuf,
    /// Files with endorsements, as `cdi authority endorse` writes them
    #[arg(required = true, value_name = "ENDORSEMENT")]
    endorsements: Vec<PathBuf>,
    /// The public key of a root, in PEM; may be repeated
    #[arg(long, value_name = "PEM", required = true)]
    root: Vec<PathBuf>,
    #[command(flatten)]
    at: At,
}

impl Import {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = Folder::open(&self.dir)?;
        let roots = self.roots()?;
        let mut lines = Vec::new();
        for path in &self.endorsements {
            lines.extend(files::bytes(path)?);
            lines.push(b'\n');
        }
        let locked = folder.lock()?;
        let records = locked.records()?;
        let before = records.lineage().endorsements().count();
        let lineage = records.lineage().import(folder.key.key_id(), lines, &roots, self.at.time())?;
        locked.write_lineage(&lineage)?;
        let added = lineage.endorsements().count().saturating_sub(before);
        terminal::line(format_args!(
            "imported {} into {}",
            count::of(added, "endorsement"),
            self.dir.display()
        ))
    }

    fn roots(&self) -> Result<Vec<PublicKey>, Failure> {
        let read = |path: &PathBuf| {
            let key = PublicKey::from_pem(&files::text(path)?);
            key.map_err(|error| Failure::from(error).about(format!("`{}`", path.display())))
        };
        self.root.iter().map(read).collect()
    }
}
