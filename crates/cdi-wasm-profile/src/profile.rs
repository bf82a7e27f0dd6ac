//! The profiles themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use wasmtime::{Config, Result};

use crate::setting::{apply_all, render_all};
use crate::{MemoryLayout, engine};

/// One complete engine configuration, shared by the compiler tool and the host.
///
/// The list is closed: a new profile is a new variant with a new name, and an old name never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// The host's unmapped pages stop accesses outside a memory: fast, and safe only on a host that lays them out.
    GuardPages,
    /// The machine code compares every access with the memory's size itself.
    SoftwareChecks,
}

/// A name that stands in no closed list of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{found}`: expected one of {expected}")]
pub struct UnknownName {
    what: &'static str,
    code: &'static str,
    found: String,
    expected: String,
}

impl UnknownName {
    fn new<const N: usize>(
        what: &'static str,
        code: &'static str,
        found: &str,
        expected: [&'static str; N],
    ) -> Self {
        let expected = expected.map(|name| format!("`{name}`")).join(", ");
        Self { what, code, found: found.to_owned(), expected }
    }

    pub(crate) fn opt_level(found: &str) -> Self {
        Self::new("optimisation level", "unknown-opt-level", found, crate::OptLevel::ALL.map(|l| l.name()))
    }

    pub(crate) fn mitigations(found: &str) -> Self {
        let names = crate::SpectreMitigations::ALL.map(|choice| choice.name());
        Self::new("choice of spectre mitigations", "unknown-spectre-mitigations", found, names)
    }

    /// The stable code: `unknown-profile`, `unknown-opt-level` or `unknown-spectre-mitigations`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::GuardPages, Self::SoftwareChecks];

    /// The stable name, as reports, node descriptions and command lines carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GuardPages => "wasmtime-48-guard-pages",
            Self::SoftwareChecks => "wasmtime-48-software-checks",
        }
    }

    /// How linear memories lie in the address space.
    #[must_use]
    pub const fn memory(self) -> MemoryLayout {
        match self {
            Self::GuardPages => MemoryLayout::GUARD_PAGES,
            Self::SoftwareChecks => MemoryLayout::SOFTWARE_CHECKS,
        }
    }

    /// The host's configuration: every setting is pinned, and there is no compiler in it even in a build that has one.
    ///
    /// An engine made from it accepts what the compiler tool made for the same profile, and refuses what it made for
    /// another. It accepts forgeries too: only a decision about the artifact's history makes loading it sound.
    ///
    /// # Errors
    ///
    /// The engine's own, if it does not know a pinned value; none for the pinned version on x86-64 Linux.
    pub fn config(self) -> Result<Config> {
        let mut config = Config::new();
        #[cfg(feature = "compiler")]
        config.enable_compiler(false);
        apply_all(&engine::rows(self), &mut config)?;
        Ok(config)
    }

    /// What a host that runs this profile supplies, by stable names; a subset of what the compiler tool states.
    #[must_use]
    pub fn host_settings(self) -> BTreeMap<String, String> {
        render_all(&engine::rows(self))
    }
}

impl FromStr for Profile {
    type Err = UnknownName;

    /// The profile of exactly this name: no prefix, no other case.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let names = Self::ALL.map(Self::name);
        let found = Self::ALL.into_iter().find(|profile| profile.name() == name);
        found.ok_or_else(|| UnknownName::new("profile", "unknown-profile", name, names))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_own_profile() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
    }

    #[test]
    fn names_that_are_not_exact_are_refused() {
        for name in ["", "wasmtime-48", "WASMTIME-48-GUARD-PAGES", "wasmtime-48-guard-pages ", "guard-pages"]
        {
            assert_eq!(name.parse::<Profile>().unwrap_err().code(), "unknown-profile");
        }
    }

    #[test]
    fn every_profile_makes_an_engine() {
        for profile in Profile::ALL {
            assert!(wasmtime::Engine::new(&profile.config().unwrap()).is_ok(), "{profile}");
        }
    }

    /// Settings whose name in the engine's own rendering differs by more than its dashes.
    const RENAMED: [(&str, &str); 3] =
        [("fuel", "consume_fuel"), ("debug-info", "debug_native"), ("address-map", "generate_address_map")];

    #[test]
    fn configurations_carry_what_the_settings_state() {
        let plain = [
            "memory-reservation",
            "memory-guard-size",
            "memory-reservation-for-growth",
            "guard-before-linear-memory",
            "memory-may-move",
            "epoch-interruption",
            "table-lazy-init",
            "relaxed-simd-deterministic",
            "concurrency-support",
            "debug-symbols",
            "memory-init-cow",
            "signals-based-traps",
        ];
        for profile in Profile::ALL {
            let (config, settings) = (format!("{:?}", profile.config().unwrap()), profile.host_settings());
            let renamed = RENAMED.map(|(name, field)| (name, field.to_owned()));
            for (name, field) in plain.map(|name| (name, name.replace('-', "_"))).into_iter().chain(renamed) {
                let expected = format!(" {field}: {},", settings[name]);
                assert!(config.contains(&expected), "{profile}: no{expected} in {config}");
            }
        }
    }

    #[test]
    fn no_setting_is_left_to_the_environment() {
        // The engine reads WASMTIME_BACKTRACE_DETAILS unless told not to; `unsafe` keeps a test from setting it here.
        for profile in Profile::ALL {
            assert_eq!(profile.host_settings()["wasm-backtrace-details"], "none");
            assert!(format!("{:?}", profile.config().unwrap()).contains("parse_wasm_debuginfo: false"));
        }
    }

    #[test]
    fn exactly_the_listed_features_are_on() {
        for profile in Profile::ALL {
            let config = format!("{:?}", profile.config().unwrap());
            for (name, feature) in wasmtime::WasmFeatures::all().iter_names() {
                let on = crate::wasm_features().contains(feature);
                assert!(config.contains(&format!("wasm_{}: {on}", name.to_lowercase())), "{name}");
            }
        }
    }

    #[test]
    fn the_profiles_state_different_bounds_checks() {
        assert_eq!(Profile::GuardPages.host_settings()["bounds-checks"], "guard-pages");
        assert_eq!(Profile::SoftwareChecks.host_settings()["bounds-checks"], "explicit");
    }
}
