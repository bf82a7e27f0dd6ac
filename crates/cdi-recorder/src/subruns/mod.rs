//! A build whose tools are recorded one by one: a report for each run of a compiler, none for the build around it.
//!
//! Expected flow: the whole build is one traced run (`traced`). Where a process of it executes one of the tools a *sub-run*
//! begins: that process and all that it starts, whatever these execute. It has a ledger of its own, in which what others of the
//! build made is found, measured and kept from being written to like any file that was there before. When its first process
//! ends, the kernel tells the tracer first: outputs are measured, the report is sealed and its bundles written before whoever
//! waits for that process learns of its end. So `make` begins no link before the reports about its objects are there.
//!
//! Guarantees: a report tells all that the sub-run read, wherever it came from: files, arguments, the whole environment,
//! what it was given open. Where that is not so there is no report, and the build goes on.
//!
//! Assumptions: as `traced` has them. Caveats: which processes run at the same time, and signals that they send each other,
//! are in no report; a build that is slow to end another's processes may see a tool's end a moment later.

mod begun;
mod made;
mod over;
mod tools;
mod variables;
mod workshop;

pub use tools::{Outcome, Tool, ToolRun, Tools};
pub(crate) use workshop::Workshop;
