//! What a process has open when it begins a sub-run: it was opened by others, so that no call tells of it.
//!
//! A regular file that it can read is an input, an empty one that it can write to an output if it turns out that nobody else
//! could write there; a log that many write to is not. Pipes that nobody can write to any more give nothing, which `make`
//! hands to all jobs but one for standard input. What gives other bytes is an error: nobody could say whose they are.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use cdi_sys::Pid;
use rustix::fs::{FileType, OFlags, Stat, fstat};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, tee};

use super::ledger::{Access, Ledger};
use super::resolve::Found;
use super::views::is_nobodys;
use crate::procfs::Proc;
use crate::streams::{Identity, identity_of};
use crate::{RecordError, file};

const STANDARD_ERROR: i32 = 2;

/// Standard output and error, which all of a build share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared([Option<Identity>; 2]);

impl Shared {
    pub(crate) const fn of(streams: [Option<Identity>; 2]) -> Self {
        Self(streams)
    }

    fn has(self, stat: &Stat) -> bool {
        self.0.contains(&Some(identity_of(stat)))
    }
}

/// A descriptor of a process.
struct Given {
    process: Pid,
    number: i32,
    flags: OFlags,
    stat: Stat,
    file: OwnedFd,
}

impl Ledger {
    /// Writes down what a process has open that stands before the first instruction of its program.
    ///
    /// # Errors
    /// [`RecordError::DescriptorUnmeasured`], or a file that cannot be measured.
    pub(crate) fn take_over(&mut self, process: Pid, shared: Shared) -> Result<(), RecordError> {
        let proc = self.proc();
        for number in proc.descriptors(process).map_err(RecordError::TraceLost)? {
            let given = Given::of(process, number, proc).map_err(RecordError::TraceLost)?;
            if !given.flags.contains(OFlags::PATH) && !given.is_shared(shared) {
                self.take(given, proc)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, given: Given, proc: &'static Proc) -> Result<(), RecordError> {
        let Access { reads, writes, .. } = Access::of(given.flags);
        let failed = |errno: Errno| RecordError::TraceLost(errno.into());
        match FileType::from_raw_mode(given.stat.st_mode) {
            FileType::Directory => Ok(()),
            FileType::RegularFile if reads && writes => {
                Err(given.unmeasured("a file to read from and to write to, as others may"))
            }
            FileType::RegularFile if writes && given.stat.st_size > 0 => {
                // Where it says what is wrong, nobody expects an output.
                if given.number != STANDARD_ERROR {
                    self.shared = Some(proc.path_of(&given.file).map_err(failed)?);
                }
                Ok(())
            }
            FileType::RegularFile if reads && given.stat.st_nlink == 0 => {
                Err(given.unmeasured("a file without a name"))
            }
            FileType::RegularFile if writes => {
                let name = self.start.name(&given.file, None).map_err(failed)?;
                self.given_to_write(&given.file, name).map_err(failed)
            }
            FileType::RegularFile => {
                let found = Found { stat: given.stat, file: given.file, plain: false };
                let read = self.foresee(&found, Access::READ, 0, |start| start.name(&found.file, None));
                self.opened(read.map_err(failed)?, Access::READ, 0);
                Ok(())
            }
            FileType::CharacterDevice if !reads || is_nobodys(given.stat.st_rdev) => Ok(()),
            FileType::CharacterDevice => Err(given.unmeasured("a terminal or another device to read from")),
            FileType::Fifo if !reads => Ok(()),
            FileType::Fifo if given.is_quiet(proc) => {
                self.quiet.insert((given.stat.st_dev, given.stat.st_ino));
                Ok(())
            }
            FileType::Fifo => Err(given.unmeasured("a pipe to read from")),
            FileType::Socket => Err(given.unmeasured("a socket")),
            _ => Err(given.unmeasured("something that is no file")),
        }
    }
}

impl Given {
    fn of(process: Pid, number: i32, proc: &Proc) -> std::io::Result<Self> {
        let file = proc.follow(process, descriptor(number), OFlags::PATH)?;
        let told = proc.read(process, &format!("fdinfo/{number}"))?;
        let told = String::from_utf8_lossy(&told);
        let flags = told.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
        let flags = flags.ok_or_else(|| std::io::Error::other("procfs does not tell how a file is open"))?;
        Ok(Self { process, number, flags: OFlags::from_bits_retain(flags), stat: fstat(&file)?, file })
    }

    /// Whether it is where everything of the run says what it has to say. Nothing can be read there.
    fn is_shared(&self, shared: Shared) -> bool {
        shared.has(&self.stat) && !Access::of(self.flags).reads
    }

    fn unmeasured(&self, what: &str) -> RecordError {
        RecordError::DescriptorUnmeasured { number: self.number, what: what.to_owned() }
    }

    /// Whether a pipe is empty and nobody can write to it any more. Nothing is taken out of it to find out.
    fn is_quiet(&self, proc: &Proc) -> bool {
        let looked = || -> std::io::Result<usize> {
            let pipe = proc.follow(self.process, descriptor(self.number), file::READ)?;
            let (_end, beginning) = pipe_with(PipeFlags::CLOEXEC)?;
            Ok(tee(pipe, beginning, 1, SpliceFlags::NONBLOCK)?)
        };
        matches!(looked(), Ok(0))
    }
}

fn descriptor(number: i32) -> PathBuf {
    PathBuf::from(format!("fd/{number}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use super::*;

    fn of_own(file: impl std::os::fd::AsFd) -> Given {
        let number = file.as_fd().as_raw_fd();
        Given::of(rustix::process::getpid(), number, Proc::of_the_kernel().unwrap()).unwrap()
    }

    #[test]
    fn a_pipe_is_quiet_once_it_is_empty_and_nobody_writes() {
        let proc = Proc::of_the_kernel().unwrap();
        let (reader, mut writer) = std::io::pipe().unwrap();
        assert!(!of_own(&reader).is_quiet(proc));
        writer.write_all(b"x").unwrap();
        drop(writer);
        let given = of_own(&reader);
        assert!(!given.is_quiet(proc), "a byte is in it");
        std::io::copy(&mut &reader, &mut std::io::sink()).unwrap();
        assert!(given.is_quiet(proc));
    }
}
