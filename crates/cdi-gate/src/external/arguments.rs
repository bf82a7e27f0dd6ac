//! From a template and a request to the runtime's arguments. What is the request's begins no option and ends no name.

use cdi_policy::{Each, Group, Piece, WasmRuntime};

use super::has;
use crate::native::plan::refused;
use crate::native::{LaunchError, directory_name};
use crate::wasm::{Grant, WasiRequest};

/// The arguments, argument zero first.
///
/// # Errors
/// [`LaunchError::RequestRefused`] for what the template has no place for, or what the runtime could take for something else.
pub(super) fn of(
    runtime: &WasmRuntime,
    program: &str,
    module: &str,
    request: &WasiRequest,
) -> Result<Vec<String>, LaunchError> {
    let directories = request.directories.iter().map(directory).collect::<Result<Vec<_>, _>>()?;
    let variables = request.environment.iter().map(variable).collect::<Result<Vec<_>, _>>()?;
    let given = request.arguments.get(1..).unwrap_or_default();
    for (each, values) in [
        (&[Each::Directory][..], directories.as_slice()),
        (&[Each::Variable], &variables),
        (&[Each::Arguments, Each::ArgumentsWithoutDashes], given),
    ] {
        if let Some(value) = values.first().filter(|_| !has(runtime, each)) {
            return Err(refused("argument", value, "the runtime's template has no place for such"));
        }
    }
    let mut all = vec![program.to_owned()];
    for group in runtime.template.groups() {
        match group.each {
            Each::Once => all.extend(filled(group, module, "")),
            Each::Directory => all.extend(directories.iter().flat_map(|one| filled(group, module, one))),
            Each::Variable => all.extend(variables.iter().flat_map(|one| filled(group, module, one))),
            Each::Arguments => all.extend(given.iter().cloned()),
            Each::ArgumentsWithoutDashes => {
                all.extend(given.iter().map(|text| dashless(text)).collect::<Result<Vec<_>, _>>()?)
            }
        }
    }
    Ok(all)
}

fn filled<'g>(group: &'g Group, module: &'g str, value: &'g str) -> impl Iterator<Item = String> + 'g {
    group.arguments.iter().map(move |pieces| {
        let text = |piece: &'g Piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Module => module,
            Piece::Directory | Piece::Variable | Piece::Arguments => value,
        };
        pieces.iter().map(text).collect()
    })
}

/// Runtimes join names by `:`, `::`, `=` and `,`. None of these is in a name that they are given.
fn directory(grant: &Grant) -> Result<String, LaunchError> {
    let name = directory_name(&grant.guest)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !name.bytes().all(plain) {
        return Err(refused("directory", name, "a runtime could take a character of it for a separator"));
    }
    Ok(format!("/{name}"))
}

fn variable((name, value): &(String, String)) -> Result<String, LaunchError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) || !name.bytes().all(plain) {
        return Err(refused(
            "name of an environment variable",
            name,
            "a runtime could take it for something else",
        ));
    }
    Ok(format!("{name}={value}"))
}

fn dashless(argument: &str) -> Result<String, LaunchError> {
    if argument.starts_with('-') {
        let reason = "the runtime could take it for an option: its template has no `--`";
        return Err(refused("argument", argument, reason));
    }
    Ok(argument.to_owned())
}
