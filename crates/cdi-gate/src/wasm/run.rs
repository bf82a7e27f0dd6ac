//! One guest from its bytes to its exit status.

use wasmtime::{Error, Linker, Module, Store, Trap, TypedFunc};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::{self, WasiP1Ctx};

use super::limiter::Limiter;
use super::watchdog::Watchdog;
use super::{EngineError, GuestExit, GuestLimits, Profile, WasiRequest, deserialize, wasi};

/// What the host keeps for a running guest.
struct Guest {
    wasi: WasiP1Ctx,
    limiter: Limiter,
}

/// The guest in `artifact` has run to its end under `profile` and ended itself.
///
/// Expected flow: the time starts, the artifact is loaded into an engine of its own, its imports are looked up, it is
/// instantiated, `_start` is called. Standard input, output and error are the caller's own.
///
/// **Not admission; used by the ladder.** Sound only if `artifact` is the unmodified output of this engine's compiler,
/// which the caller's placement says of exactly these bytes.
///
/// Caveats: when the time is up, the *process* ends with [`TIME_LIMIT_STATUS`](super::TIME_LIMIT_STATUS), so run one
/// guest a process. A guest's first call of WASI starts the worker threads of an asynchronous runtime. An exit status
/// is the guest's own word and says nothing about its results.
///
/// # Errors
///
/// Each [`EngineError`]; whatever the guest put out before stays put out.
pub fn run_precompiled(
    artifact: &[u8],
    profile: Profile,
    request: &WasiRequest,
    limits: GuestLimits,
) -> Result<GuestExit, EngineError> {
    let _watchdog = Watchdog::start(limits.time)?;
    let (engine, module) = deserialize::load(artifact, profile)?;
    let guest = Guest { wasi: wasi::context(request)?, limiter: Limiter::new(limits.memory_bytes) };
    let mut store = Store::new(&engine, guest);
    store.limiter(|guest| &mut guest.limiter);
    let linker = host_functions(&module, &mut store)?;
    let start = instantiate(&linker, &module, &mut store)?;
    let outcome = start.call(&mut store, ());
    exit(outcome, store.data().limiter.refused())
}

/// The functions of WASI preview 1, which include every import of `module`.
fn host_functions(module: &Module, store: &mut Store<Guest>) -> Result<Linker<Guest>, EngineError> {
    let mut linker = Linker::new(store.engine());
    p1::add_to_linker_sync(&mut linker, |guest: &mut Guest| &mut guest.wasi)
        .map_err(|error| EngineError::InstantiationFailed { detail: format!("{error:#}") })?;
    match module.imports().find(|import| linker.get_by_import(&mut *store, import).is_none()) {
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
    let instance = match linker.instantiate(&mut *store, module) {
        Ok(instance) => instance,
        Err(error) => return Err(not_instantiated(&error, store.data().limiter.refused())),
    };
    instance.get_typed_func(store, "_start").map_err(|_absent_or_mistyped| EngineError::EntryPointMissing)
}

fn not_instantiated(error: &Error, refused: Option<super::Refusal>) -> EngineError {
    match (refused, error.downcast_ref::<Trap>()) {
        (refused, Some(trap)) => EngineError::Trapped { trap: *trap, refused },
        (Some(refusal), None) => EngineError::LimitExceeded { refusal },
        (None, None) => EngineError::InstantiationFailed { detail: format!("{error:#}") },
    }
}

fn exit(outcome: Result<(), Error>, refused: Option<super::Refusal>) -> Result<GuestExit, EngineError> {
    let error = match outcome {
        Ok(()) => return Ok(GuestExit { status: 0 }),
        Err(error) => error,
    };
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>()
        && let Ok(status) = u8::try_from(*status)
    {
        return Ok(GuestExit { status });
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => Err(EngineError::Trapped { trap: *trap, refused }),
        None => Err(EngineError::HostCallFailed { detail: format!("{error:#}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_proc_exit_is_passed_through() {
        for status in [0_u8, 1, 7, 125] {
            let outcome = Err(Error::from(I32Exit(i32::from(status))));
            assert_eq!(exit(outcome, None).unwrap(), GuestExit { status });
        }
    }

    #[test]
    fn a_return_is_status_zero() {
        assert_eq!(exit(Ok(()), None).unwrap(), GuestExit { status: 0 });
    }

    #[test]
    fn a_trap_is_never_an_exit() {
        let error = exit(Err(Error::from(Trap::MemoryOutOfBounds)), None).unwrap_err();
        assert!(matches!(error, EngineError::Trapped { trap: Trap::MemoryOutOfBounds, refused: None }));
    }

    #[test]
    fn an_error_of_a_host_call_is_never_an_exit() {
        assert_eq!(exit(Err(Error::msg("broken")), None).unwrap_err().code(), "host-call-failed");
    }
}
