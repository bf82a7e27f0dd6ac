//! What a policy asks of places besides their properties: whose nodes it accepts, and on whose word it takes what a place
//! is said to provide (rules P-NODES, P-LEVEL).

use std::collections::BTreeMap;
use std::fmt;

use cdi_types::{KeyId, Name, PropertyName, PublicKeyInfo};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Kind};
use crate::policy_error::PolicyError;
use crate::trust_document::Keyring;

/// On whose word a principal takes a property of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceLevel {
    /// On the word of whoever provides the place.
    Asserted,
    /// As certified of the place's runtime.
    #[default]
    Certified,
    /// As evidence of the place's hardware shows.
    Attested,
}

impl PlaceLevel {
    /// The level in a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asserted => "asserted",
            Self::Certified => "certified",
            Self::Attested => "attested",
        }
    }
}

impl fmt::Display for PlaceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceOf {
    /// The decider's own.
    Decider,
    /// A node that the decider's configuration lists, by its key.
    Fleet(KeyId),
    /// A node that it does not list, by its key.
    Stranger(KeyId),
}

impl PlaceOf {
    /// The key of the place's node; `None` of the decider's own.
    #[must_use]
    pub const fn key(self) -> Option<KeyId> {
        match self {
            Self::Decider => None,
            Self::Fleet(key) | Self::Stranger(key) => Some(key),
        }
    }
}

/// The nodes that a policy accepts beside the decider's own place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AcceptedNodes {
    /// None.
    #[default]
    Nobodys,
    /// Those that the decider's configuration lists.
    Configured,
    /// Those with these keys.
    Keys(BTreeMap<KeyId, Name>),
}

/// The `places` part of a policy, as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlacesDocument {
    #[serde(default)]
    nodes: Option<NodesDocument>,
    #[serde(default)]
    level: Option<PlaceLevel>,
    #[serde(default)]
    levels: BTreeMap<PropertyName, PlaceLevel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum NodesDocument {
    Configured,
    Keys(Vec<NodeDocument>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NodeDocument {
    name: Name,
    key: PublicKeyInfo,
}

/// What a policy asks of places besides their properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    nodes: AcceptedNodes,
    level: Option<PlaceLevel>,
    levels: BTreeMap<PropertyName, PlaceLevel>,
}

impl PlacesDocument {
    pub(crate) fn read(&self, catalogue: &Catalogue, keyring: &mut Keyring) -> Result<Places, PolicyError> {
        for word in self.levels.keys() {
            match catalogue.properties().get(word).map(|property| property.kind) {
                Some(Kind::Platform) => {}
                Some(Kind::Code) => {
                    return Err(malformed("levels", format!("`{word}` is a property of code")));
                }
                None => return Err(PolicyError::UnknownWord { word: word.to_string() }),
            }
        }
        let nodes = self.nodes.as_ref().map(|nodes| nodes.read(keyring)).transpose()?.unwrap_or_default();
        Ok(Places { nodes, level: self.level, levels: self.levels.clone() })
    }
}

impl NodesDocument {
    fn read(&self, keyring: &mut Keyring) -> Result<AcceptedNodes, PolicyError> {
        let Self::Keys(nodes) = self else { return Ok(AcceptedNodes::Configured) };
        if nodes.is_empty() {
            return Err(PolicyError::Empty { path: "spec.places.nodes.keys" });
        }
        let mut keys: BTreeMap<KeyId, Name> = BTreeMap::new();
        for NodeDocument { name, key } in nodes {
            let id = keyring.id(key, &format!("spec.places.nodes.keys.{name}"))?;
            let known = keys.contains_key(&id) || keys.values().any(|other| other == name);
            if known {
                return Err(malformed("nodes.keys", format!("the node `{name}` or its key is there twice")));
            }
            keys.insert(id, name.clone());
        }
        Ok(AcceptedNodes::Keys(keys))
    }
}

fn malformed(member: &str, detail: String) -> PolicyError {
    PolicyError::malformed_policy(format!("spec.places.{member}"), detail)
}

impl Places {
    /// Those of a policy that accepts everything: every node that the configuration lists.
    #[must_use]
    pub fn anywhere() -> Self {
        Self { nodes: AcceptedNodes::Configured, ..Self::default() }
    }

    /// The nodes that are accepted beside the decider's own place.
    #[must_use]
    pub const fn nodes(&self) -> &AcceptedNodes {
        &self.nodes
    }

    /// Whether code may be put into a place, as far as it matters whose that is.
    #[must_use]
    pub fn accepts(&self, place: PlaceOf) -> bool {
        match (place, &self.nodes) {
            (PlaceOf::Decider, _) | (PlaceOf::Fleet(_), AcceptedNodes::Configured) => true,
            (PlaceOf::Fleet(key) | PlaceOf::Stranger(key), AcceptedNodes::Keys(keys)) => {
                keys.contains_key(&key)
            }
            (PlaceOf::Fleet(_) | PlaceOf::Stranger(_), AcceptedNodes::Nobodys)
            | (PlaceOf::Stranger(_), AcceptedNodes::Configured) => false,
        }
    }

    /// Whether the policy itself names the key of the place's node.
    #[must_use]
    pub fn names(&self, place: PlaceOf) -> bool {
        match (place, &self.nodes) {
            (PlaceOf::Fleet(key) | PlaceOf::Stranger(key), AcceptedNodes::Keys(keys)) => {
                keys.contains_key(&key)
            }
            _ => false,
        }
    }

    /// The level that the policy states for a property; `None` if it states none, so that it is certified, or on a word that
    /// the principal takes anyhow.
    #[must_use]
    pub fn stated(&self, property: &PropertyName) -> Option<PlaceLevel> {
        self.levels.get(property).copied().or(self.level)
    }

    /// The properties for which a level of their own is stated, and the level of the others, if one is.
    #[must_use]
    pub const fn levels(&self) -> (&BTreeMap<PropertyName, PlaceLevel>, Option<PlaceLevel>) {
        (&self.levels, self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_told_by_the_word_that_asks_for_it() {
        for level in [PlaceLevel::Asserted, PlaceLevel::Certified, PlaceLevel::Attested] {
            let written = serde_json::Value::from(level.as_str());
            assert_eq!(serde_json::from_value::<PlaceLevel>(written).unwrap(), level);
            assert_eq!(level.to_string(), level.as_str());
        }
    }
}
