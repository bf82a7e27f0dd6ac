//! The gate: what was admitted and placed is loaded and run here, and nothing else is.
//!
//! In go a [`cdi_placement::Placement`], which only a decision can make, and the artifact's bytes with their digest; out
//! comes the program's exit status. Each environment is a [`Driver`]: WebAssembly in this process, native programs in a
//! process of their own. The bytes that run are the bytes that were decided about: they were read once, and
//! nothing behind the decision reads them from a file again. Rules: `docs/spec/gate.md` (G-...).

mod admission;
mod calls;
mod container;
mod driver;
mod elf;
mod embedded;
mod external;
mod native;
mod rehearsal;

#[cfg(feature = "dangerously-ungated")]
pub mod wasm;
#[cfg(not(feature = "dangerously-ungated"))]
#[allow(unreachable_pub, unused_imports, reason = "the engine's interface is one, shown or not")]
mod wasm;

pub use admission::{DECISION_LIFETIME, Delivery, GateError, HostDirectory, run};
pub use cdi_sys::outgrown_files_are_errors;
pub use cdi_types::EnvironmentKind;
pub use container::{ArchiveError, program_of_archive, unpack};
pub use driver::{Driver, NameTaken, RunBy, StartError};
pub use embedded::Embedded;
pub use native::{Isolation, LaunchError, sample};
pub use rehearsal::{Cost, Sample};
pub use wasm::{ArtifactKind, EngineError, GuestExit, GuestLimits};
