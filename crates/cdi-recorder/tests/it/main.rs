//! Integration tests: real tools of the machine (`cp`, `sh`, `gcc`) are run and recorded.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod builds;
mod confined;
mod evidence;
mod files;
mod inspections;
mod loaded;
mod processes;
mod self_recorded;
mod support;
mod tools;
mod traced;
mod trees;
mod writers;
