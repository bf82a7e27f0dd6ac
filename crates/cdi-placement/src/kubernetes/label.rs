//! Labels that say what a node meets (rule PL-LABEL).
//!
//! Labels under this prefix can be written by no kubelet (Kubernetes' `NodeRestriction`): only by whoever has looked at
//! the node's evidence.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Name, Sha256};
use serde::Serialize;

use crate::residual::Wanted;

/// What the keys of these labels begin with.
pub const PREFIX: &str = "cdi.node-restriction.kubernetes.io/";

/// The longest name of a key, and the longest value, in Kubernetes.
const LONGEST: usize = 63;
/// Hexadecimal digits of a digest that stand for what does not fit: 2^80 tries to find another with the same.
const DIGITS: usize = 40;

/// A label of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Label {
    /// The key, with its prefix.
    pub key: String,
    /// The value.
    pub value: String,
}

impl Label {
    /// The label of a node that meets what is wanted. Different things have different labels, but for different values of one
    /// property: they have one key, so that a node has one of them.
    #[must_use]
    pub fn of(wanted: &Wanted) -> Self {
        let Wanted { principal, level, property } = wanted;
        let who = digest(&["principal", principal.as_str()]).chars().take(12).collect::<String>();
        let readable = format!("{}.{who}.{}", level.as_str(), property.name);
        // The short digest of a principal is for people; what tells it apart is the digest of all three.
        let of_all = digest(&["wanted", principal.as_str(), level.as_str(), property.name.as_str()]);
        let room = LONGEST - DIGITS - 1;
        let words: String = readable.chars().take(room).collect();
        let words = words.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let value = property.value.as_ref().map_or_else(|| MET.to_owned(), |value| legal_value(value));
        Self { key: format!("{PREFIX}{words}-{of_all}"), value }
    }

    /// The label of a node that offers an environment of this name, with this runtime.
    #[must_use]
    pub fn of_runtime(environment: &Name, runtime: &str) -> Self {
        let key = format!("{PREFIX}runtime-{}", digest(&["environment", environment.as_str()]));
        Self { key, value: legal_value(runtime) }
    }
}

/// The value itself where Kubernetes takes it, else a digest of it, marked so that no value looks the same.
fn legal_value(value: &str) -> String {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let mut bytes = value.bytes();
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let fits = plain && value.len() <= LONGEST && ends(bytes.next()) && ends(value.bytes().last());
    if fits && value != MET && !value.starts_with(HASHED) {
        value.to_owned()
    } else {
        format!("{HASHED}{}", digest(&["value", value]))
    }
}

/// The value of a property that has none. A property with this value is another.
const MET: &str = "true";

/// How values that stand for others begin.
const HASHED: &str = "sha256-";

/// A digest over texts that cannot slide into each other.
fn digest(parts: &[&str]) -> String {
    let framed: Vec<u8> = parts
        .iter()
        .flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.bytes()))
        .collect();
    Sha256::of(&framed).to_string().chars().take(DIGITS).collect()
}

/// The labels of a node: one for each thing that it meets in every environment, one for each environment that it offers.
#[must_use]
pub fn node_labels<'n>(
    meets: &BTreeSet<Wanted>,
    runtimes: impl IntoIterator<Item = (&'n Name, &'n str)>,
) -> BTreeMap<String, String> {
    let of_runtimes =
        runtimes.into_iter().map(|(environment, runtime)| Label::of_runtime(environment, runtime));
    meets.iter().map(Label::of).chain(of_runtimes).map(|Label { key, value }| (key, value)).collect()
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
