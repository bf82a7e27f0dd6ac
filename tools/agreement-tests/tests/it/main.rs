//! The compiler tool and the gate agree: artifacts load where they should and nowhere else, and limits hold.
//!
//! Every rule is tested with the host that is built here, beside a compiler. The rules that feature unification could
//! break are tested once more with binaries built apart (see [`separate`]).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod agreement;
mod host;
mod limits;
mod separate;
mod spectre;
