//! From a file to the statements in it.

use crate::document::{self, Found};
use crate::{Account, Gap, Json, Signer, forms};
use cdi_envelope::{Envelope, EnvelopeError};
use cdi_types::json::JsonError;
use cdi_types::{AnyStatement, Bundle, StatementId, parse_statement};

/// Something in a file that is no statement of anybody's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The text is no strict JSON.
    #[error("not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// The envelope breaks a rule of envelopes.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The document has none of the forms that are read.
    #[error("the form of the document is not known: {detail}")]
    FormUnknown {
        /// What it lacks, control characters escaped.
        detail: String,
    },
}

impl ImportError {
    pub(crate) fn unknown(detail: &dyn std::fmt::Display) -> Self {
        let detail = detail.to_string().chars().take(300).flat_map(char::escape_debug).collect();
        Self::FormUnknown { detail }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Envelope(error) => error.code(),
            Self::FormUnknown { .. } => "import-form-unknown",
        }
    }
}

/// What is at one place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The line at which it begins, from 1.
    pub line: usize,
    /// The statement, or why there is none.
    pub outcome: Result<Imported, ImportError>,
}

/// A statement as its document has it. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The line of a bundle that carries it, byte for byte under its own signatures; `None` if none can.
    pub line: Option<Vec<u8>>,
    /// The statement's id, if it is one.
    pub id: Option<StatementId>,
    /// The predicate type as it is written: whoever shows it escapes it.
    pub predicate_type: Option<String>,
    /// Who it names as its signers.
    pub signers: Vec<Signer>,
    /// What it says of a run, if its form is known here.
    pub account: Option<Account>,
    /// What of it cannot be used.
    pub gaps: Vec<Gap>,
}

/// The statements in a file: lines of envelopes or of Sigstore bundles, or one document that is laid out over many lines.
#[must_use]
pub fn read(file: &Bundle) -> Vec<Item> {
    let lines: Vec<_> = file.lines().collect();
    let Some(first) = lines.first() else { return Vec::new() };
    let items = |line: usize, text: &[u8]| -> Vec<Item> {
        let found = document::found(text).into_iter();
        found.map(|found| Item { line, outcome: found.and_then(|found| imported(found, text)) }).collect()
    };
    if serde_json::from_slice::<serde::de::IgnoredAny>(first.bytes).is_err() && lines.len() > 1 {
        let whole = lines.iter().map(|line| line.bytes).collect::<Vec<_>>().join(&b'\n');
        return items(first.number, &whole);
    }
    lines.iter().flat_map(|line| items(line.number, line.bytes)).collect()
}

fn imported(found: Found<'_>, text: &[u8]) -> Result<Imported, ImportError> {
    match found {
        Found::Link { signed, signers } => Ok(link(signed.as_bytes(), signers, Gap::SignedApart)),
        Found::Envelope { envelope, signers, .. } if forms::is_link(envelope.payload()) => {
            Ok(link(envelope.payload(), signers, Gap::LinkInEnvelope))
        }
        Found::Envelope { envelope, signers, as_it_stands } => {
            let line = match text.trim_ascii() {
                line if as_it_stands && !line.contains(&b'\n') => line.to_vec(),
                _ => envelope.to_line()?,
            };
            Ok(statement(&envelope, line, signers))
        }
    }
}

/// A link that no bundle carries.
fn link(signed: &[u8], signers: Vec<Signer>, apart: Gap) -> Imported {
    let (account, gaps) = read_or(forms::of_link(signed));
    let gaps = std::iter::once(apart).chain(gaps).collect();
    Imported { line: None, id: None, predicate_type: None, signers, account, gaps }
}

fn read_or(account: Result<(Account, Vec<Gap>), Gap>) -> (Option<Account>, Vec<Gap>) {
    account.map_or_else(|gap| (None, vec![gap]), |(account, gaps)| (Some(account), gaps))
}

fn statement(envelope: &Envelope, line: Vec<u8>, signers: Vec<Signer>) -> Imported {
    let payload = envelope.payload();
    let refused = |gap: Gap, signers| Imported {
        line: None,
        id: None,
        predicate_type: None,
        signers,
        account: None,
        gaps: vec![gap],
    };
    let (id, statement) = match parse_statement(payload) {
        Ok(read) => read,
        Err(error) => return refused(error.into(), signers),
    };
    let (account, mut gaps) = match statement {
        AnyStatement::Foreign(_) | AnyStatement::Summary(_) => read_or(forms::of_payload(payload)),
        // CDI's own need no mapping.
        _ => (None, Vec::new()),
    };
    if !signers.is_empty() && signers.iter().all(|signer| matches!(signer, Signer::Certificate { .. })) {
        gaps.push(Gap::SignerByCertificate);
    }
    let kind = serde_json::from_slice::<Json>(payload).ok();
    let predicate_type =
        kind.as_ref().and_then(|value| value.get("predicateType")?.as_str().map(str::to_owned));
    Imported { line: Some(line), id: Some(id), predicate_type, signers, account, gaps }
}
