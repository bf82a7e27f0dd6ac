//! What whoever runs the compiler tool may choose; everything else is the profile's.

use std::fmt;
use std::str::FromStr;

use crate::UnknownName;

/// The choices of one compilation. None of them changes which host profile accepts the artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CompilerOptions {
    /// How hard the code generator optimises.
    pub opt_level: OptLevel,
    /// Whether out-of-bounds accesses are guarded under speculation too.
    pub spectre_mitigations: SpectreMitigations,
}

/// How hard the code generator optimises. It must not change what the code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OptLevel {
    /// Not at all.
    None,
    /// For speed.
    #[default]
    Speed,
    /// For speed, then for size.
    SpeedAndSize,
}

/// Whether bounds checks of memories and tables hold under speculative execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SpectreMitigations {
    /// They do.
    #[default]
    On,
    /// They do not: a misprediction may read outside. No engine refuses such code when it loads it.
    DangerouslyOff,
}

impl OptLevel {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::None, Self::Speed, Self::SpeedAndSize];

    /// The name on the command line and in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Speed => "speed",
            Self::SpeedAndSize => "speed-and-size",
        }
    }
}

impl SpectreMitigations {
    /// Both choices.
    pub const ALL: [Self; 2] = [Self::On, Self::DangerouslyOff];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::DangerouslyOff => "dangerously-off",
        }
    }

    /// Whether the code generator's two flags are set.
    #[cfg(feature = "compiler")]
    pub(crate) const fn enabled(self) -> bool {
        matches!(self, Self::On)
    }
}

impl FromStr for OptLevel {
    type Err = UnknownName;

    /// The level of exactly this name.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or_else(|| UnknownName::opt_level(name))
    }
}

impl FromStr for SpectreMitigations {
    type Err = UnknownName;

    /// The choice of exactly this name.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
            .ok_or_else(|| UnknownName::mitigations(name))
    }
}

impl fmt::Display for OptLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for SpectreMitigations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_own_value() {
        for level in OptLevel::ALL {
            assert_eq!(level.name().parse(), Ok(level));
        }
        for choice in SpectreMitigations::ALL {
            assert_eq!(choice.name().parse(), Ok(choice));
        }
    }

    #[test]
    fn mitigations_cannot_be_switched_off_by_a_plain_off() {
        assert_eq!("off".parse::<SpectreMitigations>().unwrap_err().code(), "unknown-spectre-mitigations");
    }

    #[test]
    fn the_default_keeps_the_mitigations() {
        assert_eq!(CompilerOptions::default().spectre_mitigations, SpectreMitigations::On);
    }
}
