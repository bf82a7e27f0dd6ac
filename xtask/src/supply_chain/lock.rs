//! Packages of a `Cargo.lock`.

use std::path::Path;

/// A package as a lock file has it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) name: String,
    pub(super) version: String,
    /// The SHA-256 of what the registry hands out; of a package of our own there is none.
    pub(super) checksum: Option<String>,
}

/// The packages that are locked in a workspace.
pub(super) fn locked(workspace: &Path) -> Result<Vec<Locked>, String> {
    let path = workspace.join("Cargo.lock");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(read(&text))
}

/// Cargo writes a member a line, its text in quotation marks.
fn read(text: &str) -> Vec<Locked> {
    let mut packages: Vec<Locked> = Vec::new();
    for line in text.lines() {
        if line == "[[package]]" {
            packages.push(Locked::default());
        }
        let Some((member, text)) = line.split_once(" = \"") else { continue };
        let (Some(package), text) = (packages.last_mut(), text.trim_end_matches('"').to_owned()) else {
            continue;
        };
        match member {
            "name" => package.name = text,
            "version" => package.version = text,
            "checksum" => package.checksum = Some(text),
            _ => {}
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_as_cargo_writes_them() {
        let text = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n\
                    checksum = \"00ff\"\ndependencies = [\n \"b\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\n";
        let [a, b] = <[Locked; 2]>::try_from(read(text)).unwrap_or_default();
        assert_eq!((a.name.as_str(), a.checksum.as_deref()), ("a", Some("00ff")));
        assert_eq!((b.name.as_str(), b.version.as_str(), b.checksum), ("b", "0.1.0", None));
    }
}
