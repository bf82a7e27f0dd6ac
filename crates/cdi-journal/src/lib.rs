//! The journal of a decider: what it decided, in the order in which it did, so that nothing can be changed or taken out
//! afterwards without its being seen.
//!
//! In go records of decisions and a signer; out comes a file of envelopes, one a line, each a verification summary (SLSA VSA
//! v1) with CDI's details, which names the entry before it by the digest of its payload. A journal is a record: nothing that
//! decides reads it, and an entry permits nothing. Who can write to the file and sign with its key can write another journal;
//! whoever keeps a [`Head`] elsewhere sees that. Rules: `docs/spec/journal.md` (J-...).

mod annex;
mod back;
mod chain;
mod error;
mod file;
mod record;
mod statement;
mod tail;

pub use annex::{ANNEX_BYTES, Annex, ENTRY_BYTES, SetApart};
pub use chain::{Chain, Entry, Head, Link};
pub use error::{Broken, JournalError};
pub use file::{Appended, Journal, Place};
pub use record::{
    Agreement, Decision, GivenBundle, GivenDirectory, GivenLimits, ListSerial, Occasion, Record, Stopped,
    Verdict,
};
pub use statement::Verified;
pub use tail::Torn;
