//! The environments that the gate in this program provides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cdi_gate::{Driver, EnvironmentKind, RunBy};
use cdi_policy::{Configuration, PlatformProperty};
use cdi_recorder::{measure_libraries, measure_recorder};
use cdi_types::Runtime;
use cdi_verify::{Provenance, Verified};

use crate::decision::Embedded;
use crate::failure::Failure;
use crate::starting::unavailable;
use crate::terminal;

/// Each environment of the gate that a configuration need not describe, with what it provides in the catalogue's words.
pub(crate) fn environments() -> Result<Embedded, Failure> {
    named(Driver::all().iter().filter(|driver| !driver.only_if_described()))
}

/// Those of them that are there wherever this program is.
pub(crate) fn everywhere() -> Result<Embedded, Failure> {
    named(Driver::all().iter().filter(|driver| driver.kind() == EnvironmentKind::Embedded))
}

fn named<'d>(drivers: impl Iterator<Item = &'d Driver>) -> Result<Embedded, Failure> {
    let of = |driver: &Driver| Ok((driver.name().to_owned(), provides(driver)?));
    drivers.map(of).collect()
}

/// What an environment provides.
pub(crate) fn provides(driver: &Driver) -> Result<Vec<PlatformProperty>, Failure> {
    let word = |text: &str| {
        PlatformProperty::parse(text).ok_or_else(|| {
            Failure::failed("environment-property", format!("`{text}` is no platform property"))
        })
    };
    driver.provides().iter().map(|text| word(text)).collect()
}

/// The gate's own environments, and the runtimes that a configuration declares.
///
/// # Errors
/// `environment-name-taken`.
pub(crate) fn drivers(configuration: Option<&Configuration>) -> Result<Vec<Driver>, Failure> {
    let Some(configuration) = configuration else { return Ok(Driver::all()) };
    Driver::with_declared(configuration).map_err(|error| {
        Failure::failed(error.code(), error).hint("call it otherwise, by the runtime's name perhaps")
    })
}

/// Warns of environments that a configuration describes and that nobody has: neither this gate, nor the model, nor is a runtime
/// declared for them. Decisions can be asked for there; nothing is ever placed in them, as in one whose name is misspelt.
pub(crate) fn warn_of_unknown(configuration: &Configuration, drivers: &[Driver]) {
    let model = cdi_placement::EnvironmentKind::ALL.iter().map(|kind| kind.as_str());
    let known: BTreeSet<&str> = drivers.iter().map(Driver::name).chain(model).collect();
    let described = configuration.environments().iter().map(|environment| environment.name.as_str());
    for name in described.filter(|name| !known.contains(name)) {
        let message = format!(
            "the configuration describes the environment `{name}`, which this gate does not have: nothing is placed in it"
        );
        let warning = Failure::failed("environment-not-offered", message).meant(name, known.iter().copied());
        terminal::warning(&warning);
    }
}

/// The driver of this name.
///
/// # Errors
/// `environment-not-here`.
pub(crate) fn driver<'d>(drivers: &'d [Driver], name: &str) -> Result<&'d Driver, Failure> {
    Driver::named(drivers, name).ok_or_else(|| {
        let names: Vec<&str> = drivers.iter().map(Driver::name).collect();
        let message = format!("this program cannot run anything in `{}`", name.escape_debug());
        let hint = format!("its environments are {}; `cdi verify` decides for others too", names.join(", "));
        Failure::failed("environment-not-here", message).hint(hint)
    })
}

/// How the runtime of an environment is set up; one that a configuration declares has to be here.
pub(crate) fn settings(driver: &Driver) -> Result<BTreeMap<String, String>, Failure> {
    if driver.kind() != EnvironmentKind::WasmRuntime {
        return Ok(driver.settings());
    }
    let measured = driver.measure().map_err(|reason| unavailable(driver, &reason))?;
    Ok(measured.map_or_else(|| driver.settings(), |runtime| runtime.settings))
}

/// Whether a decision about a place speaks of the place's runtime, whatever the evidence says.
pub(crate) fn is_another_program(drivers: &[Driver], environment: &str) -> bool {
    Driver::named(drivers, environment).is_some_and(|driver| driver.run_by() == RunBy::Executable)
}

/// Whether the evidence certifies a runtime, any one. Where it does not, nobody asks about them.
pub(crate) fn asked_for(provenance: &Verified<Provenance>) -> bool {
    let mut certifications = provenance.get().certifications().iter();
    certifications.any(|certification| certification.predicate().is_of_a_runtime())
}

/// The runtime of an environment of the gate, measured; `None` for an environment that is not the gate's. It is a large file
/// to measure.
pub(crate) fn runtime(drivers: &[Driver], environment: &str) -> Result<Option<Arc<Runtime>>, Failure> {
    let Some(driver) = Driver::named(drivers, environment) else { return Ok(None) };
    match driver.run_by() {
        RunBy::ThisProgram => this_program(driver).map(Some),
        // What is not here supplies nothing; whoever wants to run something in it is told so.
        RunBy::Executable => Ok(driver.measure().ok().flatten().map(Arc::new)),
    }
}

fn this_program(driver: &Driver) -> Result<Arc<Runtime>, Failure> {
    let program = measure_recorder()?;
    Ok(Arc::new(Runtime {
        executable: program.sha256,
        libraries: measure_libraries(&program),
        program: driver.program().to_owned(),
        arguments: Vec::new(),
        environment: BTreeMap::new(),
        settings: driver.settings(),
    }))
}
