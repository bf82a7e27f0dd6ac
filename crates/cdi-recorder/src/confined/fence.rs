//! What is within reach, by the kernel's names: a file has one wherever a path that leads to it goes through.

use std::path::{Path, PathBuf};

use cdi_types::Reach;

use crate::confined::{Reached, Temporary, recorded};
use crate::materials::Materials;
use crate::{RecordError, Run, tree};

/// Within every reach: devices that give nobody's bytes, and the names of libraries by which the loader finds them, which are
/// measured wherever they are.
const ALWAYS: [&str; 6] =
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/etc/ld.so.cache"];

/// What a run may reach.
#[derive(Debug)]
pub(crate) struct Fence {
    reads: Vec<Reached>,
    writes: Vec<Reached>,
    /// Where each declared output is to be.
    outputs: Vec<PathBuf>,
    reach: Reach,
}

impl Fence {
    /// # Errors
    /// [`RecordError::OutOfReach`] names the first that is not there, or that no report can carry.
    pub(crate) fn around(materials: &Materials, temporary: &Temporary) -> Result<Self, RecordError> {
        let run: &Run = &materials.run;
        let executable = materials.executable.to_string_lossy();
        let inputs = run.inputs.iter().chain(&run.stdin).map(String::as_str);
        let open = |typed: &str| Reached::open(typed, false);
        let open_folder = |typed: &str| Reached::open(typed, true);
        let mut reads = run.reach.reads.iter().map(|typed| open(typed)).collect::<Result<Vec<_>, _>>()?;
        let mut writes =
            run.reach.writes.iter().map(|typed| open_folder(typed)).collect::<Result<Vec<_>, _>>()?;
        let reach = Reach { reads: recorded(&reads)?, writes: recorded(&writes)? };
        for typed in inputs.chain([&*executable]) {
            reads.push(open(typed)?);
        }
        writes.push(open_folder(temporary.as_str())?);
        // A folder has to be there: the kernel lets nobody make one outside of those that may be written.
        let (folders, files): (Vec<_>, Vec<_>) = run.outputs.iter().partition(|typed| tree::is_folder(typed));
        for typed in folders {
            writes.push(open_folder(typed)?);
        }
        let outputs = files.into_iter().map(|typed| place(typed)).collect::<Result<_, _>>()?;
        Ok(Self { reads, writes, outputs, reach })
    }

    /// What was declared besides inputs and outputs, as a report tells it.
    pub(crate) const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whether the run may have the bytes of this file, or the names in this folder.
    pub(crate) fn reads(&self, path: &Path) -> bool {
        self.reads.iter().any(|reached| reached.holds(path))
            || ALWAYS.iter().any(|file| path == Path::new(file))
    }

    /// Whether it may have bytes of this folder, or of something below it.
    pub(crate) fn reads_into(&self, folder: &Path) -> bool {
        self.reads(folder) || self.reads.iter().any(|reached| reached.path.starts_with(folder))
    }

    /// Whether it may make, change or remove a file of this name.
    pub(crate) fn writes(&self, path: &Path) -> bool {
        self.writes.iter().any(|reached| reached.holds(path) && path != reached.path)
            || self.outputs.iter().any(|output| output == path)
            || path == Path::new("/dev/null")
    }

    /// Whether it may read the names in this folder.
    pub(crate) fn lists(&self, path: &Path) -> bool {
        self.reads(path) || self.writes.iter().any(|reached| reached.holds(path))
    }

    pub(super) fn to_execute(&self) -> impl Iterator<Item = &Reached> {
        self.reads.iter().chain(&self.writes)
    }

    pub(super) fn to_write(&self) -> &[Reached] {
        &self.writes
    }
}

impl Reached {
    fn holds(&self, path: &Path) -> bool {
        if self.is_folder { path.starts_with(&self.path) } else { path == self.path }
    }
}

/// The kernel's name of a file that need not be there; its folder has to be.
fn place(typed: &str) -> Result<PathBuf, RecordError> {
    let path = Path::new(typed);
    let folder = match path.parent().and_then(Path::to_str) {
        None | Some("") => ".",
        Some(folder) => folder,
    };
    let folder = Reached::open(folder, true)?;
    Ok(path.file_name().map_or_else(|| folder.path.clone(), |name| folder.path.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(reads: &[&str], writes: &[&str], outputs: &[&str]) -> Fence {
        let open =
            |all: &[&str], folder| all.iter().map(|path| Reached::open(path, folder).unwrap()).collect();
        Fence {
            reads: open(reads, false),
            writes: open(writes, true),
            outputs: outputs.iter().map(|path| place(path).unwrap()).collect(),
            reach: Reach::default(),
        }
    }

    #[test]
    fn a_folder_holds_what_is_below_it_and_no_neighbour() {
        let fence = fence(&["/usr/lib", "/usr/bin/env"], &["/var/tmp"], &["/tmp/out"]);
        for (path, reads) in [
            ("/usr/lib", true),
            ("/usr/lib/a/b", true),
            ("/usr/lib32/a", false),
            ("/usr/bin/env", true),
            ("/usr/bin/env/x", false),
            ("/usr/bin/envy", false),
            ("/var/tmp/a", false),
            ("/tmp/out", false),
            ("/dev/null", true),
            ("/dev/null/x", false),
            ("/dev/tty", false),
            ("/", false),
        ] {
            assert_eq!(fence.reads(Path::new(path)), reads, "{path}");
        }
        for (path, writes) in [
            ("/var/tmp/a/b", true),
            ("/var/tmp", false),
            ("/var/tmpx", false),
            ("/tmp/out", true),
            ("/tmp/out/x", false),
            ("/tmp/outer", false),
            ("/usr/lib/a", false),
        ] {
            assert_eq!(fence.writes(Path::new(path)), writes, "{path}");
        }
    }

    #[test]
    fn what_is_not_there_is_told() {
        for (path, folder) in [("/nonexistent/cdi", false), ("/usr/bin/env", true)] {
            assert_eq!(Reached::open(path, folder).unwrap_err().code(), "reach-unusable", "{path}");
        }
        assert_eq!(place("/nonexistent/cdi/out").unwrap_err().code(), "reach-unusable");
    }
}
