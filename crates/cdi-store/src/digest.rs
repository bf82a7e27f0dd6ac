//! The digest of an open file, in constant memory.
//!
//! In go open files; out come their digests. Hashing takes a core, and copying a file out of the page cache up to a fifth of
//! that again: of a large file one thread reads while the other hashes. This is the one place where files are hashed that nobody
//! wants to have in memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use cdi_types::{ArtifactDigest, Sha256, limits};
use rustix::fs::OFlags;
use sha2::Digest as _;

use crate::StoreError;
use crate::error::shown;
use crate::read::open_regular;

/// What is read at once. Larger pieces gain nothing.
const PIECE: u64 = 128 << 10;
/// Where a thread reads: larger, since each piece is handed over, and what it costs to wait for one is paid less often.
const HANDED: usize = 1 << 20;
/// Pieces on their way from one thread to the other, and back.
const ON_THE_WAY: usize = 3;
/// A thread is begun from this length on: below it saves nothing.
const LARGE: u64 = 8 << 20;

/// The digest of an artifact that nobody needs to have in memory. On `Ok` it is that of the bytes that were read, once; the
/// file may be another one by now. For what is to be loaded there is [`crate::read_artifact`].
///
/// # Errors
/// As [`crate::read_artifact`].
pub fn artifact_digest(path: impl AsRef<Path>) -> Result<ArtifactDigest, StoreError> {
    let path = path.as_ref();
    let (file, metadata) = open_regular(path, OFlags::empty())?;
    of_artifact(path, &file, metadata.len())
}

/// As [`artifact_digest`], of a file that is open.
pub(crate) fn of_artifact(path: &Path, file: &File, expected: u64) -> Result<ArtifactDigest, StoreError> {
    let most = u64::try_from(limits::ARTIFACT_BYTES).unwrap_or(u64::MAX);
    let read = up_to(file, expected, most).map_err(|source| StoreError::of("read", path, source));
    let (digest, size) = read?;
    if size > most {
        return Err(StoreError::ArtifactTooLarge { path: shown(path) });
    }
    Ok(ArtifactDigest::File(digest))
}

/// The digest of all bytes of a file from its first on, and how many they are; about so many are expected. The descriptor's own
/// position plays no part, and stays where it is.
///
/// # Errors
/// What the system says of a read that fails.
pub fn digest_of_file(file: &File, expected: u64) -> io::Result<(Sha256, u64)> {
    up_to(file, expected, u64::MAX)
}

/// As [`digest_of_file`]; once there are more bytes than `most`, no more are read.
fn up_to(file: &File, expected: u64, most: u64) -> io::Result<(Sha256, u64)> {
    let mut reading = Reading { file, at: 0, most };
    let digest = if expected < LARGE { alone(&mut reading, expected) } else { by_two(&mut reading) }?;
    Ok((digest, reading.at))
}

/// A file, read from its first byte to its end.
struct Reading<'f> {
    file: &'f File,
    at: u64,
    most: u64,
}

impl Reading<'_> {
    /// How many bytes there are next, in front of the buffer; none at the end.
    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at <= self.most {
            match self.file.read_at(buffer, self.at) {
                Ok(read) => {
                    self.at = self.at.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(0)
    }
}

fn alone(reading: &mut Reading<'_>, expected: u64) -> io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    // Memory that is not written to is not made: most files are small.
    let piece = expected.saturating_add(1).min(PIECE);
    let mut buffer = vec![0_u8; usize::try_from(piece).unwrap_or(1)];
    loop {
        match reading.next(&mut buffer)? {
            0 => return Ok(Sha256::from_bytes(hasher.finalize().into())),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// A buffer, and how many bytes of it were read: none at the end. Or why nothing could be read.
type Piece = io::Result<(Vec<u8>, usize)>;

/// By a thread that reads, and this one, which hashes; by this one alone where no thread can be had.
fn by_two(reading: &mut Reading<'_>) -> io::Result<Sha256> {
    let (full, pieces) = sync_channel(ON_THE_WAY);
    let (emptied, empty) = sync_channel(ON_THE_WAY);
    let digest = thread::scope(|scope| {
        let reading = &mut *reading;
        let begun = thread::Builder::new().spawn_scoped(scope, move || read_ahead(reading, &empty, &full));
        begun.ok().map(|_| hash(&pieces, emptied))
    });
    digest.unwrap_or_else(|| alone(reading, PIECE))
}

/// Reads into the buffers that come back, and into as many of its own, to the end.
fn read_ahead(reading: &mut Reading<'_>, empty: &Receiver<Vec<u8>>, full: &SyncSender<Piece>) {
    let mut own = ON_THE_WAY;
    loop {
        let buffer = if own > 0 {
            own -= 1;
            Some(vec![0_u8; HANDED])
        } else {
            empty.recv().ok()
        };
        let Some(mut buffer) = buffer else { return };
        let read = reading.next(&mut buffer);
        let more = matches!(read, Ok(1..));
        if full.send(read.map(|read| (buffer, read))).is_err() || !more {
            return;
        }
    }
}

fn hash(pieces: &Receiver<Piece>, emptied: SyncSender<Vec<u8>>) -> io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    loop {
        // Pieces that end without an end are a part of a file, whose digest is nothing's.
        let piece = pieces.recv().unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into()));
        let (buffer, read) = piece?;
        if read == 0 {
            return Ok(Sha256::from_bytes(hasher.finalize().into()));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        // After the last piece nobody reads any more.
        let _ = emptied.send(buffer);
    }
}
