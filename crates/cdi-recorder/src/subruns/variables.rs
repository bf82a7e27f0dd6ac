//! The environment of a sub-run as its report tells it.
//!
//! Every name is told. A value is told if whoever started the build told it, or if it is one that build systems and shells
//! set by themselves and that says nothing about anybody; any other is committed to.

use std::collections::BTreeMap;

use cdi_types::EnvironmentValue;

use crate::environment::recorded;
use crate::{Disclosure, RecordError, Salt};

/// What shells, make and their users set in every build: where and in which language programs run, and how make's jobs are
/// counted.
const TOLD: [&str; 16] = [
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKE_TERMERR",
    "MAKE_TERMOUT",
    "MFLAGS",
    "OLDPWD",
    "PATH",
    "PWD",
    "SHLVL",
    "SOURCE_DATE_EPOCH",
    "TMPDIR",
    "TZ",
    "_",
];
/// Between make's flags and the variables that its user has set, which are nobody else's business.
const DEFINITIONS: &str = " -- ";

/// Variables by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Reads them from the kernel's copy of an environment.
    ///
    /// # Errors
    /// Something that a report cannot tell: a name that stands there twice, no name, or other text than UTF-8.
    pub(super) fn read(block: &[u8]) -> Result<Self, RecordError> {
        let mut variables = BTreeMap::new();
        for entry in block.split(|&byte| byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = std::str::from_utf8(entry)
                .map_err(|_| RecordError::NotUnicode { what: "an environment variable".to_owned() })?;
            let Some((name, value)) = entry.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                return Err(RecordError::VariableMalformed { name: entry.to_owned() });
            };
            if variables.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(RecordError::VariableRepeated { name: name.to_owned() });
            }
        }
        Ok(Self(variables))
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// As a report tells them, beside those that the build was given in the open.
    pub(super) fn recorded(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<(BTreeMap<String, EnvironmentValue>, Vec<Salt>), RecordError> {
        let disclosure = |name: &str, value: &str| {
            let told = TOLD.contains(&name) && !value.contains(DEFINITIONS);
            let open = told || given.get(name).is_some_and(|given| given == value);
            if open { Disclosure::Open } else { Disclosure::Committed }
        };
        recorded(
            self.0.iter().map(|(name, value)| (name.as_str(), (value.as_str(), disclosure(name, value)))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(block: &[u8], given: &[(&str, &str)]) -> BTreeMap<String, EnvironmentValue> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Variables::read(block).unwrap().recorded(&given).unwrap().0
    }

    fn is_open(told: &BTreeMap<String, EnvironmentValue>, name: &str) -> bool {
        matches!(told[name], EnvironmentValue::Value(_))
    }

    #[test]
    fn what_build_systems_set_is_told_and_what_users_set_is_committed_to() {
        let told = told(
            b"MAKEFLAGS= -j2 --jobserver-auth=3,4\0TOKEN=x\0OPEN=y\0OTHER=z\0",
            &[("OPEN", "y"), ("OTHER", "q")],
        );
        assert!(is_open(&told, "MAKEFLAGS") && is_open(&told, "OPEN"));
        assert!(!is_open(&told, "TOKEN") && !is_open(&told, "OTHER"));
    }

    #[test]
    fn definitions_among_makes_flags_are_not_told() {
        let told = told(b"MAKEFLAGS= -j2 -- TOKEN=x\0", &[]);
        assert!(!is_open(&told, "MAKEFLAGS"));
    }

    #[test]
    fn an_environment_that_no_report_can_tell_is_an_error() {
        let code = |block| Variables::read(block).unwrap_err().code();
        assert_eq!(code(b"A=1\0A=2\0"), "variable-repeated");
        assert_eq!(code(b"A\0"), "variable-malformed");
        assert_eq!(code(b"A=\xff\0"), "text-not-unicode");
    }
}
