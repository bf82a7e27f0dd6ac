//! What a run did with files, written down call by call.
//!
//! A file that was there before the run is measured when it is first opened to be read, before the tool gets it; the
//! digest is worked out while the tool goes on, and nobody can have written to the file meanwhile without a trace (see
//! `writers`). Before the run itself writes to such a file, moves or removes it, the digest is waited for, so that it is
//! of the bytes that were there. What the run wrote and reads again is no input: all of it came from inputs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdi_sys::Pid;
use rustix::fs::{OFlags, Stat, fstat};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use super::entry::{Entry, Origin};
use super::hasher::{Hasher, Version};
use super::loaded::Loaded;
use super::names::{Name, Start};
use super::purpose::Purpose;
use super::reach::OutOfReach;
use super::resolve::Found;
use crate::confined::Fence;
use crate::digests::Digests;
use crate::file::{self, Born, Stamp};
use crate::procfs::Proc;
use crate::tree::Tree;
use crate::writers::{self, Watch};
use crate::{FileFault, FileRole, RecordError, filesystem};

/// Files stay open during the run as long as so many can be at least, and at most: of those that do not, on disks, a later
/// writer shows in the times too, but so does it if the run itself sets them.
const KEPT: [u64; 2] = [128, 8_192];
/// Which part of the descriptors that a process may have that is, of a run and of each of many sub-runs at once.
const PART: [u64; 2] = [4, 64];
/// So many files that are no regular ones, or that the run only moved, are told by name.
const OTHERS: usize = 4_096;
/// So many refusals are told.
const DENIALS: usize = 16;
/// The place of a file that is not written down.
const NOWHERE: usize = usize::MAX;

/// What a call wants of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) reads: bool,
    pub(super) writes: bool,
    pub(super) truncates: bool,
}

impl Access {
    pub(super) const READ: Self = Self { reads: true, writes: false, truncates: false };
    /// Its bytes go elsewhere unread: under another name.
    pub(super) const MOVE: Self = Self { reads: false, writes: true, truncates: false };

    pub(super) fn of(flags: OFlags) -> Self {
        let mode = flags & OFlags::RWMODE;
        let truncates = flags.contains(OFlags::TRUNC);
        Self { reads: mode != OFlags::WRONLY, writes: mode != OFlags::RDONLY || truncates, truncates }
    }

    /// Whether bytes that were there before come to the tool, or into what it writes.
    const fn takes_old_bytes(self) -> bool {
        !self.truncates
    }
}

/// A use of a file that is not looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aside {
    /// A folder, of which it read the names.
    Listed,
    /// A view of the kernel's on itself.
    Kernel,
    /// A device that gives nobody's bytes.
    Device,
    /// A pipe with a name, or a symbolic link, that it made.
    Made,
    /// A file that it never opened, or a folder.
    Renamed,
    /// A file that it never opened.
    Removed,
}

/// The supervisor takes as many descriptors as it is allowed.
fn most_kept(purpose: Purpose) -> usize {
    let [of_a_run, of_a_subrun] = PART;
    let part = if purpose == Purpose::SubRun { of_a_subrun } else { of_a_run };
    let [least, most] = KEPT;
    let all = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    usize::try_from((all / part).clamp(least, most)).unwrap_or(usize::MAX)
}

#[derive(Debug)]
pub(crate) struct Ledger {
    pub(super) purpose: Purpose,
    pub(super) start: Start,
    pub(super) entries: Vec<Entry>,
    by_inode: HashMap<(u64, u64), usize>,
    /// Folders that were declared, by the kernel's names, and the entry of each.
    trees: Vec<(PathBuf, usize)>,
    pub(super) others: BTreeMap<(PathBuf, Aside), usize>,
    pub(super) others_left_out: usize,
    pub(super) pipes: BTreeSet<(u64, u64)>,
    pub(super) network: BTreeSet<u32>,
    pub(super) absent: u64,
    pub(super) denials: Vec<(PathBuf, String)>,
    pub(super) denied: usize,
    pub(super) fault: Option<RecordError>,
    /// What the run may reach; none where it may reach everything.
    pub(super) fence: Option<Fence>,
    pub(super) out_of_reach: Vec<OutOfReach>,
    pub(super) unmeasured: Option<String>,
    /// Files that the tool does not get, whatever they are called.
    withheld: BTreeSet<(u64, u64)>,
    /// Pipes that it was given and that nobody can write to.
    pub(super) quiet: BTreeSet<(u64, u64)>,
    /// A file that it wrote to as others did, and that is none of its outputs.
    pub(super) shared: Option<PathBuf>,
    hasher: Hasher,
    /// Libraries that the run itself had made or written to.
    pub(super) loaded: Vec<Loaded>,
    kept: usize,
    most_kept: usize,
    proc: &'static Proc,
}

impl Ledger {
    pub(crate) fn new(digests: Arc<Digests>, fence: Option<Fence>) -> Result<Self, RecordError> {
        let proc = Proc::of_the_kernel().map_err(RecordError::ProcNotTheKernels)?;
        let start = Start::here(proc).map_err(|errno| RecordError::TraceLost(errno.into()))?;
        Ok(Self::at(start, proc, Purpose::Run, digests, fence))
    }

    /// Of a build whose tools are recorded one by one.
    pub(crate) fn of_build(digests: Arc<Digests>) -> Result<Self, RecordError> {
        Ok(Self { purpose: Purpose::Build, ..Self::new(digests, None)? })
    }

    /// Of a process that begins a sub-run.
    pub(crate) fn of_subrun(process: Pid, digests: Arc<Digests>) -> Result<Self, RecordError> {
        let proc = Proc::of_the_kernel().map_err(RecordError::ProcNotTheKernels)?;
        let start = Start::of(process, proc).map_err(RecordError::TraceLost)?;
        Ok(Self::at(start, proc, Purpose::SubRun, digests, None))
    }

    fn at(
        start: Start,
        proc: &'static Proc,
        purpose: Purpose,
        digests: Arc<Digests>,
        fence: Option<Fence>,
    ) -> Self {
        Self {
            purpose,
            start,
            entries: Vec::new(),
            by_inode: HashMap::new(),
            trees: Vec::new(),
            others: BTreeMap::new(),
            others_left_out: 0,
            pipes: BTreeSet::new(),
            network: BTreeSet::new(),
            absent: 0,
            denials: Vec::new(),
            denied: 0,
            fault: None,
            fence,
            out_of_reach: Vec::new(),
            unmeasured: None,
            withheld: BTreeSet::new(),
            hasher: Hasher::begin(digests),
            quiet: BTreeSet::new(),
            shared: None,
            loaded: Vec::new(),
            kept: 0,
            most_kept: most_kept(purpose),
            proc,
        }
    }

    /// The folder that the run began in.
    pub(crate) fn directory(&self) -> &Path {
        self.start.path()
    }

    /// A file that was declared to be an input, under this path.
    pub(crate) fn declare(&mut self, path: cdi_types::RecordedPath, typed: &str, stamp: Stamp) {
        let name = Name { recorded: Some(path), whole: PathBuf::from(typed) };
        self.add(Entry::new(name, stamp, Origin::Declared, 0));
    }

    /// A folder that was declared to be an input, under this path: each of its files is told as the folder.
    pub(crate) fn declare_tree(
        &mut self,
        path: cdi_types::RecordedPath,
        typed: &str,
        tree: &Tree,
    ) -> Result<(), RecordError> {
        let lost = || RecordError::file(FileRole::Input, typed, FileFault::Changed);
        let stamp = tree.stamp().ok_or_else(lost)?;
        let whole = Path::new(typed).canonicalize().map_err(|_| lost())?;
        let name = Name { recorded: Some(path), whole: whole.clone() };
        let index = self.add(Entry::new(name, stamp, Origin::DeclaredTree, 0));
        let leaves = tree.leaves().iter().map(|leaf| (leaf.measured.stamp.inode(), index));
        self.by_inode.extend(leaves);
        self.trees.push((whole, index));
        Ok(())
    }

    /// Keeps a file from the tool. One that is not there is none to keep.
    pub(crate) fn withhold(&mut self, path: &Path) {
        if let Ok(metadata) = path.metadata() {
            self.withheld.insert((metadata.dev(), metadata.ino()));
        }
    }

    /// The tool has a file open without having opened it: its standard input.
    pub(crate) fn given(&mut self, inode: (u64, u64)) {
        if let Some(entry) = self.known(inode) {
            entry.reads.insert(0, 1);
        }
    }

    /// A regular file is about to be opened, or to get another name. On `Ok` what was there before is measured, as far as
    /// it may be read, and nothing of it is left to be worked out if the run is about to change it.
    pub(super) fn foresee(
        &mut self,
        found: &Found,
        access: Access,
        by: usize,
        name: impl FnOnce(&Start) -> Result<Name, Errno>,
    ) -> Result<usize, Errno> {
        if self.withheld.contains(&(found.stat.st_dev, found.stat.st_ino)) {
            let path = self.proc.path_of(&found.file)?;
            return Err(self.deny(path, "is withheld from the tool"));
        }
        self.may_open(found, access)?;
        if self.purpose == Purpose::Build {
            return Ok(NOWHERE);
        }
        let index = match self.index(&found.stat) {
            Some(index) => index,
            None => {
                let stamp = Stamp::told(&found.stat);
                let entry = Entry::new(name(&self.start)?, stamp, Origin::Found, by);
                self.add(entry)
            }
        };
        if access.writes {
            self.let_go(index);
        }
        let Some(entry) = self.entries.get(index) else { return Err(Errno::IO) };
        if entry.is_declared() || entry.is_of_the_run() {
            return Ok(index);
        }
        let stamp = Stamp::told(&found.stat);
        if !entry.is_still(&entry.stamp, &stamp) {
            self.changed(index);
            return Ok(index);
        }
        if entry.version.is_none() && access.takes_old_bytes() && stamp.size() > 0
            || access.reads && entry.version.is_none()
        {
            self.measure(index, found)?;
        }
        if access.writes {
            self.bind(index, &stamp);
            self.exclude(index, found);
        }
        Ok(index)
    }

    /// It has been opened.
    pub(super) fn opened(&mut self, index: usize, access: Access, by: usize) {
        let Some(entry) = self.entries.get_mut(index) else { return };
        if access.reads {
            entry.uses.read_back |= entry.is_of_the_run();
            let reads = entry.reads.entry(by).or_default();
            *reads = reads.saturating_add(1);
        }
        if access.writes {
            if access.takes_old_bytes() && !access.reads && !entry.is_of_the_run() {
                entry.reads.entry(by).or_insert(1);
            }
            entry.uses.written = true;
            entry.writer.get_or_insert(by);
            self.written_after_loading(index);
        }
    }

    /// The run has made a file.
    pub(super) fn made(&mut self, file: impl AsFd, by: usize, name: Name) -> Result<(), Errno> {
        if self.purpose == Purpose::Build {
            return Ok(());
        }
        let stat = fstat(&file)?;
        let mut entry = Entry::new(name, Stamp::told(&stat), Origin::Made, by);
        entry.writer = Some(by);
        entry.born = Born::of(file);
        self.add(entry);
        Ok(())
    }

    /// The run has an empty file open to write to that somebody else made.
    pub(super) fn given_to_write(&mut self, file: impl AsFd, name: Name) -> Result<(), Errno> {
        let mut entry = Entry::new(name, Stamp::told(&fstat(file)?), Origin::Given, 0);
        entry.writer = Some(0);
        entry.uses.written = true;
        self.add(entry);
        Ok(())
    }

    fn add(&mut self, entry: Entry) -> usize {
        let index = self.entries.len();
        // Whatever had this number before is gone: numbers are given out again.
        self.by_inode.insert(entry.stamp.inode(), index);
        self.entries.push(entry);
        index
    }

    pub(super) const fn proc(&self) -> &'static Proc {
        self.proc
    }

    pub(super) fn entry_of(&self, stat: &Stat) -> Option<&Entry> {
        self.index(stat).and_then(|index| self.entries.get(index))
    }

    fn known(&mut self, inode: (u64, u64)) -> Option<&mut Entry> {
        self.by_inode.get(&inode).and_then(|&index| self.entries.get_mut(index))
    }

    /// The entry of a file. One that was removed and has names is another file, with the number of the former.
    pub(super) fn index(&self, stat: &Stat) -> Option<usize> {
        let index = *self.by_inode.get(&(stat.st_dev, stat.st_ino))?;
        let entry = self.entries.get(index)?;
        (!entry.uses.removed || stat.st_nlink == 0).then_some(index)
    }

    fn measure(&mut self, index: usize, found: &Found) -> Result<(), Errno> {
        let opened = self.proc.reopen(&found.file, file::READ)?;
        let file = Arc::new(File::from(opened));
        let measured = self.excluded(&file);
        let Some(entry) = self.entries.get_mut(index) else { return Err(Errno::IO) };
        match measured {
            Ok((stamp, settled, watch, lasting)) if stamp == entry.stamp => {
                entry.version = Some(self.hasher.measure(&file, stamp, settled, lasting));
                if watch == Watch::Leased && (self.kept < self.most_kept || !lasting)
                    || found.stat.st_nlink == 0
                {
                    self.kept += 1;
                    entry.kept = Some((file, watch));
                }
                Ok(())
            }
            Ok(_) => {
                self.changed(index);
                Ok(())
            }
            Err(fault) => {
                let path = entry.name.whole.clone();
                self.unmeasurable(path, fault)
            }
        }
    }

    /// Begins to measure a file from which writers are excluded.
    pub(super) fn measure_open(
        &self,
        file: &Arc<File>,
        stamp: Stamp,
        settled: bool,
        lasting: bool,
    ) -> Version {
        self.hasher.measure(file, stamp, settled, lasting)
    }

    /// So many libraries of the run's own are kept open.
    pub(super) const fn most_loaded(&self) -> usize {
        self.most_kept.saturating_sub(self.kept)
    }

    /// A file that was told of with its folder is told of by itself from now on.
    pub(super) fn forget(&mut self, stat: &Stat) {
        self.by_inode.remove(&(stat.st_dev, stat.st_ino));
    }

    pub(super) fn excluded(&self, file: &File) -> Result<(Stamp, bool, Watch, bool), FileFault> {
        filesystem::local(file)?;
        let (stamp, settled) = file::steady(file)?;
        let watch = writers::excluded(file)?;
        Ok((stamp, settled, watch, filesystem::tells_of_stores(file)?))
    }

    /// Waits for the digest of what was there, and finds that it still is.
    fn bind(&mut self, index: usize, now: &Stamp) {
        let Some(entry) = self.entries.get_mut(index).filter(|entry| !entry.bound) else { return };
        let Some(version) = &mut entry.version else { return };
        let measured = version.measured();
        let same = measured.is_ok_and(|measured| {
            let kept = entry.kept.as_ref();
            let written = kept.map(|(file, watch)| writers::hidden(file, *watch, measured.settled));
            entry.is_still(&measured.stamp, now) && matches!(written, None | Some(Ok(false)))
        });
        let kept = entry.kept.take();
        entry.bound = true;
        self.kept = self.kept.saturating_sub(usize::from(kept.is_some()));
        if !same {
            self.changed(index);
        }
    }

    /// A file that was there before was changed, by somebody who is none of the run.
    fn changed(&mut self, index: usize) {
        let Some(entry) = self.entries.get(index) else { return };
        let path = entry.name.whole.to_string_lossy();
        self.fault.get_or_insert_with(|| RecordError::file(FileRole::Input, path, FileFault::Changed));
    }

    /// The run is about to remove one name of a file, or to put another file in its place.
    pub(super) fn loses_name(&mut self, stat: &Stat) {
        if let Some(index) = self.index(stat) {
            self.bind_as_found(index, stat);
        }
    }

    /// It has; whether it is known.
    pub(super) fn lost_name(&mut self, stat: &Stat, file: &OwnedFd) -> bool {
        let now = fstat(file).ok().filter(|now| now.st_nlink > 0);
        let Some(entry) = self.index(stat).and_then(|index| self.entries.get_mut(index)) else {
            return false;
        };
        match now {
            Some(now) => entry.stamp = Stamp::told(&now),
            None => entry.uses.removed = true,
        }
        true
    }

    /// The run has moved a file to another name, or given it a second one.
    pub(super) fn moved(&mut self, index: usize, file: &OwnedFd, name: Name, linked: bool, by: usize) {
        let now = fstat(file).ok();
        let Some(entry) = self.entries.get_mut(index) else { return };
        if let Some(now) = now {
            entry.stamp = Stamp::told(&now);
        }
        if linked {
            entry.uses.linked = true;
        } else {
            entry.uses.renamed = true;
            entry.name = name;
        }
        entry.writer.get_or_insert(by);
    }

    /// A folder has been moved, with all that is below it.
    pub(super) fn moved_below(&mut self, from: &Path, to: &Path) {
        for entry in &mut self.entries {
            if let Ok(rest) = entry.name.whole.strip_prefix(from) {
                let whole = to.join(rest);
                entry.name = Name { recorded: self.start.recorded(&whole), whole };
            }
        }
    }

    fn bind_as_found(&mut self, index: usize, stat: &Stat) {
        let found =
            self.entries.get(index).is_some_and(|entry| entry.origin == Origin::Found && !entry.bound);
        if found {
            self.bind(index, &Stamp::told(stat));
        }
    }

    /// Gives up on libraries: from here on not all of them are known.
    pub(super) fn not_measured(&mut self, why: &str) {
        self.unmeasured.get_or_insert_with(|| format!("libraries are not measured: {why}"));
    }

    /// Takes note of a file that is refused to the tool: it never got its bytes.
    pub(super) fn deny(&mut self, path: PathBuf, why: impl ToString) -> Errno {
        self.denied = self.denied.saturating_add(1);
        if self.denials.len() < DENIALS && !self.denials.iter().any(|(denied, _)| *denied == path) {
            self.denials.push((path, why.to_string()));
        }
        Errno::ACCESS
    }

    /// Takes note of something that is not looked into.
    pub(super) fn aside(&mut self, path: PathBuf, what: Aside, by: usize) {
        if self.purpose == Purpose::Build {
            return;
        }
        // The names in a folder that is an input are a part of it.
        let tree = self.trees.iter().find(|(tree, _)| what == Aside::Listed && path.starts_with(tree));
        if let Some(entry) = tree.and_then(|(_, index)| self.entries.get_mut(*index)) {
            entry.reads.entry(by).or_insert(1);
            return;
        }
        let key = (path, what);
        if self.others.len() < OTHERS || self.others.contains_key(&key) {
            self.others.entry(key).or_insert(by);
        } else {
            self.others_left_out = self.others_left_out.saturating_add(1);
        }
    }
}
