//! The tightest policy that one good bundle satisfies.
//!
//! In go verified provenance, an artifact, a time, and whom the principal trusts: a bundle cannot say that. Out comes a
//! document that this very evidence satisfies, with a reason beside each line. Every step towards it is held to the evidence
//! by the same appraisal that decides, and the document as a whole by the decision itself. Rule: P-SUGGEST.

mod document;
mod draft;
mod tighten;

use cdi_envelope::PublicKey;
use cdi_types::{ArtifactDigest, Clock, Name};
use cdi_verify::{AppraiseError, Provenance, TrustError, Verified, appraise};

use crate::catalogues::Catalogues;
use crate::decide::{Case, decide};
use crate::decision::Decision;
use crate::edition::InForce;
use crate::grants::Request;
use crate::policy::Policy;
use crate::policy_error::PolicyError;
use draft::Draft;

/// What only the principal can say.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The principal, which is also the document's name.
    pub principal: Name,
    /// The authorities that it trusts, by its own names for them.
    pub anchors: Vec<(Name, PublicKey)>,
    /// The developers and suppliers at whose origins a history may begin.
    pub origins: Vec<PublicKey>,
    /// How origins stand in the document.
    pub pins: Pins,
}

/// How origins stand in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pins {
    /// By who signed them, and as what.
    Keys,
    /// By their digests: another version of a source is another history.
    Digests,
}

/// The evidence, and what it is about.
#[derive(Debug, Clone, Copy)]
pub struct Good<'a> {
    /// The evidence, verified with the keys of [`Wanted`].
    pub provenance: &'a Verified<Provenance>,
    /// The artifact.
    pub artifact: ArtifactDigest,
    /// The time at which it is good.
    pub clock: Clock,
    /// The catalogues that are known; the last is that of the document's words.
    pub catalogues: &'a Catalogues,
}

/// Why nothing can be suggested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuggestError {
    /// Nobody is trusted: the bundle's own word for who is would be no trust.
    #[error("no authority is named as an anchor, and a bundle cannot say whom to trust")]
    NoAnchor,
    /// The evidence shows nothing by these anchors.
    #[error("the evidence shows nothing about {artifact} by the word of these anchors")]
    ShowsNothing {
        /// The artifact.
        artifact: ArtifactDigest,
    },
    /// What is shown rests on authorities whose revocation lists are missing or old.
    #[error("what the evidence shows rests on revocation lists that are missing, or older than 366 days")]
    NoLists,
    /// The evidence is over a limit.
    #[error(transparent)]
    Appraise(#[from] AppraiseError),
    /// The anchors contradict each other.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The document cannot be read as a policy.
    #[error(transparent)]
    Document(#[from] PolicyError),
    /// The document would not let this very evidence in.
    #[error("the policy that was worked out does not allow this evidence: {code}")]
    NotAllowed {
        /// The code of the refusal.
        code: &'static str,
    },
}

impl SuggestError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoAnchor => "suggest-without-anchor",
            Self::ShowsNothing { .. } => "suggest-nothing-shown",
            Self::NoLists => "suggest-without-lists",
            Self::Appraise(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Document(error) => error.code(),
            Self::NotAllowed { .. } => "suggest-not-allowed",
        }
    }
}

/// The tightest policy that the evidence satisfies, as the text of a document. It was decided by it that the artifact is
/// allowed, with nothing left to the place.
///
/// # Errors
/// [`SuggestError`] says why there is none.
pub fn suggest(good: Good<'_>, wanted: &Wanted) -> Result<String, SuggestError> {
    if wanted.anchors.is_empty() {
        return Err(SuggestError::NoAnchor);
    }
    let mut draft = Draft::shown_by(good, wanted)?;
    tighten::all(&mut draft, good)?;
    let text = document::text(&draft, good, wanted);
    allows(&text, good)?;
    Ok(text)
}

/// Decides about the artifact by the document alone.
fn allows(text: &str, good: Good<'_>) -> Result<(), SuggestError> {
    let policy = Policy::load(text.as_bytes(), good.catalogues)?;
    let questions = policy.questions(good.clock.now());
    let facts =
        policy.trust().map(|trust| appraise(good.provenance, trust, good.artifact, &questions, good.clock));
    let in_force = InForce::unsigned(policy);
    let case = Case::of(&in_force, facts.as_ref().map(Result::as_ref));
    let request = Request::bare(good.artifact);
    match decide(request, &[case], good.clock.now()) {
        Decision::Allow(admitted) if admitted.principals().iter().all(|one| one.residual.is_none()) => Ok(()),
        Decision::Allow(_) => Err(SuggestError::NotAllowed { code: "residual-unmet" }),
        Decision::Deny(denial) | Decision::Unknown(denial) => {
            Err(SuggestError::NotAllowed { code: denial.code() })
        }
    }
}
