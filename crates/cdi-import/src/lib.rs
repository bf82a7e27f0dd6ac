//! What others' provenance says of a run, in the words of a report: SLSA provenance, links of in-toto, collections of Witness,
//! alone or in Sigstore bundles.
//!
//! In goes a file as another tool wrote it ([`read`]); out come its statements, each with the line of a bundle that carries it,
//! or why none can, who it names as its signer, and an [`Account`]: builder, command, exit status, inputs, outputs, as far as
//! its type says them. Each form is read by one total mapping (`docs/interop.md`): what a form does not say is absent, what is
//! of another type than the form says leaves the whole predicate unread, and what cannot be used is listed as a [`Gap`].
//!
//! Nothing here verifies a signature, opens a file or trusts anybody. An account is no report, and no verifier takes it for
//! one (ADR 0027).

mod account;
mod certificate;
mod document;
mod forms;
mod gap;
mod import;
mod json;
mod members;
mod signer;

pub use account::{Account, Form, Output, Resource};
pub use gap::Gap;
pub use import::{ImportError, Imported, Item, read};
pub use json::Json;
pub use signer::Signer;

/// The account of a statement of a type that is known here, and what of it cannot be used.
///
/// # Errors
/// [`Gap`]: it is no statement that is read, of a type that nothing is known of, or not as its type says.
pub fn account_of(payload: &[u8]) -> Result<(Account, Vec<Gap>), Gap> {
    forms::of_payload(payload)
}
