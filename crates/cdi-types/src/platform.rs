//! Properties of places, and the runtimes that supply them (rules F-PROPERTY, F-CERTIFICATION).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::parsed::parsed;
use crate::{EnvironmentValue, FileDigest, Libraries, PropertyName};

/// A platform property, with its value where it carries one: `LOCATION=eu-de`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformProperty {
    /// The property.
    pub name: PropertyName,
    /// Its value.
    pub value: Option<String>,
}

impl PlatformProperty {
    /// The form of one, in words.
    pub const FORM: &str = "a platform property is `NAME` or `NAME=value`, the value `[A-Za-z0-9._-]{1,64}`";

    /// Reads `NAME` or `NAME=value`, the value `[A-Za-z0-9._-]{1,64}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, value) = match text.split_once('=') {
            None => (text, None),
            Some((name, value)) => (name, Some(value)),
        };
        let plain = |value: &str| {
            (1..=64).contains(&value.len())
                && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let name = PropertyName::parse(name).ok()?;
        match value {
            Some(value) if !plain(value) => None,
            value => Some(Self { name, value: value.map(str::to_owned) }),
        }
    }
}

impl fmt::Display for PlatformProperty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => write!(f, "{}", self.name),
            Some(value) => write!(f, "{}={value}", self.name),
        }
    }
}

impl Serialize for PlatformProperty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PlatformProperty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| Self::parse(text).ok_or(Self::FORM))
    }
}

/// A runtime that stands ready to run code: which files it is, and how it is set up. It has no report: whoever runs it
/// measures it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Runtime {
    /// Its entry executable.
    pub executable: FileDigest,
    /// The libraries that it has loaded.
    pub libraries: Libraries,
    /// Argument zero.
    pub program: String,
    /// The arguments after it, those of the code that it runs aside.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The variables that it works with, those of the code that it runs aside.
    #[serde(default)]
    pub environment: BTreeMap<String, EnvironmentValue>,
    /// The settings that it works with, its defaults included.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}
