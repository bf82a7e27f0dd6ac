//! The end of a journal file: whole lines, and what a writer that was killed has left behind them (rule J-TAIL).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use cdi_types::limits::LINE_BYTES;

/// What a writer that was killed has left: the beginning of an entry that it told nobody about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torn {
    /// How many bytes there are of it.
    pub bytes: u64,
}

/// The end of a file.
pub(crate) struct Tail {
    /// The last whole line, without its end; none if there is no whole line.
    pub(crate) last: Option<Vec<u8>>,
    /// Where whole lines end.
    pub(crate) end: u64,
    /// What stands behind them.
    pub(crate) torn: Option<Torn>,
}

/// The end of a file could not be found within the length of an entry.
pub(crate) struct TooLong;

/// Looks at the end of a file, of which no more than two lines are read.
pub(crate) fn tail(file: &mut File) -> io::Result<Result<Tail, TooLong>> {
    let length = file.seek(SeekFrom::End(0))?;
    let window = u64::try_from(2 * (LINE_BYTES + 1)).unwrap_or(u64::MAX);
    let start = length.saturating_sub(window);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(window).read_to_end(&mut bytes)?;
    let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') else {
        let torn = (length > 0).then_some(Torn { bytes: length });
        let whole = start == 0;
        return Ok(if whole { Ok(Tail { last: None, end: 0, torn }) } else { Err(TooLong) });
    };
    let (lines, torn) = bytes.split_at(newline);
    let torn = torn.len().saturating_sub(1);
    let begins = lines.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
    let begins = match (begins, start) {
        (Some(begins), _) => begins,
        (None, 0) => 0,
        (None, _) => return Ok(Err(TooLong)),
    };
    let torn = u64::try_from(torn).unwrap_or(u64::MAX);
    Ok(Ok(Tail {
        last: lines.get(begins..).map(<[u8]>::to_vec),
        end: length.saturating_sub(torn),
        torn: (torn > 0).then_some(Torn { bytes: torn }),
    }))
}
