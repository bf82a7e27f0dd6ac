//! Where things are.

use std::path::{Path, PathBuf};

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder of the certified tools' own workspace.
pub(crate) fn tools() -> PathBuf {
    root().join("tools")
}
