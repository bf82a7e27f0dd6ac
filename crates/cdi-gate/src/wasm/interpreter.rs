//! Bytecode in the host's own process, under an interpreter (feature `wasmi`).
//!
//! Nothing of the guest becomes machine code: every access, branch and call is the interpreter's, which compares it with its
//! bounds whatever the bytes say. So nobody has to vouch for a compiler, and the guest pays in time. What it sees of the host
//! is the very implementation of WASI that precompiled guests have, with the same grants.

mod host;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use wasmi::{CompilationMode, Config, Engine, Error, Linker, Module, Store, TrapCode, TypedFunc};
use wasmtime::Trap;
use wasmtime_wasi::p1::WasiP1Ctx;

use super::limiter::Limiter;
use super::watchdog::Watchdog;
use super::{EngineError, GuestExit, GuestLimits, Refusal, WasiRequest, wasi};

/// The interpreter's name, as settings and messages have it. It changes with what the interpreter makes of a module.
const NAME: &str = "wasmi-2";

/// The WebAssembly proposals that are on, by the names that profiles have for them. Vectors are not among them.
const FEATURES: &str = "bulk-memory,extended-const,floats,multi-value,mutable-global,reference-types,\
                        saturating-float-to-int,sign-extension";

/// What a certification of the interpreter as a runtime describes.
pub(crate) fn settings() -> BTreeMap<String, String> {
    [("engine", NAME), ("wasm-features", FEATURES)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// What the host keeps for a running guest.
struct Guest {
    wasi: WasiP1Ctx,
    limiter: Limiter,
}

/// The guest in `artifact` has run to its end and ended itself.
///
/// Expected flow: the time starts, the module is validated and read, its imports are looked up, it is instantiated, `_start`
/// is called. Standard input, output and error are the caller's own.
///
/// Caveats: those of [`run_precompiled`](super::run_precompiled) about time and the process, but not its condition: the bytes
/// may be anybody's.
///
/// # Errors
/// Each [`EngineError`] but those of loaders of machine code; whatever the guest put out before stays put out.
pub fn run_bytecode(
    artifact: &[u8],
    request: &WasiRequest,
    limits: GuestLimits,
) -> Result<GuestExit, EngineError> {
    let _watchdog = Watchdog::start(limits.time)?;
    let module = load(artifact)?;
    let guest = Guest { wasi: wasi::context(request)?, limiter: Limiter::new(limits.memory_bytes) };
    let mut store = Store::new(module.engine(), guest);
    store.limiter(|guest| &mut guest.limiter);
    let linker = host_functions(&module)?;
    let start = instantiate(&linker, &module, &mut store)?;
    let outcome = start.call(&mut store, ());
    exit(outcome, store.data().limiter.refused())
}

/// The module, valid and with every function translated, so that nothing of it is refused later.
fn load(artifact: &[u8]) -> Result<Module, EngineError> {
    Module::new(engine(), artifact)
        .map_err(|error| EngineError::ArtifactRefused { engine: NAME.to_owned(), detail: error.to_string() })
}

/// One engine for the process: a module of it does not reach another's.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::default();
        config
            .wasm_mutable_global(true)
            .wasm_sign_extension(true)
            .wasm_saturating_float_to_int(true)
            .wasm_multi_value(true)
            .wasm_bulk_memory(true)
            .wasm_reference_types(true)
            .wasm_extended_const(true)
            .floats(true)
            .wasm_multi_memory(false)
            .wasm_tail_call(false)
            .wasm_custom_page_sizes(false)
            .wasm_wide_arithmetic(false)
            .consume_fuel(false)
            .ignore_custom_sections(true)
            .compilation_mode(CompilationMode::Eager);
        Engine::new(&config)
    })
}

/// The functions of WASI preview 1, which include every import of `module`.
fn host_functions(module: &Module) -> Result<Linker<Guest>, EngineError> {
    let mut linker = Linker::new(module.engine());
    host::define(&mut linker)
        .map_err(|error| EngineError::InstantiationFailed { detail: error.to_string() })?;
    match module.imports().find(|import| !host::offers(import.module(), import.name())) {
        Some(import) => Err(EngineError::ImportUnavailable {
            module: import.module().to_owned(),
            name: import.name().to_owned(),
        }),
        None => Ok(linker),
    }
}

/// The entry point of an instance within its limits.
fn instantiate(
    linker: &Linker<Guest>,
    module: &Module,
    store: &mut Store<Guest>,
) -> Result<TypedFunc<(), ()>, EngineError> {
    let instance = match linker.instantiate_and_start(&mut *store, module) {
        Ok(instance) => instance,
        Err(error) => return Err(not_instantiated(&error, store.data().limiter.refused())),
    };
    instance.get_typed_func(store, "_start").map_err(|_absent_or_mistyped| EngineError::EntryPointMissing)
}

fn not_instantiated(error: &Error, refused: Option<Refusal>) -> EngineError {
    match (refused, error.as_trap_code().and_then(trap)) {
        (refused, Some(trap)) => EngineError::Trapped { trap, refused },
        (Some(refusal), None) => EngineError::LimitExceeded { refusal },
        (None, None) => EngineError::InstantiationFailed { detail: error.to_string() },
    }
}

fn exit(outcome: Result<(), Error>, refused: Option<Refusal>) -> Result<GuestExit, EngineError> {
    let error = match outcome {
        Ok(()) => return Ok(GuestExit { status: 0 }),
        Err(error) => error,
    };
    if let Some(status) = error.i32_exit_status().and_then(|status| u8::try_from(status).ok()) {
        return Ok(GuestExit { status });
    }
    match error.as_trap_code().and_then(trap) {
        Some(trap) => Err(EngineError::Trapped { trap, refused }),
        None => Err(EngineError::HostCallFailed { detail: error.to_string() }),
    }
}

/// The rule of WebAssembly that the guest broke; `None` for what is none.
const fn trap(code: TrapCode) -> Option<Trap> {
    Some(match code {
        TrapCode::UnreachableCodeReached => Trap::UnreachableCodeReached,
        TrapCode::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => Trap::TableOutOfBounds,
        TrapCode::IndirectCallToNull => Trap::IndirectCallToNull,
        TrapCode::IntegerDivisionByZero => Trap::IntegerDivisionByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::BadConversionToInteger,
        TrapCode::StackOverflow => Trap::StackOverflow,
        TrapCode::BadSignature => Trap::BadSignature,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
