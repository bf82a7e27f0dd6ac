//! Control groups of a container, where the host has controllers for them: the memory of all of its processes together.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::ContainerRuntime;

const ROOT: &str = "/sys/fs/cgroup";
/// Processes of one container.
const PROCESSES: u64 = 1024;

/// The name of a container, and which controllers there are.
pub(super) struct ControlGroups {
    container: String,
    controllers: bool,
}

impl ControlGroups {
    pub(super) fn of(kind: ContainerRuntime) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let container = format!("cdi-{}-{number}", std::process::id());
        let has = |controller: &str| {
            let listed = std::fs::read_to_string(Path::new(ROOT).join("cgroup.controllers"));
            Path::new(ROOT).join(controller).join("cgroup.procs").exists()
                || listed.is_ok_and(|text| text.split_whitespace().any(|one| one == controller))
        };
        let controllers = kind != ContainerRuntime::Runsc && has("memory") && has("pids");
        Self { container, controllers }
    }

    pub(super) fn container(&self) -> &str {
        &self.container
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

    /// Removes what a runtime that was killed has left; only groups without processes can be removed.
    pub(super) fn remove(&self) {
        let Ok(entries) = std::fs::read_dir(ROOT) else { return };
        for entry in entries.flatten() {
            // That it is not there is the usual case.
            let _ = std::fs::remove_dir(entry.path().join(&self.container));
        }
        let _ = std::fs::remove_dir(Path::new(ROOT).join(&self.container));
    }
}
