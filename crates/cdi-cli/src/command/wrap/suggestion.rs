//! What a run would have to declare, from one that was traced.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use cdi_types::{Input, Libraries, MeasuredTool, Subject};

use crate::terminal::word;

/// Folders of the system: what is in them comes with a toolchain, is vouched for by manifests rather than declared, and is
/// within a confined run's reach by its folder.
const OF_THE_SYSTEM: [&str; 6] = ["/usr/", "/lib/", "/lib64/", "/etc/", "/bin/", "/sbin/"];

/// The options that declare a run's files.
pub(super) struct Suggestion<'r> {
    inputs: Vec<&'r str>,
    outputs: Vec<&'r str>,
    /// How many inputs are the system's.
    left_out: usize,
    /// What a confined run has to reach besides.
    reach: BTreeSet<String>,
}

/// The options for these inputs and outputs of a tool.
pub(super) fn of<'r>(tool: &MeasuredTool, inputs: &'r [Input], outputs: &'r [Subject]) -> Suggestion<'r> {
    let is_systems = |path: &&str| OF_THE_SYSTEM.iter().any(|folder| path.starts_with(folder));
    let paths = inputs.iter().map(|input| input.path.as_str());
    let (systems, inputs): (Vec<_>, Vec<_>) = paths.partition(is_systems);
    let outputs = outputs.iter().filter_map(|output| output.path.as_ref()).map(|path| path.as_str());
    let libraries = match &tool.libraries {
        Libraries::Measured(files) => files.as_slice(),
        Libraries::Unmeasured => &[],
    };
    let code = tool.executables.iter().chain(libraries).map(|file| file.path.as_str());
    let reach = code.chain(systems.iter().copied()).map(folder_of).collect();
    Suggestion { inputs, outputs: outputs.collect(), left_out: systems.len(), reach }
}

/// The folder of a toolchain that a file is in, `/usr/NAME` or the like; of any other file its own name.
fn folder_of(path: &str) -> String {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("usr"), Some(second), Some(_)) => format!("/usr/{second}"),
        (Some(first @ ("lib" | "lib64" | "bin" | "sbin")), Some(_), _) => format!("/{first}"),
        _ => path.to_owned(),
    }
}

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tool's files are declared by")?;
        for (option, files) in [("--input", &self.inputs), ("--output", &self.outputs)] {
            files.iter().try_for_each(|file| write!(f, " {option} {}", word(Path::new(file))))?;
        }
        if self.left_out > 0 {
            write!(f, " (and {} files of the system that it read)", self.left_out)?;
        }
        f.write_str("; to confine it, add --capture confined")?;
        self.reach.iter().try_for_each(|path| write!(f, " --allow-read {}", word(Path::new(path))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_is_within_reach_by_its_folders() {
        for (path, folder) in [
            ("/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "/usr/lib"),
            ("/usr/include/stdio.h", "/usr/include"),
            ("/lib64/ld-linux-x86-64.so.2", "/lib64"),
            ("/etc/ld.so.cache", "/etc/ld.so.cache"),
            ("/home/me/own.h", "/home/me/own.h"),
            ("/usr/file", "/usr/file"),
            ("own.h", "own.h"),
        ] {
            assert_eq!(folder_of(path), folder);
        }
    }
}
