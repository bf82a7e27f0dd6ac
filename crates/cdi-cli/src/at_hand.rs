//! The environments of this machine that are here, for placement and for a node's report: what each runs, provides and costs.
//!
//! Prices and reports are about what a program can be given here and now. Nothing that is measured takes part in whether a
//! place is lawful.

use cdi_gate::{ArtifactKind, Driver};
use cdi_policy::{Configuration, PlatformProperty};
use cdi_types::{EnvironmentKind, Overheads};

use crate::command::environment::measured::{Measured, Measurements};
use crate::embedded;
use crate::failure::Failure;
use crate::memory::StateArguments;

/// An environment that something can be run in now.
pub(crate) struct AtHand {
    pub(crate) name: String,
    pub(crate) kind: EnvironmentKind,
    /// What it provides, as the gate says of itself.
    pub(crate) provides: Vec<PlatformProperty>,
    pub(crate) runs: &'static [ArtifactKind],
    pub(crate) overheads: Overheads,
}

/// Those that are available; one that a configuration must describe only where it does.
pub(crate) fn at_hand(
    configuration: Option<&Configuration>,
    state: &StateArguments,
) -> Result<Vec<AtHand>, Failure> {
    let described = |driver: &Driver| {
        let mut all = configuration.iter().flat_map(|configuration| configuration.environments());
        all.any(|environment| environment.name.as_str() == driver.name())
    };
    let measured = Measurements::read(state)?.environments;
    let drivers = embedded::drivers(configuration)?;
    let drivers = drivers.into_iter().filter(|driver| !driver.only_if_described() || described(driver));
    let of = |driver: Driver| {
        Ok(AtHand {
            name: driver.name().to_owned(),
            kind: driver.kind(),
            provides: embedded::provides(&driver)?,
            runs: driver.runs(),
            overheads: overheads(&driver, measured.get(driver.name())),
        })
    };
    drivers.filter(|driver| driver.available().is_ok()).map(of).collect()
}

/// What `cdi environment bench` has measured on this machine; else what it measured on another (`docs/environments.md`).
fn overheads(driver: &Driver, measured: Option<&Measured>) -> Overheads {
    if let Some(measured) = measured {
        return Overheads {
            start_up_micros: measured.start_micros,
            memory_bytes: measured.memory_bytes,
            cpu_milli: 0,
            slowdown_permille: measured.computing_permille.max(1_000),
        };
    }
    let (start_up_micros, mebibytes, slowdown_permille) = match driver.inside() {
        // Evidence verified anew: three signatures are most of it. What the checks of the code cost is in the code.
        EnvironmentKind::Embedded => (140, 0, 1_000),
        EnvironmentKind::Process => (8_800, 9, 1_000),
        EnvironmentKind::Confined | EnvironmentKind::WasmRuntime => (18_000, 9, 1_000),
        EnvironmentKind::Crun => (115_000, 11, 1_000),
        EnvironmentKind::Runc => (203_000, 18, 1_000),
        EnvironmentKind::Gvisor
        | EnvironmentKind::Kata
        | EnvironmentKind::Sgx
        | EnvironmentKind::Tdx
        | EnvironmentKind::SevSnp => (620_000, 42, 1_160),
    };
    let slowdown_permille = match driver.kind() {
        _ if !driver.runs().contains(&ArtifactKind::WasmModule) => slowdown_permille,
        // The interpreter, over code that was compiled ahead of time.
        EnvironmentKind::Embedded => 10_000,
        // What each declared runtime makes of bytecode is not known.
        _ => 2_000,
    };
    Overheads { start_up_micros, memory_bytes: mebibytes << 20, cpu_milli: 0, slowdown_permille }
}
