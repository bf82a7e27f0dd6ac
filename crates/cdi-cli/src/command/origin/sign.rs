//! `cdi origin sign`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cdi_keys::{Sealed, seal};
use cdi_recorder::Tree;
use cdi_types::{
    Annotations, ArtifactDigest, Commit, KeyId, Origin, OriginKind, RecordedPath, Statement, StatementId,
    Subject,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::commit::{Committed, IfDirty};
use super::files::Files;
use crate::answer::{Answer, Outputs, VALUES};
use crate::failure::Failure;
use crate::layout::Page;
use crate::passphrase::{PassphraseSource, open_key};
use crate::progress::Progress;
use crate::{count, terminal};

/// Say that artifacts are yours: a provenance chain may begin at them, if a policy trusts your key for it.
///
/// A statement names each file by the path as you give it, `.` segments aside, and by its digest. A folder stands for all
/// files below it, and the list of a package (as `dpkg -L` prints it) for all files that it names; symbolic links are
/// left out and counted. What is signed is added to the bundle beside the artifact, or to `--out`. Large folders give
/// several statements.
///
///   cdi origin sign --key developer.pem --kind source src/fraud.c
///   cdi origin sign --key developer.pem --kind source src --out src.intoto.jsonl
///   cdi origin sign --key vendor.pem --kind toolchain --list libc6-dev.list --out libc6-dev.intoto.jsonl
///
/// With --git the statement says which commit the files are of, by the digests that git names it and its tree with, and
/// whether the work tree was clean: whether each file of the commit was there with its bytes and its mode, which is
/// compared here. Each file is named by its path from the top of the work tree. A dirty one is refused; with --allow-dirty
/// it is said to be dirty, and the files that differ are left out. Submodules are, too; files that are no part of
/// the commit are counted unless git ignores them.
///
/// With --tree a folder is one subject, by the digest of all files below it (`cdi digest`): what `cdi wrap --input FOLDER/` reads
/// as one input. Of a commit it has the files that the commit has there, so that a checkout with other files in it is another tree;
/// `--tree .` is all of it, which a folder with a `.git` in it is not.
///
///   cdi origin sign --key developer.pem --git . --out source.intoto.jsonl
///   cdi origin sign --key developer.pem --git . --tree src --out source.intoto.jsonl
///   cdi origin sign --key developer.pem --kind source --tree vendor
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Sign {
    /// The developer's or supplier's key, in PEM
    #[arg(long, value_name = "KEY.pem")]
    key: PathBuf,
    /// What the files are
    #[arg(long, value_enum, required_unless_present = "git", conflicts_with = "git")]
    kind: Option<KindWord>,
    /// The artifacts, or folders of them
    #[arg(required_unless_present_any = ["list", "git", "tree"], conflicts_with = "git", value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// A package's list of files, one path a line; may be given several times
    #[arg(long, value_name = "FILE", conflicts_with = "git")]
    list: Vec<PathBuf>,
    /// A work tree of git: its source files, as the commit that is checked out has them
    #[arg(long, value_name = "DIR")]
    git: Option<PathBuf>,
    /// A folder, to be signed as one; with --git one of the work tree, from its top on
    #[arg(long, value_name = "DIR")]
    tree: Vec<PathBuf>,
    /// Also sign where the work tree differs from the commit: what does not, and that the rest does
    #[arg(long, requires = "git", conflicts_with_all = ["kind", "files", "list", "tree"])]
    allow_dirty: bool,
    /// The bundle to add the statement to; needed for more than one file
    #[arg(long, value_name = "BUNDLE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<VALUES>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// Kinds of origins, as the command line has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindWord {
    /// Source code
    Source,
    /// A library that is taken as it is
    Library,
    /// Headers, start-up objects and other parts of a toolchain
    Toolchain,
    /// Code in a binary form
    Binary,
}

impl From<KindWord> for OriginKind {
    fn from(word: KindWord) -> Self {
        match word {
            KindWord::Source => Self::Source,
            KindWord::Library => Self::Library,
            KindWord::Toolchain => Self::Toolchain,
            KindWord::Binary => Self::Binary,
        }
    }
}

/// What was signed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    ids: Vec<StatementId>,
    key: KeyId,
    files: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trees: Vec<SignedTree>,
    links: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<SignedCommit>,
    bundle: String,
    added: usize,
}

/// A folder that was signed as one.
#[derive(Serialize)]
pub(super) struct SignedTree {
    /// None of all of a work tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<RecordedPath>,
    pub(super) digest: ArtifactDigest,
    pub(super) files: u64,
}

/// Of which commit it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedCommit {
    #[serde(flatten)]
    commit: Commit,
    /// What of it is otherwise in the work tree, and was not signed.
    changed: Vec<String>,
    submodules: usize,
}

/// What is to be signed.
struct Signing {
    kind: OriginKind,
    subjects: Vec<Subject>,
    trees: Vec<SignedTree>,
    links: usize,
    commit: Option<SignedCommit>,
}

/// How many files one statement is about: its envelope stays well within a line of a bundle.
const SUBJECTS: usize = 8192;

impl Sign {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let out = self.bundle()?;
        let Signing { kind, mut subjects, trees, links, commit } = self.signing()?;
        let files = subjects.len();
        subjects.extend(trees.iter().map(|tree| Subject { path: tree.path.clone(), digest: tree.digest }));
        let key = open_key(&self.key, &self.passphrase)?;
        let issuer = key.public_key().key_id();
        let said = commit.as_ref().map(|signed| signed.commit);
        let seal = |subjects: &[Subject]| -> Result<Sealed, Failure> {
            let origin = Origin { issuer, kind, commit: said, annotations: Annotations::default() };
            Ok(seal(&Statement::new(subjects.to_vec(), origin)?, key.as_ref())?)
        };
        let sealed: Vec<Sealed> = subjects.chunks(SUBJECTS).map(seal).collect::<Result<_, _>>()?;
        let ids = sealed.iter().map(|sealed| sealed.id).collect();
        let lines: Vec<Vec<u8>> = sealed.into_iter().map(|sealed| sealed.line).collect();
        let added = cdi_store::append_lines(&out, &lines)?;
        let bundle = out.display().to_string();
        self.output.say(&Signed { ids, key: issuer, files, trees, links, commit, bundle, added })
    }

    fn signing(&self) -> Result<Signing, Failure> {
        if let Some(folder) = &self.git {
            let if_dirty = if self.allow_dirty { IfDirty::SignTheRest } else { IfDirty::Refuse };
            let committed = Committed::of(folder, if_dirty)?;
            let trees =
                self.tree.iter().map(|folder| committed.tree(folder)).collect::<Result<Vec<_>, _>>()?;
            let Committed { commit, subjects, changed, links, submodules } = committed;
            // Files that are in none of the folders are not signed.
            let (subjects, links) = if trees.is_empty() { (subjects, links.len()) } else { (Vec::new(), 0) };
            let commit = Some(SignedCommit { commit, changed, submodules: submodules.len() });
            return Ok(Signing { kind: OriginKind::Source, subjects, trees, links, commit });
        }
        let kind = self.kind.ok_or_else(|| Failure::failed("usage", "it is not said what the files are"))?;
        let mut files = Files::default();
        self.files.iter().try_for_each(|path| files.named(path))?;
        self.list.iter().try_for_each(|list| files.listed(list))?;
        let subjects = files.subjects()?;
        let trees = self.tree.iter().map(|folder| measured(folder)).collect::<Result<_, _>>()?;
        Ok(Signing { kind: kind.into(), subjects, trees, links: files.links, commit: None })
    }

    fn bundle(&self) -> Result<PathBuf, Failure> {
        match (&self.out, self.files.as_slice(), self.tree.as_slice()) {
            (Some(out), ..) => Ok(out.clone()),
            (None, [only], []) if self.list.is_empty() && !only.is_dir() => {
                Ok(cdi_store::default_bundle_path(only))
            }
            (None, [], [only])
                if self.list.is_empty() && self.git.is_none() && only.file_name().is_some() =>
            {
                Ok(cdi_store::default_bundle_path(only))
            }
            (None, ..) => Err(Failure::failed("usage", "several files have no one bundle beside them")
                .hint("name the bundle with `--out BUNDLE`")),
        }
    }
}

fn measured(folder: &Path) -> Result<SignedTree, Failure> {
    let text = folder.to_str().unwrap_or_default();
    // All that is known of the folder itself is that somebody was in it.
    let path = if matches!(text.trim_end_matches('/'), "" | ".") {
        None
    } else {
        Some(RecordedPath::normalise(text)?)
    };
    let hashing = Progress::of("hashing the files of the folder");
    let tree = Tree::measure(folder)?;
    drop(hashing);
    Ok(SignedTree { path, digest: tree.digest(), files: tree.files() })
}

impl Answer for Signed {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let bundle = terminal::plain(&self.bundle);
        let files = match (self.files, self.trees.len()) {
            (0, trees @ 1..) => count::of(trees, "tree"),
            (files, 0) => count::of(files, "file"),
            (files, trees) => format!("{} and {}", count::of(files, "file"), count::of(trees, "tree")),
        };
        let done = if self.added > 0 { "added to" } else { "already in" };
        writeln!(page, "origin of {files}, {done} {bundle}")?;
        for SignedTree { path, digest, files } in &self.trees {
            let path = path.as_ref().map_or("all of it", RecordedPath::as_str);
            let files = count::of(usize::try_from(*files).unwrap_or(usize::MAX), "file");
            writeln!(page, "  tree {}: {digest}, {files}", terminal::plain(path))?;
        }
        if let Some(signed) = &self.commit {
            signed.text(page)?;
        }
        if self.links > 0 {
            writeln!(page, "  left out: {}", count::of(self.links, "symbolic link"))?;
        }
        self.ids.iter().try_for_each(|id| writeln!(page, "  id   {id}"))?;
        writeln!(page, "  key  {}", self.key)
    }
}

impl SignedCommit {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let Commit { id, tree, work_tree, untracked } = &self.commit;
        writeln!(page, "  commit {id}, tree {tree}: the work tree is {}", work_tree.as_str())?;
        for path in &self.changed {
            writeln!(page, "  left out, not as in the commit: {}", terminal::plain(path))?;
        }
        if self.submodules > 0 {
            writeln!(page, "  left out: {}", count::of(self.submodules, "submodule"))?;
        }
        if *untracked > 0 {
            let files = count::of(usize::try_from(*untracked).unwrap_or(usize::MAX), "file");
            writeln!(page, "  not in the commit, and not ignored: {files}")?;
        }
        Ok(())
    }
}
