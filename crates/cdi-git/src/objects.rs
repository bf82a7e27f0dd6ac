//! Objects of a repository, each held to its id.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout};

use cdi_types::GitDigest;

use crate::GitError;
use crate::error::shown;
use crate::hash::{Kind, id_of};
use crate::program::{self, Running};

/// A commit or a tree has at most so many bytes: a tree of some hundred thousand entries.
const BYTES: usize = 64 * 1024 * 1024;

/// A head is an id, a kind and a length.
const HEAD: u64 = 256;

/// The objects of a repository, asked of a `git cat-file --batch` by both ends of its pipes.
pub struct Objects<I = ChildStdin, O = BufReader<ChildStdout>> {
    input: I,
    output: O,
    /// Behind the ends of its pipes, which are closed first.
    _running: Option<Running>,
}

impl Objects {
    pub(crate) fn open(top: &Path) -> Result<Self, GitError> {
        let mut running = program::objects(top)?;
        let (input, output) = (running.input()?, BufReader::new(running.output()?));
        Ok(Self { input, output, _running: Some(running) })
    }
}

impl<I: Write, O: BufRead> Objects<I, O> {
    /// Those that somebody answers with who is asked as `git` is.
    pub const fn between(input: I, output: O) -> Self {
        Self { input, output, _running: None }
    }

    /// The bytes of an object. On `Ok` they have this id and kind, whatever the repository says.
    ///
    /// # Errors
    /// [`GitError::Object`]: it is not there, is another one, or is larger than what is read.
    pub fn read(&mut self, kind: Kind, id: GitDigest) -> Result<Vec<u8>, GitError> {
        let lost = |error: std::io::Error| GitError::object(id, format!("cannot be read: {error}"));
        writeln!(self.input, "{}", id.digits()).and_then(|()| self.input.flush()).map_err(lost)?;
        let mut head = Vec::new();
        self.output.by_ref().take(HEAD).read_until(b'\n', &mut head).map_err(lost)?;
        let length = length(&head, kind, id)?;
        if length > BYTES {
            return Err(GitError::object(id, format!("has {length} bytes, at most {BYTES} are read")));
        }
        let mut bytes = vec![0; length + 1];
        self.output.read_exact(&mut bytes).map_err(lost)?;
        bytes.truncate(length);
        match id_of(id.format(), kind, &bytes) {
            Some(found) if found == id => Ok(bytes),
            Some(found) => Err(GitError::object(id, format!("has bytes whose id is {found}"))),
            None => Err(GitError::object(id, "is half of a collision of SHA-1")),
        }
    }
}

/// The length that the head of an answer says, of an object of this id and kind.
fn length(head: &[u8], kind: Kind, id: GitDigest) -> Result<usize, GitError> {
    let unexpected = || {
        let said = shown(head.trim_ascii());
        GitError::object(id, format!("is not there as a {}: git says `{said}`", kind.as_str()))
    };
    let text = std::str::from_utf8(head).map_err(|_| unexpected())?;
    let expected = format!("{} {} ", id.digits(), kind.as_str());
    let length = text.strip_prefix(&expected).and_then(|rest| rest.strip_suffix('\n'));
    length.and_then(|digits| digits.parse().ok()).ok_or_else(unexpected)
}
