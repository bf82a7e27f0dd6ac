//! WebAssembly in the host's own process: precompiled, under an engine that holds no compiler; with the feature `wasmi`
//! bytecode too, under an interpreter.
//!
//! In go the bytes of an artifact, the [`Profile`] that the decision names, what the guest may see ([`WasiRequest`])
//! and what it may use up ([`GuestLimits`]); out comes its exit status or one coded [`EngineError`].
//!
//! **Not admission; used by the ladder.** Nothing here looks at a decision. The loader takes the bytes for the
//! unmodified output of this engine's own compiler, and forged bytes run as machine code of the host. The callers
//! are the rungs that hold a placement for exactly these bytes; and with the feature `dangerously-ungated` the runtime
//! `cdi-wasm-host`, which takes the word of whoever put it in its place.

mod artifact;
mod deserialize;
mod error;
#[cfg(feature = "wasmi")]
mod interpreter;
mod limiter;
mod request;
mod run;
pub(crate) mod sample;
mod wasi;
mod watchdog;

pub use artifact::ArtifactKind;
pub use cdi_wasm_profile::Profile;
pub use error::EngineError;
#[cfg(feature = "wasmi")]
pub use interpreter::run_bytecode;
#[cfg(feature = "wasmi")]
pub(crate) use interpreter::settings as interpreter_settings;
pub use limiter::Refusal;
pub use request::{Access, Grant, GuestExit, GuestLimits, WasiRequest};
pub use run::run_precompiled;
pub use wasmtime::Trap;
pub use watchdog::{TIME_LIMIT_CODE, TIME_LIMIT_STATUS};
