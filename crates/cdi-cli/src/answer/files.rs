//! The files that answers go into. None of them may be anything that the command is about, and nothing that somebody keeps
//! is written over: that is found before anything is done.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::one_name::one_name;
use crate::terminal;

/// What is read of a file to tell what it is.
const HEAD_BYTES: u64 = 64 << 10;

/// Holds if every file can take an answer; what an earlier run has left there is gone then.
pub(super) fn foresee<'f>(
    files: impl Iterator<Item = &'f Path> + Clone,
    words: &[String],
) -> Result<(), Failure> {
    let named = named(words);
    let mut names = std::collections::BTreeSet::new();
    for file in files.clone() {
        let shown = terminal::path(file);
        if !names.insert(one_name(file)) {
            let message = format!("two answers are to be written into `{shown}`");
            return Err(Failure::failed("output-twice", message).hint("give each file a name of its own"));
        }
        if named.iter().any(|other| is_same(file, other)) {
            let message = format!("`{shown}` is to have an answer, and the command is about it too");
            return Err(Failure::failed("output-over-input", message).hint("name another file"));
        }
        if let Some(what) = kept(file)? {
            let message = format!("`{shown}` is {what}, which no answer is written over");
            return Err(Failure::failed("output-over-input", message).hint("name another file"));
        }
        if let Err(error @ cdi_store::StoreError::MissingFolder { .. }) = cdi_store::foresee_new(file) {
            return Err(error.into());
        }
    }
    for file in files {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let message = format!("`{}` cannot be replaced: {error}", terminal::path(file));
                return Err(Failure::failed("output-unwritable", message));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes a file whole or not at all.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    Ok(cdi_store::replace(file, bytes, 0o644)?)
}

/// All files that the words of a command line may name: a word, the value of an option, and the bundle beside either; also
/// the configuration that is taken by default.
fn named(words: &[String]) -> Vec<PathBuf> {
    let mut named = vec![PathBuf::from("cdi.yaml")];
    named.extend(std::env::var_os("CDI_CONFIG").map(PathBuf::from));
    let mut asks = false;
    for word in words {
        let of_output = asks || word.starts_with("--output=");
        asks = word == "--output";
        if of_output || asks {
            continue;
        }
        let value = word.split_once('=').filter(|_| word.starts_with('-')).map_or(word.as_str(), |(_, v)| v);
        let path = PathBuf::from(value);
        named.push(cdi_store::default_bundle_path(&path));
        named.push(path);
    }
    named
}

/// Whether both names are those of one file, or would be.
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => one_name(one) == one_name(other),
    }
}

/// What a file is, if it is something that nobody would want to lose to an answer.
fn kept(file: &Path) -> Result<Option<&'static str>, Failure> {
    let Ok(metadata) = file.symlink_metadata() else { return Ok(None) };
    if metadata.is_symlink() {
        return Ok(Some("a link"));
    }
    if !metadata.is_file() {
        return Ok(Some("no file"));
    }
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    read.map_err(|error| {
        let message = format!("`{}` cannot be read: {error}", terminal::path(file));
        Failure::failed("output-unwritable", message)
    })?;
    let has = |text: &str| head.windows(text.len()).any(|part| part == text.as_bytes());
    Ok(if has("-----BEGIN ") {
        Some("a key")
    } else if head.starts_with(b"{") && has("\"payloadType\"") && has("\"signatures\"") {
        Some("a bundle")
    } else if has("apiVersion: code-deployment-integrity.io/") {
        Some("a document")
    } else if head.starts_with(b"\x7fELF") || head.starts_with(b"\0asm") {
        Some("a program")
    } else {
        None
    })
}
