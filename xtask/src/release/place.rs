//! Where a release is built: a folder with nothing in it but the commit and the libraries, as their archives have them.
//!
//! ```text
//! sources/cdi      the files of the commit        sources/vendor   the libraries, by `cargo vendor`
//! build            what cargo makes               out/bin/cdi      the program
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use super::HERE;
use super::evidence::output;
use crate::build::{command, run};
use crate::repository::root;

/// What is built, and where it lies in the folder of sources.
const PACKAGE: &str = "cdi/crates/cdi-cli";

/// The folder of one build.
pub(super) struct Place {
    folder: PathBuf,
}

impl Place {
    /// Lays out a new folder: the files of the commit that is checked out, and the libraries that are already there.
    pub(super) fn new(folder: &Path, vendored: &Path) -> Result<Self, String> {
        let place = Self { folder: folder.to_owned() };
        if folder.exists() {
            return Err(format!("{} is there already: a release is built in a new folder", folder.display()));
        }
        for needed in [place.sources().join("cdi"), place.build().join("home"), folder.join("out/bin")] {
            std::fs::create_dir_all(&needed).map_err(|error| format!("{}: {error}", needed.display()))?;
        }
        take_out(&place.sources().join("cdi"))?;
        run(Command::new("cp").arg("-R").arg("--").arg(vendored).arg(place.sources().join("vendor")))?;
        Ok(place)
    }

    /// Where the build runs.
    pub(super) fn sources(&self) -> PathBuf {
        self.folder.join("sources")
    }

    /// Where it makes what nobody keeps.
    pub(super) fn build(&self) -> PathBuf {
        self.folder.join("build")
    }

    pub(super) fn out(&self) -> PathBuf {
        self.folder.join("out")
    }

    pub(super) fn program(&self) -> PathBuf {
        self.out().join("bin/cdi")
    }

    /// What cargo is told: the same for each folder but for the names of folders, which no byte of the program depends on.
    pub(super) fn arguments(&self) -> Vec<String> {
        let told = ["install", "--locked", "--offline", "--no-track"].map(str::to_owned);
        let vendored = [
            "--config",
            "source.crates-io.replace-with=\"vendored\"",
            "--config",
            "source.vendored.directory=\"vendor\"",
        ];
        let rest = ["--path", PACKAGE, "--target", HERE, "--bin", "cdi", "--root"];
        let out = self.out().display().to_string();
        told.into_iter().chain(vendored.into_iter().chain(rest).map(str::to_owned)).chain([out]).collect()
    }

    /// All variables that cargo gets.
    pub(super) fn variables(&self, rust: &Path) -> Vec<(&'static str, String)> {
        let shown = |path: PathBuf| path.display().to_string();
        vec![
            // Else a build script asks pkg-config whether the machine has this library, and links that.
            ("AWS_LC_SYS_USE_SYSTEM", "0".to_owned()),
            ("CARGO_HOME", shown(self.build().join("home"))),
            ("CARGO_TARGET_DIR", shown(self.build().join("target"))),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("RUSTC", shown(rust.join("bin/rustc"))),
            // From where cargo begins, so that a certification can have it as it stands.
            ("RUSTC_WRAPPER", "cdi/supply-chain/release/rustc".to_owned()),
            ("RUSTFLAGS", super::STATIC.to_owned()),
            ("TMPDIR", shown(self.build())),
        ]
    }
}

/// Writes the files of the commit, and nothing else that lies in the work tree.
fn take_out(folder: &Path) -> Result<(), String> {
    let archive = folder.with_extension("tar");
    let mut git = Command::new("git");
    git.args(["archive", "--format=tar", "--output"]).arg(&archive).arg("HEAD").current_dir(root());
    run(&mut git)?;
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder))?;
    std::fs::remove_file(&archive).map_err(|error| format!("{}: {error}", archive.display()))
}

/// Puts all libraries of the lock file into a folder, as cargo does: whoever does the same has the same files.
pub(super) fn vendor(folder: &Path) -> Result<(), String> {
    let to = folder.to_str().ok_or("the folder of the release has a name that is no text")?;
    let arguments = ["vendor", "--locked", "--versioned-dirs", "--quiet", to];
    run(command(root(), &arguments).stdout(std::process::Stdio::null()))
}

/// The toolchain itself: what `cargo` and `rustc` are elsewhere chooses one.
pub(super) fn toolchain() -> Result<PathBuf, String> {
    let folder = PathBuf::from(output(Command::new("rustc").args(["--print", "sysroot"]))?.trim());
    match folder.join("bin/cargo").is_file() {
        true => Ok(folder),
        false => Err(format!("no toolchain of rustup in `{}`", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_describe_what_cargo_is_told_and_nothing_else() -> Result<(), String> {
        let path = root().join("supply-chain/release/claims.json");
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let claims: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let invocation = &claims["invocations"]["release"];
        let place = Place { folder: PathBuf::from("/somewhere") };
        let mut told = place.arguments().into_iter();
        assert_eq!(told.next().as_deref(), invocation["arguments"]["first"][0]["is"].as_str());
        let options = invocation["arguments"]["options"].as_object().cloned().unwrap_or_default();
        let mut described = std::collections::BTreeSet::new();
        while let Some(option) = told.next() {
            let rule = options.get(&option).ok_or_else(|| format!("{option} is not described"))?;
            if let Some(value) = rule.get("value") {
                let given = told.next().unwrap_or_default();
                let listed = value["is"].as_str().into_iter().chain(
                    value["oneOf"].as_array().into_iter().flatten().filter_map(|value| value.as_str()),
                );
                assert!(
                    value.get("any").is_some() || listed.into_iter().any(|value| value == given),
                    "{given}"
                );
            }
            described.insert(option);
        }
        assert!(options.keys().all(|option| described.contains(option)), "{options:?}");
        let variables = place.variables(Path::new("/rust"));
        let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
        let described = invocation["environment"].as_object().cloned().unwrap_or_default();
        assert_eq!(described.keys().map(String::as_str).collect::<Vec<_>>(), names);
        for (name, value) in variables {
            let listed = described[name]["oneOf"].as_array().cloned();
            assert!(listed.is_none_or(|listed| listed.contains(&value.as_str().into())), "{name}={value}");
        }
        Ok(())
    }
}
