//! Adding lines to a bundle that others may be adding to.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cdi_types::{Bundle, limits};

use crate::StoreError;
use crate::bundle::append_guarded;
use crate::error::shown;
use crate::read::read_unlinked;
use crate::write::Place;

/// The permission bits of a new bundle, less the umask: evidence is for everybody to read.
const NEW_MODE: u32 = 0o644;

/// Adds lines to a bundle, which is made if it is missing, and says how many were added. On `Ok` each line is in the
/// file, on disk; a line that was there already, byte for byte, is not added again, and other writers' lines are kept.
///
/// Expected flow: the folder is locked (its descriptor, so that no lock file is left behind), the bundle is read, old and
/// new lines are written to a file without a name (or a hidden one), which then takes the bundle's name.
///
/// Guarantees: whoever reads the bundle at any time, and after a crash at any point, sees the old one or the new one.
/// A killed writer leaves at most one hidden file, which the next one clears away. Permission bits are kept.
///
/// Assumptions: other writers come through here too; the lock is an advisory one, and it waits for as long as somebody
/// holds it. Not all network file systems lock folders: [`StoreError::Lock`]. A bundle is often found by its name alone, so
/// a symbolic link in its place is refused ([`StoreError::Link`]): it could lead to any file of the writer's.
///
/// # Errors
/// [`StoreError::NoBundle`] for a file that is something else: an artifact or a key is easily named in place of the bundle
/// beside it. Any other [`StoreError`]; the bundle is then as it was, unless only the last step, bringing the folder to disk, has failed.
pub fn append_lines(path: impl AsRef<Path>, lines: &[Vec<u8>]) -> Result<usize, StoreError> {
    if let Some(index) = lines.iter().position(|line| !is_one_line(line)) {
        return Err(StoreError::NotOneLine { index });
    }
    let place = Place::of(path.as_ref())?;
    let _lock = lock(&place.folder)?;
    let (bundle, mode) = match read_unlinked(&place.path, limits::BUNDLE_BYTES) {
        Ok((bytes, metadata)) => (bytes, Some(metadata.permissions().mode())),
        Err(StoreError::Missing { .. }) => (Vec::new(), None),
        Err(error) => return Err(error),
    };
    let mut bundle = addable(bundle, &place.path)?;
    let added = add_fresh(&mut bundle, lines);
    if added > 0 {
        write_back(&place, bundle, mode)?;
    }
    Ok(added)
}

/// Puts what `change` makes of a bundle in its place, while other writers wait, and gives back what else `change` says. If
/// that is the bundle as it was, nothing is written.
///
/// # Errors
/// As [`append_lines`]; [`StoreError::Missing`] if there is no bundle. An error of `change` comes back as it is.
pub fn rewrite_bundle<T, E: From<StoreError>>(
    path: impl AsRef<Path>,
    change: impl FnOnce(&Bundle) -> Result<(Vec<u8>, T), E>,
) -> Result<T, E> {
    let place = Place::of(path.as_ref())?;
    let _lock = lock(&place.folder)?;
    let (bytes, metadata) = read_unlinked(&place.path, limits::BUNDLE_BYTES)?;
    let failed = |error| StoreError::Bundle { path: shown(&place.path), error };
    let bundle = Bundle::parse(bytes).map_err(failed)?.into_untrusted();
    if !bundle.has_an_envelope() {
        return Err(StoreError::NoBundle { path: shown(&place.path) }.into());
    }
    let (changed, said) = change(&bundle)?;
    if changed != bundle.into_bytes() {
        write_back(&place, changed, Some(metadata.permissions().mode()))?;
    }
    Ok(said)
}

/// What is there, if lines can be added to it: nothing, blank lines, or a bundle.
fn addable(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, StoreError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(bytes);
    }
    let bundle = Bundle::parse(bytes).map_err(|error| StoreError::Bundle { path: shown(path), error })?;
    let bundle = bundle.into_untrusted();
    if bundle.has_an_envelope() {
        Ok(bundle.into_bytes())
    } else {
        Err(StoreError::NoBundle { path: shown(path) })
    }
}

/// Puts the bundle in place, with the mode that it had. One over the limits is not put there: nobody would read it again.
fn write_back(place: &Place, bundle: Vec<u8>, mode: Option<u32>) -> Result<(), StoreError> {
    let failed = |error| StoreError::Bundle { path: shown(&place.path), error };
    let bundle = Bundle::parse(bundle).map_err(failed)?.into_untrusted().into_bytes();
    match mode {
        Some(mode) => place.put_with_mode(&bundle, mode),
        None => place.put(place.draft_locked(&bundle, NEW_MODE)?),
    }
}

fn is_one_line(line: &[u8]) -> bool {
    !line.contains(&b'\n') && !line.iter().all(u8::is_ascii_whitespace)
}

/// The lock ends when the descriptor is closed, by the process's death too.
pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let descriptor = File::open(folder).map_err(|source| StoreError::of("open", folder, source))?;
    descriptor.lock().map_err(|source| StoreError::Lock { path: shown(folder), source })?;
    Ok(descriptor)
}

/// Adds the lines that are not there yet, and counts them.
fn add_fresh(bundle: &mut Vec<u8>, lines: &[Vec<u8>]) -> usize {
    let old = bundle.clone();
    let mut seen: HashSet<&[u8]> = old.split(|&byte| byte == b'\n').collect();
    let fresh: Vec<&Vec<u8>> = lines.iter().filter(|line| seen.insert(line.as_slice())).collect();
    for line in &fresh {
        append_guarded(bundle, line);
        bundle.push(b'\n');
    }
    fresh.len()
}
