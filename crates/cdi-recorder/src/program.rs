//! Which file a command's first word means.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::{Environment, RecordError};

/// The file to execute: the path itself if there is a slash in it, else the first executable file of that name in
/// the `PATH` that the tool gets. The recorder's own `PATH` plays no part.
pub(crate) fn resolve(program: &str, environment: &Environment) -> Result<PathBuf, RecordError> {
    let missing = |place| RecordError::ProgramMissing { program: program.to_owned(), place };
    if program.contains('/') {
        return match Path::new(program).metadata() {
            Ok(found) if found.is_file() => Ok(PathBuf::from(program)),
            Ok(_) => Err(missing("(it is no file)".to_owned())),
            Err(error) => Err(missing(format!("({error})"))),
        };
    }
    let whole = environment.whole();
    let path = whole.get("PATH").map_or("", |(value, _)| value);
    // An empty entry means the working directory, as everywhere; joined with `./` the name is never searched again.
    let folders = path.split(':').map(|folder| if folder.is_empty() { "." } else { folder });
    let mut candidates = folders.map(|folder| Path::new(folder).join(program));
    candidates
        .find(|file| !program.is_empty() && file.is_file() && access(file, Access::EXEC_OK).is_ok())
        .ok_or_else(|| missing(format!("in the tool's PATH, `{path}`")))
}
