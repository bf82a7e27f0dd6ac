//! What a process has just executed, asked of the kernel while the process stands before its first instruction.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use cdi_sys::Pid;
use cdi_types::RecordedPath;
use rustix::fs::{OFlags, fstat};

use super::called::Called;
use super::files::path_of;
use crate::file::{self, Stamp};
use crate::links::Way;
use crate::procfs::Proc;
use crate::text::path_at;
use crate::{FileFault, FileRole, RecordError};

/// Of auxv: the address of the path that execve(2) was given (getauxval(3)).
const AT_EXECFN: u64 = 31;
/// The kernel follows so many `#!` lines.
const MAX_SCRIPTS: usize = 5;
/// The kernel reads so much of a `#!` line (BINPRM_BUF_SIZE).
const SCRIPT_LINE: u64 = 256;
const READ_IMPLIES_EXEC: u64 = 0x0040_0000;

/// The executable that the kernel loaded, opened through its own link: renamed and removed files are found too.
pub(super) fn executable(pid: Pid) -> Result<File, RecordError> {
    let proc = Proc::of_the_kernel().map_err(RecordError::TraceLost)?;
    let opened = proc.follow(pid, "exe", file::READ).map_err(file::fault);
    opened.and_then(file::regular).map_err(|fault| unusable(pid, proc, fault))
}

fn unusable(pid: Pid, proc: &Proc, fault: FileFault) -> RecordError {
    let path = proc.link(pid, "exe").unwrap_or_else(|_| PathBuf::from("the tool's executable"));
    RecordError::file(FileRole::Executable, path.to_string_lossy(), fault)
}

/// What the kernel says of that executable, and what it calls it.
pub(super) fn loaded(pid: Pid) -> Result<(Stamp, RecordedPath), RecordError> {
    let proc = Proc::of_the_kernel().map_err(RecordError::TraceLost)?;
    let exe =
        proc.follow(pid, "exe", OFlags::PATH).map_err(|error| unusable(pid, proc, file::fault(error)))?;
    let stat = fstat(&exe).map_err(|errno| RecordError::TraceLost(errno.into()))?;
    Ok((Stamp::told(&stat), path_of(&exe)?))
}

/// A file that an interpreter reads.
pub(crate) struct Script {
    pub(crate) file: File,
    /// The name by which the interpreter opens it, unless it was handed a descriptor.
    pub(crate) way: Option<Way>,
}

/// The files that were asked for in place of the executable: a `#!` script, whose interpreter the kernel loaded, then
/// the script that is its interpreter, and so on. A program that was executed under its own name has none.
pub(crate) fn scripts(pid: Pid, loaded: &Stamp) -> Result<Vec<Script>, RecordError> {
    let mut scripts = Vec::new();
    let mut next = asked_for(pid)?;
    while let Some(path) = next.take().filter(|_| scripts.len() < MAX_SCRIPTS) {
        let failed = |fault| RecordError::file(FileRole::Executable, path.to_string_lossy(), fault);
        let called = Called::by_process(&path);
        // Most programs: no need to open them again.
        if called.stat(pid).is_ok_and(|stat| Stamp::told(&stat).is_same_file(loaded)) {
            break;
        }
        let script = match called.open(pid) {
            Ok(script) => script,
            // Executed by a descriptor that is closed by now: scripts are not, their interpreter could not read them.
            Err(FileFault::Missing) if path.starts_with("/dev/fd") => break,
            Err(fault) => return Err(failed(fault)),
        };
        let metadata = script.metadata().map_err(|error| failed(FileFault::Unreadable(error)))?;
        if Stamp::of(&metadata).is_same_file(loaded) {
            break;
        }
        next = interpreter(&script).map_err(|error| failed(FileFault::Unreadable(error)))?;
        let way = called.way(pid).map_err(|fault| match fault {
            // It was there a moment ago.
            FileFault::Missing => failed(FileFault::Changed),
            other => failed(other),
        })?;
        scripts.push(Script { file: script, way });
    }
    Ok(scripts)
}

/// The path that execve(2) was given.
fn asked_for(pid: Pid) -> Result<Option<PathBuf>, RecordError> {
    let proc = Proc::of_the_kernel().map_err(RecordError::TraceLost)?;
    let vector = proc.read(pid, "auxv").map_err(RecordError::TraceLost)?;
    let words = vector.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word));
    let words: Vec<u64> = words.collect();
    let pairs = words.as_chunks::<2>().0;
    let Some([_, address]) = pairs.iter().find(|[kind, _]| *kind == AT_EXECFN) else { return Ok(None) };
    let path = path_at(pid, *address).map_err(|errno| RecordError::TraceLost(errno.into()))?;
    Ok(Some(PathBuf::from(path)))
}

/// The interpreter that a file's first line names.
fn interpreter(script: &File) -> std::io::Result<Option<PathBuf>> {
    let mut line = Vec::new();
    script.take(SCRIPT_LINE).read_to_end(&mut line)?;
    std::io::Seek::rewind(&mut &*script)?;
    let Some(line) = line.strip_prefix(b"#!") else { return Ok(None) };
    let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let path = line.split(|&byte| matches!(byte, b' ' | b'\t' | 0)).find(|word| !word.is_empty());
    Ok(path.map(|path| PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path))))
}

/// Whether every readable mapping of the process is executable (personality(2)). If the kernel does not tell, it is
/// taken to be so.
pub(super) fn reading_executes(pid: Pid) -> bool {
    let told = Proc::of_the_kernel().and_then(|proc| proc.read(pid, "personality")).unwrap_or_default();
    u64::from_str_radix(String::from_utf8_lossy(&told).trim(), 16)
        .map_or(true, |persona| persona & READ_IMPLIES_EXEC != 0)
}
