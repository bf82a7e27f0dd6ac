//! Who a document names as its signer. Nothing of it is verified: it says whom to ask about.

use serde::Serialize;

/// Who signed, as the document says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Signer {
    /// A key, by the hint in the document: perhaps its id.
    Key {
        /// The hint as it is written; empty if there is none.
        hint: String,
    },
    /// Whoever a certificate was issued to.
    Certificate {
        /// The name in it: a URI or an electronic mail address.
        #[serde(skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        /// Who vouched for the name to the issuer of the certificate: an identity provider.
        #[serde(skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
    },
}
