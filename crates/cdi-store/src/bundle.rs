//! Bundles in files.

use std::path::{Path, PathBuf};

use cdi_types::{Bundle, Sha256, Unverified, limits};

use crate::StoreError;
use crate::error::shown;
use crate::read::{read_limited, read_unlinked};

/// What follows an artifact's whole file name.
pub(crate) const SUFFIX: &str = ".intoto.jsonl";

/// Where an artifact's bundle is unless somebody says otherwise: beside it, `app.cwasm.intoto.jsonl` for `app.cwasm`.
#[must_use]
pub fn default_bundle_path(artifact: impl AsRef<Path>) -> PathBuf {
    let artifact = artifact.as_ref();
    match artifact.file_name() {
        Some(name) => {
            let mut name = name.to_owned();
            name.push(SUFFIX);
            artifact.with_file_name(name)
        }
        None => artifact.join(SUFFIX),
    }
}

/// Reads one bundle. On `Ok` it is within the limits of `cdi_types::limits`; what its lines are worth is not known.
///
/// # Errors
/// [`StoreError`] names what is wrong with the file, or the limit.
pub fn read_bundle(path: impl AsRef<Path>) -> Result<Unverified<Bundle>, StoreError> {
    let path = path.as_ref();
    Bundle::parse(read_bytes(path)?).map_err(|error| StoreError::Bundle { path: shown(path), error })
}

/// Reads an artifact's default bundle, which nobody named: it must be no symbolic link, so that only who can write to the
/// artifact's folder says what is read.
///
/// # Errors
/// As [`read_bundle`]; [`StoreError::Link`].
pub fn read_bundle_beside(artifact: impl AsRef<Path>) -> Result<Unverified<Bundle>, StoreError> {
    let path = default_bundle_path(artifact);
    let (bytes, _) = read_unlinked(&path, limits::BUNDLE_BYTES)?;
    Bundle::parse(bytes).map_err(|error| StoreError::Bundle { path: shown(&path), error })
}

/// Several bundles as one, and which line of it came from where.
#[derive(Debug, Clone)]
pub struct Bundles {
    /// All lines.
    pub together: Unverified<Bundle>,
    /// Where they came from.
    pub sources: Sources,
}

/// The files that bundles were read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// How many lines come before what is remembered, if anything is.
    before_memory: Option<usize>,
}

/// A file that a bundle was read from.
#[derive(Debug, Clone)]
struct Source {
    path: PathBuf,
    /// How many lines come before its first.
    before: usize,
    /// The digest of its bytes as they were read.
    sha256: Sha256,
}

impl Sources {
    /// The files, in the order in which they were named.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|source| source.path.as_path())
    }

    /// The files, each with the digest of its bytes as they were read.
    pub fn digests(&self) -> impl Iterator<Item = (&Path, Sha256)> {
        self.files.iter().map(|source| (source.path.as_path(), source.sha256))
    }

    /// The file that a line of all together came from, and the line's number there; both count from 1. `None` for a line that
    /// is remembered.
    #[must_use]
    pub fn of(&self, line: usize) -> Option<(&Path, usize)> {
        if self.remembered(line).is_some() {
            return None;
        }
        let source = self.files.iter().rev().find(|source| source.before < line)?;
        Some((&source.path, line - source.before))
    }

    /// The position, from 0, of a line of all together among what is remembered, if it is.
    #[must_use]
    pub fn remembered(&self, line: usize) -> Option<usize> {
        line.checked_sub(self.before_memory? + 1)
    }
}

/// Reads several bundles as one. The order of lines in a bundle has no meaning, so neither has that of the files; a last
/// line without a line feed stays a line of its own. No paths make an empty bundle, which proves nothing.
///
/// # Errors
/// As [`read_bundle`]; the limits hold for each and for all together.
pub fn read_bundles<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Bundles, StoreError> {
    read_bundles_remembering(paths, &[])
}

/// As [`read_bundles`], and after them the lines that are remembered.
///
/// # Errors
/// As [`read_bundles`].
pub fn read_bundles_remembering<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    remembered: &[String],
) -> Result<Bundles, StoreError> {
    let mut together = Vec::new();
    let mut sources = Vec::new();
    let mut lines = 0;
    for path in paths {
        let bytes = read_bytes(path.as_ref())?;
        let (path, sha256) = (path.as_ref().to_owned(), Sha256::of(&bytes));
        sources.push(Source { path, before: lines, sha256 });
        append_guarded(&mut together, &bytes);
        lines += bytes.iter().filter(|&&byte| byte == b'\n').count();
        lines += usize::from(bytes.last().is_some_and(|&last| last != b'\n'));
        if together.len() > limits::BUNDLE_BYTES {
            break;
        }
    }
    let before_memory = (!remembered.is_empty()).then_some(lines);
    for line in remembered {
        append_guarded(&mut together, line.as_bytes());
    }
    let together = Bundle::parse(together).map_err(StoreError::Bundles)?;
    Ok(Bundles { together, sources: Sources { files: sources, before_memory } })
}

/// Appends whole lines after a line that may lack its end.
pub(crate) fn append_guarded(bundle: &mut Vec<u8>, lines: &[u8]) {
    if !lines.is_empty() && bundle.last().is_some_and(|&last| last != b'\n') {
        bundle.push(b'\n');
    }
    bundle.extend_from_slice(lines);
}

/// A file's bytes; one more than the limit if there are more, so that the limit is seen to be exceeded.
fn read_bytes(path: &Path) -> Result<Vec<u8>, StoreError> {
    read_limited(path, limits::BUNDLE_BYTES).map(|(bytes, _)| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_stands_beside_its_artifact() {
        for (artifact, bundle) in [
            ("app.cwasm", "app.cwasm.intoto.jsonl"),
            ("dir.d/app", "dir.d/app.intoto.jsonl"),
            ("/abs/.hidden", "/abs/.hidden.intoto.jsonl"),
            ("dir/", "dir.intoto.jsonl"),
            ("a b", "a b.intoto.jsonl"),
            ("..", "../.intoto.jsonl"),
        ] {
            assert_eq!(default_bundle_path(artifact), Path::new(bundle));
        }
    }

    #[test]
    fn lines_never_run_together() {
        let mut bundle = Vec::new();
        for part in [&b"a"[..], b"", b"b\n", b"c\nd"] {
            append_guarded(&mut bundle, part);
        }
        assert_eq!(bundle, b"a\nb\nc\nd");
    }
}
