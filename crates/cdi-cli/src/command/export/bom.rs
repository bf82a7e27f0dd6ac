//! CycloneDX 1.6 as JSON, as far as it is written here: names and types are those of its schema.

use cdi_types::{Sha256, Timestamp};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bom {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) bom_format: &'static str,
    pub(super) spec_version: &'static str,
    pub(super) serial_number: String,
    pub(super) version: u32,
    pub(super) metadata: Metadata,
    pub(super) components: Vec<Component>,
    pub(super) compositions: Vec<Composition>,
    pub(super) formulation: Vec<Formula>,
}

#[derive(Serialize)]
pub(super) struct Metadata {
    pub(super) timestamp: Timestamp,
    pub(super) tools: Tools,
    pub(super) component: Component,
    pub(super) properties: Vec<Property>,
}

#[derive(Serialize)]
pub(super) struct Tools {
    pub(super) components: Vec<Component>,
}

/// A component: an artifact, a tool or a library.
#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Component {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    pub(super) bom_ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) supplier: Option<Supplier>,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<Property>,
}

#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Supplier {
    pub(super) name: String,
}

#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hash {
    alg: &'static str,
    content: String,
}

impl Hash {
    pub(super) fn of(sha256: Sha256) -> Self {
        Self { alg: "SHA-256", content: sha256.to_string() }
    }
}

#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Property {
    name: &'static str,
    value: String,
}

impl Property {
    pub(super) fn new(name: &'static str, value: impl ToString) -> Self {
        Self { name, value: value.to_string() }
    }
}

/// What is known of how complete the inventory is.
#[derive(Serialize)]
pub(super) struct Composition {
    pub(super) aggregate: &'static str,
    pub(super) assemblies: Vec<String>,
}

/// How the artifact was made.
#[derive(Serialize)]
pub(super) struct Formula {
    #[serde(rename = "bom-ref")]
    pub(super) bom_ref: &'static str,
    pub(super) components: Vec<Component>,
    pub(super) workflows: Vec<Workflow>,
}

/// A run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Workflow {
    #[serde(rename = "bom-ref")]
    pub(super) bom_ref: String,
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) resource_references: Vec<Reference>,
    pub(super) task_types: Vec<&'static str>,
    pub(super) steps: Vec<Step>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) inputs: Vec<Taken>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) outputs: Vec<Given>,
    pub(super) time_start: Timestamp,
    pub(super) time_end: Timestamp,
    pub(super) properties: Vec<Property>,
}

#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    #[serde(rename = "ref")]
    pub(super) to: String,
}

#[derive(Serialize)]
pub(super) struct Step {
    pub(super) commands: Vec<Command>,
}

#[derive(Serialize)]
pub(super) struct Command {
    pub(super) executed: String,
}

/// What a run read.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Taken {
    pub(super) resource: Reference,
}

/// What a run made.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Given {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) resource: Reference,
}
