//! Graphs of whole worlds: that they say what the appraisal says, whatever the order of the evidence and whoever wrote it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail loudly")]

mod drawn;
mod eyes;
mod hostile;
mod scale;
mod scene;
mod vectors;
