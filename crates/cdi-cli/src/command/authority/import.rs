//! `cdi authority import`.

use std::path::PathBuf;

use cdi_authority::RecordError;
use cdi_envelope::PublicKey;
use clap::Args;

use super::folder::Folder;
use super::{AsOf, files};
use crate::answer::{Done, Outputs, VALUES};
use crate::count;
use crate::failure::Failure;

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
    at: AsOf,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

const ROOT: &str = "`--root` is the public key of the authority that endorsed, `public.pem` in its folder";

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
        let imported = records.lineage().import(folder.key.key_id(), lines, &roots, self.at.time());
        let lineage = imported.map_err(|error| self.refused(error))?;
        locked.write_lineage(&lineage)?;
        let added = lineage.endorsements().count().saturating_sub(before);
        let (imported, dir) = (count::of(added, "endorsement"), self.dir.display());
        let done = Done::new(format!("imported {imported} into {dir}"));
        self.output.say(&done.also("folder", dir).counting("imported", added))
    }

    /// Says which files were meant, and what most likely went wrong with them.
    fn refused(&self, error: RecordError) -> Failure {
        let endorsements: Vec<String> =
            self.endorsements.iter().map(|path| format!("`{}`", path.display())).collect();
        let hint = match &error {
            RecordError::Unrooted { .. } => ROOT,
            RecordError::NotForThisAuthority { .. } => {
                "the endorsement is another authority's: name the folder of the one that asked for it"
            }
            RecordError::Expired { .. } => "ask the parent authority to endorse this one again",
            _ => "import what `cdi authority endorse` has written",
        };
        Failure::from(error).about(endorsements.join(", ")).hint(hint)
    }

    fn roots(&self) -> Result<Vec<PublicKey>, Failure> {
        let read = |path: &PathBuf| {
            crate::command::trust::named_key::read(path).map_err(|failure| failure.hint(ROOT))
        };
        self.root.iter().map(read).collect()
    }
}
