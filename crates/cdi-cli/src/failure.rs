//! How a command ends when it did not do what was asked.

use std::fmt;
use std::process::ExitCode;

/// What an end means for whoever waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command could not do its work: bad input, a file that is not there, a full disk.
    Failed,
    /// A decision was made, and it is no.
    Denied,
    /// No decision could be made.
    Undecided,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Undecided => "undecided",
        }
    }
}

/// A failure: a stable code, one sentence for what happened, and hints for what to try.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
    /// Whether the command has already said everything on standard output or error.
    pub(crate) told: bool,
}

impl Failure {
    pub(crate) fn new(kind: Kind, code: &'static str, message: impl fmt::Display) -> Self {
        Self { kind, code, message: message.to_string(), hints: Vec::new(), told: false }
    }

    pub(crate) fn failed(code: &'static str, message: impl fmt::Display) -> Self {
        Self::new(Kind::Failed, code, message)
    }

    /// An end that the command has already explained.
    pub(crate) fn told(kind: Kind, code: &'static str) -> Self {
        Self { told: true, ..Self::new(kind, code, "") }
    }

    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// Says first what the failure is about: a file, say.
    pub(crate) fn about(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

/// Errors that carry a stable code become failures with that code and the error's own words.
macro_rules! failures_from {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::failed(error.code(), &error)
            }
        }
    )*};
}

failures_from! {
    cdi_types::NameError,
    cdi_types::PathError,
    cdi_types::StatementError,
    cdi_types::PredicateError,
    cdi_types::DigestError,
    cdi_types::BundleError,
    cdi_policy::PolicyError,
    cdi_policy::ConfigurationError,
    cdi_gate::GateError,
    cdi_keys::SealError,
    cdi_keys::PrivateKeyError,
    cdi_keys::AgentError,
    cdi_envelope::KeyError,
    cdi_envelope::EnvelopeError,
    cdi_authority::RequestError,
    cdi_authority::RecordError,
    cdi_authority::ClaimsError,
}

impl From<cdi_store::StoreError> for Failure {
    fn from(error: cdi_store::StoreError) -> Self {
        let no_bundle = matches!(error, cdi_store::StoreError::NoBundle { .. });
        let failure = Self::failed(error.code(), error);
        if no_bundle {
            failure.hint("the bundle of `FILE` is `FILE.intoto.jsonl`, beside it")
        } else {
            failure
        }
    }
}

/// Which exit status stands for which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statuses {
    /// 1 denied, 2 everything else that is not done.
    Own,
    /// 125 failed, 126 denied, 127 could not decide: for commands that pass a child's status through.
    Child,
}

impl Statuses {
    pub(crate) fn of(self, failure: &Failure) -> ExitCode {
        ExitCode::from(match (self, failure.kind) {
            (Self::Own, Kind::Denied) => 1,
            (Self::Own, Kind::Failed | Kind::Undecided) => 2,
            (Self::Child, Kind::Failed) => 125,
            (Self::Child, Kind::Denied) => 126,
            (Self::Child, Kind::Undecided) => 127,
        })
    }
}
