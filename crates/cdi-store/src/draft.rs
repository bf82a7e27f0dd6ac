//! A file that is being written and has no name yet.
//!
//! Where the file system can, it really has none (`O_TMPFILE`): a process that is killed leaves nothing behind. Elsewhere,
//! and without `/proc`, it is a hidden file beside the one that it is to be, and a killed process leaves that.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, OFlags, linkat};
use tempfile::{Builder, NamedTempFile};

/// How hidden files of a folder are called.
pub(crate) struct Hidden {
    pub(crate) folder: PathBuf,
    pub(crate) prefix: String,
    /// How many random characters follow.
    pub(crate) random: usize,
}

impl Hidden {
    fn builder(&self) -> Builder<'_, '_> {
        let mut builder = Builder::new();
        builder.prefix(&self.prefix).rand_bytes(self.random).suffix(".tmp");
        builder
    }
}

/// A file that goes away unless it is given a name.
pub(crate) struct Draft {
    hidden: Hidden,
    state: State,
}

enum State {
    /// With the link in `/proc` that leads to it.
    Nameless(File, PathBuf),
    Hidden(NamedTempFile),
}

impl Draft {
    /// Writes all the bytes, to disk. `mode` is an upper bound of the permission bits, the umask takes away from them.
    pub(crate) fn write(hidden: Hidden, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let mode = mode & 0o7777;
        let state = match nameless(&hidden.folder, mode) {
            Some(state) => state,
            // What is wrong with the folder shows here too.
            None => {
                let permissions = Permissions::from_mode(mode);
                State::Hidden(hidden.builder().permissions(permissions).tempfile_in(&hidden.folder)?)
            }
        };
        let draft = Self { hidden, state };
        draft.file().write_all(bytes)?;
        draft.file().sync_all()?;
        Ok(draft)
    }

    pub(crate) fn file(&self) -> &File {
        match &self.state {
            State::Nameless(file, _) => file,
            State::Hidden(file) => file.as_file(),
        }
    }

    /// Gives it a name that nothing has.
    pub(crate) fn name(self, path: &Path) -> io::Result<()> {
        match self.state {
            State::Nameless(_file, link) => give_name(&link, path),
            State::Hidden(file) => file.persist_noclobber(path).map(drop).map_err(|error| error.error),
        }
    }

    /// Gives it a name that something may have, in the place of that. For an instant it has a hidden name: no call of the
    /// kernel gives a nameless file the name of another.
    pub(crate) fn rename(self, path: &Path) -> io::Result<()> {
        let named = match self.state {
            State::Nameless(_file, link) => self
                .hidden
                .builder()
                .make_in(&self.hidden.folder, |name| give_name(&link, name))?
                .into_temp_path(),
            State::Hidden(file) => file.into_temp_path(),
        };
        named.persist(path).map_err(|error| error.error)
    }
}

fn nameless(folder: &Path, mode: u32) -> Option<State> {
    let flags = OFlags::TMPFILE.bits().cast_signed();
    let file = OpenOptions::new().write(true).mode(mode).custom_flags(flags).open(folder).ok()?;
    let link = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    link.is_symlink().then_some(State::Nameless(file, link))
}

/// The link in `/proc` is followed: anybody may do that, unlike naming a descriptor itself.
fn give_name(link: &Path, name: &Path) -> io::Result<()> {
    Ok(linkat(CWD, link, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}
