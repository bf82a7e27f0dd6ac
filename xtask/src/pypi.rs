//! Programs of others from PyPI, pinned by hash, each set in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::run;

/// The interpreter of a virtual environment that has exactly what is pinned; its programs lie beside it.
pub(crate) fn environment(folder: &Path, pinned: &Path) -> Result<PathBuf, String> {
    let python = folder.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    }
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"];
    run(Command::new(&python).args(install).arg("--requirement").arg(pinned))?;
    Ok(python)
}
