//! What a runtime of containers is given (OCI runtime specification 1.0.2): a configuration and a root file system, in a file
//! system of its own.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
};
use serde_json::{Value, json};

use super::ContainerRuntime;
use super::complaint::complaint;
use super::content::Content;
use super::control_group::ControlGroups;
use super::devices;
use crate::calls::oci;
use crate::native::plan::{self, refused};
use crate::native::{LaunchError, directory_name};
use crate::wasm::{Access, GuestLimits, WasiRequest};

/// Where the runtime finds the file system. What the host has there is out of its sight.
pub(super) const WORKPLACE: &str = "/tmp";

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
        content: Content<'_>,
        request: &WasiRequest,
        limits: GuestLimits,
        groups: &ControlGroups,
    ) -> Result<Self, LaunchError> {
        let made = memory().map_err(|error| LaunchError::resources("a file system in memory", error));
        let bundle = Self(made?);
        let root = bundle.path("rootfs");
        let arguments = content.unpack(&root, &request.arguments)?;
        let directories = ["state", "given", "rootfs/proc", "rootfs/dev"].map(str::to_owned);
        let given = (0..request.directories.len()).map(|number| format!("given/{number}"));
        let filed = |error| LaunchError::resources("a root file system", error);
        for directory in directories.into_iter().chain(given) {
            std::fs::create_dir_all(bundle.path(&directory)).map_err(filed)?;
        }
        devices::write(&bundle.path("dev")).map_err(filed)?;
        for grant in &request.directories {
            let name = directory_name(&grant.guest)?;
            if content.has(name) {
                return Err(refused("directory", name, "a container has something else there"));
            }
            std::fs::create_dir_all(root.join(name)).map_err(filed)?;
        }
        // What would change on the way is refused before anything is started.
        plan::arguments(request)?;
        plan::environment(request)?;
        let configuration = configuration(&arguments, (content, limits), request, groups);
        std::fs::write(bundle.path("config.json"), configuration.to_string()).map_err(filed)?;
        Ok(bundle)
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
    (content, limits): (Content<'_>, GuestLimits),
    request: &WasiRequest,
    groups: &ControlGroups,
) -> Value {
    let (memory, most) = content.limit(groups.runtime(), limits.memory_bytes);
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
                limit(memory, most),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing in it is a device, or gives rights, whatever an archive or a program makes of it.
    #[test]
    fn its_file_system_has_no_devices_and_gives_no_rights() {
        use rustix::fs::StatVfsMountFlags;
        if !rustix::process::geteuid().is_root() {
            return eprintln!("skipped: only root makes a file system");
        }
        let flags = rustix::fs::fstatvfs(memory().unwrap()).unwrap().f_flag;
        assert!(flags.contains(StatVfsMountFlags::NOSUID | StatVfsMountFlags::NODEV), "{flags:?}");
    }
}
