//! From a core module to machine code.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cdi_wasm_profile::{CompilerOptions, CoreModule, NotACoreModule, Profile};
use wasmtime::{Engine, Module};

/// Machine code and everything that shaped it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Compiled {
    /// The artifact, in the form that the engine of the same profile loads.
    pub artifact: Vec<u8>,
    /// Every setting of the compilation, by stable names.
    pub settings: BTreeMap<String, String>,
}

/// Why there is no machine code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The input does not begin as a core module.
    #[error(transparent)]
    Input(#[from] NotACoreModule),
    /// The input is no valid module under the profile's features.
    #[error("input is no valid module under profile `{profile}`: {detail}")]
    Invalid {
        /// The profile asked for.
        profile: Profile,
        /// The validator's own words.
        detail: String,
    },
    /// The module is valid, but the code generator gave up on it.
    #[error("compiler gave up under profile `{profile}`: {detail}")]
    Unsupported {
        /// The profile asked for.
        profile: Profile,
        /// The compiler's own words.
        detail: String,
    },
    /// The code generator panicked.
    #[error("compiler panicked over the input under profile `{profile}`")]
    Panicked {
        /// The profile asked for.
        profile: Profile,
    },
    /// The code generator would not start with the profile's settings.
    #[error("compiler for profile `{profile}` did not start: {detail}")]
    EngineUnavailable {
        /// The profile asked for.
        profile: Profile,
        /// The engine's own words.
        detail: String,
    },
}

impl CompileError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Input(reason) => reason.code(),
            Self::Invalid { .. } => "module-invalid",
            Self::Unsupported { .. } => "compilation-failed",
            Self::Panicked { .. } => "compiler-panicked",
            Self::EngineUnavailable { .. } => "engine-unavailable",
        }
    }
}

/// The machine code of the module `wasm`, for hosts of `profile`.
///
/// The artifact loads under the host configuration of `profile` and no other. It keeps the guest inside its memory
/// only as the stated settings say: `bounds-checks` may leave that to the host.
///
/// # Errors
///
/// [`CompileError::Input`] and [`CompileError::Invalid`] before the code generator sees a byte; then what it says.
pub fn compile(wasm: &[u8], profile: Profile, options: &CompilerOptions) -> Result<Compiled, CompileError> {
    let module = CoreModule::parse(wasm)?;
    let engine = start(profile, options)?;
    Module::validate(&engine, module.bytes())
        .map_err(|error| CompileError::Invalid { profile, detail: format!("{error:#}") })?;
    let artifact = generate(&engine, module, profile)?;
    Ok(Compiled { artifact, settings: profile.settings(options) })
}

fn start(profile: Profile, options: &CompilerOptions) -> Result<Engine, CompileError> {
    profile
        .compiler_config(options)
        .and_then(|config| Engine::new(&config))
        .map_err(|error| CompileError::EngineUnavailable { profile, detail: format!("{error:#}") })
}

/// A panic of the code generator becomes an error; the engine is used for nothing else.
fn generate(engine: &Engine, module: CoreModule<'_>, profile: Profile) -> Result<Vec<u8>, CompileError> {
    match catch_unwind(AssertUnwindSafe(|| engine.precompile_module(module.bytes()))) {
        Ok(Ok(artifact)) => Ok(artifact),
        Ok(Err(error)) => Err(CompileError::Unsupported { profile, detail: format!("{error:#}") }),
        Err(_panic) => Err(CompileError::Panicked { profile }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble;

    const ADD: &[u8] = b"(module (func (export \"add\") (param i32 i32) (result i32)
        local.get 0 local.get 1 i32.add))";

    fn code(wasm: &[u8]) -> &'static str {
        compile(wasm, Profile::GuardPages, &CompilerOptions::default()).unwrap_err().code()
    }

    #[test]
    fn equal_inputs_give_equal_artifacts() {
        let wasm = assemble(ADD).unwrap().artifact;
        for profile in Profile::ALL {
            let once = compile(&wasm, profile, &CompilerOptions::default()).unwrap();
            let again = compile(&wasm, profile, &CompilerOptions::default()).unwrap();
            assert_eq!(once, again, "{profile}");
        }
    }

    #[test]
    fn what_is_no_core_module_is_refused() {
        assert_eq!(code(b""), "input-empty");
        assert_eq!(code(b"\0asm\x0d\0\x01\0"), "input-is-component");
        assert_eq!(code(b"\x7fELF\x02\x01\x01"), "input-is-elf");
        assert_eq!(code(ADD), "input-not-wasm");
    }

    #[test]
    fn a_module_that_does_not_validate_is_refused() {
        assert_eq!(code(b"\0asm\x01\0\0\0\xff"), "module-invalid");
    }

    #[test]
    fn a_module_with_features_outside_the_profile_is_refused() {
        for text in
            ["(module (memory i64 1))", "(module (memory 1 1 shared))", "(module (memory 1) (memory 1))"]
        {
            assert_eq!(code(&assemble(text.as_bytes()).unwrap().artifact), "module-invalid", "{text}");
        }
    }
}
