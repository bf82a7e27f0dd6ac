//! The files that answers go into. None of them may be anything that the command is about, and nothing is written over but
//! what an earlier run has answered: that is found before anything is done. An earlier answer goes when the new one is
//! ready, or when there will be none.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::earlier::{MOST_BYTES, is_answer};
use crate::failure::Failure;
use crate::memory::StateArguments;
use crate::one_name::one_name;
use crate::terminal;

/// Answers of earlier runs, in files that this one is to write.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Earlier(Vec<(PathBuf, Identity)>);

/// Which file has a name: one that is written anew is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Earlier {
    /// Removes those that were not replaced, so that a run that fails leaves no answer of another.
    pub(crate) fn withdraw(self) {
        for (file, identity) in self.0 {
            if Identity::of(&file) == Some(identity) {
                // What cannot be removed is told by the exit status, as everything is.
                let _ = std::fs::remove_file(&file);
            }
        }
    }
}

impl Identity {
    fn of(file: &Path) -> Option<Self> {
        let metadata = file.symlink_metadata().ok()?;
        Some(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// Holds if every file can take an answer; tells which have one of an earlier run. Nothing is changed.
pub(super) fn foresee<'f>(
    files: impl Iterator<Item = &'f Path> + Clone,
    words: &[String],
) -> Result<Earlier, Failure> {
    let Some(_) = files.clone().next() else { return Ok(Earlier::default()) };
    let named = named(words);
    let state = state(words);
    let (mut names, mut earlier) = (std::collections::BTreeSet::new(), Earlier::default());
    for file in files {
        let shown = terminal::path(file);
        let name = one_name(file);
        if !names.insert(name.clone()) {
            let message = format!("two answers are to be written into `{shown}`");
            return Err(Failure::failed("output-twice", message).hint("give each file a name of its own"));
        }
        if named.iter().any(|other| is_same(file, other)) {
            return Err(over_input(format!(
                "`{shown}` is to have an answer, and the command is about it too"
            )));
        }
        if state.iter().any(|folder| name.starts_with(folder)) {
            return Err(over_input(format!("`{shown}` is in the folder of what this host remembers")));
        }
        if let Err(error @ cdi_store::StoreError::MissingFolder { .. }) = cdi_store::foresee_new(file) {
            return Err(error.into());
        }
        earlier.0.extend(replaceable(file)?.map(|identity| (file.to_owned(), identity)));
    }
    Ok(earlier)
}

fn over_input(message: String) -> Failure {
    Failure::failed("output-over-input", message).hint("name another file")
}

/// Writes a file whole or not at all, over nothing that came there meanwhile: a link that did is not followed.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = match replaceable(file)? {
        None => cdi_store::write_new(file, bytes, 0o644),
        Some(_) => cdi_store::replace_name(file, bytes, 0o644),
    };
    Ok(written?)
}

/// Which file has this name, if one has; it is an answer of an earlier run then.
fn replaceable(file: &Path) -> Result<Option<Identity>, Failure> {
    let Ok(metadata) = file.symlink_metadata() else { return Ok(None) };
    let shown = terminal::path(file);
    if metadata.is_symlink() {
        return Err(over_input(format!("`{shown}` is a link, which no answer is written over")));
    }
    if !metadata.is_file() {
        return Err(over_input(format!("`{shown}` is no file, which no answer is written over")));
    }
    let unreadable = |error| {
        Failure::failed("output-unwritable", format!("`{}` cannot be read: {error}", terminal::path(file)))
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
    if bytes.len() > most || !is_answer(&bytes) {
        let message = format!("`{shown}` is not known for an answer of an earlier run, and would be lost");
        return Err(over_input(message).hint("if it is one, for people, remove it first"));
    }
    Ok(Some(Identity { device: metadata.dev(), inode: metadata.ino() }))
}

/// All files that the words of a command line may name: a word, the value of an option, and the bundle beside either; also
/// the configuration, and what it may name.
fn named(words: &[String]) -> Vec<PathBuf> {
    let configuration = value_of(words, "--config").map(PathBuf::from);
    let configuration = configuration.or_else(|| std::env::var_os("CDI_CONFIG").map(PathBuf::from));
    let configuration = configuration.unwrap_or_else(|| PathBuf::from("cdi.yaml"));
    let mut named = named_in(&configuration);
    named.extend([PathBuf::from("cdi.yaml"), configuration]);
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

/// Every word of a configuration as a file beside it: more than it names, and nothing less.
fn named_in(configuration: &Path) -> Vec<PathBuf> {
    let Ok(bytes) = cdi_store::read_document(configuration) else { return Vec::new() };
    let folder = configuration.parent().unwrap_or(Path::new(""));
    let text = String::from_utf8_lossy(&bytes);
    let words = text.split(|c: char| c.is_whitespace() || "\"',{}[]".contains(c));
    words
        .map(|word| word.trim_end_matches(':'))
        .filter(|word| !word.is_empty())
        .map(|word| folder.join(word))
        .collect()
}

/// The folder of what this host remembers, by its one name.
fn state(words: &[String]) -> Option<PathBuf> {
    let named = value_of(words, "--state").map(PathBuf::from);
    let state = named.or_else(|| std::env::var_os("CDI_STATE").map(PathBuf::from));
    let folder = StateArguments { state }.folder().ok()?;
    Some(one_name(folder.path()))
}

/// The value of an option, in either of the ways in which it can be given.
fn value_of<'w>(words: &'w [String], option: &str) -> Option<&'w str> {
    let behind = words.iter().position(|word| word == option).and_then(|at| words.get(at + 1));
    let joined = words.iter().find_map(|word| word.strip_prefix(option)?.strip_prefix('='));
    behind.map(String::as_str).or(joined)
}

/// Whether both names are those of one file, or would be.
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => one_name(one) == one_name(other),
    }
}
