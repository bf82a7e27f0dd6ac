/// An agent that does not give what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Nobody answers at the socket, or the connection ended.
    #[error("the agent cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    /// What it answers is not in the agent's protocol.
    #[error("the agent's answer is not in its protocol: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// It does not hold this key.
    #[error("the agent does not hold the key `{key}`")]
    KeyMissing {
        /// The key's id.
        key: cdi_types::KeyId,
    },
}

impl AgentError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "agent-unreachable",
            Self::Malformed { .. } => "agent-malformed",
            Self::KeyMissing { .. } => "agent-key-missing",
        }
    }
}
