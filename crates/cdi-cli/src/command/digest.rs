//! `cdi digest`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use cdi_recorder::Tree;
use cdi_types::ArtifactDigest;
use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Outputs, VALUES};
use crate::failure::Failure;
use crate::layout::Page;
use crate::progress::Progress;
use crate::{count, terminal};

/// Say which digest a file has, or a folder with all files below it.
///
/// A file's is the SHA-256 of its bytes. A folder's is in-toto's `dirHash1`, the `h1` of Go's modules: the SHA-256 of the list of
/// its files, as `cdi wrap --input FOLDER/` records it and policies name it. Permissions, times and empty folders are not in
/// it; symbolic links, pipes and the like are refused. --leaves writes the list, which `sha256sum --check` reads.
///
///   cdi digest app.wasm
///   cdi digest src --leaves src.sha256
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Digest {
    /// A file or a folder
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// Write the list of the folder's files, each with its digest, into a new file
    #[arg(long, value_name = "FILE")]
    leaves: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

/// What something is by its bytes.
#[derive(Serialize)]
struct Digested {
    path: String,
    digest: ArtifactDigest,
    /// How many files a folder has.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaves: Option<String>,
}

impl Digest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let path = self.path.display().to_string();
        if !self.path.is_dir() {
            if self.leaves.is_some() {
                return Err(Failure::failed("usage", "--leaves is for folders: a file has no list of files"));
            }
            let digest = cdi_store::artifact_digest(&self.path)?;
            self.output.say(&Digested { path, digest, files: None, leaves: None })?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(leaves) = &self.leaves {
            cdi_store::foresee_new(leaves)?;
        }
        let hashing = Progress::of("hashing the files of the folder");
        let tree = Tree::measure(&self.path)?;
        drop(hashing);
        if let Some(leaves) = &self.leaves {
            cdi_store::write_new(leaves, &tree.list(), 0o644)?;
        }
        let leaves = self.leaves.map(|leaves| leaves.display().to_string());
        let (digest, files) = (tree.digest(), Some(tree.files()));
        self.output.say(&Digested { path, digest, files, leaves })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Answer for Digested {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        write!(page, "{}  {}", self.digest, terminal::plain(&self.path))?;
        if let Some(files) = self.files {
            let files = usize::try_from(files).unwrap_or(usize::MAX);
            write!(page, " ({})", count::of(files, "file"))?;
        }
        writeln!(page)
    }
}
