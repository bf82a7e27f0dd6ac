//! What a process has just executed, asked of the kernel while the process stands before its first instruction.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use cdi_sys::Pid;

use crate::file::{self, Stamp};
use crate::links::Way;
use crate::{FileFault, FileRole, RecordError};

/// Of auxv: the address of the path that execve(2) was given (getauxval(3)).
const AT_EXECFN: u64 = 31;
/// The kernel follows so many `#!` lines.
const MAX_SCRIPTS: usize = 5;
/// The kernel reads so much of a `#!` line (BINPRM_BUF_SIZE).
const SCRIPT_LINE: u64 = 256;
const PATH_MAX: usize = 4096;
const READ_IMPLIES_EXEC: u64 = 0x0040_0000;

fn of(pid: Pid, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{}/{name}", pid.as_raw_nonzero()))
}

/// The executable that the kernel loaded, opened through its own link: renamed and removed files are found too.
pub(super) fn executable(pid: Pid) -> Result<File, RecordError> {
    let link = of(pid, "exe");
    file::open(&link).map_err(|fault| {
        let path = link.read_link().unwrap_or(link);
        RecordError::file(FileRole::Executable, path.to_string_lossy(), fault)
    })
}

/// A file that an interpreter reads.
pub(super) struct Script {
    pub(super) file: File,
    /// The name by which the interpreter opens it, unless it was handed a descriptor.
    pub(super) way: Option<Way>,
}

/// The files that were asked for in place of the executable: a `#!` script, whose interpreter the kernel loaded, then
/// the script that is its interpreter, and so on. A program that was executed under its own name has none.
pub(super) fn scripts(pid: Pid, loaded: &Stamp) -> Result<Vec<Script>, RecordError> {
    let mut scripts = Vec::new();
    let mut next = asked_for(pid)?;
    while let Some(path) = next.take().filter(|_| scripts.len() < MAX_SCRIPTS) {
        let failed = |fault| RecordError::file(FileRole::Executable, path.to_string_lossy(), fault);
        let script = match file::open(locate(pid, &path)) {
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
        // It was there a moment ago.
        let way = way(pid, &path).map_err(|_| failed(FileFault::Changed))?;
        scripts.push(Script { file: script, way });
    }
    Ok(scripts)
}

/// The path that execve(2) was given.
fn asked_for(pid: Pid) -> Result<Option<PathBuf>, RecordError> {
    let vector = std::fs::read(of(pid, "auxv")).map_err(RecordError::TraceLost)?;
    let words = vector.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word));
    let words: Vec<u64> = words.collect();
    let pairs = words.as_chunks::<2>().0;
    let Some([_, address]) = pairs.iter().find(|[kind, _]| *kind == AT_EXECFN) else { return Ok(None) };
    let memory = File::open(of(pid, "mem")).map_err(RecordError::TraceLost)?;
    let mut text = vec![0_u8; PATH_MAX];
    // The text stands at the very end of the stack: fewer bytes than asked for are there.
    let read = memory.read_at(&mut text, *address).map_err(RecordError::TraceLost)?;
    text.truncate(read);
    let path = text.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(Some(PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path))))
}

/// Where this process finds what the other one calls so.
fn locate(pid: Pid, path: &Path) -> PathBuf {
    for (own, of_whom) in [("/proc/self", ""), ("/proc/thread-self", ""), ("/dev/fd", "fd")] {
        if let Ok(rest) = path.strip_prefix(own) {
            return of(pid, of_whom).join(rest);
        }
    }
    match path.strip_prefix("/") {
        Ok(rest) => of(pid, "root").join(rest),
        Err(_) => of(pid, "cwd").join(path),
    }
}

/// The name by which this process finds the same file after the other one has gone; none for a descriptor.
fn way(pid: Pid, path: &Path) -> std::io::Result<Option<Way>> {
    let located = locate(pid, path);
    let Ok(rest) = located.strip_prefix(of(pid, "")) else { return Way::of(located).map(Some) };
    // `root/...`, `cwd/...`, `fd/N/...`: a link of the kernel's, and what stands after it.
    let depth = if rest.starts_with("fd") { 2 } else { 1 };
    let link: PathBuf = rest.iter().take(depth).collect();
    let tail: PathBuf = rest.iter().skip(depth).collect();
    if tail.as_os_str().is_empty() {
        return Ok(None);
    }
    let base = of(pid, "").join(link).read_link()?;
    Way::of(base.join(tail)).map(Some)
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
    let text = std::fs::read_to_string(of(pid, "personality")).unwrap_or_default();
    u64::from_str_radix(text.trim(), 16).map_or(true, |persona| persona & READ_IMPLIES_EXEC != 0)
}
