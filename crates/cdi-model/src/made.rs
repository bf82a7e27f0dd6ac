//! Texts that nobody lists, what options set, and what is made of it.

use super::arguments::only_a_path;
use super::world::{Invocation, Kind, Name, Piece, Report, Setting, is_tree};
use std::collections::BTreeMap;

/// What a run has for an option, or for what it sets under a name.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub option: Name,
    pub set: Option<Name>,
    pub text: Option<String>,
}

/// Whether a text is of this kind.
pub(super) fn is_of(kind: Kind, text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.+".contains(c);
    let tail = |text: &str| text.len() <= 128 && text.chars().all(plain);
    let word =
        |text: &str| tail(text) && text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    match kind {
        Kind::Word => word(text),
        Kind::Tail => tail(text),
        Kind::Quoted => {
            let marks = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
            marks && text.get(1..text.len() - 1).is_some_and(|inner| inner.is_empty() || word(inner))
        }
        Kind::Path => only_a_path(text),
    }
}

/// What is set by a text, and how that is described: with a value where one is described, and without where none is.
pub(super) fn setting<'l>(
    sets: &'l BTreeMap<Name, Setting>,
    text: &str,
) -> Option<(Name, &'l Setting, Option<String>)> {
    let mut parts = text.splitn(2, '=');
    let (name, value) = (parts.next()?.to_owned(), parts.next().map(str::to_owned));
    let own = if name == "*" { None } else { sets.get(&name) };
    let found = match own {
        Some(own) => own,
        None if is_of(Kind::Word, &name) => sets.get("*")?,
        None => return None,
    };
    (found.value.is_some() == value.is_some()).then_some((name, found, value))
}

/// What these pieces make of the values: a name, behind whatever the first of them is.
pub(super) fn made(pieces: &[Piece], values: &[Value]) -> Option<String> {
    let one = |(place, piece): (usize, &Piece)| match piece {
        Piece::Text(text) => Some(text.clone()),
        Piece::Option { name, set, without, otherwise } => {
            let has = |value: &&Value| value.option == *name && value.set == *set && value.text.is_some();
            let put = match (values.iter().find(has).and_then(|value| value.text.clone()), without) {
                (None, _) => otherwise.clone()?,
                (Some(text), None) => text,
                (Some(text), Some(end)) => {
                    text.strip_suffix(end.as_str()).filter(|rest| !rest.is_empty())?.to_owned()
                }
            };
            if place == 0 || !put.contains('/') { Some(put) } else { None }
        }
    };
    pieces.iter().enumerate().map(one).collect::<Option<Vec<String>>>().map(|texts| texts.concat())
}

/// The outputs that the invocation knows by what is made of these values, with their roles.
pub(super) fn outputs(invocation: &Invocation, report: &Report, values: &[Value]) -> Vec<(Name, Name)> {
    let recorded =
        |path: &String| report.outputs.iter().any(|(output, digest)| output == path && !is_tree(digest));
    let output = |described: &super::world::Made| {
        let path = made(&described.path, values).filter(|path| only_a_path(path) && recorded(path))?;
        Some((path, described.role.clone()))
    };
    invocation.outputs.iter().filter_map(output).collect()
}

/// Whether a file's name is more than this ending, and ends in it.
pub(super) fn ends(path: &str, ending: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.len() > ending.len() && name.ends_with(ending)
}
