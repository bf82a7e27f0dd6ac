//! What a runtime of containers is given (OCI runtime specification 1.0.2): a configuration and a root file system, in a file
//! system of its own.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
};
use serde_json::{Value, json};

use super::ContainerRuntime;
use super::archive;
use super::complaint::complaint;
use super::control_group::ControlGroups;
use super::devices;
use crate::calls::oci;
use crate::native::plan::{self, refused};
use crate::native::{LaunchError, directory_name};
use crate::wasm::{Access, ArtifactKind, GuestLimits, WasiRequest};

/// Where the runtime finds the file system. What the host has there is out of its sight.
pub(super) const WORKPLACE: &str = "/tmp";
/// Names in a root that are not for directories that are given.
const TAKEN: [&str; 4] = ["program", "proc", "dev", "sys"];

/// What the kernel tells of the whole host: the usual list. What a host does not have is passed over.
const MASKED: [&str; 11] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/firmware",
];

/// The file system, without a name.
pub(super) struct Bundle(OwnedFd);

/// Where the runtime finds a directory that was granted.
pub(super) fn source(number: usize) -> String {
    format!("{WORKPLACE}/given/{number}")
}

impl Bundle {
    /// On `Ok` it holds exactly what was decided about, and nobody else has a path to it.
    pub(super) fn of(
        artifact: &[u8],
        kind: ArtifactKind,
        request: &WasiRequest,
        limits: GuestLimits,
        groups: &ControlGroups,
    ) -> Result<Self, LaunchError> {
        let made = memory().map_err(|error| LaunchError::resources("a file system in memory", error));
        let bundle = Self(made?);
        let root = bundle.path("rootfs");
        let arguments = bundle.unpack(&root, artifact, kind, request)?;
        let directories = ["state", "given", "rootfs/proc", "rootfs/dev"].map(str::to_owned);
        let given = (0..request.directories.len()).map(|number| format!("given/{number}"));
        let filed = |error| LaunchError::resources("a root file system", error);
        for directory in directories.into_iter().chain(given) {
            std::fs::create_dir_all(bundle.path(&directory)).map_err(filed)?;
        }
        devices::write(&bundle.path("dev")).map_err(filed)?;
        for grant in &request.directories {
            let name = directory_name(&grant.guest)?;
            if TAKEN.contains(&name) {
                return Err(refused("directory", name, "a container has something else there"));
            }
            std::fs::create_dir_all(root.join(name)).map_err(filed)?;
        }
        // What would change on the way is refused before anything is started.
        plan::arguments(request)?;
        plan::environment(request)?;
        let configuration = configuration(&arguments, request, limits, groups);
        std::fs::write(bundle.path("config.json"), configuration.to_string()).map_err(filed)?;
        Ok(bundle)
    }

    /// Puts the artifact in its place; out come the arguments of the program to start.
    fn unpack(
        &self,
        root: &Path,
        artifact: &[u8],
        kind: ArtifactKind,
        request: &WasiRequest,
    ) -> Result<Vec<String>, LaunchError> {
        let filed = |error| LaunchError::resources("a root file system", error);
        std::fs::create_dir(root).map_err(filed)?;
        let rest = request.arguments.iter().skip(1).cloned();
        if kind == ArtifactKind::RootFileSystem {
            archive::unpack(artifact, root)?;
            let arguments: Vec<String> = rest.collect();
            return match arguments.first() {
                Some(program) if program.starts_with('/') => Ok(arguments),
                _ => Err(LaunchError::NoEntry),
            };
        }
        let program = root.join("program");
        std::fs::write(&program, artifact).map_err(filed)?;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o555)).map_err(filed)?;
        Ok(std::iter::once("/program".to_owned()).chain(rest).collect())
    }

    /// The file system's only name: this process's descriptor.
    fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{inside}", self.0.as_raw_fd()))
    }

    pub(super) fn mount(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// What the runtime has complained about, if it has.
    pub(super) fn complaint(&self) -> Option<String> {
        complaint(&std::fs::read_to_string(self.path("log")).ok()?)
    }
}

/// A file system in memory that is mounted nowhere.
fn memory() -> io::Result<OwnedFd> {
    let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(context.as_fd(), "mode", "0700")?;
    fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    Ok(fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

fn configuration(
    arguments: &[String],
    request: &WasiRequest,
    limits: GuestLimits,
    groups: &ControlGroups,
) -> Value {
    let variables: Vec<String> =
        request.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let limit = |kind: &str, most: u64| json!({ "type": kind, "soft": most, "hard": most });
    let namespaces = ["pid", "network", "ipc", "uts", "mount"].map(|kind| json!({ "type": kind }));
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "terminal": false,
            "user": { "uid": 0, "gid": 0 },
            "args": arguments,
            "env": variables,
            "cwd": "/",
            "capabilities": { "bounding": [], "effective": [], "permitted": [], "inheritable": [], "ambient": [] },
            "rlimits": [
                limit("RLIMIT_AS", limits.memory_bytes),
                limit("RLIMIT_CORE", 0),
                limit("RLIMIT_NOFILE", 1024),
            ],
            "noNewPrivileges": true,
        },
        "root": { "path": format!("{WORKPLACE}/rootfs"), "readonly": true },
        "hostname": "cdi",
        "mounts": mounts(request, groups.runtime()),
        "linux": {
            "namespaces": namespaces,
            "cgroupsPath": groups.path(),
            "resources": groups.resources(limits.memory_bytes),
            "seccomp": oci::filter(),
            "maskedPaths": MASKED,
            "readonlyPaths": ["/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger"],
        },
    })
}

fn mounts(request: &WasiRequest, runtime: ContainerRuntime) -> Vec<Value> {
    let mut mounts = vec![json!({ "destination": "/proc", "type": "proc", "source": "proc",
                                  "options": ["nosuid", "noexec", "nodev"] })];
    mounts.extend(devices::mounts(&format!("{WORKPLACE}/dev"), runtime));
    for (number, grant) in request.directories.iter().enumerate() {
        let access = match grant.access {
            Access::Read => "ro",
            Access::ReadWrite => "rw",
        };
        mounts.push(json!({
            "destination": grant.guest, "type": "bind", "source": source(number),
            "options": ["rbind", access, "nosuid", "nodev", "noexec"],
        }));
    }
    mounts
}
