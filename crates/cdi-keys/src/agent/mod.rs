//! Keys that an agent holds: another process, which signs and gives no key away.
//!
//! The protocol is that of ssh-agent (draft-ietf-sshm-ssh-agent), of which two requests are made: which keys are there, and
//! sign this. So OpenSSH's agent will do, and whatever stands behind it, such as a token by PKCS#11. It takes messages
//! of up to 256 KiB; [`serve`] is an agent that takes as much as a statement may have, and signs nothing but statements.

mod client;
mod error;
mod served;
mod wire;

pub use client::{Agent, AgentKey};
pub use error::AgentError;
pub use served::serve;
