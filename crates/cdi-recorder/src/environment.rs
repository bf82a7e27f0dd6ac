//! The environment that a wrapped tool gets: what its user names, and nothing else.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::PathBuf;

use cdi_types::{EnvironmentValue, Sha256};
use sha2::Digest as _;

use crate::RecordError;

/// The one variable that a tool gets unless it is given another value: without it most tools find no other program.
const DEFAULT_PATH: (&str, &str) = ("PATH", "/usr/bin:/bin");

/// Whether a report tells a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disclosure {
    /// In the open.
    Open,
    /// As a salted commitment. No condition on values holds of it.
    Committed,
}

/// What opens a commitment, together with the value. Whoever has it can try values: it is to be kept like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salt {
    /// The variable.
    pub name: String,
    /// 32 random bytes.
    pub salt: [u8; 32],
    /// The commitment that stands in the report.
    pub commitment: Sha256,
}

/// An environment, empty but for `PATH=/usr/bin:/bin` unless `PATH` is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, (String, Disclosure)>,
}

impl Environment {
    /// Adds a variable.
    ///
    /// # Errors
    /// [`RecordError::VariableMalformed`], [`RecordError::VariableRepeated`].
    pub fn set(&mut self, name: &str, value: &str, disclosure: Disclosure) -> Result<(), RecordError> {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(RecordError::VariableMalformed { name: name.to_owned() });
        }
        match self.variables.insert(name.to_owned(), (value.to_owned(), disclosure)) {
            None => Ok(()),
            Some(_) => Err(RecordError::VariableRepeated { name: name.to_owned() }),
        }
    }

    /// The value of a variable that was set.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|(value, _)| value.as_str())
    }

    /// The variables with their values, the default included.
    pub(crate) fn whole(&self) -> BTreeMap<&str, (&str, Disclosure)> {
        let (name, value) = DEFAULT_PATH;
        let given = self.variables.iter().map(|(name, (value, how))| (name.as_str(), (value.as_str(), *how)));
        [(name, (value, Disclosure::Open))].into_iter().chain(given).collect()
    }

    /// The folders for what lasts no longer than the run.
    pub(crate) fn temporary_folders(&self) -> Vec<PathBuf> {
        temporary_folders(self.value("TMPDIR"))
    }

    /// What is told in the open.
    pub(crate) fn open(&self) -> BTreeMap<String, String> {
        let whole = self.whole().into_iter();
        let open = whole.filter(|(_, (_, disclosure))| *disclosure == Disclosure::Open);
        open.map(|(name, (value, _))| (name.to_owned(), value.to_owned())).collect()
    }

    /// As execve(2) takes it.
    pub(crate) fn block(&self) -> Vec<CString> {
        // No name or value has a null byte, so that none is left out.
        self.whole()
            .iter()
            .filter_map(|(name, (value, _))| CString::new(format!("{name}={value}")).ok())
            .collect()
    }

    /// As a report tells it, and what opens the commitments.
    pub(crate) fn recorded(&self) -> Result<(BTreeMap<String, EnvironmentValue>, Vec<Salt>), RecordError> {
        recorded(self.whole())
    }
}

/// Variables as a report tells them, and what opens the commitments.
pub(crate) fn recorded<'v>(
    variables: impl IntoIterator<Item = (&'v str, (&'v str, Disclosure))>,
) -> Result<(BTreeMap<String, EnvironmentValue>, Vec<Salt>), RecordError> {
    let mut salts = Vec::new();
    let mut recorded = BTreeMap::new();
    for (name, (value, disclosure)) in variables {
        let value = match disclosure {
            Disclosure::Open => EnvironmentValue::Value(value.to_owned()),
            Disclosure::Committed => {
                let mut salt = [0_u8; 32];
                getrandom::fill(&mut salt).map_err(|_| RecordError::NoRandomness)?;
                let commitment = commitment(&salt, name, value);
                salts.push(Salt { name: name.to_owned(), salt, commitment });
                EnvironmentValue::Commitment(commitment)
            }
        };
        recorded.insert(name.to_owned(), value);
    }
    Ok((recorded, salts))
}

/// The folders for what lasts no longer than a run, by its `TMPDIR`.
pub(crate) fn temporary_folders(named: Option<&str>) -> Vec<PathBuf> {
    match named.filter(|folder| folder.starts_with('/')) {
        Some(folder) => vec![PathBuf::from(folder)],
        None => vec![PathBuf::from("/tmp"), PathBuf::from("/var/tmp")],
    }
}

/// The commitment to a variable: SHA-256 over the tag `https://code-deployment-integrity.io/environment-commitment/v1`, the
/// salt, the name and the value, each after its length in bytes as 8 bytes, big endian. No two variables have one
/// input, and nobody who lacks the salt can try values.
#[must_use]
pub fn commitment(salt: &[u8; 32], name: &str, value: &str) -> Sha256 {
    const TAG: &str = "https://code-deployment-integrity.io/environment-commitment/v1";
    let mut hasher = sha2::Sha256::new();
    for field in [TAG.as_bytes(), salt, name.as_bytes(), value.as_bytes()] {
        hasher.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(field);
    }
    Sha256::from_bytes(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_what_was_named_and_a_path() {
        let mut environment = Environment::default();
        environment.set("LANG", "C", Disclosure::Open).unwrap();
        assert_eq!(environment.block(), [c"LANG=C".to_owned(), c"PATH=/usr/bin:/bin".to_owned()]);
        environment.set("PATH", "/opt", Disclosure::Open).unwrap();
        assert_eq!(environment.block(), [c"LANG=C".to_owned(), c"PATH=/opt".to_owned()]);
    }

    #[test]
    fn variables_that_are_none_or_repeated_are_rejected() {
        let mut environment = Environment::default();
        for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0")] {
            let error = environment.set(name, value, Disclosure::Open).unwrap_err();
            assert_eq!(error.code(), "variable-malformed", "{name:?}");
        }
        environment.set("A", "1", Disclosure::Open).unwrap();
        assert_eq!(environment.set("A", "1", Disclosure::Open).unwrap_err().code(), "variable-repeated");
    }

    #[test]
    fn text_cannot_move_between_the_fields_of_a_commitment() {
        let salt = [7; 32];
        assert_ne!(commitment(&salt, "AB", "C"), commitment(&salt, "A", "BC"));
        assert_ne!(commitment(&salt, "A", "B"), commitment(&[8; 32], "A", "B"));
    }
}
