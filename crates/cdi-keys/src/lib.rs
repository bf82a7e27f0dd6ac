//! Private keys, signers and sealing: the producer's side of an envelope.
//!
//! In goes a statement and a [`Signer`]; out comes one line of a bundle. The verifier never links this crate, and
//! nothing here decides whom to trust. Keys live in software, in this process or in an agent's, unless another
//! [`Signer`] is brought along; what that means for trust is the *custody* that a tool certification states. The rules are in `docs/spec/formats.md`.

mod agent;
mod encryption;
mod error;
mod passphrase;
mod pkcs8_key;
mod seal;
mod signer;
mod software;

pub use agent::{Agent, AgentError, AgentKey, serve};
pub use error::PrivateKeyError;
pub use passphrase::Passphrase;
pub use seal::{SealError, Sealed, countersign, seal, seal_foreign};
pub use signer::{SignError, Signer};
pub use software::SoftwareKey;
