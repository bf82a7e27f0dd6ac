//! The rows of the table that only a code generator applies, and the configuration that they complete.
//!
//! The loader compares none of these; what they were can be known from the compiler tool's report alone.

use std::collections::BTreeMap;

use wasmtime::{Config, RegallocAlgorithm, Result, Strategy};

use crate::mitigation::Mitigation;
use crate::setting::{Setting, apply_all, render_all};
use crate::{CompilerOptions, ENGINE_VERSION, HEAP_MITIGATION, OptLevel, Profile, TABLE_MITIGATION, engine};

impl Profile {
    /// The compiler tool's configuration: artifacts made under it load under [`Profile::config`] of the same profile,
    /// whatever the options.
    ///
    /// # Errors
    ///
    /// As [`Profile::config`].
    pub fn compiler_config(self, options: &CompilerOptions) -> Result<Config> {
        let mut config = Config::new();
        apply_all(&rows(self, options), &mut config)?;
        Ok(config)
    }

    /// Every engine setting that changes what the machine code enforces, by stable names; exactly what
    /// [`Profile::compiler_config`] applies with the same options.
    #[must_use]
    pub fn settings(self, options: &CompilerOptions) -> BTreeMap<String, String> {
        render_all(&rows(self, options))
    }
}

fn rows(profile: Profile, options: &CompilerOptions) -> Vec<Setting> {
    let mut rows = engine::rows(profile);
    rows.extend(code_generator(options));
    rows
}

fn code_generator(options: &CompilerOptions) -> Vec<Setting> {
    let mitigated = options.spectre_mitigations.enabled();
    vec![
        Setting::stated("compiler", "cranelift"),
        Setting::stated("compiler-version", ENGINE_VERSION),
        Setting::word("strategy", "cranelift", |config, _| {
            config.strategy(Strategy::Cranelift);
            Ok(())
        }),
        // Follows from naming the target: nothing is inferred from the machine that compiles.
        Setting::stated("cpu-features", "target-baseline"),
        opt_level(options.opt_level),
        Setting::word("regalloc", "backtracking", |config, _| {
            config.cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking);
            Ok(())
        }),
        Setting::mitigation(HEAP_MITIGATION, mitigated, Mitigation::HeapAccess),
        Setting::mitigation(TABLE_MITIGATION, mitigated, Mitigation::TableAccess),
        Setting::flag("cranelift-verifier", true, Config::cranelift_debug_verifier),
        Setting::flag("cranelift-debug-checks", false, Config::cranelift_wasmtime_debug_checks),
        Setting::flag("nan-canonicalization", false, Config::cranelift_nan_canonicalization),
    ]
}

fn opt_level(level: OptLevel) -> Setting {
    let apply: fn(&mut Config, &str) -> Result<()> = match level {
        OptLevel::None => |config, _| {
            config.cranelift_opt_level(wasmtime::OptLevel::None);
            Ok(())
        },
        OptLevel::Speed => |config, _| {
            config.cranelift_opt_level(wasmtime::OptLevel::Speed);
            Ok(())
        },
        OptLevel::SpeedAndSize => |config, _| {
            config.cranelift_opt_level(wasmtime::OptLevel::SpeedAndSize);
            Ok(())
        },
    };
    Setting::word("opt-level", level.name(), apply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpectreMitigations;
    use crate::setting::row_names;

    const UNMITIGATED: CompilerOptions = CompilerOptions {
        opt_level: OptLevel::Speed,
        spectre_mitigations: SpectreMitigations::DangerouslyOff,
    };

    #[test]
    fn no_setting_stands_twice() {
        let rows = rows(Profile::GuardPages, &CompilerOptions::default());
        assert_eq!(render_all(&rows).len(), row_names(&rows).len());
    }

    #[test]
    fn the_compiler_states_all_that_the_host_supplies() {
        for profile in Profile::ALL {
            let stated = profile.settings(&CompilerOptions::default());
            for (name, value) in profile.host_settings() {
                assert_eq!(stated.get(&name), Some(&value), "{name}");
            }
        }
    }

    #[test]
    fn switched_off_mitigations_change_exactly_two_settings() {
        let on = Profile::GuardPages.settings(&CompilerOptions::default());
        let off = Profile::GuardPages.settings(&UNMITIGATED);
        let changed: Vec<&str> = on
            .iter()
            .filter(|(name, value)| off.get(*name) != Some(value))
            .map(|(name, _)| &**name)
            .collect();
        assert_eq!(changed, [HEAP_MITIGATION, TABLE_MITIGATION]);
        assert_eq!(off[HEAP_MITIGATION], "false");
    }

    #[test]
    fn the_flags_that_reach_the_code_generator_are_those_stated() {
        for (options, expected) in [(CompilerOptions::default(), "true"), (UNMITIGATED, "false")] {
            let config = format!("{:?}", Profile::SoftwareChecks.compiler_config(&options).unwrap());
            for flag in ["enable_heap_access_spectre_mitigation", "enable_table_access_spectre_mitigation"] {
                assert!(config.contains(&format!("\"{flag}\": (\"{expected}\"")), "{flag}: {config}");
            }
        }
    }

    #[test]
    fn every_combination_of_options_makes_an_engine() {
        for profile in Profile::ALL {
            for opt_level in OptLevel::ALL {
                for spectre_mitigations in SpectreMitigations::ALL {
                    let options = CompilerOptions { opt_level, spectre_mitigations };
                    let config = profile.compiler_config(&options).unwrap();
                    assert!(wasmtime::Engine::new(&config).is_ok(), "{profile} {options:?}");
                }
            }
        }
    }
}
