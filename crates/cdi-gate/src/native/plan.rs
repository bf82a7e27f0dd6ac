//! What every launch has: texts that arrive as they were decided about, limits, and what becomes of its end.

use std::ffi::CString;
use std::time::Duration;

use cdi_sys::{Ending, Forwarding, Hindrance, Launch, Namespace, Outcome, Resource, Step, launch};

use super::LaunchError;
use crate::wasm::{GuestExit, WasiRequest};

/// Descriptors of one process: what most hosts give by themselves.
const FILES: u64 = 1024;

pub(crate) fn arguments(request: &WasiRequest) -> Result<Vec<CString>, LaunchError> {
    request.arguments.iter().map(|text| c_text("argument", text)).collect()
}

pub(crate) fn environment(request: &WasiRequest) -> Result<Vec<CString>, LaunchError> {
    let variable = |(name, value): &(String, String)| {
        let refused = |reason| refused("name of an environment variable", name, reason);
        match name {
            name if name.is_empty() => Err(refused("it is empty")),
            name if name.contains('=') => Err(refused("it holds an equals sign")),
            name => c_text("environment variable", &format!("{name}={value}")),
        }
    };
    request.environment.iter().map(variable).collect()
}

/// A text as C has it.
pub(crate) fn c_text(what: &'static str, text: &str) -> Result<CString, LaunchError> {
    CString::new(text).map_err(|_| refused(what, text, "it holds a zero byte"))
}

pub(crate) fn refused(what: &'static str, value: &str, reason: &'static str) -> LaunchError {
    LaunchError::RequestRefused { what, value: value.escape_default().to_string(), reason }
}

/// The limits of a process, for good: it has no right to raise them.
pub(crate) fn limits<'a>(memory: Resource, bytes: u64) -> Vec<Step<'a>> {
    vec![Step::Limit(memory, bytes), Step::Limit(Resource::Core, 0), Step::Limit(Resource::Files, FILES)]
}

/// What a process needs that is not confined: a namespace of processes, so that its tree ends with it. Whoever is not root
/// needs one of users for that.
pub(crate) fn bare<'a>() -> (Vec<Namespace>, Vec<Step<'a>>) {
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    if user.is_root() {
        return (Vec::new(), Vec::new());
    }
    (vec![Namespace::Users], users(user.as_raw(), group.as_raw()))
}

/// A namespace of users with one user and one group in it: those of this process, by these numbers.
pub(crate) fn users<'a>(user: u32, group: u32) -> Vec<Step<'a>> {
    let (outer_user, outer_group) = (rustix::process::geteuid(), rustix::process::getegid());
    let write =
        |file: &std::ffi::CStr, text: String| Step::Write { file: file.to_owned(), text: text.into() };
    vec![
        write(c"/proc/self/setgroups", "deny".to_owned()),
        write(c"/proc/self/uid_map", format!("{user} {} 1", outer_user.as_raw())),
        write(c"/proc/self/gid_map", format!("{group} {} 1", outer_group.as_raw())),
    ]
}

/// Starts, waits, and says what came of it.
pub(crate) fn run(wanted: &Launch<'_>, time: Duration) -> Result<GuestExit, LaunchError> {
    run_beside(wanted, time, || {})
}

/// The same, with something that is done when its processes are there, before they are waited for.
pub(crate) fn run_beside(
    wanted: &Launch<'_>,
    time: Duration,
    beside: impl FnOnce(),
) -> Result<GuestExit, LaunchError> {
    let launched =
        launch(wanted).map_err(|error| LaunchError::resources("a process in its own namespaces", error))?;
    beside();
    // Without it a signal ends this process, and the kernel the program with it.
    let _forwarding = Forwarding::to(launched.pid());
    let outcome = launched.wait(Some(time));
    match outcome.map_err(|error| LaunchError::resources("a process that can be waited for", error))? {
        Outcome::Ended(Ending::Code(status)) => Ok(GuestExit { status }),
        Outcome::Ended(Ending::Signal(signal)) => Err(LaunchError::Signalled { signal }),
        Outcome::TimeUp => Err(LaunchError::TimeUp { milliseconds: time.as_millis() }),
        Outcome::Killed => Err(LaunchError::Killed),
        Outcome::NotStarted(hindrance, error) => {
            Err(LaunchError::NotStarted { what: what(wanted, hindrance), error })
        }
    }
}

fn what(launch: &Launch<'_>, hindrance: Hindrance) -> &'static str {
    let step = |steps: &[Step<'_>], number: usize| steps.get(number).map_or("prepare it", Step::name);
    match hindrance {
        Hindrance::Before(number) => step(&launch.before, number),
        Hindrance::Within(number) => step(&launch.within, number),
        Hindrance::Leash => "tie it to this program's life",
        Hindrance::Memory => "keep this program's memory from it",
        Hindrance::Descriptors => "keep descriptors from it",
        Hindrance::Signals => "give signals their meaning",
        Hindrance::Unknown(_) => "learn what became of it",
        Hindrance::Fork => "make its process",
        Hindrance::Execute => "execute it",
    }
}
