//! Pictures of provenance chains, and of where a workload is placed.
//!
//! In go statements and what each principal makes of them; out comes a [`Graph`] of artifacts, steps, tools, certifications
//! and authorities, which can be [`fold`]ed to a size that people can look at, and written as SVG ([`svg`]), DOT ([`dot`])
//! or JSON (by serde). Nothing is decided or verified here, no file is read and no clock: what counts for whom comes from
//! [`cdi_verify::view`]. A picture is no permission.
//!
//! Names in a graph were written by others. They are made harmless when they come in ([`text`]), and escaped once more for
//! each format.

mod build;
mod chain;
mod coloured;
pub mod dot;
mod evidence;
mod fold;
mod graph;
mod layout;
mod placement;
pub mod svg;
pub mod text;
mod vouching;

pub use build::Principal;
pub use evidence::Evidence;
pub use fold::{Limits, fold};
pub use graph::{
    About, Answer, Answered, Edge, Flow, Folded, Graph, Kind, Link, Mark, Node, NodeId, Seen, Standing,
    State, Viewer,
};
pub use placement::{Blame, Crossing, Placement};
