//! DSSE envelopes and the public keys that verify them.
//!
//! In go the bytes of one line of a bundle and a key; out comes whether a signature of the envelope was made with
//! that key over these payload bytes. Nothing here trusts anybody: a key that verifies is not yet a key that
//! somebody asked for. There is no I/O, no clock and no private key. The rules are in `docs/spec/formats.md`.
//!
//! ```
//! use cdi_envelope::{Budget, Envelope, PublicKey};
//!
//! # const LINE: &[u8] = include_bytes!("../../../vectors/dsse/p256.intoto.jsonl");
//! # const PEM: &str = include_str!("../../../vectors/dsse/p256.pem");
//! let key = PublicKey::from_pem(PEM)?;
//! let envelope = Envelope::parse(LINE)?.into_untrusted();
//! envelope.verify_by(&key, &mut Budget::new(16))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod algorithm;
mod base64;
mod budget;
mod check;
pub mod der;
mod edwards;
mod envelope;
mod envelope_error;
mod key;
mod key_error;
mod pae;
mod signature;
mod sigstore;
mod spki;
mod write;

pub use algorithm::Algorithm;
pub use budget::{Budget, BudgetExhausted};
pub use check::CheckId;
pub use envelope::{Envelope, Signatures};
pub use envelope_error::EnvelopeError;
pub use key::PublicKey;
pub use key_error::KeyError;
pub use pae::Pae;
pub use signature::SignatureError;
pub use write::write_line;

/// The `payloadType` of every envelope that CDI reads or writes, compared byte for byte (rule F-PAYLOADTYPE).
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
