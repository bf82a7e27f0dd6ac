//! Inspector of others' provenance: whether a statement that somebody else signed vouches for an artifact.
//!
//! [`inspect`] verifies who signed, by a key or by a certificate of Sigstore under a root that is given, reads the very bytes
//! that were verified (`cdi-import`), and holds what they say to what is expected. It says nothing about whether the builder told
//! the truth, nor about what it left out.
//!
//! Nothing here reads files, the environment or a network, and nothing signs. The library that verifies Sigstore bundles reads the
//! clock, to refuse times that are yet to come; whether a certificate was valid it judges by the times that are proved.

mod expected;
mod inspect;
mod sigstore;

pub use expected::Expected;
pub use inspect::{InspectError, Inspection, Provenance, inspect};
pub use sigstore::Certificate;
