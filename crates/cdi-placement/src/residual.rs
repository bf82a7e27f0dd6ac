//! What all principals together ask of the place: residuals joined, in disjunctive normal form (rules PL-WANTED, PL-JOIN).
//!
//! In go each principal's findings, and the level at which it asks for each property; out comes one [`Joined`] residual of
//! bounded size. Nothing here knows a place.

mod joined;
mod requirement;
mod term;
mod wanted;

pub use joined::{JoinError, Joined};
pub use requirement::{ACCEPTED_NODE, Requirement, requirements};
pub use term::{ATOMS, TERMS};
pub use wanted::{Level, Wanted};

pub(crate) use joined::Numbering;
pub(crate) use term::Term;
