//! Containers: a static program alone, a program in a root file system that was decided about as one archive, or a WebAssembly
//! runtime with its module.
//!
//! The root file system, the runtime's configuration and its state lie in memory that no path of the host leads to: a file
//! system that only the runtime's own mount namespace has, and that goes with it. Rules: `docs/spec/gate.md` (G-CONTAINER,
//! G-ARCHIVE, G-RUNTIME).

mod archive;
mod bundle;
mod complaint;
mod content;
mod control_group;
mod devices;
mod messages;
mod reading;
mod runtime;
mod streams;

pub use archive::{ArchiveError, unpack};
pub(crate) use content::Content;
pub use content::program_of_archive;
pub(crate) use runtime::{ContainerRuntime, RuntimeFile};

use std::os::fd::AsFd as _;
use std::path::Path;

use cdi_sys::{Launch, Namespace, Resource, Step, TreeAccess};

use self::bundle::{Bundle, WORKPLACE};
use self::control_group::ControlGroups;
use self::streams::{Far, Streams};
use crate::native::plan::{self, c_text};
use crate::native::{LaunchError, directory_name, refusals};
use crate::wasm::{Access, GuestExit, GuestLimits, WasiRequest};

/// The program has run to its end in a container and ended itself.
pub(crate) fn run(
    runtime: &RuntimeFile,
    content: Content<'_>,
    request: &WasiRequest,
    limits: GuestLimits,
) -> Result<GuestExit, LaunchError> {
    let groups = ControlGroups::of(runtime.kind());
    let bundle = Bundle::of(content, request, limits, &groups)?;
    let container = groups.container();
    let arguments =
        runtime.kind().arguments(&[runtime.kind().log(), "run", "--bundle", WORKPLACE, container])?;
    let null = messages::null(runtime.kind())?;
    let streams = runtime.kind().takes_streams().then(Streams::open).transpose();
    let streams = streams.map_err(|error| LaunchError::resources("pipes for its streams", error))?;
    let (streams, far) = streams.unzip();
    let mut within = vec![Step::Limit(Resource::Core, 0)];
    within.extend(streams.iter().flat_map(Streams::steps));
    let group = groups.hold(limits.memory_bytes);
    let group = group.map_err(|error| LaunchError::resources("a control group for its memory", error))?;
    let mut before = before(runtime.kind(), group.as_deref(), &bundle, request)?;
    before.extend(far.iter().flat_map(Far::steps));
    // The kernel hands them on to the container, whatever the runtime makes of its configuration.
    within.extend(refusals()?);
    let launch = Launch {
        executable: runtime.sealed().as_fd(),
        arguments,
        environment: runtime::environment(),
        namespaces: &[Namespace::Mounts, Namespace::Ipc, Namespace::Host],
        before,
        within,
        messenger: null.as_ref().map(|null| messages::messenger(runtime, container, null)).transpose()?,
    };
    let mut carriers = None;
    let ended = plan::run_beside(&launch, limits.time, || carriers = far.map(Far::carry));
    drop(launch);
    if let (Some(carriers), Some(streams)) = (carriers, streams) {
        carriers.finish(streams);
    }
    groups.remove();
    match (ended, bundle.complaint()) {
        (Ok(GuestExit { status }), Some(detail)) if status != 0 => Err(LaunchError::RuntimeFailed { detail }),
        (ended, _) => ended,
    }
}

fn before<'a>(
    kind: ContainerRuntime,
    group: Option<&Path>,
    bundle: &'a Bundle,
    request: &WasiRequest,
) -> Result<Vec<Step<'a>>, LaunchError> {
    let mut steps = Vec::new();
    if let Some(group) = group {
        // Whoever writes a zero comes into the group, and all that it starts begin in it.
        let file = c_text("path", &group.display().to_string())?;
        steps.push(Step::Write { file, text: b"0".to_vec() });
    }
    steps.push(Step::KeepMountsPrivate);
    for (number, grant) in request.directories.iter().enumerate() {
        directory_name(&grant.guest)?;
        let access = match grant.access {
            Access::Read => TreeAccess::Read,
            Access::ReadWrite => TreeAccess::ReadWrite,
        };
        let path = grant.host.to_str().unwrap_or("\0");
        steps.push(Step::TakeTree { path: c_text("directory", path)?, access, number });
    }
    if kind.hides_unified_hierarchy() {
        steps.push(Step::Unmount(c"/sys/fs/cgroup/unified".to_owned()));
    }
    steps.push(Step::PlaceMount { mount: bundle.mount(), target: c_text("path", WORKPLACE)? });
    for number in 0..request.directories.len() {
        let target = c_text("directory", &bundle::source(number))?;
        steps.push(Step::PlaceTree { number, target });
    }
    // The runtime finds itself and its processes by the numbers of its own namespace.
    let proc = c"proc".to_owned();
    steps.push(Step::Mount { kind: proc, target: c"/proc".to_owned(), options: c"".to_owned() });
    Ok(steps)
}

/// Whether containers can be had here, and if not why.
pub(crate) fn available(kind: ContainerRuntime) -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root starts containers".to_owned());
    }
    kind.path().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::sample::spinning;

    /// The runtime, if it is here; tests that were told so fail where it is not.
    fn here(kind: ContainerRuntime) -> Option<RuntimeFile> {
        let Err(reason) = available(kind) else { return Some(RuntimeFile::of(kind).unwrap()) };
        let wanted = std::env::var_os("CDI_TEST_ENVIRONMENTS").is_some();
        assert!(!wanted, "it is not here, and tests were told that it is: {reason}");
        eprintln!("skipped: {reason}");
        None
    }

    fn ran(
        runtime: &RuntimeFile,
        program: &[u8],
        memory_bytes: u64,
        seconds: u64,
    ) -> Result<u8, LaunchError> {
        let request = WasiRequest { arguments: vec!["program".to_owned()], ..WasiRequest::default() };
        let limits = GuestLimits { memory_bytes, time: std::time::Duration::from_secs(seconds) };
        run(runtime, Content::Program(program), &request, limits).map(|exit| exit.status)
    }

    #[test]
    fn a_runtime_says_its_version() {
        for kind in ContainerRuntime::ALL {
            let Some(_) = here(kind) else { continue };
            let version = kind.version().unwrap();
            assert!(version.contains(|one: char| one.is_ascii_digit()), "{kind:?}: {version}");
        }
    }

    /// A runtime that cannot begin the program ends with a status, as a program could: it is told from one by its complaint. `runc` and
    /// `crun` have nothing to say of what the kernel does not execute.
    #[test]
    fn a_runtime_that_fails_is_no_program_that_ends() {
        let Some(runtime) = here(ContainerRuntime::Runsc) else { return };
        assert_eq!(ran(&runtime, &spinning(1), 64 << 20, 60).unwrap(), 0);
        // No program of this machine, as if nobody had looked.
        assert_eq!(ran(&runtime, b"\x7fELF", 64 << 20, 60).unwrap_err().code(), "runtime-failed");
    }

    /// The limits of groups of this process's that have processes in them.
    fn limits() -> Vec<u64> {
        let own = format!("-{}-", std::process::id());
        let mut limits = Vec::new();
        for (folder, file) in
            [("/sys/fs/cgroup/memory/cdi", "memory.limit_in_bytes"), ("/sys/fs/cgroup/cdi", "memory.max")]
        {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let read = |name: &str| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
                if entry.file_name().to_string_lossy().contains(&own) && !read("cgroup.procs").is_empty() {
                    limits.extend(read(file).trim().parse::<u64>());
                }
            }
        }
        limits
    }

    /// A limit of each process is none of what many take together.
    #[test]
    fn the_memory_of_all_processes_of_a_container_is_limited() {
        if !Path::new("/sys/fs/cgroup/memory/cgroup.procs").exists() {
            let newer = std::fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
            if !newer.contains("memory") {
                return eprintln!("skipped: this host has no controller of memory");
            }
        }
        // No other test has such limits.
        for (kind, limit, more) in [
            (ContainerRuntime::Runc, 71 << 20, 0),
            (ContainerRuntime::Crun, 73 << 20, 0),
            (ContainerRuntime::Runsc, 79 << 20, 128 << 20),
        ] {
            let Some(runtime) = here(kind) else { continue };
            std::thread::scope(|scope| {
                let running = scope.spawn(|| ran(&runtime, &spinning(u64::MAX), limit, 5));
                let mut seen = false;
                while !running.is_finished() {
                    seen |= limits().contains(&(limit + more));
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                assert_eq!(running.join().unwrap().unwrap_err().code(), "time-limit-exceeded", "{kind:?}");
                assert!(seen, "{kind:?} has no limit for all");
            });
        }
    }
}
