//! A declared runtime's executable, measured from the very bytes that are executed.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cdi_types::FileDigest;

use crate::elf::{Linkage, linkage};
use crate::native::Sealed;

/// The largest that is read.
const MOST_BYTES: u64 = 256 << 20;
/// A runtime that does not say its version by then has none.
const VERSION_TIME: Duration = Duration::from_secs(5);
/// What is read of what it says.
const VERSION_BYTES: u64 = 4096;
/// What is shown of it.
const VERSION_CHARACTERS: usize = 64;

/// The executable, in a descriptor that nobody can change, with its digest.
#[derive(Debug)]
pub(crate) struct ExternalFile {
    sealed: Sealed,
    digest: FileDigest,
}

impl ExternalFile {
    /// Reads it once.
    ///
    /// # Errors
    /// That it is not there, cannot be read, or is not static, in words.
    pub(super) fn read(path: &str) -> Result<Self, String> {
        let bytes = read(path)?;
        match linkage(&bytes) {
            Linkage::Static => {}
            Linkage::Dynamic => {
                return Err(format!("`{path}` is not static: its digest does not cover its libraries"));
            }
            Linkage::None => return Err(format!("`{path}` is no program for this machine")),
        }
        let sealed = Sealed::of(&bytes).map_err(|error| format!("it cannot be sealed: {error}"))?;
        Ok(Self { sealed, digest: FileDigest::of(&bytes) })
    }

    pub(super) const fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    pub(crate) const fn digest(&self) -> FileDigest {
        self.digest
    }

    /// What it says when it is asked; it is the host's program, and asked with the host's arguments.
    pub(super) fn version(&self, arguments: &[String]) -> Option<String> {
        let own = format!("/proc/{}/fd/{}", std::process::id(), self.sealed.as_fd().as_raw_fd());
        let mut asked = Command::new(own);
        asked.args(arguments).env_clear().stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
        let mut child = asked.spawn().ok()?;
        let output = child.stdout.take()?;
        // It may leave its output open to others: who reads is not waited for longer than it is.
        let (end, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let read = output.take(VERSION_BYTES).read_to_end(&mut text);
            // Nobody waits any more if it took too long.
            let _ = end.send(read.map(|_| text));
        });
        let text = ended.recv_timeout(VERSION_TIME);
        wait(&mut child);
        let text = String::from_utf8(text.ok()?.ok()?).ok()?;
        let word = text.lines().next()?.split_whitespace().next_back()?;
        Some(word.chars().filter(|one| !one.is_control()).take(VERSION_CHARACTERS).collect())
    }
}

/// It has ended, by itself or not.
fn wait(child: &mut Child) {
    let begun = Instant::now();
    while begun.elapsed() < VERSION_TIME / 10 {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Ok(Some(_)) | Err(_) => return,
        }
    }
    // One that has ended meanwhile cannot be killed, and is waited for all the same.
    let _ = child.kill();
    let _ = child.wait();
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let unread = |error| format!("`{path}` cannot be read: {error}");
    // A pipe is opened without waiting for who writes to it.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file: File = OpenOptions::new().read(true).custom_flags(nonblocking).open(path).map_err(unread)?;
    if !file.metadata().map_err(unread)?.is_file() {
        return Err(format!("`{path}` is no plain file"));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("`{path}` is larger than any runtime"));
    }
    Ok(bytes)
}
