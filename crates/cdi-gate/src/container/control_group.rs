//! Control groups of a container, where the host has controllers for them: the memory of all of its processes together. `runc` and
//! `crun` make them by what they are told; `runsc` is put into one with all that it starts, so that nothing that it keeps for the
//! program lies beside: its memory, what it writes to `/tmp`, and files in memory.
//!
//! All lie below one of the gate's own. Their names say whose they are, so that what a gate that was killed has left behind is
//! removed by the next one.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::ContainerRuntime;

const ROOT: &str = "/sys/fs/cgroup";
/// The group of all gates.
const GATES: &str = "cdi";
/// What `runsc` needs for itself, in bytes: it takes some 50 MiB for a program that does nothing.
const OWN: u64 = 128 << 20;
/// Processes of one container.
const PROCESSES: u64 = 1024;

/// The names of a container and of its groups, and which controllers there are.
pub(super) struct ControlGroups {
    runtime: ContainerRuntime,
    container: String,
    group: String,
    controllers: bool,
}

/// A process, told from any other that had or will have its number: by its namespace of processes and when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gate {
    namespace: u64,
    pid: u32,
    began: u64,
}

impl Gate {
    fn own() -> Option<Self> {
        let pid = std::process::id();
        Some(Self { namespace: namespace()?, pid, began: began(pid)? })
    }

    /// Whose group it is, by its name.
    fn of(group: &str) -> Option<Self> {
        let mut numbers = group.split('-');
        let mut next = || numbers.next()?.parse::<u64>().ok();
        let (namespace, pid, began) = (next()?, u32::try_from(next()?).ok()?, next()?);
        next().map(|_number| Self { namespace, pid, began })
    }

    /// Whether it is known to be no more. Of those in other namespaces nothing is known here.
    fn is_gone(self) -> bool {
        namespace() == Some(self.namespace) && began(self.pid) != Some(self.began)
    }
}

fn namespace() -> Option<u64> {
    Some(std::fs::metadata("/proc/self/ns/pid").ok()?.ino())
}

/// When a process began, in the kernel's ticks (`starttime` of proc(5)).
fn began(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // A name may have spaces and brackets in it.
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

impl ControlGroups {
    /// Names for one more container. What gates that are no more have left is removed before.
    pub(super) fn of(runtime: ContainerRuntime) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let container = format!("cdi-{}-{number}", std::process::id());
        // Without `/proc` nobody else could tell whose it is either, and runtimes do not work.
        let group = Gate::own().map_or_else(
            || container.clone(),
            |own| format!("{}-{}-{}-{number}", own.namespace, own.pid, own.began),
        );
        let has = |controller: &str| is_older(controller) || is_newer(controller);
        let controllers = runtime != ContainerRuntime::Runsc && has("memory") && has("pids");
        hierarchies().iter().for_each(|hierarchy| sweep(&hierarchy.join(GATES)));
        Self { runtime, container, group, controllers }
    }

    /// The runtime that makes them.
    pub(super) const fn runtime(&self) -> ContainerRuntime {
        self.runtime
    }

    pub(super) fn container(&self) -> &str {
        &self.container
    }

    /// Where the runtime is to make the groups, in every hierarchy.
    pub(super) fn path(&self) -> String {
        format!("/{GATES}/{}", self.group)
    }

    /// Limits for all processes of the container together. What the kernel keeps for them counts too, so that there is more
    /// room than for one process: the limit of that is the stricter.
    pub(super) fn resources(&self, memory: u64) -> Value {
        if !self.controllers {
            return json!({});
        }
        let memory = i64::try_from(memory).unwrap_or(i64::MAX);
        json!({ "memory": { "limit": memory.max(16 << 20) }, "pids": { "limit": PROCESSES } })
    }

    /// Makes the group of a runtime that makes none itself, with a limit for all of its processes, and gives the file by which a
    /// process comes into it. `None` where a runtime makes its own, or the host has no controller of memory.
    ///
    /// # Errors
    /// There is a controller, and no group to be had: the limit would be none.
    pub(super) fn hold(&self, memory: u64) -> io::Result<Option<PathBuf>> {
        if self.runtime != ContainerRuntime::Runsc {
            return Ok(None);
        }
        let (hierarchy, limit, swapped) = if is_older("memory") {
            let files = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes");
            (Path::new(ROOT).join("memory"), files.0, files.1)
        } else if is_newer("memory") {
            let root = PathBuf::from(ROOT);
            std::fs::write(root.join("cgroup.subtree_control"), "+memory")?;
            std::fs::create_dir_all(root.join(GATES))?;
            std::fs::write(root.join(GATES).join("cgroup.subtree_control"), "+memory")?;
            (root, "memory.max", "memory.swap.max")
        } else {
            return Ok(None);
        };
        let group = hierarchy.join(GATES).join(&self.group);
        std::fs::create_dir_all(&group)?;
        let bytes = memory.saturating_add(OWN).min(i64::MAX.unsigned_abs());
        std::fs::write(group.join(limit), bytes.to_string())?;
        // Memory on a disk is none to spare either. Not every kernel counts it.
        let more = if swapped == "memory.swap.max" { 0 } else { bytes };
        drop(std::fs::write(group.join(swapped), more.to_string()));
        Ok(Some(group.join("cgroup.procs")))
    }

    /// Removes what a runtime that was killed has left; only groups without processes can be removed.
    pub(super) fn remove(&self) {
        for hierarchy in hierarchies() {
            remove(&hierarchy.join(GATES).join(&self.group));
        }
    }
}

/// Whether a controller has a hierarchy of its own.
fn is_older(controller: &str) -> bool {
    Path::new(ROOT).join(controller).join("cgroup.procs").exists()
}

/// Whether the one hierarchy has a controller.
fn is_newer(controller: &str) -> bool {
    let listed = std::fs::read_to_string(Path::new(ROOT).join("cgroup.controllers"));
    listed.is_ok_and(|text| text.split_whitespace().any(|one| one == controller))
}

/// One where hosts have the newer version only, several of the older.
fn hierarchies() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(ROOT).into_iter().flatten().flatten();
    let older = entries.map(|entry| entry.path()).filter(|path| path.join("cgroup.procs").exists());
    older.chain([PathBuf::from(ROOT)]).collect()
}

/// Removes the groups of gates that are no more.
fn sweep(gates: &Path) {
    for entry in std::fs::read_dir(gates).into_iter().flatten().flatten() {
        if entry.file_name().to_str().and_then(Gate::of).is_some_and(Gate::is_gone) {
            remove(&entry.path());
        }
    }
}

/// Removes a group, and those that a runtime has made in it. That there is none is the usual case.
fn remove(group: &Path) {
    for entry in std::fs::read_dir(group).into_iter().flatten().flatten() {
        let _ = std::fs::remove_dir(entry.path());
    }
    let _ = std::fs::remove_dir(group);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_no_more_is_swept() {
        let own = Gate::own().unwrap();
        let link = std::fs::read_link("/proc/self/ns/pid").unwrap();
        assert_eq!(link.to_str(), Some(&*format!("pid:[{}]", own.namespace)));
        let name = |gate: Gate| format!("{}-{}-{}-0", gate.namespace, gate.pid, gate.began);
        let earlier = Gate { began: own.began - 1, ..own };
        let elsewhere = Gate { namespace: own.namespace - 1, ..earlier };
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join(name(earlier));
        let kept = [name(own), name(elsewhere), "other".to_owned(), "1-2".to_owned(), "1-2-3-x".to_owned()];
        std::fs::create_dir_all(gone.join("inner")).unwrap();
        kept.iter().for_each(|name| std::fs::create_dir(folder.path().join(name)).unwrap());
        sweep(folder.path());
        assert!(!gone.exists());
        kept.iter().for_each(|name| assert!(folder.path().join(name).exists(), "{name}"));
    }

    const MEMORY: u64 = 1 << 30;

    /// Whether this host has controllers of memory and of processes, and lets them be used.
    fn has_controllers() -> bool {
        let has = |controller: &str| is_older(controller) || is_newer(controller);
        let here = has("memory") && has("pids") && rustix::process::geteuid().is_root();
        let wanted = std::env::var_os("CDI_TEST_ENVIRONMENTS").is_some();
        assert!(here || !wanted, "no control group can be made here, and tests were told that all is here");
        if !here {
            eprintln!("skipped: no control group can be made here");
        }
        assert!(!has("no such controller"));
        here
    }

    #[test]
    fn a_runtime_that_makes_groups_is_told_a_limit_for_all_processes_together() {
        if !has_controllers() {
            return;
        }
        for runtime in [ContainerRuntime::Runc, ContainerRuntime::Crun] {
            let groups = ControlGroups::of(runtime);
            let limits = |memory: u64| json!({ "memory": { "limit": memory }, "pids": { "limit": 1024 } });
            assert_eq!(groups.resources(MEMORY), limits(MEMORY), "{runtime:?}");
            // The runtime itself would not begin with less.
            assert_eq!(groups.resources(1), limits(16 << 20), "{runtime:?}");
            assert_eq!(groups.hold(MEMORY).unwrap(), None, "{runtime:?}");
        }
    }

    #[test]
    fn a_runtime_that_makes_none_is_put_into_one_that_goes_with_it() {
        if !has_controllers() {
            return;
        }
        let groups = ControlGroups::of(ContainerRuntime::Runsc);
        assert_eq!(groups.resources(MEMORY), json!({}));
        let processes = groups.hold(MEMORY).unwrap().unwrap();
        let group = processes.parent().unwrap();
        assert!(processes.is_file() && group.ends_with(groups.path().trim_start_matches('/')));
        let is = |file: &str| std::fs::read_to_string(group.join(file)).ok();
        let limit = is("memory.limit_in_bytes").or_else(|| is("memory.max")).unwrap();
        assert_eq!(limit.trim(), (MEMORY + OWN).to_string());
        if let Some(swapped) = is("memory.memsw.limit_in_bytes") {
            assert_eq!(swapped.trim(), limit.trim());
        }
        groups.remove();
        assert!(!group.exists());
    }
}
