//! A decision as one page of HTML that needs nothing else: no network, no other file, no script to be read.
//!
//! In go values that somebody has worked out ([`Page`]); out comes text. Nothing is decided here, and nothing in the page
//! decides: its script shows outcomes that were computed before. Every text is taken for hostile: it gets into the page as
//! text only, with what is invisible or steers a display written as an escape, and cut where it is too long ([`limits`]);
//! markup is what this crate itself says, by type ([`markup`](self)). The same values give the same bytes.
//!
//! What the page has to show, and what it does not claim, stands in `docs/report.md`.

mod content_policy;
mod drawing;
mod indent;
mod island;
pub mod limits;
mod markup;
mod page;
mod render;
mod statement;
mod what_if;

pub use indent::indented;
pub use page::{
    Answer, Evidence, Failed, Kind, Miss, Note, Page, Place, Principal, Standing, Step, Verdict, Vote,
    Waypoint,
};
pub use render::page;
pub use statement::{Excerpt, Mark, Statement};
pub use what_if::{Extent, Supposed, SupposedPrincipal, Switch, SwitchKind, WhatIf};
