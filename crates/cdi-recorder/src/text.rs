//! Text in the memory of another process, copied once.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use cdi_sys::{Pid, read_memory};
use rustix::io::Errno;

/// The kernel takes no longer path, its null byte included.
const PATH_MAX: usize = 4096;
/// Most paths are shorter.
const FIRST_READ: usize = 256;
const PAGE: u64 = 4096;

/// The path that stands at an address, up to its null byte.
pub(crate) fn path_at(thread: Pid, address: u64) -> Result<OsString, Errno> {
    let mut path = Vec::new();
    while path.len() < PATH_MAX {
        let at = address.saturating_add(path.len() as u64);
        // Never beyond the page: the next one may not be there.
        let rest = usize::try_from(PAGE - at % PAGE).unwrap_or(PATH_MAX);
        let wanted = if path.is_empty() { FIRST_READ } else { PATH_MAX - path.len() };
        let end = path.len();
        path.resize(end + rest.min(wanted), 0);
        let read = read_memory(thread, at, path.get_mut(end..).unwrap_or_default())?;
        path.truncate(end + read);
        match path.iter().skip(end).position(|&byte| byte == 0) {
            Some(length) => {
                path.truncate(end + length);
                return Ok(OsString::from_vec(path));
            }
            None if read == 0 => return Err(Errno::FAULT),
            None => {}
        }
    }
    Err(Errno::NAMETOOLONG)
}
