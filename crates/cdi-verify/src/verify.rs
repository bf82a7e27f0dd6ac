//! Bytes of a bundle to verified provenance: crypto, once, for all principals (rules V-LINE, V-ISSUER, V-MERGE).

use cdi_envelope::{CheckId, PublicKey};
use cdi_types::{Bundle, PolicyEdition, Unverified, VerifierId, limits};

use crate::help::Help;
use crate::provenance::{Provenance, Verified};
use crate::walk::Walk;

/// A bundle that is over a limit: everything else only discards a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// More signature verifications than [`limits::SIGNATURE_VERIFICATIONS`] would be needed.
    #[error("the bundle needs more than {} signature verifications", limits::SIGNATURE_VERIFICATIONS)]
    TooManyVerifications,
    /// More of them that show nothing new than whoever verifies has patience for.
    #[error("more than {most} signature verifications show nothing new")]
    TooManyInVain {
        /// How many may.
        most: usize,
    },
    /// More reports than [`limits::REPORTS`].
    #[error("the bundle has {found} reports, at most {} are considered", limits::REPORTS)]
    TooManyReports {
        /// How many reports were found.
        found: usize,
    },
    /// More inputs of all reports together than [`limits::EDGES`].
    #[error("the bundle's reports have {found} inputs, at most {} are considered", limits::EDGES)]
    TooManyEdges {
        /// How many inputs were found.
        found: usize,
    },
}

impl VerifyError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManyVerifications | Self::TooManyInVain { .. } => "limit-signature-verifications",
            Self::TooManyReports { .. } => "limit-reports",
            Self::TooManyEdges { .. } => "limit-edges",
        }
    }
}

/// A key that a decider brings, and for what of others' it signs, if its policy says so (rules V-SUMMARY, V-EVIDENCE).
#[derive(Debug, Clone)]
pub struct KnownKey {
    pub(crate) key: PublicKey,
    pub(crate) signs: Option<Signs>,
}

/// What of others' a key signs, by the word of a policy.
#[derive(Debug, Clone)]
pub(crate) enum Signs {
    /// Summaries of this verifier.
    Summaries(VerifierId),
    /// Statements with predicates of this type.
    Evidence(String),
}

impl KnownKey {
    /// The key of a verifier, by the word of a policy.
    #[must_use]
    pub const fn of_verifier(key: PublicKey, verifier: VerifierId) -> Self {
        Self { key, signs: Some(Signs::Summaries(verifier)) }
    }

    /// The key of somebody who signs statements of a type of their own, by the word of a policy.
    #[must_use]
    pub const fn of_evidence(key: PublicKey, predicate_type: String) -> Self {
        Self { key, signs: Some(Signs::Evidence(predicate_type)) }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl From<PublicKey> for KnownKey {
    fn from(key: PublicKey) -> Self {
        Self { key, signs: None }
    }
}

/// How many signature verifications may show nothing new: because nothing verifies, or because it did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// All that [`limits::SIGNATURE_VERIFICATIONS`] allows: whoever brings the evidence waits for the answer.
    Whole,
    /// [`limits::VERIFICATIONS_IN_VAIN`] of them: others wait.
    Little,
}

impl Patience {
    pub(crate) const fn most(self) -> usize {
        match self {
            Self::Whole => limits::SIGNATURE_VERIFICATIONS,
            Self::Little => limits::VERIFICATIONS_IN_VAIN,
        }
    }
}

/// Verifies every envelope of `bundle`: on `Ok` each statement in the result was signed by the key that it names as
/// its issuer. Keys come from `keyring` and from the endorsements and certifications of the bundle itself that verify: a key's
/// id is the digest of the key, so it does not matter who brought it. That a key has signed gives no trust. Of lines
/// by strangers [`limits::STRANGERS`] are verified as well, so that a refusal can tell of them.
///
/// A line that cannot be used is listed as discarded and proves nothing; the rest still counts.
///
/// # Errors
/// [`VerifyError`] for the limit that is exceeded.
pub fn verify<'k>(
    bundle: &Unverified<Bundle>,
    keyring: impl IntoIterator<Item = &'k KnownKey>,
) -> Result<Verified<Provenance>, VerifyError> {
    verify_editions(bundle, keyring, &mut |_| Vec::new(), Patience::Whole)
}

/// As [`verify`], for bundles that carry policies: `names` gives the keys that an edition's document names, and what they
/// signed in the same bundle is verified as if the keyring had them. It is asked of verified editions only. `patience` says how
/// much may be verified in vain.
///
/// # Errors
/// As [`verify`].
pub fn verify_editions<'k>(
    bundle: &Unverified<Bundle>,
    keyring: impl IntoIterator<Item = &'k KnownKey>,
    names: &mut dyn FnMut(&PolicyEdition) -> Vec<KnownKey>,
    patience: Patience,
) -> Result<Verified<Provenance>, VerifyError> {
    verify_helped(bundle, keyring, names, patience, Help::NONE).map(|verification| verification.provenance)
}

/// What came of a bundle.
#[derive(Debug)]
#[must_use]
pub struct Verification {
    /// Who signed what.
    pub provenance: Verified<Provenance>,
    /// The checks that verified it, for [`Help::before`] of another time; none if this one had no such help.
    pub checks: Vec<CheckId>,
}

/// As [`verify_editions`], with help: what comes of the bundle is the same, budgets and what is discarded included.
///
/// # Errors
/// As [`verify`].
pub fn verify_helped<'k>(
    bundle: &Unverified<Bundle>,
    keyring: impl IntoIterator<Item = &'k KnownKey>,
    names: &mut dyn FnMut(&PolicyEdition) -> Vec<KnownKey>,
    patience: Patience,
    help: Help<'_>,
) -> Result<Verification, VerifyError> {
    let mut walk = Walk::new(keyring, names, patience, help.before);
    walk.visit_all(bundle.as_untrusted().lines(), help)?;
    let (provenance, checks) = walk.end()?;
    Ok(Verification { provenance: Verified::mint(provenance), checks })
}
