//! Bundles and artifacts in files, and files that are never half written.
//!
//! In go paths; out come [`Artifact`](cdi_types::Artifact)s and [`Unverified`](cdi_types::Unverified) bundles, each
//! read once, through one descriptor, up to its limit. Nothing here verifies or trusts: what is in a file is
//! what somebody put there, and a statement is read as it says of itself. Writing is whole or not at all: after a crash at any point there is the
//! old file or the new one. What is only to be hashed is not held in memory.

mod append;
mod bundle;
mod checks;
mod concern;
mod digest;
mod document;
mod draft;
mod error;
mod folder;
mod memory;
mod process;
mod read;
mod running;
mod said;
mod sightings;
mod stopping;
pub mod two;
mod write;

pub use append::{append_lines, rewrite_bundle};
pub use bundle::{
    Bundles, Sources, default_bundle_path, read_bundle, read_bundle_beside, read_bundles,
    read_bundles_remembering,
};
pub use checks::{Checks, ChecksFolder};
pub use concern::{Concerns, DropReason, Dropped, Selection, without_repetitions};
pub use digest::{artifact_digest, digest_of_file};
pub use document::{read_document, read_summary, rewrite_document};
pub use error::{ShownPath, StoreError};
pub use folder::{
    FoundBundles, Stamp, artifact_of_bundle, find_bundles, join_lines, make_folder, make_own_folder,
    read_stamped_bundle, stamped_artifact_digest,
};
pub use memory::{Memory, MemoryFolder, RememberedEdition, RememberedNode};
pub use process::{Life, Process};
pub use read::{open_file, read_artifact};
pub use running::{FoundRunning, GrantedDirectory, GrantedLimits, Kept, Running, RunningFolder};
pub use sightings::Sightings;
pub use stopping::{StopError, Stopped};
pub use write::{foresee_new, link_new, replace, replace_name, write_new};
