//! Vetting authorities (paper 4.1): certify a tool, endorse another authority, revoke.
//!
//! In goes a request whose signer proved to hold the key that it is about, the authority's own decision in terms, and the
//! [`Records`] of what the authority has signed before; out comes a sealed statement, or the rule that forbids it.
//! Nothing here reads a clock or touches a file: whoever calls writes the sealed line down before giving it to
//! anybody. What a verifier makes of the statements is no concern of this crate. The rules are in
//! `docs/spec/authorities.md`.

mod certify;
mod claims;
mod endorse;
mod error;
mod journal;
mod lineage;
mod lint;
mod lists;
mod record;
mod record_error;
mod records;
mod request;
mod revoke;
mod succeed;
#[cfg(test)]
mod testing;
mod toolchain;
mod window;

pub use certify::{CertificationTerms, certify};
pub use claims::{Claims, ClaimsError};
pub use endorse::{EndorsementTerms, endorse};
pub use error::AuthorityError;
pub use journal::{Entry, Journal, Signed};
pub use lineage::Lineage;
pub use lint::{Finding, lint};
pub use lists::Lists;
pub use record_error::{RecordError, RecordKind};
pub use records::Records;
pub use request::{Request, RequestError, VerifiedRequest};
pub use revoke::{first_list, publish, revoke};
pub use succeed::say_again;
pub use toolchain::Toolchain;
pub use window::{CERTIFICATION_LIFETIME, ENDORSEMENT_LIFETIME, LIST_LIFETIME, Window};
