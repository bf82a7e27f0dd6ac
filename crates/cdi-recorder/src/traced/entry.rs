//! What is written down of one regular file.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

use super::hasher::Version;
use super::names::Name;
use crate::FileFault;
use crate::file::{self, Born, Stamp};
use crate::writers::{self, Watch};

/// A regular file that the run has opened, made or moved.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Name,
    /// What the kernel said of it when it was last looked at.
    pub(super) stamp: Stamp,
    /// The bytes that were there before the run, if any of them may have been read.
    pub(super) version: Option<Version>,
    /// The file, kept open where only that tells of a write, with what tells.
    pub(super) kept: Option<(Arc<File>, Watch)>,
    pub(super) origin: Origin,
    /// When the run made it, if it did.
    pub(super) born: Option<Born>,
    /// That version is known to have been unchanged until the run itself wrote to the file or removed it.
    pub(super) bound: bool,
    pub(super) uses: Uses,
    /// The program that used it first.
    pub(super) by: usize,
    /// The program that made it or wrote to it first.
    pub(super) writer: Option<usize>,
    /// How often each program opened it to read, and made executable memory of it.
    pub(super) reads: BTreeMap<usize, u32>,
    pub(super) maps: BTreeMap<usize, u32>,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was there before.
    Found,
    /// It was there before, and was declared to be an input: it is measured and looked after elsewhere.
    Declared,
    /// The same, of the files of a folder: one entry stands for all of them.
    DeclaredTree,
    /// The run made it, so that nobody else's bytes are in it.
    Made,
    /// It was empty, and open to be written to, when the sub-run began: its own if it turns out to be nobody else's.
    Given,
}

/// What the run did with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Uses {
    pub(super) written: bool,
    pub(super) read_back: bool,
    pub(super) removed: bool,
    pub(super) renamed: bool,
    pub(super) linked: bool,
    /// Others wrote to it meanwhile.
    pub(super) shared: bool,
}

impl Entry {
    pub(super) fn new(name: Name, stamp: Stamp, origin: Origin, by: usize) -> Self {
        Self {
            name,
            stamp,
            version: None,
            kept: None,
            origin,
            born: None,
            bound: false,
            uses: Uses::default(),
            by,
            writer: None,
            reads: BTreeMap::new(),
            maps: BTreeMap::new(),
        }
    }

    /// Whether a file that was like this is the same one with the same bytes now: nothing has changed, or only its permissions,
    /// times or name, and a lease says that nobody has written to it.
    pub(super) fn is_still(&self, then: &Stamp, now: &Stamp) -> bool {
        let leased = || matches!(&self.kept, Some((file, Watch::Leased)) if cdi_sys::lease_lasts(&**file));
        now == then || now.is_of_its_length(then) && leased()
    }

    /// Whether its name is still its own. Somebody may have removed it and made another, which has its number then.
    pub(super) fn has_its_name(&self) -> bool {
        self.born.is_none() || Born::at(&self.name.whole) == self.born
    }

    /// Whether the run made it or wrote to it: what is in it now is the run's own.
    pub(super) fn is_of_the_run(&self) -> bool {
        self.origin == Origin::Made || self.uses.written
    }

    /// Whether it was open to be written to when the sub-run began.
    pub(super) fn is_given(&self) -> bool {
        self.origin == Origin::Given
    }

    /// Whether it is looked after elsewhere.
    pub(super) const fn is_declared(&self) -> bool {
        matches!(self.origin, Origin::Declared | Origin::DeclaredTree)
    }

    /// Whether a confined run may have its bytes wherever it lies.
    pub(super) fn is_within_reach(&self) -> bool {
        self.is_of_the_run() || self.is_declared()
    }

    /// A program makes executable memory of it.
    pub(super) fn count_map(&mut self, by: usize) {
        let maps = self.maps.entry(by).or_default();
        *maps = maps.saturating_add(1);
    }

    /// Whether some program opened it to read.
    pub(super) fn has_been_read(&self) -> bool {
        !self.reads.is_empty()
    }

    /// Whether some program read it as data: opened it more often than it made executable memory of it. The dynamic loader
    /// opens a library once for each time that it maps it.
    pub(super) fn was_read_as_data(&self) -> bool {
        self.reads.iter().any(|(program, &reads)| reads > self.maps.get(program).copied().unwrap_or(0))
    }

    /// Whether what was there before the run is still there, unless the run itself changed it.
    pub(super) fn unchanged(&mut self) -> Result<(), FileFault> {
        let Some(version) = &mut self.version else { return Ok(()) };
        let measured = version.measured()?;
        if self.bound {
            return Ok(());
        }
        match &self.kept {
            Some((file, watch)) => {
                let now = Stamp::of(&file.metadata().map_err(file::fault)?);
                let settled = now == measured.stamp && measured.settled;
                let same = self.is_still(&measured.stamp, &now)
                    && (settled || file::measure(file)?.digest == measured.digest);
                let hidden = writers::hidden(file, *watch, measured.settled)?;
                if same && !hidden { Ok(()) } else { Err(FileFault::Changed) }
            }
            None => file::unchanged(&self.name.whole, &measured),
        }
    }
}
