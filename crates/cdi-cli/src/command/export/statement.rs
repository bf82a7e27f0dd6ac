//! in-toto statements of other types, with the field types that these types share.

use std::collections::BTreeMap;

use cdi_types::{ArtifactDigest, DigestSet, RecordedPath, Sha256, StatementId};
use serde::Serialize;

use crate::failure::Failure;

/// The media type of a statement's payload, by which a statement id is its digest.
const PAYLOAD: &str = "application/vnd.in-toto+json";

/// A statement of somebody else's type.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statement<P> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<Descriptor>,
    predicate_type: &'static str,
    predicate: P,
}

impl<P: Serialize> Statement<P> {
    pub(super) fn new(predicate_type: &'static str, subject: Vec<Descriptor>, predicate: P) -> Self {
        Self { kind: "https://in-toto.io/Statement/v1", subject, predicate_type, predicate }
    }

    /// The payload bytes: compact JSON.
    pub(super) fn payload(&self) -> Result<Vec<u8>, Failure> {
        serde_json::to_vec(self).map_err(|error| Failure::failed("output-unwritable", error))
    }
}

/// A `ResourceDescriptor`: it always has a digest.
#[derive(Serialize, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    digest: DigestSet,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, &'static str>,
}

impl Descriptor {
    pub(super) fn new(name: Option<String>, sha256: Sha256) -> Self {
        Self::artifact(name, ArtifactDigest::File(sha256))
    }

    /// A file under the path that a report recorded.
    pub(super) fn file(path: &RecordedPath, sha256: Sha256) -> Self {
        Self::new(Some(path.to_string()), sha256)
    }

    /// An artifact under its name, if it has one.
    pub(super) fn artifact(name: Option<impl ToString>, digest: ArtifactDigest) -> Self {
        Self {
            name: name.map(|name| name.to_string()),
            uri: None,
            digest: digest.into(),
            media_type: None,
            annotations: BTreeMap::new(),
        }
    }

    /// A statement of the evidence, by the digest of its payload.
    pub(super) fn statement(name: &str, id: StatementId) -> Self {
        Self { media_type: Some(PAYLOAD), ..Self::new(Some(name.to_owned()), id.sha256()) }
    }

    /// The same, identified by a URI besides.
    pub(super) fn at(self, uri: String) -> Self {
        Self { uri: Some(uri), ..self }
    }

    /// The same, with what it is to a build.
    pub(super) fn being(mut self, kind: &'static str) -> Self {
        self.annotations.insert("cdi_kind", kind);
        self
    }
}
