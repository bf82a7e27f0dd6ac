//! Integration tests: real tools of the machine (`cp`, `sh`, `gcc`) are run and recorded.

mod files;
mod processes;
mod self_recorded;
mod support;
mod tools;
