//! Execution environments: what was admitted and placed is loaded and run here.
//!
//! The bytes that run are the bytes that were decided about: they are read once, and nothing behind the decision reads
//! them from a file again. The module [`wasm`] is the engine for precompiled WebAssembly.

pub mod wasm;
