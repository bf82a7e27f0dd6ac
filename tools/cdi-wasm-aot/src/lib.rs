//! Ahead-of-time compiler and assembler for core WebAssembly, as functions from bytes to bytes.
//!
//! [`compile`] turns a module into machine code for one engine profile, [`assemble`] turns text into a module. Both
//! return every setting that shaped the output, for a report to carry, and both are deterministic: equal bytes and
//! settings give equal output on every machine.
//!
//! Nothing here reads or writes files, the environment or the clock, and nothing signs: a tool that vouches for its own
//! runs does so around these functions.

mod assemble;
mod compile;

pub use assemble::{AssembleError, Assembled, MAX_TEXT_BYTES, WAT_VERSION, assemble};
pub use cdi_wasm_profile::{
    CompilerOptions, MAX_MODULE_BYTES, NotACoreModule, OptLevel, Profile, SpectreMitigations, UnknownName,
};
pub use compile::{CompileError, Compiled, compile};
