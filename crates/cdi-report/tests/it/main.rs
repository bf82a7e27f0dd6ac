//! Pages made from what nobody should write.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail loudly")]

mod hostile;
mod pages;
mod sample;
mod tokens;
