//! The rows of the table that bind host and code generator alike.
//!
//! The engine compares nearly all of them when it loads an artifact. None is left to a default: the engine's defaults
//! change with the features that cargo compiles in and with `WASMTIME_BACKTRACE_DETAILS` in the environment.

use wasmtime::{
    Config, Inlining, InstanceAllocationStrategy, ModuleVersionStrategy, ProfilingStrategy,
    WasmBacktraceDetails,
};

use crate::setting::Setting;
use crate::{MemoryLayout, Profile};

/// The version of the engine, as pinned in this crate's manifest.
pub const ENGINE_VERSION: &str = "48.0.8";

/// The target of every profile. Naming it, even where it is the host, keeps the features of the compiling machine's
/// processor out of the code, so that an artifact is the same wherever it is made.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Stack that a guest may use: 1 MiB, half of the smallest stack that a Rust host runs guests on.
const MAX_WASM_STACK: u64 = 1 << 20;

/// The rows of `profile` that both sides apply.
pub(crate) fn rows(profile: Profile) -> Vec<Setting> {
    let mut rows = identity(profile);
    rows.extend(memory(profile.memory()));
    rows.extend(instrumentation());
    rows.extend(metadata());
    rows
}

fn identity(profile: Profile) -> Vec<Setting> {
    vec![
        Setting::stated("profile", profile.name()),
        Setting::stated("engine", "wasmtime"),
        // The engine's own strategy compares the major version only; a release that mends a miscompilation is a minor.
        Setting::word("engine-version", ENGINE_VERSION, |config, version| {
            config.module_version(ModuleVersionStrategy::Custom(version.to_owned())).map(drop)
        }),
        Setting::word("target", TARGET, |config, triple| config.target(triple).map(drop)),
        Setting::features("wasm-features"),
        Setting::flag("gc-support", false, Config::gc_support),
        Setting::flag("concurrency-support", false, Config::concurrency_support),
        Setting::flag("shared-memory", false, Config::shared_memory),
    ]
}

fn memory(layout: MemoryLayout) -> Vec<Setting> {
    vec![
        Setting::stated("bounds-checks", layout.bounds_checks().name()),
        Setting::bytes("memory-reservation", layout.reservation, Config::memory_reservation),
        Setting::bytes("memory-guard-size", layout.guard_size, Config::memory_guard_size),
        Setting::bytes(
            "memory-reservation-for-growth",
            layout.reservation_for_growth,
            Config::memory_reservation_for_growth,
        ),
        Setting::flag("guard-before-linear-memory", layout.guard_before, Config::guard_before_linear_memory),
        Setting::flag("memory-may-move", layout.may_move, Config::memory_may_move),
        Setting::flag("memory-init-cow", layout.copy_on_write, Config::memory_init_cow),
        // On in both profiles: an explicit check that also holds under speculation ends in a load from address zero.
        // The engine refuses to combine the mitigations with anything else.
        Setting::flag("signals-based-traps", true, Config::signals_based_traps),
        Setting::bytes("max-wasm-stack", MAX_WASM_STACK, |config, bytes| {
            config.max_wasm_stack(usize::try_from(bytes).unwrap_or(usize::MAX))
        }),
        Setting::flag("table-lazy-init", true, Config::table_lazy_init),
        Setting::word("instance-allocation", "on-demand", |config, _| {
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            Ok(())
        }),
    ]
}

fn instrumentation() -> Vec<Setting> {
    vec![
        Setting::flag("fuel", false, Config::consume_fuel),
        Setting::flag("epoch-interruption", false, Config::epoch_interruption),
        Setting::flag("relaxed-simd-deterministic", true, Config::relaxed_simd_deterministic),
        Setting::word("inlining", "none", |config, _| {
            config.compiler_inlining(Inlining::No);
            Ok(())
        }),
        Setting::word("profiler", "none", |config, _| {
            config.profiler(ProfilingStrategy::None);
            Ok(())
        }),
    ]
}

fn metadata() -> Vec<Setting> {
    vec![
        Setting::flag("debug-info", false, Config::debug_info),
        Setting::flag("debug-symbols", false, Config::debug_symbols),
        Setting::word("wasm-backtrace-details", "none", |config, _| {
            config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
            Ok(())
        }),
        Setting::flag("address-map", false, Config::generate_address_map),
        Setting::flag("native-unwind-info", false, Config::native_unwind_info),
        Setting::flag("branch-hinting", false, Config::wasm_branch_hinting),
        Setting::flag("metadata-for-internal-asserts", false, Config::metadata_for_internal_asserts),
        Setting::flag("metadata-for-gc-heap-corruption", false, Config::metadata_for_gc_heap_corruption),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::{render_all, row_names};

    #[test]
    fn the_stated_version_is_the_pinned_one() {
        let manifest = include_str!("../Cargo.toml");
        assert!(manifest.contains(&format!("wasmtime = {{ version = \"={ENGINE_VERSION}\"")));
    }

    #[test]
    fn no_setting_stands_twice() {
        for profile in Profile::ALL {
            let rows = rows(profile);
            assert_eq!(render_all(&rows).len(), row_names(&rows).len());
        }
    }
}
