//! Native programs: static executables that run from a sealed descriptor, in a process of their own.
//!
//! In go the bytes that were decided about, what the program may see and what it may use up; out comes its exit status.
//! Nothing is read from a file, and no path leads to what is executed. Rules: `docs/spec/gate.md` (G-NATIVE, G-PROCESS, G-CONFINED,
//! G-TREE).

mod confined;
mod error;
pub(crate) mod plan;
pub mod sample;
mod sealed;

pub use error::LaunchError;
pub(crate) use sealed::Sealed;

use std::os::fd::AsFd as _;

use cdi_sys::{Launch, Namespace, Resource, Step};

use crate::wasm::{GuestExit, GuestLimits, WasiRequest};
pub(crate) use confined::{Confinement, Module, available, directory_name, refusals};

/// How a native program is kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Not at all: it may do what its user may.
    None,
    /// By namespaces, Landlock and a filter of system calls.
    Confined,
}

/// The program has run to its end and ended itself.
pub(crate) fn run(
    artifact: &[u8],
    isolation: Isolation,
    request: &WasiRequest,
    limits: GuestLimits,
) -> Result<GuestExit, LaunchError> {
    let executable = Sealed::of(artifact).map_err(|error| LaunchError::resources("a sealed file", error))?;
    let (arguments, environment) = (plan::arguments(request)?, plan::environment(request)?);
    let confinement = match isolation {
        Isolation::None => None,
        Isolation::Confined => Some(Confinement::of(request)?),
    };
    let mut within = plan::limits(Resource::AddressSpace, limits.memory_bytes);
    let (namespaces, before) = match &confinement {
        None if !request.directories.is_empty() => return Err(LaunchError::NoDirectories),
        None => {
            within.push(Step::NoNewPrivileges);
            plan::bare()
        }
        Some(confinement) => {
            within.extend(confinement.within()?);
            (Namespace::ALL.to_vec(), confinement.before()?)
        }
    };
    let launch = Launch {
        executable: executable.as_fd(),
        arguments,
        environment,
        namespaces: &namespaces,
        before,
        within,
        messenger: None,
    };
    plan::run(&launch, limits.time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LIMITS: GuestLimits = GuestLimits { memory_bytes: 64 << 20, time: Duration::from_secs(20) };

    fn request(arguments: &[&str]) -> WasiRequest {
        let arguments = arguments.iter().map(|&text| text.to_owned()).collect();
        WasiRequest { arguments, ..WasiRequest::default() }
    }

    #[test]
    fn a_program_that_ends_passes_its_status_on() {
        for isolation in [Isolation::None, Isolation::Confined] {
            let ended = run(&sample::spinning(1000), isolation, &request(&["program"]), LIMITS);
            assert_eq!(ended.unwrap().status, 0, "{isolation:?}");
        }
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        for isolation in [Isolation::None, Isolation::Confined] {
            let limits = GuestLimits { time: Duration::from_millis(50), ..LIMITS };
            let ended = run(&sample::spinning(u64::MAX), isolation, &request(&["program"]), limits);
            assert_eq!(ended.unwrap_err().code(), "time-limit-exceeded", "{isolation:?}");
        }
    }

    #[test]
    fn a_program_that_breaks_is_told_from_one_that_ends() {
        let mut program = sample::spinning(1);
        let length = program.len();
        // The last instructions become `ud2`.
        program[length - 2..].copy_from_slice(&[0x0f, 0x0b]);
        for isolation in [Isolation::None, Isolation::Confined] {
            let ended = run(&program, isolation, &request(&["program"]), LIMITS).unwrap_err();
            assert!(matches!(ended, LaunchError::Signalled { signal: 4 }), "{isolation:?}: {ended}");
        }
    }

    #[test]
    fn what_would_change_on_the_way_is_refused() {
        let code = |request: &WasiRequest| {
            run(&sample::spinning(1), Isolation::Confined, request, LIMITS).unwrap_err().code()
        };
        assert_eq!(code(&request(&["a\0b"])), "guest-request-refused");
        for name in ["", "A=B", "A\0"] {
            let environment = vec![(name.to_owned(), "v".to_owned())];
            assert_eq!(code(&WasiRequest { environment, ..WasiRequest::default() }), "guest-request-refused");
        }
        for name in ["", "/", "..", ".", "a/b", "a\0"] {
            let grant = crate::wasm::Grant {
                host: "/".into(),
                guest: format!("/{name}"),
                access: crate::wasm::Access::Read,
            };
            let request = WasiRequest { directories: vec![grant], ..WasiRequest::default() };
            assert_eq!(code(&request), "guest-request-refused", "{name:?}");
        }
    }

    #[test]
    fn a_plain_process_is_given_no_directory() {
        let grant = crate::wasm::Grant {
            host: "/".into(),
            guest: "/data".to_owned(),
            access: crate::wasm::Access::Read,
        };
        let request = WasiRequest { directories: vec![grant], ..WasiRequest::default() };
        let refused = run(&sample::spinning(1), Isolation::None, &request, LIMITS).unwrap_err();
        assert_eq!(refused.code(), "environment-without-directories");
    }
}
