//! Capture level `traced`: every call of a run that takes a path is made by the recorder, which gives the tool the file.
//!
//! Expected flow: the kernel asks a thread of this process about each such call (seccomp_unotify(2)). The thread copies
//! the path once, finds the file that the caller means, opens it, takes note of it and puts the open file among the
//! caller's descriptors. So no path is looked at twice, and what is measured is what is read, whatever the path leads to
//! afterwards and whatever other threads write to the memory that it stood in.
//!
//! Guarantees: every regular file that was there before the run and that any process of it opened to read is written
//! down with the digest of the bytes that it got, or the run is refused; nobody wrote to it meanwhile unless that was the
//! run itself. Every file that the run made or wrote to is known, under whatever name it has by now.
//!
//! Assumptions: nothing of the run can make a call that goes past the filter (`cdi-sys`, `asking`). Caveats: what a tool
//! learns of names, sizes, times and attributes of files is in no list, nor what it learns of the time or from noise; a
//! file that the run wrote is the run's own from then on, whoever of the same user writes to it as well.

mod caller;
mod change;
mod conclude;
mod entry;
mod folders;
mod given;
mod hasher;
mod ledger;
mod ledgers;
mod loaded;
mod names;
mod open;
mod programs;
mod purpose;
mod reach;
mod resolve;
mod sockets;
mod supervisor;
mod telling;
mod views;

pub(crate) use conclude::{DeclaredFiles, TracedRun, refusals_of};
pub(crate) use given::Shared;
pub(crate) use ledger::Ledger;
pub(crate) use ledgers::Ledgers;
pub(crate) use programs::{Program, Programs, SubRun};
pub use reach::{OutOfReach, Way};
pub(crate) use supervisor::AtWork;
pub(crate) use views::is_nobodys;
