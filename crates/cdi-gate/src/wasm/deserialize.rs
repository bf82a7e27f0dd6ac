//! The one call that turns bytes into machine code of this process.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::{Engine, Module, Result};

use super::{ArtifactKind, EngineError, Profile};

/// An engine of its own for one artifact, and the artifact in it.
///
/// Not admission: it is sound only for bytes that a decision vouches for. One engine serves one artifact, because a
/// panic of the loader leaves the engine unusable; such an engine is leaked, not dropped, and the panic is an error.
///
/// # Errors
///
/// [`EngineError::NotPrecompiled`] before any byte is parsed as machine code; otherwise what the loader says.
pub(super) fn load(artifact: &[u8], profile: Profile) -> Result<(Engine, Module), EngineError> {
    match ArtifactKind::sniff(artifact) {
        ArtifactKind::PrecompiledModule => {}
        found => return Err(EngineError::NotPrecompiled { found }),
    }
    let engine = start(profile)?;
    match catch_unwind(AssertUnwindSafe(|| deserialize(&engine, artifact))) {
        Ok(Ok(module)) => Ok((engine, module)),
        Ok(Err(error)) => Err(EngineError::ArtifactRefused {
            engine: profile.name().to_owned(),
            detail: format!("{error:#}"),
        }),
        Err(_panic) => {
            std::mem::forget(engine);
            Err(EngineError::LoaderPanicked { profile })
        }
    }
}

fn start(profile: Profile) -> Result<Engine, EngineError> {
    profile
        .config()
        .and_then(|config| Engine::new(&config))
        .map_err(|error| EngineError::EngineUnavailable { profile, detail: format!("{error:#}") })
}

#[expect(unsafe_code, reason = "loading machine code cannot be safe; a decision discharges it")]
fn deserialize(engine: &Engine, artifact: &[u8]) -> Result<Module> {
    // SAFETY: the engine asks that the bytes be the unmodified output of this wasmtime's `precompile_module`, and does
    // not find out if they are not. That is exactly what a decision establishes, by a report of a certified compiler
    // over the digest of these bytes; the ladder calls this with the bytes that were digested, held in memory. The runtime
    // `cdi-wasm-host` decides nothing: it is started for bytes that were decided about, in a place that keeps it apart.
    unsafe { Module::deserialize(engine, artifact) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_precompiled_never_reaches_the_loader() {
        let bytecode: &[u8] = b"\0asm\x01\0\0\0";
        for bytes in [b"".as_slice(), bytecode, b"\0aot\0\0\0\0", b"\x7fELF\x02\x01\x01", b"#!/bin/sh"] {
            let error = load(bytes, Profile::GuardPages).err().unwrap();
            assert_eq!(error.code(), "not-a-precompiled-module", "{bytes:?}");
        }
    }

    #[test]
    fn the_engine_of_every_profile_starts() {
        for profile in Profile::ALL {
            assert!(start(profile).is_ok(), "{profile}");
        }
    }
}
