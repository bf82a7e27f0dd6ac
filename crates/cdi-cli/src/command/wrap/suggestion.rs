//! What a run would have to declare, from one that was traced.

use std::fmt;
use std::path::Path;

use cdi_types::{Input, Subject};

use crate::terminal::word;

/// Folders of the system: what is in them comes with a toolchain, and is vouched for by manifests rather than declared.
const OF_THE_SYSTEM: [&str; 6] = ["/usr/", "/lib/", "/lib64/", "/etc/", "/bin/", "/sbin/"];

/// The options that declare a run's files.
pub(super) struct Suggestion<'r> {
    inputs: Vec<&'r str>,
    outputs: Vec<&'r str>,
    /// How many inputs are the system's.
    left_out: usize,
}

/// The options for these inputs and outputs.
pub(super) fn of<'r>(inputs: &'r [Input], outputs: &'r [Subject]) -> Suggestion<'r> {
    let is_systems = |path: &&str| OF_THE_SYSTEM.iter().any(|folder| path.starts_with(folder));
    let paths = inputs.iter().map(|input| input.path.as_str());
    let (systems, inputs): (Vec<_>, Vec<_>) = paths.partition(is_systems);
    let outputs = outputs.iter().filter_map(|output| output.path.as_ref()).map(|path| path.as_str());
    Suggestion { inputs, outputs: outputs.collect(), left_out: systems.len() }
}

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tool's files are declared by")?;
        for (option, files) in [("--input", &self.inputs), ("--output", &self.outputs)] {
            files.iter().try_for_each(|file| write!(f, " {option} {}", word(Path::new(file))))?;
        }
        match self.left_out {
            0 => Ok(()),
            some => write!(f, " (and {some} files of the system that it read)"),
        }
    }
}
