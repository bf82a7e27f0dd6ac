//! `cdi-wasm-host`: runs a precompiled WebAssembly program, in whatever place it is put.
//!
//! In go a module that `cdi-wasm-aot` has compiled, the profile that it was compiled for, and what it may see; out comes its exit
//! status. The engine is the gate's own, and there is no compiler in it.
//!
//! **It decides nothing.** Whatever it is given it takes for the compiler's unmodified output and runs as machine code of its own
//! process. Who may run what is decided before, by `cdi run` or `cdi deploy`, where the configuration declares this program as
//! a runtime; and what keeps a module apart that is not what it seems is the place: a confined process, a container, gVisor.
//! By hand it is a way to run anything.

mod arguments;

use std::process::ExitCode;
use std::time::Duration;

use arguments::Arguments;
use cdi_gate::wasm::{GuestExit, GuestLimits, WasiRequest, run_precompiled};

/// Its own failure, or an irregular end of the program, as `cdi run` has it.
const FAILED: u8 = 125;

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(said) => return said,
    };
    match run(arguments) {
        Ok(GuestExit { status }) => ExitCode::from(status),
        Err(message) => {
            eprintln!("cdi-wasm-host: error: {message}");
            ExitCode::from(FAILED)
        }
    }
}

/// The program has run to its end. How long it may take is for whoever starts this one to limit, from outside.
fn run(arguments: Arguments) -> Result<GuestExit, String> {
    let Arguments { profile, directories, variables, memory, program } = arguments;
    let path = program.first().ok_or("no module is named [usage]")?;
    let artifact = std::fs::read(path)
        .map_err(|error| format!("cannot read `{}`: {error} [unreadable]", path.escape_debug()))?;
    let request = WasiRequest { arguments: program, environment: variables, directories };
    let limits = GuestLimits { memory_bytes: memory, time: Duration::MAX };
    run_precompiled(&artifact, profile, &request, limits)
        .map_err(|error| format!("{error} [{}]", error.code()))
}
