//! What is known against the libraries: the advisories of RustSec about those that are locked here, kept in this repository.
//!
//! The whole database is ten times as large, and most of it is about libraries that nobody here uses. So that a library that comes
//! new is not taken for one without advisories, the names that were looked up are kept as well.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::lock::locked;
use crate::build::run;
use crate::repository::{root, tools};

/// Where they are kept.
fn kept() -> PathBuf {
    root().join("supply-chain/advisories")
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// The names of all packages that come from a registry, in both workspaces.
fn names() -> Result<BTreeSet<String>, String> {
    let packages = [locked(root())?, locked(&tools())?].concat();
    Ok(packages.into_iter().filter(|one| one.checksum.is_some()).map(|one| one.name).collect())
}

/// Takes the advisories about what is locked from a clone of the database.
pub(crate) fn take(database: &str) -> Result<(), String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(["-C", database]).args(arguments).output();
        let output = output.map_err(|error| format!("git: {error}"))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr))),
        }
    };
    let commit = git(&["log", "-1", "--format=%H, %cs"])?;
    let names = names()?;
    let folder = kept();
    let crates = folder.join("crates");
    let _ = std::fs::remove_dir_all(&crates);
    let mut taken = 0;
    for path in git(&["ls-tree", "-r", "--name-only", "HEAD", "crates/"])?.lines() {
        let name = path.split('/').nth(1).unwrap_or_default();
        if names.contains(name) {
            let to = folder.join(path);
            std::fs::create_dir_all(crates.join(name)).map_err(|error| failed(&to, &error))?;
            std::fs::write(&to, git(&["show", &format!("HEAD:{path}")])?)
                .map_err(|error| failed(&to, &error))?;
            taken += 1;
        }
    }
    let looked_up = format!(
        "# Looked up in rustsec/advisory-db, commit {}.\n{}\n",
        commit.trim(),
        names.iter().cloned().collect::<Vec<_>>().join("\n")
    );
    let list = folder.join("looked-up.txt");
    std::fs::write(&list, looked_up).map_err(|error| failed(&list, &error))?;
    println!("{taken} advisories about {} libraries", names.len());
    Ok(())
}

/// A repository with what is kept, as cargo-deny fetches it. Everything that is locked was looked up.
pub(super) fn repository(folder: &Path) -> Result<PathBuf, String> {
    let list = kept().join("looked-up.txt");
    let list = std::fs::read_to_string(&list).map_err(|error| failed(&list, &error))?;
    let new = unknown(&list, &names()?);
    if !new.is_empty() {
        let advice = "clone RustSec's database and run `cargo xtask advisories CLONE`";
        return Err(format!("nobody has looked up what is known against {}: {advice}", new.join(", ")));
    }
    let repository = folder.join("advisory-db");
    let _ = std::fs::remove_dir_all(&repository);
    std::fs::create_dir_all(&repository).map_err(|error| failed(&repository, &error))?;
    run(Command::new("cp").arg("-R").arg(kept().join("crates")).arg(&repository))?;
    let somebody = ["-c", "user.name=cdi", "-c", "user.email=cdi@localhost"];
    for arguments in [
        ["init", "--quiet", "--initial-branch=main"].as_slice(),
        &["add", "--all"],
        &["commit", "--quiet", "--no-gpg-sign", "--message=Advisories"],
    ] {
        run(Command::new("git").arg("-C").arg(&repository).args(somebody).args(arguments))?;
    }
    Ok(repository)
}

/// The names that are not on the list.
fn unknown(list: &str, names: &BTreeSet<String>) -> Vec<String> {
    let looked_up: BTreeSet<&str> = list.lines().collect();
    names.iter().filter(|name| !looked_up.contains(name.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_nobody_looked_up_is_told() {
        let names = BTreeSet::from(["new".to_owned(), "old".to_owned()]);
        assert_eq!(unknown("# Looked up\nold\nolder\n", &names), ["new"]);
    }

    #[test]
    fn everything_that_is_locked_was_looked_up() {
        let list = std::fs::read_to_string(kept().join("looked-up.txt")).unwrap_or_default();
        let none: [String; 0] = [];
        assert_eq!(unknown(&list, &names().unwrap_or_default()), none);
    }
}
