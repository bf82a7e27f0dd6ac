//! The closed list of Wasm engine profiles: what the ahead-of-time compiler builds for is what the gate runs.
//!
//! A [`Profile`] is one complete engine configuration under one stable name. The host asks it for a
//! [`config`](Profile::config); the compiler tool, with the feature `compiler`, for a configuration that agrees with
//! the host's and for the settings that its report states. All of them are read off one table, so what is done and
//! what is stated cannot drift apart.
//!
//! This crate starts no engine, compiles nothing and loads nothing. That two configurations agree means that the
//! engine accepts the artifact; it does not mean that the artifact is safe to run. The engine does not compare, for
//! one, the settings [`HEAP_MITIGATION`] and [`TABLE_MITIGATION`]: only a report can show those.

mod claimed;
#[cfg(feature = "compiler")]
mod compiler;
mod engine;
mod features;
mod input;
mod memory;
#[cfg(feature = "compiler")]
mod mitigation;
mod options;
mod profile;
mod setting;

pub use engine::{ENGINE_VERSION, TARGET};
pub use features::{WASM_FEATURES, wasm_features};
pub use input::{CoreModule, MAX_MODULE_BYTES, NotACoreModule};
pub use memory::{BoundsChecks, GUARD_SIZE, MemoryLayout, RESERVATION};
pub use options::{CompilerOptions, OptLevel, SpectreMitigations};
pub use profile::{Profile, UnknownName};

/// The setting that says whether accesses to linear memory are guarded against speculation.
pub const HEAP_MITIGATION: &str = "enable-heap-access-spectre-mitigation";

/// The setting that says whether accesses to tables are guarded against speculation.
pub const TABLE_MITIGATION: &str = "enable-table-access-spectre-mitigation";
