//! The end of a journal file: whole lines, and what a writer that was killed has left behind them (rule J-TAIL).

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use cdi_types::limits::LINE_BYTES;

use crate::back::BLOCK;

/// What a writer that was killed has left: the beginning of an entry that it told nobody about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torn {
    /// How many bytes there are of it.
    pub bytes: u64,
}

/// The end of a file.
pub(crate) struct Tail {
    /// Where whole lines end.
    pub(crate) end: u64,
    /// What stands behind them.
    pub(crate) torn: Option<Torn>,
}

/// The end of a file could not be found within the length of an entry.
pub(crate) struct TooLong;

/// Looks at the end of a file, of which no more than one line is read.
pub(crate) fn tail(mut file: &File) -> io::Result<Result<Tail, TooLong>> {
    let length = file.seek(SeekFrom::End(0))?;
    let most = u64::try_from(LINE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut window = BLOCK;
    loop {
        let start = length.saturating_sub(window);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(window).read_to_end(&mut bytes)?;
        let torn = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => bytes.len() - newline - 1,
            None if start == 0 => bytes.len(),
            None if window >= most => return Ok(Err(TooLong)),
            None => {
                window = window.saturating_mul(4).min(most);
                continue;
            }
        };
        let bytes = u64::try_from(torn).unwrap_or(u64::MAX);
        let torn = (bytes > 0).then_some(Torn { bytes });
        return Ok(Ok(Tail { end: length.saturating_sub(bytes), torn }));
    }
}
