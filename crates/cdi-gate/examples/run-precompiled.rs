//! Runs a precompiled WASI program under a profile, without any decision: for tests of the engine alone. With the feature
//! `wasmi` the profile `interpreter` runs one that was not compiled, to compare.
//!
//! `run-precompiled PROFILE MEMORY_BYTES TIME_MS ARTIFACT [ARGUMENT...]`; the environment variable `CDI_GRANT_READ`
//! and `CDI_GRANT_WRITE` each name a directory that the guest finds under `/read` and `/write`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cdi_gate::wasm::{
    Access, EngineError, Grant, GuestExit, GuestLimits, Profile, WasiRequest, run_precompiled,
};

fn main() -> ExitCode {
    match run() {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            eprintln!("cdi: error: {message}");
            ExitCode::from(125)
        }
    }
}

fn run() -> Result<u8, String> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("missing {what} [usage]"));
    let profile = next("PROFILE")?;
    let memory_bytes = number(&next("MEMORY_BYTES")?)?;
    let time = Duration::from_millis(number(&next("TIME_MS")?)?);
    let path = next("ARTIFACT")?;
    let artifact =
        std::fs::read(&path).map_err(|error| format!("cannot read `{path}`: {error} [unreadable]"))?;
    let request = WasiRequest {
        arguments: std::iter::once("guest".to_owned()).chain(arguments).collect(),
        environment: Vec::new(),
        directories: grants(),
    };
    let limits = GuestLimits { memory_bytes, time };
    #[cfg(feature = "wasmi")]
    if profile == "interpreter" {
        return told(cdi_gate::wasm::run_bytecode(&artifact, &request, limits));
    }
    let profile: Profile = profile.parse().map_err(|error| format!("{error} [unknown-profile]"))?;
    told(run_precompiled(&artifact, profile, &request, limits))
}

fn told(ended: Result<GuestExit, EngineError>) -> Result<u8, String> {
    ended.map(|exit| exit.status).map_err(|error| format!("{error} [{}]", error.code()))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|error| format!("`{text}` is no number: {error} [usage]"))
}

fn grants() -> Vec<Grant> {
    let grant = |variable, guest: &str, access| {
        let host = PathBuf::from(std::env::var_os(variable)?);
        Some(Grant { host, guest: guest.to_owned(), access })
    };
    let read = grant("CDI_GRANT_READ", "/read", Access::Read);
    read.into_iter().chain(grant("CDI_GRANT_WRITE", "/write", Access::ReadWrite)).collect()
}
