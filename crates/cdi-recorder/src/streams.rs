//! Standard output and error as a watched tool gets them: to write to, and not to read from.
//!
//! Whoever starts the recorder often gives it descriptors that go both ways: a terminal's, a socket of a service manager's.
//! What came in through them would be bytes that nobody measures. A terminal is opened once more, to be written to only, and
//! stays one; what else can be read from is put behind a pipe.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::thread::JoinHandle;

use rustix::fs::{FileType, OFlags, Stat, fcntl_getfl, fstat};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::procfs::Proc;
use crate::traced::is_nobodys;

/// Which file a descriptor is of.
pub(crate) type Identity = (u64, u64, u64);

/// The two, as the tool gets them.
#[derive(Debug)]
pub(crate) struct Streams {
    given: [Option<OwnedFd>; 2],
    relays: Vec<JoinHandle<()>>,
}

impl Streams {
    /// Of this process.
    pub(crate) fn to_write_to() -> io::Result<Self> {
        let mut streams = Self { given: [None, None], relays: Vec::new() };
        let (output, error) = (io::stdout(), io::stderr());
        let (output, error) = (output.as_fd(), error.as_fd());
        let stdout = streams.given_for(output)?;
        let stderr = match &stdout {
            // What goes to one place stays in its order.
            Some(given) if identity(output) == identity(error) => Some(given.try_clone()?),
            _ => streams.given_for(error)?,
        };
        streams.given = [stdout, stderr];
        Ok(streams)
    }

    /// What takes the place of a descriptor that can be read from.
    fn given_for(&mut self, own: BorrowedFd<'_>) -> io::Result<Option<OwnedFd>> {
        let flags = fcntl_getfl(own)?;
        let stat = fstat(own)?;
        let is_device = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice;
        if flags & OFlags::RWMODE == OFlags::WRONLY || is_device && is_nobodys(stat.st_rdev) {
            return Ok(None);
        }
        if own.is_terminal() {
            let flags = (flags & (OFlags::APPEND | OFlags::NONBLOCK)) | OFlags::WRONLY | OFlags::NOCTTY;
            // It can be another user's.
            if let Ok(opened) = Proc::of_the_kernel()?.reopen(own, flags) {
                return Ok(Some(opened));
            }
        }
        let (out, into) = pipe_with(PipeFlags::CLOEXEC)?;
        let (mut out, mut own) = (File::from(out), File::from(own.try_clone_to_owned()?));
        // Where nobody reads any more the pipe breaks, and the tool learns of it as it would have.
        self.relays.push(std::thread::spawn(move || drop(io::copy(&mut out, &mut own))));
        Ok(Some(into))
    }

    pub(crate) fn output(&self) -> Option<BorrowedFd<'_>> {
        self.given.first()?.as_ref().map(OwnedFd::as_fd)
    }

    pub(crate) fn error(&self) -> Option<BorrowedFd<'_>> {
        self.given.last()?.as_ref().map(OwnedFd::as_fd)
    }

    /// Which files they are.
    pub(crate) fn identities(&self) -> [Option<Identity>; 2] {
        let (output, error) = (io::stdout(), io::stderr());
        [identity(self.output().unwrap_or(output.as_fd())), identity(self.error().unwrap_or(error.as_fd()))]
    }
}

/// No process of the run is left: what is in the pipes still goes on.
impl Drop for Streams {
    fn drop(&mut self) {
        self.given = [None, None];
        for relay in self.relays.drain(..) {
            let _ = relay.join();
        }
    }
}

/// Which file it is; none for a descriptor that is closed.
pub(crate) fn identity(file: BorrowedFd<'_>) -> Option<Identity> {
    fstat(file).ok().as_ref().map(identity_of)
}

pub(crate) const fn identity_of(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino, stat.st_rdev)
}
