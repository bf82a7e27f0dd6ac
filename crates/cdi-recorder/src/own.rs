//! The recorder measures itself.

use std::fs::File;

use cdi_types::{FileDigest, Libraries, MeasuredFile, RecordedPath, Sha256};

use crate::digests::Digests;
use crate::file::Stamp;
use crate::observe::{Files, mappings};
use crate::procfs::Proc;
use crate::{FileFault, RecordError, file, filesystem};

/// Measures the executable of this process through the kernel's own link to it: the digest that a certification names
/// as `recorder`.
///
/// # Errors
/// [`RecordError::RecorderUnmeasured`], or a path that cannot be recorded.
pub fn measure_recorder() -> Result<MeasuredFile, RecordError> {
    remembered_recorder(&Digests::default())
}

/// As [`measure_recorder`], with the digest that is remembered for this executable, as it is, if there is one.
pub(crate) fn remembered_recorder(digests: &Digests) -> Result<MeasuredFile, RecordError> {
    let (own, unmeasured) = (rustix::process::getpid(), RecordError::RecorderUnmeasured);
    let proc = Proc::of_the_kernel().map_err(RecordError::ProcNotTheKernels)?;
    let exe = proc.follow(own, "exe", file::READ).map_err(unmeasured)?;
    let digest = file::regular(exe).and_then(|file| digest(&file, digests)).map_err(|fault| match fault {
        FileFault::Unreadable(error) => unmeasured(error),
        other => unmeasured(std::io::Error::other(other.to_string())),
    })?;
    let link = proc.link(own, "exe").map_err(unmeasured)?;
    let path =
        link.to_str().ok_or_else(|| RecordError::NotUnicode { what: "the recorder's path".to_owned() })?;
    let path = RecordedPath::parse(path.strip_suffix(" (deleted)").unwrap_or(path))?;
    Ok(MeasuredFile { path, sha256: FileDigest::new(digest) })
}

fn digest(file: &File, digests: &Digests) -> Result<Sha256, FileFault> {
    let lasting = filesystem::tells_of_stores(file)?;
    let stamp = Stamp::of(&file.metadata().map_err(file::fault)?);
    if let Some(known) = digests.recall(&stamp).filter(|_| lasting) {
        return Ok(known);
    }
    let measured = file::measure(file)?;
    if lasting {
        digests.remember(&measured, file);
    }
    Ok(measured.digest)
}

/// The libraries that this process has in its memory, executable: none if it is static.
#[must_use]
pub fn measure_libraries(executable: &MeasuredFile) -> Libraries {
    let mut files = Files::default();
    let Ok(mappings) = mappings::of_self() else { return Libraries::Unmeasured };
    let measured = mappings.iter().filter(|mapping| mapping.is_executable_file()).map(|mapping| {
        let (path, measured, _) = files.mapped(mapping)?;
        Ok(MeasuredFile { path, sha256: FileDigest::new(measured.digest) })
    });
    let measured: Result<Vec<_>, String> = measured.collect();
    let Ok(mut measured) = measured else { return Libraries::Unmeasured };
    measured.retain(|library| library.sha256 != executable.sha256);
    measured.dedup();
    Libraries::Measured(measured)
}
