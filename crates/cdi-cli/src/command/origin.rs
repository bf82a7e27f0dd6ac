//! `cdi origin`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_keys::{Signer as _, seal};
use cdi_types::{Annotations, Origin as OriginPredicate, OriginKind, RecordedPath, Statement, Subject};
use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::passphrase::{PassphraseSource, open_key};
use crate::{count, terminal};

/// Say that artifacts are yours: a provenance chain may begin at them, if a policy trusts your key for it.
///
/// The statement names each file by the path as you give it, `.` segments aside, and by its digest. It is added to the
/// bundle beside the artifact, or to `--out`.
///
///   cdi origin --key developer.pem --kind source src/fraud.c
///   cdi origin --key developer.pem --kind library lib/a.c lib/b.c --out lib.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Origin {
    /// The developer's or supplier's key, in PEM
    #[arg(long, value_name = "KEY.pem")]
    key: PathBuf,
    /// What the files are
    #[arg(long, value_enum)]
    kind: KindWord,
    /// The artifacts
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The bundle to add the statement to; needed for more than one file
    #[arg(long, value_name = "BUNDLE")]
    out: Option<PathBuf>,
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

impl Origin {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let out = self.bundle()?;
        let subjects = self.subjects()?;
        let key = open_key(&self.key, &self.passphrase)?;
        let predicate = OriginPredicate {
            issuer: key.public_key().key_id(),
            kind: self.kind.into(),
            annotations: Annotations::default(),
        };
        let files = count::of(subjects.len(), "file");
        let sealed = seal(&Statement::new(subjects, predicate)?, &key)?;
        let added = cdi_store::append_lines(&out, &[sealed.line])?;
        let out = terminal::path(&out);
        let done = if added == 1 { "added to" } else { "already in" };
        terminal::line(format_args!("origin of {files}, {done} {out}"))?;
        terminal::line(format_args!("  id   {}", sealed.id))?;
        terminal::line(format_args!("  key  {}", key.public_key().key_id()))?;
        Ok(ExitCode::SUCCESS)
    }

    fn bundle(&self) -> Result<PathBuf, Failure> {
        match (&self.out, self.files.as_slice()) {
            (Some(out), _) => Ok(out.clone()),
            (None, [only]) => Ok(cdi_store::default_bundle_path(only)),
            (None, _) => Err(Failure::failed("usage", "several files have no one bundle beside them")
                .hint("name the bundle with `--out BUNDLE`")),
        }
    }

    fn subjects(&self) -> Result<Vec<Subject>, Failure> {
        let mut subjects: Vec<Subject> = Vec::new();
        for file in &self.files {
            let subject = subject(file)?;
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        Ok(subjects)
    }
}

fn subject(file: &Path) -> Result<Subject, Failure> {
    let text = file.to_str().ok_or_else(|| {
        Failure::failed("path-not-plain", format!("the path `{}` is not UTF-8", file.display()))
    })?;
    let path = RecordedPath::normalise(text)?;
    Ok(Subject { path: Some(path), digest: cdi_store::read_artifact(file)?.digest() })
}
