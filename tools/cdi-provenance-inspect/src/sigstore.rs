//! Sigstore bundles by a trusted root that is given.
//!
//! The library of the project that makes them verifies; nothing of what it can leave out is left out. Its reader of JSON is
//! fed strict JSON only, and what is read afterwards is the payload that it verified, not another reading of the file.

use cdi_types::json;
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{Bundle, SignatureContent};
use sigstore_verify::{IdentityMatcher, VerificationPolicy, Verifier};

use crate::InspectError;

/// How the `mediaType` of every version of a trusted root begins.
const ROOT_TYPE: &str = "application/vnd.dev.sigstore.trustedroot";

/// Whose certificate must have signed, by which root.
#[derive(Debug, Clone, Copy)]
pub struct Certificate<'a> {
    /// The trusted root, in Sigstore's JSON.
    pub trusted_root: &'a [u8],
    /// The name in the certificate: a URI, or an electronic mail address.
    pub identity: &'a str,
    /// The identity provider in it.
    pub issuer: &'a str,
}

/// The payload of a bundle about `artifact`. On `Ok` the holder of a certificate of this name and issuer signed these bytes, as
/// [`verified`] says, and they are the payload of an envelope of a statement.
pub(crate) fn payload(
    bundle: &[u8],
    artifact: &[u8],
    certificate: Certificate<'_>,
) -> Result<Vec<u8>, InspectError> {
    match verified(bundle, artifact, certificate)?.content {
        SignatureContent::DsseEnvelope(envelope) if envelope.payload_type == cdi_envelope::PAYLOAD_TYPE => {
            Ok(envelope.payload.as_bytes().to_vec())
        }
        _ => Err(InspectError::not_verified(&"the bundle has no envelope of a statement")),
    }
}

/// A bundle about `artifact`. On `Ok` the certificate is of this name and issuer, one of the root's authorities made it, it is in
/// one of the root's certificate logs, and it was valid at each time that is proved; the signature stands in one of the root's
/// transparency logs. What was signed may be a bare file.
fn verified(bundle: &[u8], artifact: &[u8], certificate: Certificate<'_>) -> Result<Bundle, InspectError> {
    let root = TrustedRoot::from_json(object(certificate.trusted_root, root_unusable)?)
        .map_err(|error| root_unusable(&error))?;
    if !root.media_type.starts_with(ROOT_TYPE) {
        return Err(root_unusable(&"its `mediaType` is none of a trusted root"));
    }
    let verifier = Verifier::new(&root).map_err(|error| root_unusable(&error))?;
    let bundle = Bundle::from_json(object(bundle, InspectError::not_verified)?)
        .map_err(|error| InspectError::not_verified(&error))?;
    let identity = match certificate.identity {
        uri if uri.contains("://") => IdentityMatcher::Uri(uri.to_owned()),
        mail => IdentityMatcher::Email(mail.to_owned()),
    };
    let policy = VerificationPolicy::new(identity, certificate.issuer);
    let verified =
        verifier.verify(artifact, &bundle, &policy).map_err(|error| InspectError::not_verified(&error))?;
    let all = verified.certificate_verified()
        && verified.sct_verified()
        && verified.tlog_verified()
        && verified.identity_policy_checked();
    if all { Ok(bundle) } else { Err(InspectError::not_verified(&"not all of it was verified")) }
}

/// Strict JSON of an object: an array would be read as its members by position.
fn object(text: &[u8], otherwise: fn(&dyn std::fmt::Display) -> InspectError) -> Result<&str, InspectError> {
    let text = json::strict(text)?.text();
    if text.trim_start().starts_with('{') { Ok(text) } else { Err(otherwise(&"it is no object")) }
}

fn root_unusable(error: &dyn std::fmt::Display) -> InspectError {
    InspectError::RootUnusable { detail: error.to_string() }
}

#[cfg(test)]
mod conformance_tests;
