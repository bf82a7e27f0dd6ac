//! Standard streams of a program that are not those of whoever started it.
//!
//! `runsc` gives the files of its standard streams to the user that its sandbox runs as, whatever they are: an input that only root
//! may read, or `/dev/null`. It gets pipes, and what goes through them is carried on here.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::thread::JoinHandle;

use cdi_sys::{Step, Stream};
use rustix::event::{PollFd, PollFlags, poll};

/// What is carried at once, in bytes.
const CHUNK: usize = 1 << 16;

/// The program's ends of three pipes.
pub(super) struct Streams {
    input: PipeReader,
    output: PipeWriter,
    error: PipeWriter,
}

/// The other ends: nobody has them but this process, or the pipes would not end.
pub(super) struct Far {
    input: PipeWriter,
    output: PipeReader,
    error: PipeReader,
}

/// Who carries what goes through the pipes.
pub(super) struct Carriers {
    /// While it is open there may be input to carry.
    runs: Option<PipeWriter>,
    threads: Vec<JoinHandle<()>>,
}

impl Streams {
    pub(super) fn open() -> io::Result<(Self, Far)> {
        let ((input, to_input), (from_output, output), (from_error, error)) =
            (io::pipe()?, io::pipe()?, io::pipe()?);
        Ok((Self { input, output, error }, Far { input: to_input, output: from_output, error: from_error }))
    }

    /// What makes them the program's.
    pub(super) fn steps(&self) -> [Step<'_>; 3] {
        [
            Step::Lead { stream: Stream::Input, to: self.input.as_fd() },
            Step::Lead { stream: Stream::Output, to: self.output.as_fd() },
            Step::Lead { stream: Stream::Error, to: self.error.as_fd() },
        ]
    }
}

impl Far {
    /// What keeps them from the processes that are launched.
    pub(super) fn steps<'s>(&self) -> [Step<'s>; 3] {
        [self.input.as_raw_fd(), self.output.as_raw_fd(), self.error.as_raw_fd()].map(Step::Close)
    }

    /// Begins to carry. What cannot be carried, for want of threads, ends its pipe.
    pub(super) fn carry(self) -> Carriers {
        let own = |stream: BorrowedFd<'_>| stream.try_clone_to_owned().map(File::from);
        let mut runs = None;
        // A stream that is closed here has nothing to carry, or takes nothing.
        if let (Ok(stdin), Ok((ended, open))) = (own(io::stdin().as_fd()), io::pipe()) {
            let input = self.input;
            let carrying = std::thread::Builder::new().spawn(move || carry_input(stdin, input, &ended));
            runs = carrying.is_ok().then_some(open);
        }
        let threads =
            [carrier(self.output, own(io::stdout().as_fd())), carrier(self.error, own(io::stderr().as_fd()))];
        Carriers { runs, threads: threads.into_iter().filter_map(Result::ok).collect() }
    }
}

impl Carriers {
    /// All that the program has put out has been carried on. None of its processes is left.
    pub(super) fn finish(self, streams: Streams) {
        drop(streams);
        drop(self.runs);
        for thread in self.threads {
            // A thread that panicked has told so on standard error.
            let _ = thread.join();
        }
    }
}

fn carrier(mut from: PipeReader, to: io::Result<File>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().spawn(move || {
        let Ok(mut to) = to else { return };
        // Whoever reads no more ends the pipe, and the program is told as by a pipe of its own.
        let _ = carry(&mut from, &mut to);
    })
}

/// Carries until there is no more, or nobody takes it.
fn carry(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    while let Some(some) = next(from, &mut chunk)? {
        to.write_all(some)?;
    }
    Ok(())
}

fn next<'c>(from: &mut impl Read, chunk: &'c mut [u8]) -> io::Result<Option<&'c [u8]>> {
    loop {
        match from.read(chunk) {
            Ok(count) => return Ok(chunk.get(..count).filter(|some| !some.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Carries input while the program runs: what comes later is left to whoever reads after it.
fn carry_input(mut from: File, mut to: PipeWriter, ended: &PipeReader) {
    let mut chunk = vec![0; CHUNK];
    loop {
        let mut waits = [PollFd::new(&from, PollFlags::IN), PollFd::new(ended, PollFlags::IN)];
        match poll(&mut waits, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
            Ok(_) => {}
        }
        let [_, ended] = waits;
        if !ended.revents().is_empty() {
            return;
        }
        match next(&mut from, &mut chunk) {
            Ok(Some(some)) if to.write_all(some).is_ok() => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives these one by one, and nothing afterwards.
    struct Scripted(Vec<Result<&'static [u8], io::ErrorKind>>);

    impl Read for Scripted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.pop().unwrap_or(Ok(b"")) {
                Ok(bytes) => {
                    buffer[..bytes.len()].copy_from_slice(bytes);
                    Ok(bytes.len())
                }
                Err(kind) => Err(kind.into()),
            }
        }
    }

    #[test]
    fn a_signal_ends_no_stream_and_an_error_does() {
        let carried = |script: Vec<_>| {
            let mut to = Vec::new();
            carry(&mut Scripted(script), &mut to).map(|()| to)
        };
        let script = vec![Ok(&b"more"[..]), Err(io::ErrorKind::Interrupted), Ok(b"some ")];
        assert_eq!(carried(script).unwrap(), b"some more");
        let broken = carried(vec![Ok(&b"more"[..]), Err(io::ErrorKind::BrokenPipe)]).unwrap_err();
        assert_eq!(broken.kind(), io::ErrorKind::BrokenPipe);
    }
}
