//! A journal from its end: for whoever asks what it said last, of however many entries there are (rules J-LINE, J-CHAIN).

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use cdi_envelope::PublicKey;
use cdi_types::limits::LINE_BYTES;

use crate::chain::{Entry, Link, next, read};
use crate::error::{Broken, JournalError};

/// How much is read at a time.
pub(crate) const BLOCK: u64 = 256 << 10;

/// The whole lines of a file, the last one first.
pub(crate) struct Backwards<'f> {
    file: &'f File,
    /// Where what is at hand begins.
    from: u64,
    /// What is at hand: it ends where a line ends.
    at_hand: Vec<u8>,
}

impl<'f> Backwards<'f> {
    /// The lines before `end`, where a line ends.
    pub(crate) const fn of(file: &'f File, end: u64) -> Self {
        Self { file, from: end, at_hand: Vec::new() }
    }

    /// The line before the one that was read last; `None` before the first. A line that is longer than any entry is given in part:
    /// it is none.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let whole = self.at_hand.strip_suffix(b"\n").unwrap_or(&self.at_hand);
            let begins = whole.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
            if begins.is_none() && self.from > 0 && whole.len() <= LINE_BYTES {
                self.read_on()?;
                continue;
            }
            let begins = begins.unwrap_or(0);
            let line = whole.get(begins..).map(<[u8]>::to_vec);
            let none = self.at_hand.is_empty();
            self.at_hand.truncate(begins);
            return Ok(line.filter(|_| !none));
        }
    }

    fn read_on(&mut self) -> io::Result<()> {
        let bytes = self.from.min(BLOCK);
        self.from -= bytes;
        self.file.seek(SeekFrom::Start(self.from))?;
        let mut block = vec![0; usize::try_from(bytes).unwrap_or(0)];
        self.file.read_exact(&mut block)?;
        block.append(&mut self.at_hand);
        self.at_hand = block;
        Ok(())
    }
}

/// The entry before one that was read, which has it by number and digest; `None` before the first.
pub(crate) fn before(
    lines: &mut Backwards<'_>,
    after: Option<Link>,
    key: &PublicKey,
) -> Result<Option<Entry>, (u64, BackError)> {
    // Lines count from 1, entries from 0.
    let number = after.map_or(0, |link| link.sequence);
    let Some(line) = lines.line().map_err(|error| (number, BackError::Read(error)))? else {
        let expected = Link { sequence: 0, previous: None };
        return match after {
            Some(found) if found != expected => {
                Err((1, BackError::Broken(Broken::Chain { expected, found })))
            }
            Some(_) | None => Ok(None),
        };
    };
    let entry = read(&line, key).map_err(|broken| (number, BackError::Broken(broken)))?;
    match after {
        Some(found) if next(Some(entry.head())) != found => {
            let expected = next(Some(entry.head()));
            Err((number + 1, BackError::Broken(Broken::Chain { expected, found })))
        }
        Some(_) | None => Ok(Some(entry)),
    }
}

/// Why the entry before cannot be had.
pub(crate) enum BackError {
    Read(io::Error),
    Broken(Broken),
}

impl BackError {
    pub(crate) fn at(self, line: u64, cannot_read: impl Fn(io::Error) -> JournalError) -> JournalError {
        match self {
            Self::Read(error) => cannot_read(error),
            Self::Broken(broken) => JournalError::Broken { line, broken },
        }
    }
}
