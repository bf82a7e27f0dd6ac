//! The demo's folder: laid out anew each time, and only over a folder that a demo made.

use std::fs;
use std::path::Path;

use crate::build::Programs;
use crate::repository::root;

/// What says that a folder is a demo's, and may be laid out again.
const MARK: &str = ".cdi-demo";

/// Makes the folder, with the programs, the application and the policies' templates in it.
pub(crate) fn lay_out(folder: &Path, programs: &Programs) -> Result<(), String> {
    if folder.exists() {
        if !folder.join(MARK).exists() {
            return Err(format!(
                "{} exists and is not a folder of this demo: name another one",
                folder.display()
            ));
        }
        println!("{} is of an earlier demo, and is made anew.", folder.display());
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    for name in [
        "bin",
        "keys",
        "authorities",
        "requests",
        "evidence",
        "claims",
        "policies",
        "app",
        "data/transactions",
        "attacks",
    ] {
        make(&folder.join(name))?;
    }
    write(&folder.join(MARK), b"")?;
    for (from, to) in [
        (&programs.cdi, "cdi"),
        (&programs.aot, "cdi-wasm-aot"),
        (&programs.inspect, "cdi-wasm-inspect"),
        (&programs.wasm_host, "cdi-wasm-host"),
    ] {
        copy(from, &folder.join("bin").join(to))?;
    }
    let examples = root().join("examples");
    copy(&examples.join("fraud-scoring/fraud-scoring.wasm"), &folder.join("app/fraud-scoring.wasm"))?;
    copy(&examples.join("fraud-scoring/transactions.csv"), &folder.join("data/transactions/today.csv"))?;
    copy(&examples.join("demo/cdi.yaml"), &folder.join("cdi.yaml"))?;
    for name in ["cdi-wasm-aot.json", "cdi-wasm-inspect.json"] {
        copy(&examples.join("demo/claims").join(name), &folder.join("claims").join(name))?;
    }
    Ok(())
}

pub(crate) fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(|_| ()).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}
