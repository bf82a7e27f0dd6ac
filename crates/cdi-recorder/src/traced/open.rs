//! open(2) and its like, made for a caller: the file that is measured is the very one that it gets.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd as _, OwnedFd};

use cdi_sys::{Ends, Named};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fcntl_setfl, fstat, openat, readlinkat};
use rustix::io::Errno;
use rustix::process::umask;

use super::caller::Caller;
use super::ledger::{Access, Aside};
use super::names::Name;
use super::resolve::{Base, Found, Last, PROC, Place};
use super::supervisor::{Call, Reply, Supervisor};
use super::views::View;
use crate::FileFault;
use crate::streams::identity_of;

/// The kernel follows so many links.
const MAX_LINKS: usize = 40;
/// What openat2(2) knows; other bits are errors, which open(2) ignores.
const KNOWN_FLAGS: u64 = 0o3777_7703;
/// `RESOLVE_CACHED` of linux/openat2.h: the file or nothing, if it takes long. It may always be said that it would.
const CACHED: u64 = 0x20;
/// The size of `struct open_how`, and of the largest one that is looked at.
const HOW: u64 = 24;
const LARGEST_HOW: u64 = 4096;

/// What is to be opened.
struct Wanted {
    base: Base,
    path: OsString,
    flags: OFlags,
    mode: Mode,
}

impl Wanted {
    fn has(&self, flags: OFlags) -> bool {
        self.flags.contains(flags)
    }

    fn ends(&self) -> Ends {
        if self.has(OFlags::CLOEXEC) { Ends::WhenExecuting } else { Ends::WhenClosed }
    }

    fn given(&self, file: OwnedFd, access: Access) -> Reply {
        // Of a file that can be written to no other descriptor may be left when the tool goes on: it may execute it.
        Reply::Given { file, ends: self.ends(), alone: access.writes }
    }

    fn spelled(&self) -> (&Base, &OsStr) {
        (&self.base, &self.path)
    }
}

impl Supervisor {
    pub(super) fn open(&mut self, call: &Call, file: Named, flags: u32, mode: u32) -> Result<Reply, Errno> {
        let (base, path) = self.spelled(call, file, ResolveFlags::empty())?;
        let flags = OFlags::from_bits_retain(flags);
        self.open_wanted(call, &Wanted { base, path, flags, mode: Mode::from_raw_mode(mode & 0o7777) })
    }

    pub(super) fn open_how(&mut self, call: &Call, file: Named, how: u64, size: u64) -> Result<Reply, Errno> {
        let [flags, mode, resolve] = how_of(&call.caller, how, size)?;
        if flags & !KNOWN_FLAGS != 0 || mode & !0o7777 != 0 {
            return Err(Errno::INVAL);
        }
        if resolve & CACHED != 0 {
            return Err(Errno::AGAIN);
        }
        let flags = OFlags::from_bits_retain(u32::try_from(flags).map_err(|_| Errno::INVAL)?);
        if flags.contains(OFlags::PATH) {
            // It could not be given, and to let the caller make the call would let the kernel read these flags once more, which
            // another thread may have changed by then. Programs do without the call on older kernels.
            return Err(Errno::NOSYS);
        }
        let how = ResolveFlags::from_bits(resolve).ok_or(Errno::INVAL)?;
        let (base, path) = self.spelled(call, file, how)?;
        let mode = Mode::from_raw_mode(u32::try_from(mode).unwrap_or(0));
        self.open_wanted(call, &Wanted { base, path, flags, mode })
    }

    fn open_wanted(&mut self, call: &Call, wanted: &Wanted) -> Result<Reply, Errno> {
        let exclusive = wanted.has(OFlags::CREATE | OFlags::EXCL);
        let last = if wanted.has(OFlags::NOFOLLOW) || exclusive { Last::Keep } else { Last::Follow };
        if wanted.has(OFlags::PATH) {
            // Such a descriptor cannot be given (ADDFD takes none), and need not be: it gives no right to the bytes, and
            // whoever opens the file through it asks again, whatever it leads to by then. That it is such a one is in a
            // register of the caller's, where nobody changes it.
            return Ok(Reply::Left);
        }
        if let Some(reply) = self.open_at_once(call, wanted)? {
            return Ok(reply);
        }
        self.still_waits(call)?;
        if wanted.has(OFlags::TMPFILE) {
            let found = self.resolver.find(&call.caller, &wanted.base, &wanted.path, last)?;
            self.ledger.may_make_in(&found)?;
            return self.make_nameless(call, wanted, &found);
        }
        if exclusive {
            let place = self.resolver.place(&call.caller, &wanted.base, &wanted.path)?;
            return self.make_file(call, wanted, &place);
        }
        self.find_or_make(call, wanted, last)
    }

    /// Opens a file that is only read in one step, which most calls ask for; `None` if that is not to be had.
    ///
    /// A pipe would not be waited for, so that whoever waits at its other end would go on: not while the run has some.
    fn open_at_once(&mut self, call: &Call, wanted: &Wanted) -> Result<Option<Reply>, Errno> {
        let access = Access::of(wanted.flags);
        let makes = wanted.has(OFlags::CREATE) || wanted.has(OFlags::TMPFILE);
        if access.writes || makes || !self.pipes.is_empty() {
            return Ok(None);
        }
        let flags = wanted.flags | OFlags::NONBLOCK | OFlags::NOCTTY;
        let found = match self.resolver.open_at_once(&wanted.base, &wanted.path, flags) {
            None => return Ok(None),
            // Most calls: that its caller still waits need not be asked to say that nothing is there.
            Some(Err(errno)) => return Err(self.absent(errno)),
            Some(Ok(found)) => found,
        };
        self.still_waits(call)?;
        if found.kind().is_dir() {
            self.aside(call, &found, Aside::Listed)?;
        } else if found.kind().is_file() && self.view(call, &found, access)? == View::None {
            let index = self.ledger.foresee(&found, access, call.program, |start| {
                start.name(&found.file, Some(wanted.spelled()))
            })?;
            self.ledger.opened(index, access, call.program);
        } else {
            return Ok(None);
        }
        if !wanted.has(OFlags::NONBLOCK) {
            // Of the flags the kernel takes those that can be changed, and all of these are as they were asked for.
            fcntl_setfl(&found.file, wanted.flags.difference(OFlags::NONBLOCK))?;
        }
        Ok(Some(wanted.given(found.file, access)))
    }

    /// Counts a name that leads nowhere.
    fn absent(&mut self, errno: Errno) -> Errno {
        self.ledger.absent = self.ledger.absent.saturating_add(u64::from(errno == Errno::NOENT));
        errno
    }

    fn find_or_make(&mut self, call: &Call, wanted: &Wanted, last: Last) -> Result<Reply, Errno> {
        let mut linked: Option<(Base, OsString)> = None;
        for _ in 0..MAX_LINKS {
            let (base, path) =
                linked.as_ref().map_or((&wanted.base, &wanted.path), |(base, path)| (base, path));
            match self.resolver.find(&call.caller, base, path, last) {
                Ok(found) => return self.open_found(call, wanted, found),
                Err(Errno::NOENT) if wanted.has(OFlags::CREATE) => {}
                Err(errno) => return Err(self.absent(errno)),
            }
            let place = self.resolver.place(&call.caller, base, path)?;
            match self.make_file(call, wanted, &place) {
                Err(Errno::EXIST) => {}
                made => return made,
            }
            // A link that leads nowhere, where a file is to be made; or somebody else has just made one.
            match readlinkat(&place.folder, &place.name, Vec::new()) {
                Ok(_) if last == Last::Keep => return Err(Errno::LOOP),
                Ok(text) => {
                    let text: OsString = std::os::unix::ffi::OsStringExt::from_vec(text.into_bytes());
                    linked = Some((Base::of_link(place.folder, &text), text));
                }
                Err(_) => linked = None,
            }
        }
        Err(Errno::LOOP)
    }

    fn make_file(&mut self, call: &Call, wanted: &Wanted, place: &Place) -> Result<Reply, Errno> {
        self.ledger.may_change(place)?;
        let flags = wanted.flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::NOCTTY;
        let file = under_mask_of(&call.caller, || {
            openat(&place.folder, &place.name, flags | OFlags::CLOEXEC, wanted.mode)
        })?;
        self.made(call, &file, Some(wanted.spelled()))?;
        Ok(wanted.given(file, Access::of(wanted.flags)))
    }

    fn make_nameless(&mut self, call: &Call, wanted: &Wanted, folder: &Found) -> Result<Reply, Errno> {
        let flags = wanted.flags | OFlags::CLOEXEC;
        let file = under_mask_of(&call.caller, || openat(&folder.file, ".", flags, wanted.mode))?;
        self.made(call, &file, None)?;
        Ok(wanted.given(file, Access::of(wanted.flags)))
    }

    fn made(&mut self, call: &Call, file: &OwnedFd, spelled: Option<(&Base, &OsStr)>) -> Result<(), Errno> {
        let name: Name = self.ledger.start.name(file, spelled)?;
        self.ledger.made(file, call.program, name)
    }

    fn open_found(&mut self, call: &Call, wanted: &Wanted, found: Found) -> Result<Reply, Errno> {
        let access = Access::of(wanted.flags);
        match found.kind() {
            FileType::Symlink if wanted.has(OFlags::DIRECTORY) => return Err(Errno::NOTDIR),
            FileType::Symlink => return Err(Errno::LOOP),
            FileType::Directory if wanted.has(OFlags::CREATE) => return Err(Errno::ISDIR),
            FileType::Directory => {
                self.aside(call, &found, Aside::Listed)?;
                let file = self.reopen(&found, wanted.flags)?;
                return Ok(wanted.given(file, access));
            }
            _ if wanted.has(OFlags::DIRECTORY) => return Err(Errno::NOTDIR),
            _ => {}
        }
        match self.view(call, &found, access)? {
            View::None => self.open_regular(call, wanted, &found, access),
            View::Told(what) => {
                self.ledger.may_open(&found, access)?;
                let file = self.reopen(&found, wanted.flags)?;
                self.aside(call, &found, what)?;
                Ok(wanted.given(file, access))
            }
            View::OfOthers => {
                let path = self.resolver.proc().path_of(&found.file)?;
                self.ledger.unmeasurable(path, FileFault::NotRegular)?;
                Ok(wanted.given(self.reopen(&found, wanted.flags)?, access))
            }
            View::Pipe => {
                self.ledger.may_open_pipe(&found, access)?;
                if access.reads && !self.ledger.pipes.contains(&(found.stat.st_dev, found.stat.st_ino)) {
                    let path = self.resolver.proc().path_of(&found.file)?;
                    self.ledger.given_by_others(path);
                }
                if access.writes {
                    self.ledgers.written(call.subrun, &found.stat);
                }
                if wanted.has(OFlags::NONBLOCK) {
                    return Ok(wanted.given(self.reopen(&found, wanted.flags)?, access));
                }
                self.wait_for_other_end(call, found, wanted.flags, wanted.ends())
            }
            View::Refused => {
                let path = self.resolver.proc().path_of(&found.file)?;
                Err(self.ledger.deny(path, FileFault::NotRegular))
            }
        }
    }

    fn view(&self, call: &Call, found: &Found, access: Access) -> Result<View, Errno> {
        let file_system = self.resolver.file_system(&found.file, found.stat.st_dev)?;
        let plain = found.plain && found.kind().is_file();
        let path = if plain { Default::default() } else { self.resolver.proc().path_of(&found.file)? };
        if access.reads
            && self.own_streams.contains(&Some(identity_of(&found.stat)))
            && !found.kind().is_file()
        {
            return Ok(View::Refused);
        }
        if file_system == PROC && !self.resolver.is_on_own_proc(found)? {
            return Ok(View::Refused);
        }
        let kin = |process| self.programs.kin(process, call.subrun);
        Ok(View::of(found, &path, file_system, access, kin, &self.pipes))
    }

    fn open_regular(
        &mut self,
        call: &Call,
        wanted: &Wanted,
        found: &Found,
        access: Access,
    ) -> Result<Reply, Errno> {
        let spelled = found.plain.then(|| wanted.spelled());
        let index =
            self.ledger.foresee(found, access, call.program, |start| start.name(&found.file, spelled))?;
        if access.writes {
            self.ledgers.written(call.subrun, &found.stat);
        }
        let file = self.reopen(found, wanted.flags)?;
        self.ledger.opened(index, access, call.program);
        Ok(wanted.given(file, access))
    }

    /// Opens the file that was found, and no other.
    pub(super) fn reopen(&self, found: &Found, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags.difference(OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW) | OFlags::NOCTTY;
        let file = self.resolver.proc().reopen(&found.file, flags)?;
        let stat = fstat(&file)?;
        if (stat.st_dev, stat.st_ino) == (found.stat.st_dev, found.stat.st_ino) {
            Ok(file)
        } else {
            Err(Errno::IO)
        }
    }

    fn aside(&mut self, call: &Call, found: &Found, what: Aside) -> Result<(), Errno> {
        let path = self.resolver.proc().path_of(found.file.as_fd())?;
        if what == Aside::Listed {
            self.ledger.may_list(&path)?;
        }
        self.ledger.aside(path, what, call.program);
        Ok(())
    }
}

/// Makes a file with the caller's mask of permissions. This thread's is its own.
pub(super) fn under_mask_of<T>(caller: &Caller, make: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    let own = umask(caller.mask()?);
    let made = make();
    umask(own);
    made
}

/// `struct open_how`: flags, mode, how to resolve. What a newer one has besides must be zero.
fn how_of(caller: &Caller, address: u64, size: u64) -> Result<[u64; 3], Errno> {
    if size < HOW {
        return Err(Errno::INVAL);
    }
    if size > LARGEST_HOW || !size.is_multiple_of(8) {
        return Err(Errno::TOOBIG);
    }
    let mut at = HOW;
    while at < size {
        if caller.words::<1>(address.saturating_add(at))? != [0] {
            return Err(Errno::TOOBIG);
        }
        at += 8;
    }
    caller.words::<3>(address)
}
