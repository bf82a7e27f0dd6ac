//! Members of others' objects: absent, or of the type that their form says.
//!
//! What is there and of another type is never taken for absent. `null` is: Go writes it for what is empty.

use cdi_types::{ArtifactDigest, Sha256};

use crate::json::Json;

/// An object, and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Members<'a> {
    of: &'a [(String, Json)],
    way: String,
}

/// What is not as its form says, in words.
pub(crate) type Unread = String;

impl<'a> Members<'a> {
    pub(crate) fn of(value: &'a Json, way: &str) -> Result<Self, Unread> {
        let of = value.as_object().ok_or_else(|| format!("`{way}` is no object"))?;
        Ok(Self { of, way: way.to_owned() })
    }

    fn way(&self, name: &str) -> String {
        format!("{}.{name}", self.way)
    }

    /// What is there, whatever it is.
    pub(crate) fn any(&self, name: &str) -> Option<&'a Json> {
        let found = self.of.iter().find(|(member, _)| member == name).map(|(_, value)| value);
        found.filter(|value| **value != Json::Null)
    }

    fn read<T>(
        &self,
        name: &str,
        due: &str,
        read: impl FnOnce(&'a Json) -> Option<T>,
    ) -> Result<Option<T>, Unread> {
        let Some(value) = self.any(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| format!("`{}` is no {due}", self.way(name)))
    }

    fn due<T>(&self, name: &str, found: Option<T>) -> Result<T, Unread> {
        found.ok_or_else(|| format!("`{}` is not there", self.way(name)))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Unread> {
        self.read(name, "text", Json::as_str)
    }

    pub(crate) fn text_due(&self, name: &str) -> Result<&'a str, Unread> {
        self.text(name).and_then(|found| self.due(name, found))
    }

    /// A text that says something: an empty one names nobody.
    pub(crate) fn word_due(&self, name: &str) -> Result<&'a str, Unread> {
        match self.text_due(name)? {
            "" => Err(format!("`{}` is empty", self.way(name))),
            word => Ok(word),
        }
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Unread> {
        self.read(name, "whole number", Json::as_integer)
    }

    /// The texts of a list; `None` if it is empty.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Unread> {
        let texts = |value: &Json| {
            let words = value.as_list()?.iter().map(|word| word.as_str().map(str::to_owned));
            words.collect::<Option<Vec<_>>>()
        };
        Ok(self.read(name, "list of texts", texts)?.filter(|texts| !texts.is_empty()))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Unread> {
        self.any(name).map(|value| Self::of(value, &self.way(name))).transpose()
    }

    pub(crate) fn object_due(&self, name: &str) -> Result<Self, Unread> {
        self.object(name).and_then(|found| self.due(name, found))
    }

    /// The objects of a list.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, Unread> {
        let list = self.read(name, "list", Json::as_list)?.unwrap_or_default();
        list.iter()
            .enumerate()
            .map(|(n, value)| Self::of(value, &format!("{}[{n}]", self.way(name))))
            .collect()
    }

    /// The members of an object, each an object, by name.
    pub(crate) fn named(&self) -> Result<Vec<(&'a str, Self)>, Unread> {
        let named = |(name, value): &'a (String, Json)| {
            Self::of(value, &self.way(name)).map(|members| (name.as_str(), members))
        };
        self.of.iter().map(named).collect()
    }

    /// As a set of digests: the SHA-256, if it has one in the one form; whatever else stands there identifies nothing.
    pub(crate) fn sha256(&self) -> Option<ArtifactDigest> {
        self.any("sha256")
            .and_then(Json::as_str)
            .and_then(|text| Sha256::parse(text).ok())
            .map(ArtifactDigest::File)
    }
}
