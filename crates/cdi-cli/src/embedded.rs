//! The environments that the gate in this program provides.

use cdi_policy::PlatformProperty;

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
