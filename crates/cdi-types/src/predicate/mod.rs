//! The predicates of CDI. Unknown members are errors in each: a dropped constraint would widen a certification.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{KeyId, Subject, Timestamp};

pub(crate) mod certification;
pub(crate) mod edition;
pub(crate) mod endorsement;
pub(crate) mod foreign;
pub(crate) mod invocation;
pub(crate) mod manifest;
pub(crate) mod node;
pub(crate) mod origin;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod revocations;
pub(crate) mod summary;
pub(crate) mod trace;
pub(crate) mod verification;

/// A predicate that breaks a rule of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PredicateError {
    /// The subject is not the one thing that this predicate is about.
    #[error("the subject must be {expected}")]
    WrongSubject {
        /// What it must be.
        expected: &'static str,
    },
    /// The window ends before it begins, or is empty.
    #[error("the statement is valid from {not_before} to {not_after}, which is no time at all")]
    EmptyWindow {
        /// The start.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
    },
    /// A revocation of the runs of a time, at something that is no key, or for a reason by which their times are worth nothing.
    #[error(
        "the revocation of {id} is limited to runs of a time, which is for keys that nobody else has used"
    )]
    MisplacedRuns {
        /// What is revoked.
        id: String,
    },
    /// The moment of a compromise where none is told of.
    #[error(
        "the revocation of {id} says since when, which is for keys that are revoked for `key-compromise`"
    )]
    MisplacedSince {
        /// What is revoked.
        id: String,
    },
    /// A compromise that has not yet been.
    #[error("a key is said to be compromised since {since}, and the list is issued at {issued}")]
    LateSince {
        /// Since when.
        since: Timestamp,
        /// When the list is issued.
        issued: Timestamp,
    },
    /// A list that must have an element has none.
    #[error("`{member}` is empty")]
    Empty {
        /// The member's name.
        member: &'static str,
    },
    /// A list has an element twice.
    #[error("`{member}` has `{element}` twice")]
    Duplicate {
        /// The member's name.
        member: &'static str,
        /// The element.
        element: String,
    },
    /// A claim names an invocation that the certification does not describe.
    #[error("a claim for `{property}` names the invocation `{invocation}`, which is not described")]
    UnknownInvocation {
        /// The claimed property.
        property: String,
        /// The invocation's name.
        invocation: String,
    },
    /// A claim that no effect can carry: `*` that is not preserved, or the reserved property `STEP` not established.
    #[error("a claim for `{property}` cannot have the effect `{effect}`")]
    ImpossibleClaim {
        /// The claimed property.
        property: String,
        /// The effect.
        effect: &'static str,
    },
    /// An invocation that a run could match in two ways, or that leaves open what it must not.
    #[error("{what} {reading}")]
    AmbiguousInvocation {
        /// What can be misread, control characters escaped.
        what: String,
        /// As what.
        reading: String,
    },
    /// A condition over the limit.
    #[error("a condition of {found} bytes, at most {} are read", crate::limits::CONDITION_BYTES)]
    ConditionTooLong {
        /// How many bytes were found.
        found: usize,
    },
    /// A policy document over the limit.
    #[error("a document of {found} bytes, at most {} are read", crate::limits::POLICY_BYTES)]
    DocumentTooLarge {
        /// How many bytes were found.
        found: usize,
    },
    /// A depth over the limit: the authority chain would be too long.
    #[error("a depth of {found}, at most {} is allowed", crate::limits::ENDORSEMENT_DEPTH)]
    TooDeep {
        /// The depth that was found.
        found: u8,
    },
    /// An authority's own key as the child that it endorses, or as the report key that it certifies.
    #[error("the issuer's own key is {place}")]
    OwnKey {
        /// Where it stands.
        place: &'static str,
    },
    /// A manifest by which files would be taken for code.
    #[error("a manifest gives the role `code`, and code has to show where it comes from")]
    CodeManifest,
    /// A manifest that the tool itself could sign.
    #[error("the key of a manifest is the report key: the tool would say of its own inputs what they are")]
    ManifestByTool,
    /// An origin says of its subjects that they are files of a commit, and they cannot be.
    #[error("an origin with a commit {reason}")]
    Commit {
        /// Why not.
        reason: &'static str,
    },
    /// A finding is about something that was not inspected, or a transformation has findings.
    #[error("a finding about `{digest}`, which the report does not list as inspected")]
    StrayFinding {
        /// The finding's digest.
        digest: String,
    },
    /// An inspection's subject is not among its inputs.
    #[error("the inspected `{path}` is not among the inputs with this digest")]
    InspectedIsNoInput {
        /// The subject's path.
        path: String,
    },
    /// A tree that is not told of in `trees`, or something there that is no tree of the report.
    #[error("`{path}` is a tree or stands among the `trees`, and not both")]
    TreesInconsistent {
        /// Its path.
        path: String,
    },
    /// A node's report for longer than what a node has stays as it is.
    #[error(
        "a node's report is valid from {not_before} to {not_after}, at most {} seconds are allowed",
        crate::limits::NODE_WINDOW.seconds()
    )]
    LongNodeWindow {
        /// The start.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
    },
    /// A node that has nothing, or gives more than it has.
    #[error("the node has no processor or no memory, or can give more than it has")]
    NodeCapacity,
    /// A list or text of a node's report over its limit.
    #[error("`{member}` of a node has {found}, at most {most} are read")]
    NodeTooLong {
        /// The member's name.
        member: &'static str,
        /// How much was found.
        found: usize,
        /// How much is read.
        most: usize,
    },
    /// An environment in which a node says two values of one property.
    #[error("the node asserts `{one}` and `{other}` of one environment, and no place is both")]
    NodeOfTwoValues {
        /// The one.
        one: String,
        /// The other.
        other: String,
    },
    /// An environment that would make programs faster than without it.
    #[error("the environment `{environment}` has a slowdown of less than 1000 permille")]
    NodeSpeedsUp {
        /// The environment's name.
        environment: String,
    },
    /// A trace in a report of a level at which nobody watched.
    #[error("a report of level `{capture}` has a trace, which only `traced` and `confined` have")]
    TraceMisplaced {
        /// The level.
        capture: &'static str,
    },
    /// A trace that does not fit the report that it is of.
    #[error("the trace has {found} as `{what}`, which does not fit the {expected} of the report")]
    TraceInconsistent {
        /// The member.
        what: &'static str,
        /// The number that was found.
        found: u64,
        /// How many there are to fit.
        expected: u64,
    },
    /// A list of a trace over its limit.
    #[error("`{member}` of a trace has {found}, at most {most} are read")]
    TraceTooLong {
        /// The member's name.
        member: &'static str,
        /// How much was found.
        found: usize,
        /// How much is read.
        most: usize,
    },
    /// A run that ended before it began.
    #[error("the run finished at {finished}, before it started at {started}")]
    FinishedBeforeStart {
        /// The start.
        started: Timestamp,
        /// The end.
        finished: Timestamp,
    },
}

impl PredicateError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongSubject { .. } => "predicate-wrong-subject",
            Self::EmptyWindow { .. } => "predicate-empty-window",
            Self::MisplacedRuns { .. } => "revocation-runs-misplaced",
            Self::MisplacedSince { .. } => "revocation-since-misplaced",
            Self::LateSince { .. } => "revocation-since-late",
            Self::Empty { .. } => "predicate-empty-list",
            Self::Duplicate { .. } => "predicate-duplicate",
            Self::UnknownInvocation { .. } => "claim-unknown-invocation",
            Self::ImpossibleClaim { .. } => "claim-impossible",
            Self::AmbiguousInvocation { .. } => "invocation-ambiguous",
            Self::ConditionTooLong { .. } => "limit-condition",
            Self::DocumentTooLarge { .. } => "limit-policy-bytes",
            Self::TooDeep { .. } => "limit-authority-chain",
            Self::CodeManifest => "manifest-code",
            Self::ManifestByTool => "manifest-own-key",
            Self::OwnKey { .. } => "predicate-own-key",
            Self::Commit { .. } => "origin-commit",
            Self::StrayFinding { .. } => "finding-stray",
            Self::InspectedIsNoInput { .. } => "inspected-no-input",
            Self::TreesInconsistent { .. } => "tree-inconsistent",
            Self::LongNodeWindow { .. } => "node-window-too-long",
            Self::NodeCapacity => "node-capacity",
            Self::NodeTooLong { .. } => "limit-node",
            Self::NodeOfTwoValues { .. } => "node-of-two-values",
            Self::NodeSpeedsUp { .. } => "node-slowdown",
            Self::TraceMisplaced { .. } => "trace-misplaced",
            Self::TraceInconsistent { .. } => "trace-inconsistent",
            Self::TraceTooLong { .. } => "limit-trace",
            Self::FinishedBeforeStart { .. } => "report-finished-before-start",
        }
    }
}

/// A predicate type of CDI.
pub trait Predicate: Serialize + DeserializeOwned {
    /// The type URI, compared byte for byte.
    const TYPE: &'static str;

    /// The id of the key whose signature this statement needs: the one signer that it credits (rule F-ISSUER).
    fn issuer(&self) -> KeyId;

    /// Holds subjects and predicate to the rules of this type that a member alone cannot show.
    ///
    /// # Errors
    /// [`PredicateError`] names the rule.
    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError>;
}

/// A statement that is current from `not_before` (inclusive) to `not_after` (exclusive).
pub trait Dated {
    /// The first second at which the statement is current.
    fn not_before(&self) -> Timestamp;
    /// The first second at which it is no longer current.
    fn not_after(&self) -> Timestamp;

    /// Holds the window to being one.
    ///
    /// # Errors
    /// [`PredicateError::EmptyWindow`].
    fn window(&self) -> Result<(), PredicateError> {
        let (not_before, not_after) = (self.not_before(), self.not_after());
        if not_before < not_after {
            Ok(())
        } else {
            Err(PredicateError::EmptyWindow { not_before, not_after })
        }
    }
}

/// The only subject, which must have this digest.
fn sole_subject(
    subject: &[Subject],
    digest: crate::Sha256,
    expected: &'static str,
) -> Result<(), PredicateError> {
    match subject {
        [only] if only.digest == crate::ArtifactDigest::File(digest) => Ok(()),
        _ => Err(PredicateError::WrongSubject { expected }),
    }
}

/// The only subject, which must be a file.
fn sole_file(subject: &[Subject], expected: &'static str) -> Result<(), PredicateError> {
    match subject {
        [only] if only.digest.file().is_some() => Ok(()),
        _ => Err(PredicateError::WrongSubject { expected }),
    }
}

fn not_empty<T>(list: &[T], member: &'static str) -> Result<(), PredicateError> {
    if list.is_empty() { Err(PredicateError::Empty { member }) } else { Ok(()) }
}

fn no_duplicates<T: Ord + ToString>(
    list: impl Iterator<Item = T>,
    member: &'static str,
) -> Result<(), PredicateError> {
    let mut seen = std::collections::BTreeSet::new();
    for element in list {
        if seen.contains(&element) {
            return Err(PredicateError::Duplicate { member, element: element.to_string() });
        }
        seen.insert(element);
    }
    Ok(())
}
