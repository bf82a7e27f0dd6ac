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
