//! What provenance has to say.

use cdi_import::{Account, Gap};

use crate::InspectError;

/// What is expected of provenance. What is absent is not asked for; what is there is compared whole, byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The builder's id.
    pub builder: Option<String>,
    /// The type of the build.
    pub build_type: Option<String>,
    /// The name of the step.
    pub step: Option<String>,
    /// The URI or name of one of its inputs.
    pub input: Option<String>,
}

impl Expected {
    /// On `Ok` the account says all that is expected, and not that the run failed.
    ///
    /// # Errors
    /// [`InspectError::Unexpected`] for the first thing that is otherwise, [`Gap::RunFailed`].
    pub(crate) fn holds_of(&self, account: &Account) -> Result<(), InspectError> {
        same("builder", self.builder.as_ref(), account.builder.as_ref())?;
        same("build type", self.build_type.as_ref(), account.build_type.as_ref())?;
        same("step", self.step.as_ref(), account.step.as_ref())?;
        if let Some(input) = &self.input {
            let found = account.inputs.iter().map(|found| &found.name).find(|found| *found == input);
            let first = || account.inputs.first().map(|first| &first.name);
            same("input", Some(input), found.or_else(first))?;
        }
        match account.exit {
            Some(exit) if exit != 0 => Err(Gap::RunFailed { exit }.into()),
            _ => Ok(()),
        }
    }
}

fn same(what: &'static str, expected: Option<&String>, found: Option<&String>) -> Result<(), InspectError> {
    match expected {
        Some(expected) if found != Some(expected) => Err(InspectError::Unexpected {
            what,
            expected: expected.clone(),
            found: found.map_or_else(|| "none".to_owned(), |found| format!("`{found}`")),
        }),
        _ => Ok(()),
    }
}
