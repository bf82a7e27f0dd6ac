use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cdi_envelope::{Pae, PublicKey};

use super::AgentError;
use super::wire::{self, Fields};
use crate::{SignError, Signer};

/// OpenSSH's agent sends no more, and a list of keys is the longest answer there is.
const ANSWER_BYTES: usize = 256 << 10;
/// An agent that lists its keys asks nobody first.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to an agent.
#[derive(Debug)]
pub struct Agent(UnixStream);

impl Agent {
    /// Connects to the agent at a socket.
    ///
    /// # Errors
    /// [`AgentError::Unreachable`].
    pub fn connect(socket: &Path) -> Result<Self, AgentError> {
        let stream = UnixStream::connect(socket)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// The signer of one key. On `Ok` the agent says that it holds this key, and that it does is shown by each signature.
    /// Signing waits for as long as the agent does, which may ask somebody.
    ///
    /// # Errors
    /// [`AgentError`].
    pub fn signer(mut self, key: &PublicKey) -> Result<AgentKey, AgentError> {
        self.0.set_read_timeout(Some(PATIENCE))?;
        let answer = self.ask(wire::LIST, &[])?;
        let blobs = listed(&answer).ok_or(AgentError::Malformed { what: "it is no list of keys" })?;
        let blob = blobs
            .into_iter()
            .find(|blob| wire::public_key(blob).is_some_and(|held| held.info() == key.info()));
        let blob = blob.ok_or(AgentError::KeyMissing { key: key.key_id() })?.to_vec();
        self.0.set_read_timeout(None)?;
        Ok(AgentKey { public: key.clone(), blob, agent: Mutex::new(self) })
    }

    /// The answer to one request: its kind, then its body.
    fn ask(&mut self, kind: u8, body: &[u8]) -> Result<Vec<u8>, AgentError> {
        wire::send(&mut self.0, kind, body)?;
        let answer = wire::receive(&mut self.0, ANSWER_BYTES)?;
        answer.ok_or_else(|| AgentError::Unreachable(std::io::ErrorKind::UnexpectedEof.into()))
    }
}

/// The keys of an answer that lists them.
fn listed(answer: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Fields(answer.strip_prefix(&[wire::LISTED])?);
    let count = fields.number()?;
    let keys = (0..count).map(|_| {
        let blob = fields.string()?;
        let _comment = fields.string()?;
        Some(blob)
    });
    let keys: Option<Vec<&[u8]>> = keys.collect();
    keys.filter(|_| fields.0.is_empty())
}

/// A private key that an agent holds: custody `isolated-process` where the agent is out of the reach of whoever could
/// misuse the key.
#[derive(Debug)]
pub struct AgentKey {
    public: PublicKey,
    /// The key as the agent names it.
    blob: Vec<u8>,
    agent: Mutex<Agent>,
}

impl Signer for AgentKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &Pae) -> Result<Vec<u8>, SignError> {
        let unavailable = |error: AgentError| SignError::Unavailable { detail: error.to_string() };
        // No flags: they choose digests for RSA.
        let request = [wire::strings(&[&self.blob, message.as_bytes()]), vec![0; 4]].concat();
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = agent.ask(wire::SIGN, &request).map_err(|error| match error {
            // OpenSSH's agent hangs up.
            AgentError::Unreachable(_) if request.len() > ANSWER_BYTES => SignError::Refused {
                detail: format!(
                    "the agent ended the connection on {} bytes; OpenSSH's takes {ANSWER_BYTES}, `cdi key agent` more",
                    request.len()
                ),
            },
            error => unavailable(error),
        })?;
        match answer.split_first() {
            Some((&wire::SIGNED, body)) => Fields(body)
                .last()
                .and_then(|blob| wire::signature(self.public.algorithm(), blob))
                .ok_or_else(|| {
                    unavailable(AgentError::Malformed { what: "it has no signature of the key's algorithm" })
                }),
            Some((&wire::FAILURE, _)) => {
                Err(SignError::Refused { detail: "the agent said no, or whoever it asked".to_owned() })
            }
            _ => Err(unavailable(AgentError::Malformed { what: "it is no answer to a request to sign" })),
        }
    }
}
