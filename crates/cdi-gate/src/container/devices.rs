//! The devices of a container: a few that hold nothing and lead nowhere, in a folder that nobody can write to.

use std::fs::File;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};

use super::ContainerRuntime;

/// A program that finds none of these is no better confined, and many end without them.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// By these names shells speak of what a process has open.
const OPEN: [(&str, &str); 4] =
    [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")];

/// Makes the folder, with a place for each device.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir(folder)?;
    DEVICES.iter().try_for_each(|name| File::create(folder.join(name)).map(drop))?;
    OPEN.iter().try_for_each(|(name, target)| symlink(target, folder.join(name)))
}

/// The folder as `/dev`. A runtime that finds a mount of this kind there makes no devices of its own. All is read-only, since a
/// device is the host's file, whose mode its owner could change. A runtime that has a kernel of its own has its own devices too, and
/// is given none; where its folder is read-only it opens none of them for those who would make the file if it were not there,
/// as shells do.
pub(super) fn mounts(folder: &str, runtime: ContainerRuntime) -> Vec<Value> {
    let bind = |destination: &str, source: &str, access: &str| {
        json!({ "destination": destination, "type": "bind", "source": source,
                "options": ["bind", access, "nosuid", "noexec"] })
    };
    match runtime {
        ContainerRuntime::Runsc => vec![bind("/dev", folder, "rw")],
        ContainerRuntime::Runc | ContainerRuntime::Crun => {
            let paths = DEVICES.iter().map(|name| format!("/dev/{name}"));
            let devices = paths.map(|path| bind(&path, &path, "ro"));
            std::iter::once(bind("/dev", folder, "ro")).chain(devices).collect()
        }
    }
}
