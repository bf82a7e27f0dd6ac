//! Files among the arguments of a tool that its user did not declare: likely mistakes, since a report tells only of files
//! that are declared.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The arguments, or values of options, that name a regular file which is not among `declared`, whatever it is called
/// there; each once. What a tool reads without an argument does not show.
pub(crate) fn undeclared<'a>(
    arguments: &'a [String],
    declared: impl IntoIterator<Item = &'a String>,
) -> Vec<&'a str> {
    let whole = |path: &'a String| Path::new(path).canonicalize().ok();
    let declared: BTreeSet<PathBuf> = declared.into_iter().filter_map(whole).collect();
    let mut seen = BTreeSet::new();
    let value = |argument: &'a String| argument.split_once('=').map_or(argument.as_str(), |(_, value)| value);
    let names = arguments.iter().map(|word| if file(word).is_some() { word.as_str() } else { value(word) });
    // A file of a folder that was declared is declared.
    let known = |file: &Path| declared.iter().any(|declared| file.starts_with(declared));
    names.filter(|name| file(name).is_some_and(|file| !known(&file) && seen.insert(file))).collect()
}

/// Where a regular file really is.
fn file(name: &str) -> Option<PathBuf> {
    Path::new(name).canonicalize().ok().filter(|path| path.is_file())
}
