//! The producer's side of a report: run a tool, observe it, write down what happened, and have it signed.
//!
//! In go a command line with its declared files, or a tool of our own that records itself; out comes a sealed report.
//! Wrapping is three ordered stages, each a type: [`Materials`] (inputs are measured, nothing has run yet), [`Ran`] (the
//! tool has run under observation), [`Products`] (outputs are measured, inputs found unchanged), and only the last can
//! be sealed. A tool of our own goes through [`SelfRecorder`].
//!
//! Nothing here verifies or decides: a report says what one recorder saw. That it saw the truth is what a tool
//! certification vouches for, and what its custody and capture level are about. The rules are in
//! `docs/spec/formats.md` (F-REPORT) and `docs/spec/semantics.md` (M-CAPTURE).

mod build;
mod confined;
mod digests;
mod environment;
mod error;
mod evidence;
mod file;
mod filesystem;
mod links;
mod materials;
mod observe;
mod overlaps;
mod own;
mod procfs;
mod products;
mod program;
mod report;
mod run;
mod self_recorder;
mod streams;
mod subruns;
mod surroundings;
mod text;
mod traced;
mod tree;
mod writers;

pub use build::Built;
pub use confined::Reach;
pub use digests::DigestCache;
pub use environment::{Disclosure, Environment, Salt, commitment};
pub use error::{FileFault, FileRole, RecordError};
pub use evidence::{
    certifications_in, certifications_of, certified_files, evidence_beside, named_evidence, write_bundle,
    write_evidence,
};
pub use materials::Materials;
pub use own::{measure_libraries, measure_recorder};
pub use products::{Products, Recorded};
pub use run::{Capture, Ran, Run};
pub use self_recorder::{EnvironmentPolicy, SelfRecorder};
pub use subruns::{Outcome, Tool, ToolRun, Tools};
pub use traced::{OutOfReach, Way};
pub use tree::{Tree, TreeFault};
