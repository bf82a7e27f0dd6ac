//! The frame of every document: `apiVersion`, `kind`, `metadata`, `spec`, as in Kubernetes.

use cdi_types::Name;
use cdi_types::json::Exact;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::policy_error::{PolicyError, UnknownWord};
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
        serde_path_to_error::deserialize(Exact(&mut reader))
            .map_err(|error| malformed(kind, &error.path().to_string(), error.inner()))
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
        if !json.starts_with('{') {
            // Perhaps the file of something else, such as a passphrase: nothing of it is told.
            return Err(malformed(kind, ".", &serde::de::Error::custom("the document is no mapping")));
        }
        let frame: Frame = serde_json::from_str(json).map_err(|error| malformed(kind, ".", &error))?;
        if frame.api_version == API_VERSION && frame.kind == kind {
            return Ok(());
        }
        let found = printable(&format!("{} {}", frame.api_version, frame.kind));
        Err(PolicyError::WrongKind { expected: expected(), found })
    }
}

fn malformed(kind: &'static str, path: &str, error: &serde_json::Error) -> PolicyError {
    let detail = without_position(&error.to_string());
    let unknown = unknown(&detail);
    PolicyError::Malformed { kind, path: printable(path), detail: printable(&detail), unknown }
}

/// The word that the reader does not know, with those that it does: its message has them between backticks, the one first.
fn unknown(detail: &str) -> Option<UnknownWord> {
    let rest = detail.strip_prefix("unknown field ").or_else(|| detail.strip_prefix("unknown variant "))?;
    let mut words = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    Some(UnknownWord { word: words.next()?, known: words.collect() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_document_is_not_told() {
        for text in ["swordfish", "- swordfish", "'swordfish'", "|\n  swordfish"] {
            let error = load_spec::<u8>(text.as_bytes(), "Workload").unwrap_err();
            assert!(!error.to_string().contains("swordfish"), "{error}");
        }
    }

    #[test]
    fn a_misspelt_member_is_told_with_those_that_there_are() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Spec {
            _some_member: u8,
            _other: u8,
        }
        let text = "apiVersion: code-deployment-integrity.io/v1\nkind: Workload\nmetadata: {name: w}\nspec: {someMembr: 1}\n";
        let error = load_spec::<Spec>(text.as_bytes(), "Workload").unwrap_err();
        assert_eq!(error.code(), "workload-malformed");
        let unknown = error.unknown().unwrap_or_else(|| panic!("{error}"));
        assert_eq!(
            (unknown.word.as_str(), unknown.known.as_slice()),
            ("someMembr", &["someMember".to_owned(), "other".to_owned()][..]),
            "{error}"
        );
        let prices = load_spec::<Spec>(text.replace("Workload", "CostModel").as_bytes(), "CostModel");
        assert_eq!(prices.unwrap_err().code(), "cost-model-malformed");
        let tools = load_spec::<Spec>(text.replace("Workload", "Tools").as_bytes(), "Tools");
        assert_eq!(tools.unwrap_err().code(), "tools-malformed");
        let missing =
            load_spec::<Spec>(text.replace("someMembr", "someMember").as_bytes(), "Workload").unwrap_err();
        assert_eq!(missing.unknown(), None, "{missing}");
        assert_eq!(missing.to_string(), "`spec`: missing field `other`");
    }
}
