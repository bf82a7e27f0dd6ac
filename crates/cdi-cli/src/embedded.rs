//! The environments that the gate in this program provides.

use std::collections::BTreeMap;
use std::sync::Arc;

use cdi_policy::PlatformProperty;
use cdi_recorder::{measure_libraries, measure_recorder};
use cdi_types::Runtime;
use cdi_verify::{Provenance, Verified};

use crate::decision::Embedded;
use crate::failure::Failure;

/// Each environment of the gate, with what it provides in the catalogue's words.
pub(crate) fn environments() -> Result<Embedded, Failure> {
    let word = |text: &str| {
        PlatformProperty::parse(text).ok_or_else(|| {
            Failure::failed("environment-property", format!("`{text}` is no platform property"))
        })
    };
    let of = |environment: &cdi_gate::Embedded| {
        let provides = environment.provides().iter().map(|text| word(text)).collect::<Result<_, _>>()?;
        Ok((environment.name(), provides))
    };
    cdi_gate::Embedded::ALL.iter().map(of).collect()
}

/// Argument zero of this program, as certifications of it as a runtime have it.
pub(crate) const PROGRAM: &str = "cdi";

/// How this program is set up in one of its environments.
pub(crate) fn settings(environment: &str) -> Result<BTreeMap<String, String>, Failure> {
    let names = cdi_gate::Embedded::ALL.map(cdi_gate::Embedded::name);
    let found = cdi_gate::Embedded::named(environment).map(cdi_gate::Embedded::settings);
    found.ok_or_else(|| {
        let message = format!("this program has no environment `{}`", environment.escape_debug());
        Failure::failed("environment-not-here", message).known("environments", environment, &names)
    })
}

/// Whether the evidence certifies a runtime, any one. Where it does not, nobody asks about them.
pub(crate) fn asked_for(provenance: &Verified<Provenance>) -> bool {
    let mut certifications = provenance.get().certifications().iter();
    certifications.any(|certification| certification.predicate().is_of_a_runtime())
}

/// This program as the runtime of one of its environments, measured; `None` for an environment that is not its own. It is a
/// large file to measure.
pub(crate) fn runtime(environment: &str) -> Result<Option<Arc<Runtime>>, Failure> {
    let Some(embedded) = cdi_gate::Embedded::named(environment) else { return Ok(None) };
    let program = measure_recorder()?;
    let runtime = Runtime {
        executable: program.sha256,
        libraries: measure_libraries(&program),
        program: PROGRAM.to_owned(),
        arguments: Vec::new(),
        environment: BTreeMap::new(),
        settings: embedded.settings(),
    };
    Ok(Some(Arc::new(runtime)))
}
