//! What whoever starts the recorder can make of it: code in it that is none of its own, and another platform.
//!
//! A recorder under such surroundings records nothing. What does not follow: that code which is in it all the same shows
//! here; it can hide. Whoever may set a recorder's environment can usually also read its key.

use std::env::{split_paths, var_os};
use std::path::Path;

use crate::RecordError;
use crate::observe::mappings;

/// Folders whose libraries every program gets, and only the superuser writes to.
const OF_THE_SYSTEM: [&str; 4] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];
/// Of personality(2), what changes nothing that a tool works with: addresses are the same each time, and all readable memory
/// is executable, which is looked for with each program.
const HARMLESS: u32 = 0x0004_0000 | 0x0040_0000;

/// Holds if nothing says that the recorder, and what it starts, are other than they are by themselves.
pub(crate) fn are_plain() -> Result<(), RecordError> {
    if let Some(by) = preloaded() {
        return Err(RecordError::RecorderPreloaded { by: by.to_owned() });
    }
    match cdi_sys::personality() & !HARMLESS {
        0 => Ok(()),
        personality => Err(RecordError::PlatformAltered { personality }),
    }
}

/// By what the dynamic linker (ld.so(8)) was told to put other libraries into this process.
fn preloaded() -> Option<&'static str> {
    let set = |name: &&str| var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(name) = ["LD_PRELOAD", "LD_AUDIT"].into_iter().find(|name| set(name)) {
        return Some(name);
    }
    let listed = std::fs::read("/etc/ld.so.preload").unwrap_or_default();
    if !listed.trim_ascii().is_empty() {
        return Some("/etc/ld.so.preload");
    }
    // Build systems set it for programs that find nothing there.
    let searched = var_os("LD_LIBRARY_PATH").filter(|value| !value.is_empty())?;
    let foreign = split_paths(&searched).filter_map(|folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        folder.canonicalize().ok().filter(|folder| !OF_THE_SYSTEM.iter().any(|own| folder.starts_with(own)))
    });
    let foreign: Vec<_> = foreign.collect();
    let mapped = mappings::of_self().unwrap_or_default();
    // The program itself is found by its own path, whatever folder it stands in.
    let program = std::env::current_exe().ok();
    let used = mapped.iter().filter(|mapping| mapping.is_executable_file());
    used.map(|mapping| Path::new(&mapping.path))
        .filter(|file| Some(*file) != program.as_deref())
        .any(|library| foreign.iter().any(|folder| library.starts_with(folder)))
        .then_some("LD_LIBRARY_PATH")
}
