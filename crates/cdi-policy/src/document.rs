//! The frame of every document: `apiVersion`, `kind`, `metadata`, `spec`, as in Kubernetes.

use cdi_types::Name;
use cdi_types::json::Exact;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::policy_error::PolicyError;
use crate::yaml;

const API_VERSION: &str = "code-deployment-integrity.io/v1";

/// A document with its frame.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, bound(deserialize = "S: Deserialize<'de>"))]
pub(crate) struct Document<S> {
    #[serde(rename = "apiVersion")]
    _api_version: IgnoredAny,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    pub(crate) metadata: Metadata,
    pub(crate) spec: S,
}

/// The document's own name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Metadata {
    pub(crate) name: Name,
}

impl<S: DeserializeOwned> Document<S> {
    /// Reads a document of one kind. Nothing in it is left unread: an unknown member is an error wherever it stands.
    pub(crate) fn load(bytes: &[u8], kind: &'static str) -> Result<Self, PolicyError> {
        let json = yaml::to_json(bytes)?;
        Self::is_a(&json, kind)?;
        let mut reader = serde_json::Deserializer::from_str(&json);
        serde_path_to_error::deserialize(Exact(&mut reader)).map_err(|error| PolicyError::Malformed {
            path: printable(&error.path().to_string()),
            detail: printable(&without_position(&error.inner().to_string())),
        })
    }

    /// Says first that a document is of another kind, which explains every unknown member.
    fn is_a(json: &str, kind: &'static str) -> Result<(), PolicyError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Frame {
            #[serde(default)]
            api_version: String,
            #[serde(default)]
            kind: String,
        }
        let expected = || format!("{API_VERSION} {kind}");
        let malformed = |error: serde_json::Error| PolicyError::Malformed {
            path: ".".to_owned(),
            detail: printable(&without_position(&error.to_string())),
        };
        let frame: Frame = serde_json::from_str(json).map_err(malformed)?;
        if frame.api_version == API_VERSION && frame.kind == kind {
            return Ok(());
        }
        let found = printable(&format!("{} {}", frame.api_version, frame.kind));
        Err(PolicyError::WrongKind { expected: expected(), found })
    }
}

/// The position is one in the JSON that the document was turned into, and would mislead.
fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

fn printable(text: &str) -> String {
    text.chars()
        .take(300)
        .flat_map(char::escape_debug)
        .collect::<String>()
        .replace("\\'", "'")
        .replace("\\\"", "\"")
}

/// What a document of one kind says, read as strictly as all are: for documents whose meaning is another crate's.
///
/// # Errors
/// [`PolicyError`] names the first rule that the document breaks.
pub fn load_spec<S: DeserializeOwned>(bytes: &[u8], kind: &'static str) -> Result<S, PolicyError> {
    Document::load(bytes, kind).map(|document| document.spec)
}
