//! A folder that appears whole.

use std::path::Path;

use crate::failure::Failure;

/// Makes a folder with all of these files, or none: it gets its name when it is whole.
pub(crate) fn make(dir: &Path, contents: &[(&str, &[u8], u32)]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists => {
            Failure::failed("file-exists", format!("`{}` exists already", dir.display()))
        }
        _ => Failure::failed("file-io", format!("cannot make `{}`: {error}", dir.display())),
    };
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let beside = dir.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    std::fs::create_dir(&beside).map_err(failed)?;
    let written = contents
        .iter()
        .try_for_each(|(name, bytes, mode)| cdi_store::write_new(beside.join(name), bytes, *mode))
        .map_err(Failure::from)
        .and_then(|()| std::fs::rename(&beside, dir).map_err(failed));
    if written.is_err() {
        // This process made the folder a moment ago; what cannot be removed is left hidden.
        let _ = std::fs::remove_dir_all(&beside);
    }
    written
}
