//! The gate's environments for WebAssembly: a closed list, one engine profile each, and with the feature `wasmi` an
//! interpreter. No report and no request chooses an engine's settings.

use std::collections::BTreeMap;

use cdi_wasm_profile::Profile;

use crate::wasm::{self, ArtifactKind, EngineError, GuestExit, GuestLimits, WasiRequest};

/// An environment of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedded {
    /// Linear memories lie in reserved address space with guard pages around them.
    GuardPages,
    /// Nothing is reserved: the code must compare every access with its bound.
    SoftwareChecks,
    /// Nothing is compiled: an interpreter compares every access with its bound.
    #[cfg(feature = "wasmi")]
    Interpreter,
}

impl Embedded {
    /// Every environment, the default first.
    #[cfg(not(feature = "wasmi"))]
    pub const ALL: [Self; 2] = [Self::GuardPages, Self::SoftwareChecks];
    /// Every environment, the default first.
    #[cfg(feature = "wasmi")]
    pub const ALL: [Self; 3] = [Self::GuardPages, Self::SoftwareChecks, Self::Interpreter];

    /// The name by which configurations and commands speak of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GuardPages => "embedded",
            Self::SoftwareChecks => "embedded-software-checks",
            #[cfg(feature = "wasmi")]
            Self::Interpreter => "embedded-interpreter",
        }
    }

    /// The environment of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.name() == name)
    }

    /// The environment for which these bytes say that they were compiled, if they say so. Anybody can write that: it is to be
    /// told, and the engine compares for itself what it loads.
    #[must_use]
    pub fn claimed_by(artifact: &[u8]) -> Option<Self> {
        let profile = Profile::claimed_by(artifact)?;
        Self::ALL.into_iter().find(|environment| environment.profile() == Some(profile))
    }

    /// What kinds of artifact it runs.
    #[must_use]
    pub const fn runs(self) -> &'static [ArtifactKind] {
        match self {
            Self::GuardPages | Self::SoftwareChecks => &[ArtifactKind::PrecompiledModule],
            #[cfg(feature = "wasmi")]
            Self::Interpreter => &[ArtifactKind::WasmModule],
        }
    }

    /// What it provides, in the catalogue's words. A guest gets no network in any.
    #[must_use]
    pub const fn provides(self) -> &'static [&'static str] {
        match self {
            Self::GuardPages => &["GUARD_PAGES=WASMTIME_4GIB_32MIB", "NETWORK_ISOLATION"],
            Self::SoftwareChecks => &["NETWORK_ISOLATION"],
            #[cfg(feature = "wasmi")]
            Self::Interpreter => &["NETWORK_ISOLATION"],
        }
    }

    /// The settings that a certification of this program as a runtime describes: which environment it is, and the engine's.
    #[must_use]
    pub fn settings(self) -> BTreeMap<String, String> {
        let own = [("environment".to_owned(), self.name().to_owned())];
        let engine = match self {
            Self::GuardPages => Profile::GuardPages.host_settings(),
            Self::SoftwareChecks => Profile::SoftwareChecks.host_settings(),
            #[cfg(feature = "wasmi")]
            Self::Interpreter => wasm::interpreter_settings(),
        };
        engine.into_iter().chain(own).collect()
    }

    /// The profile that its modules are compiled for; `None` where none are.
    pub(crate) const fn profile(self) -> Option<Profile> {
        match self {
            Self::GuardPages => Some(Profile::GuardPages),
            Self::SoftwareChecks => Some(Profile::SoftwareChecks),
            #[cfg(feature = "wasmi")]
            Self::Interpreter => None,
        }
    }

    /// Runs it. Only a driver calls this, for bytes that were decided about.
    pub(crate) fn run(
        self,
        artifact: &[u8],
        request: &WasiRequest,
        limits: GuestLimits,
    ) -> Result<GuestExit, EngineError> {
        match self {
            Self::GuardPages => wasm::run_precompiled(artifact, Profile::GuardPages, request, limits),
            Self::SoftwareChecks => wasm::run_precompiled(artifact, Profile::SoftwareChecks, request, limits),
            #[cfg(feature = "wasmi")]
            Self::Interpreter => wasm::run_bytecode(artifact, request, limits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_pages_that_are_promised_are_those_of_the_profile() {
        let settings = Embedded::GuardPages.settings();
        assert_eq!(settings.get("memory-reservation").map(String::as_str), Some("4294967296"));
        assert_eq!(settings.get("memory-guard-size").map(String::as_str), Some("33554432"));
        let without = Embedded::SoftwareChecks.settings();
        assert_eq!(without.get("memory-guard-size").map(String::as_str), Some("0"));
        assert!(!Embedded::SoftwareChecks.provides().iter().any(|word| word.starts_with("GUARD_PAGES")));
    }

    #[test]
    fn names_lead_back_to_their_environment() {
        for environment in Embedded::ALL {
            assert_eq!(Embedded::named(environment.name()), Some(environment));
        }
        assert_eq!(Embedded::named("none"), None);
    }
}
