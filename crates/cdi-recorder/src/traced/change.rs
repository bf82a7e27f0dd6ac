//! Calls that change names, made for a caller. None of them follows a link at the end of a name.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;

use cdi_sys::Named;
use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, ResolveFlags, fstat, ftruncate, linkat, mknodat,
    openat, renameat_with, symlinkat, unlinkat,
};
use rustix::io::Errno;

use super::entry::Entry;
use super::ledger::{Access, Aside};
use super::open::under_mask_of;
use super::purpose::Purpose;
use super::resolve::{Base, Found, Last, Place};
use super::supervisor::{Call, Reply, Supervisor};
use crate::{FileFault, FileRole, RecordError};

const NOTHING: Reply = Reply::Value(0);
/// How deep a folder may be that is moved.
const DEPTH: usize = 64;

/// A name that is to be changed: as it was given, and where it is.
struct Changing {
    base: Base,
    path: OsString,
    place: Place,
}

impl Supervisor {
    fn changing(&self, call: &Call, file: Named) -> Result<Changing, Errno> {
        let (base, path) = self.named(call, file, ResolveFlags::empty())?;
        let place = self.resolver.place(&call.caller, &base, &path)?;
        Ok(Changing { base, path, place })
    }

    pub(super) fn rename(&mut self, call: &Call, from: Named, to: Named, flags: u32) -> Result<Reply, Errno> {
        let flags = RenameFlags::from_bits(flags).filter(|flags| !flags.contains(RenameFlags::WHITEOUT));
        let flags = flags.ok_or(Errno::INVAL)?;
        let (from, to) = (self.changing(call, from)?, self.changing(call, to)?);
        let moved = at(&from.place)?;
        self.ledger.may_change(&from.place)?;
        self.ledger.may_change(&to.place)?;
        let former = self.resolver.proc().path_of(&moved.file)?;
        let replaced = at(&to.place).ok();
        let index = self.foresee_move(call, &moved)?;
        let exchanged = flags.contains(RenameFlags::EXCHANGE);
        if moved.kind().is_dir() {
            self.ledger.may_move(&moved, &to.place)?;
            self.foresee_below(call, &moved.file)?;
        }
        if let Some(other) = replaced.as_ref().filter(|other| exchanged && other.kind().is_dir()) {
            self.ledger.may_move(other, &from.place)?;
            self.foresee_below(call, &other.file)?;
        }
        let other = match replaced.as_ref().filter(|_| exchanged) {
            Some(other) => self.foresee_move(call, other)?,
            None => None,
        };
        if let Some(replaced) = replaced.as_ref().filter(|_| !exchanged) {
            self.ledger.loses_name(&replaced.stat);
            self.ledgers.loses_name(call.subrun, &replaced.stat);
        }
        renameat_with(&from.place.folder, &from.place.name, &to.place.folder, &to.place.name, flags)?;
        if let Some(replaced) = replaced.as_ref().filter(|_| !exchanged) {
            self.ledger.lost_name(&replaced.stat, &replaced.file);
            self.ledgers.lost_name(call.subrun, &replaced.stat, &replaced.file);
        }
        self.moved(call, &moved, index, &to, false)?;
        if let Some(replaced) = replaced.as_ref().filter(|_| exchanged) {
            self.moved(call, replaced, other, &from, false)?;
        }
        if moved.kind().is_dir() {
            let path = self.resolver.proc().path_of(&moved.file)?;
            self.ledger.moved_below(&former, &path);
            self.moved_with(call, &moved.file)?;
        }
        if let Some(other) = replaced.as_ref().filter(|other| exchanged && other.kind().is_dir()) {
            self.moved_with(call, &other.file)?;
        }
        Ok(NOTHING)
    }

    pub(super) fn link(&mut self, call: &Call, from: Named, to: Named, flags: u32) -> Result<Reply, Errno> {
        let flags = AtFlags::from_bits_retain(flags);
        let last = if flags.contains(AtFlags::SYMLINK_FOLLOW) { Last::Follow } else { Last::Keep };
        let path = call.caller.path(from.path)?;
        let found = if path.is_empty() && flags.contains(AtFlags::EMPTY_PATH) {
            let file = call.caller.descriptor(from.at, OFlags::PATH)?;
            Found { stat: fstat(&file)?, file, plain: false }
        } else {
            let (base, path) = self.named(call, from, ResolveFlags::empty())?;
            self.resolver.find(&call.caller, &base, &path, last)?
        };
        let to = self.changing(call, to)?;
        self.ledger.may_change(&to.place)?;
        let index = self.foresee_move(call, &found)?;
        let (root, name) = self.resolver.proc().name_of(&found.file);
        linkat(root, name, &to.place.folder, &to.place.name, AtFlags::SYMLINK_FOLLOW)?;
        self.moved(call, &found, index, &to, found.stat.st_nlink > 0)?;
        Ok(NOTHING)
    }

    /// A regular file that is about to get another name. What was in it before the run is measured: the bytes go on.
    fn foresee_move(&mut self, call: &Call, found: &Found) -> Result<Option<usize>, Errno> {
        if !found.kind().is_file() {
            return Ok(None);
        }
        self.ledger.may_pass_on(found)?;
        let name = |start: &super::names::Start| start.name(&found.file, None);
        self.ledger.foresee(found, Access::MOVE, call.program, name).map(Some)
    }

    /// The files in a folder that is about to be moved: their bytes go on with it.
    fn foresee_below(&mut self, call: &Call, folder: &OwnedFd) -> Result<(), Errno> {
        self.each_below(folder, DEPTH, &mut |this, found| this.foresee_move(call, found).map(drop))
    }

    /// It has been moved, with what others have put there meanwhile.
    fn moved_with(&mut self, call: &Call, folder: &OwnedFd) -> Result<(), Errno> {
        let moved = self.each_below(folder, DEPTH, &mut |this, found| {
            if !this.ledger.entry_of(&found.stat).is_some_and(Entry::is_of_the_run)
                && let Some(index) = this.foresee_move(call, found)?
            {
                let name = this.ledger.start.name(&found.file, None)?;
                this.ledger.moved(index, &found.file, name, false, call.program);
            }
            Ok(())
        });
        if moved.is_err() {
            // It is done, and cannot be told of.
            let path = self.resolver.proc().path_of(folder)?;
            let fault = RecordError::file(FileRole::Output, path.to_string_lossy(), FileFault::Changed);
            self.ledger.fault.get_or_insert(fault);
        }
        Ok(())
    }

    /// Every regular file below a folder. One that cannot be listed, or is too deep, may hold anything.
    fn each_below(
        &mut self,
        folder: &OwnedFd,
        depth: usize,
        visit: &mut dyn FnMut(&mut Self, &Found) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        if self.ledger.purpose == Purpose::Build {
            return Ok(());
        }
        let list = openat(folder, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let (Ok(list), Some(below)) = (list, depth.checked_sub(1)) else {
            let path = self.resolver.proc().path_of(folder)?;
            return self.ledger.unmeasurable(path, FileFault::Folder);
        };
        for entry in Dir::new(list)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let name = OsString::from_vec(name.to_bytes().to_vec());
            let place = Place { folder: folder.try_clone().map_err(|_| Errno::MFILE)?, name };
            // Somebody else may take it away meanwhile.
            let Ok(found) = at(&place) else { continue };
            match found.kind() {
                FileType::Directory => self.each_below(&found.file, below, visit)?,
                FileType::RegularFile => visit(self, &found)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn moved(
        &mut self,
        call: &Call,
        found: &Found,
        index: Option<usize>,
        to: &Changing,
        linked: bool,
    ) -> Result<(), Errno> {
        match index {
            Some(index) => {
                let mut name = self.ledger.start.name(&found.file, Some((&to.base, &to.path)))?;
                if found.stat.st_nlink == 0 {
                    // The kernel tells of what had no name as it was when it was opened.
                    name.whole = self.resolver.proc().path_of(&to.place.folder)?.join(&to.place.name);
                }
                self.ledger.moved(index, &found.file, name, linked, call.program);
            }
            None => {
                let path = self.resolver.proc().path_of(&found.file)?;
                self.ledger.aside(path, Aside::Renamed, call.program);
            }
        }
        Ok(())
    }

    pub(super) fn unlink(&mut self, call: &Call, file: Named) -> Result<Reply, Errno> {
        let gone = self.changing(call, file)?;
        let found = at(&gone.place)?;
        self.ledger.may_change(&gone.place)?;
        let path = self.resolver.proc().path_of(&found.file)?;
        self.ledger.loses_name(&found.stat);
        self.ledgers.loses_name(call.subrun, &found.stat);
        unlinkat(&gone.place.folder, &gone.place.name, AtFlags::empty())?;
        self.ledgers.lost_name(call.subrun, &found.stat, &found.file);
        if !self.ledger.lost_name(&found.stat, &found.file) && found.kind().is_file() {
            self.ledger.aside(path, Aside::Removed, call.program);
        }
        Ok(NOTHING)
    }

    pub(super) fn symlink(&mut self, call: &Call, target: u64, link: Named) -> Result<Reply, Errno> {
        let target = call.caller.path(target)?;
        let made = self.changing(call, link)?;
        self.ledger.may_change(&made.place)?;
        symlinkat(&target, &made.place.folder, &made.place.name)?;
        let found = at(&made.place)?;
        let path = self.resolver.proc().path_of(&found.file)?;
        self.ledger.aside(path, Aside::Made, call.program);
        Ok(NOTHING)
    }

    pub(super) fn truncate(&mut self, call: &Call, file: Named, length: i64) -> Result<Reply, Errno> {
        let length = u64::try_from(length).map_err(|_| Errno::INVAL)?;
        let (base, path) = self.named(call, file, ResolveFlags::empty())?;
        let found = self.resolver.find(&call.caller, &base, &path, Last::Follow)?;
        match found.kind() {
            FileType::RegularFile => {}
            FileType::Directory => return Err(Errno::ISDIR),
            _ => return Err(Errno::INVAL),
        }
        let access = Access { reads: false, writes: true, truncates: length == 0 };
        let spelled = found.plain.then_some((&base, path.as_os_str()));
        let index =
            self.ledger.foresee(&found, access, call.program, |start| start.name(&found.file, spelled))?;
        self.ledgers.written(call.subrun, &found.stat);
        ftruncate(self.reopen(&found, OFlags::WRONLY)?, length)?;
        self.ledger.opened(index, access, call.program);
        Ok(NOTHING)
    }

    pub(super) fn make_node(&mut self, call: &Call, file: Named, mode: u32) -> Result<Reply, Errno> {
        let made = self.changing(call, file)?;
        let kind = match FileType::from_raw_mode(mode) {
            // No type means a regular file.
            FileType::Unknown if mode & 0o170_000 == 0 => FileType::RegularFile,
            kind @ (FileType::RegularFile | FileType::Fifo | FileType::Socket) => kind,
            // A device gives bytes that nobody measures.
            _ => return Err(Errno::PERM),
        };
        self.ledger.may_change(&made.place)?;
        let mode = Mode::from_raw_mode(mode & 0o7777);
        under_mask_of(&call.caller, || mknodat(&made.place.folder, &made.place.name, kind, mode, 0))?;
        let found = at(&made.place)?;
        match kind {
            FileType::RegularFile => {
                let name = self.ledger.start.name(&found.file, Some((&made.base, &made.path)))?;
                self.ledger.made(&found.file, call.program, name)?;
            }
            _ => {
                let inode = (found.stat.st_dev, found.stat.st_ino);
                self.ledger.pipes.insert(inode);
                self.pipes.insert(inode);
                let path = self.resolver.proc().path_of(&found.file)?;
                self.ledger.aside(path, Aside::Made, call.program);
            }
        }
        Ok(NOTHING)
    }
}

/// What has a name by now.
fn at(place: &Place) -> Result<Found, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file: OwnedFd = openat(&place.folder, &place.name, flags, Mode::empty())?;
    Ok(Found { stat: fstat(&file)?, file, plain: true })
}
