//! The program as people install it: one static file, under a budget; as it is released, with its own history; and whether it
//! compiles for another processor.

mod compare;
mod evidence;
mod place;
mod recorded;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{command, run, target};
use crate::repository::root;

pub(crate) use recorded::{record, reproduce};

/// The most that the program may weigh, in bytes. Whoever adds to it has to say here why it is worth more: 20 MiB held placement,
/// deployment and pages; a recorder that makes a tool's calls and confines it, claims about ten tools, others' provenance and
/// commits took one more.
const BUDGET: u64 = 22 * 1024 * 1024;

/// The target is named, although it is the host, so that the flags do not reach build scripts and procedural macros.
const HERE: &str = "x86_64-unknown-linux-gnu";
const STATIC: &str = "-C target-feature=+crt-static";
const ARM: &str = "aarch64-unknown-linux-gnu";

/// Installs the program in a folder of the build, as people do, and holds it to what is said of it: it needs no library and no
/// loader, and keeps to its budget.
pub(crate) fn release() -> Result<(), String> {
    let installed = target(root()).join("installed");
    let folder = installed.to_str().ok_or("the folder of the build has a name that is no text")?;
    let arguments = [
        "install",
        "--locked",
        "--force",
        "--no-track",
        "--path",
        "crates/cdi-cli",
        "--root",
        folder,
        "--target",
        HERE,
    ];
    run(command(root(), &arguments).env("RUSTFLAGS", STATIC))?;
    hold(&installed.join("bin/cdi"))
}

/// Builds programs as they are released; the folder that they are in.
pub(crate) fn programs(what: &[&str]) -> Result<PathBuf, String> {
    let build = [&["build", "--release", "--locked", "--target", HERE], what].concat();
    run(command(root(), &build).env("RUSTFLAGS", STATIC))?;
    Ok(target(root()).join(HERE).join("release"))
}

/// Holds the program to what is said of it.
fn hold(program: &Path) -> Result<(), String> {
    is_static(program)?;
    let size = std::fs::metadata(program).map_err(|error| format!("{}: {error}", program.display()))?.len();
    if size > BUDGET {
        return Err(format!("{} weighs {size} bytes, over the budget of {BUDGET}", program.display()));
    }
    run(Command::new(program).arg("--version"))?;
    println!("{}: static, {:.1} MiB of {}", program.display(), mebibytes(size), BUDGET >> 20);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people, of some tens of megabytes")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// A program without an interpreter loads nothing.
fn is_static(program: &Path) -> Result<(), String> {
    let mut readelf = Command::new("readelf");
    let output = readelf.args(["--wide", "--program-headers"]).arg(program).output();
    let output = output.map_err(|error| format!("readelf: {error}"))?;
    let headers = String::from_utf8_lossy(&output.stdout);
    match (output.status.success() && headers.contains("LOAD"), headers.contains("INTERP")) {
        (true, false) => Ok(()),
        (true, true) => Err(format!("{} is not static: it names an interpreter", program.display())),
        (false, _) => Err(format!("readelf cannot read {}", program.display())),
    }
}

/// Compiles everything of the host for arm64, without running it, where the standard library for it is installed; else says so.
pub(crate) fn arm64() -> Result<(), String> {
    if !standard_library(ARM)?.exists() {
        println!("NOT compiled for arm64: `rustup target add {ARM}` installs what is missing");
        return Ok(());
    }
    if Command::new("aarch64-linux-gnu-gcc").arg("--version").output().is_err() {
        return Err(
            "for the libraries that have C in them, install gcc-aarch64-linux-gnu and libc6-dev-arm64-cross"
                .to_owned(),
        );
    }
    run(&mut command(
        root(),
        &["check", "--locked", "--package", "cdi-cli", "--package", "cdi-decider", "--target", ARM],
    ))?;
    println!("compiled for arm64, and not run");
    Ok(())
}

/// Where the standard library of a target is, if it is installed.
fn standard_library(target: &str) -> Result<PathBuf, String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let output = rustc.args(["--print", "target-libdir", "--target", target]).output();
    let output = output.map_err(|error| format!("rustc: {error}"))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
