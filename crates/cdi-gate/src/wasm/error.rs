//! Why a guest was not loaded, or did not come to a regular end.

use std::path::PathBuf;

use wasmtime::Trap;

use super::{ArtifactKind, Profile, Refusal};

/// What kept a guest from a regular exit. Each variant means: nothing that the guest put out may be taken
/// for a result. A time limit is not among them: it ends the process (see `TIME_LIMIT_STATUS`).
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The artifact is not what this loader loads.
    #[error("artifact is `{found}`, expected `precompiled-module`")]
    NotPrecompiled {
        /// What its bytes claim to be.
        found: ArtifactKind,
    },
    /// The engine would not start with the profile.
    #[error("engine for profile `{profile}` did not start: {detail}")]
    EngineUnavailable {
        /// The profile asked for.
        profile: Profile,
        /// The engine's own words.
        detail: String,
    },
    /// The artifact was made by another version, for another profile, or is damaged.
    #[error("engine `{engine}` refused the artifact: {detail}")]
    ArtifactRefused {
        /// The engine by its name: that of a profile, or of the interpreter.
        engine: String,
        /// The engine's own words.
        detail: String,
    },
    /// The loader panicked over the artifact; the engine was abandoned.
    #[error("loader panicked over the artifact under profile `{profile}`")]
    LoaderPanicked {
        /// The profile that it was to run under.
        profile: Profile,
    },
    /// The module asks for something that this host does not offer.
    #[error("guest imports `{module}` `{name}`, which this host does not offer")]
    ImportUnavailable {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },
    /// An argument or environment variable cannot be passed without changing its meaning.
    #[error("cannot pass {what} `{value}` to the guest: {reason}")]
    RequestRefused {
        /// Which part of the request.
        what: &'static str,
        /// The value, with control characters escaped.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A granted directory could not be opened.
    #[error("granted directory `{}` could not be opened: {detail}", host.display())]
    DirectoryUnavailable {
        /// The directory on the host.
        host: PathBuf,
        /// The system's own words.
        detail: String,
    },
    /// The module needs more than its limits at once.
    #[error("guest could not start: {refusal}")]
    LimitExceeded {
        /// What was asked for.
        refusal: Refusal,
    },
    /// The module has no function `_start` without parameters and results.
    #[error("guest has no entry point `_start`")]
    EntryPointMissing,
    /// The module could not be instantiated for another reason.
    #[error("guest could not be instantiated: {detail}")]
    InstantiationFailed {
        /// The engine's own words.
        detail: String,
    },
    /// The guest did what WebAssembly forbids.
    #[error("guest trapped: {trap}{}", after(*refused))]
    Trapped {
        /// Which rule it broke.
        trap: Trap,
        /// The last growth that its limits refused before, often the reason.
        refused: Option<Refusal>,
    },
    /// A call into the host ended the guest, for example an exit status outside of 0 to 125.
    #[error("guest was ended by a host call: {detail}")]
    HostCallFailed {
        /// The engine's own words.
        detail: String,
    },
    /// The thread that enforces the time limit could not be started; the guest was not run without it.
    #[error("watchdog could not be started: {detail}")]
    WatchdogUnavailable {
        /// The system's own words.
        detail: String,
    },
}

impl EngineError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPrecompiled { .. } => "not-a-precompiled-module",
            Self::EngineUnavailable { .. } => "engine-unavailable",
            Self::ArtifactRefused { .. } => "artifact-refused-by-engine",
            Self::LoaderPanicked { .. } => "loader-panicked",
            Self::ImportUnavailable { .. } => "import-unavailable",
            Self::RequestRefused { .. } => "guest-request-refused",
            Self::DirectoryUnavailable { .. } => "directory-unavailable",
            Self::LimitExceeded { refusal } => refusal.code(),
            Self::EntryPointMissing => "entry-point-missing",
            Self::InstantiationFailed { .. } => "instantiation-failed",
            Self::Trapped { .. } => "guest-trapped",
            Self::HostCallFailed { .. } => "host-call-failed",
            Self::WatchdogUnavailable { .. } => "watchdog-unavailable",
        }
    }
}

fn after(refused: Option<Refusal>) -> String {
    refused.map(|refusal| format!(", after {refusal}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trap_names_the_growth_that_was_refused_before() {
        let error = EngineError::Trapped {
            trap: Trap::UnreachableCodeReached,
            refused: Some(Refusal::Memory { wanted: 131_072, limit: 65_536 }),
        };
        let expected = "guest trapped: wasm trap: wasm `unreachable` instruction executed, after it asked for 131072 \
                        bytes of memory, limit 65536";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.code(), "guest-trapped");
    }
}
