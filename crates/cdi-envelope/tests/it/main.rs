//! Integration tests of `cdi-envelope`. The vectors are in `vectors/dsse`; `CDI_WRITE_VECTORS=1` writes those that are
//! made from seeded keys anew.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod base64;
mod form;
mod keys;
mod outside;
mod pae;
mod support;
mod vectors;
mod verify;
mod words;
