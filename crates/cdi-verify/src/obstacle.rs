//! Why something is not shown: each obstacle is a rule that was not met, at one point of the chain.

use std::cmp::Reverse;

use cdi_types::{
    ArtifactDigest, Custody, FileDigest, KeyId, PlatformProperty, PropertyName, RevokedId, Role, StatementId,
    Timestamp, VerifierId,
};

use crate::condition::ConditionFailure;
use crate::coverage::Mismatch;
use crate::evidence::EvidenceFailure;
use crate::summary::SummaryFailure;

/// One reason why a property is not shown of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "the fields are named for what they hold, and the texts say what each variant means"
)]
pub enum Obstacle {
    /// No report names the artifact as an output or as inspected.
    #[error("no report in the bundle is about {artifact}")]
    NoReport { artifact: ArtifactDigest },
    /// Nobody certified the key that signed the report.
    #[error("report {report} is signed by the key {key}, which no certification in the bundle names")]
    UncertifiedKey { report: StatementId, key: KeyId },
    /// The report's key was compromised, and the report is not among the survivors.
    #[error("report {report} is signed by a key that {by} has revoked as compromised{}", in_its_place(*.successor))]
    CompromisedKey { report: StatementId, by: KeyId, successor: Option<KeyId> },
    /// The policy forbids what was measured in the run.
    #[error("{tool} took part in the run of report {report}, and the policy forbids it")]
    ForbiddenTool { report: StatementId, tool: FileDigest },
    /// The policy forbids the key that signed the report.
    #[error("report {report} is signed by the key {key}, which the policy forbids")]
    ForbiddenKey { report: StatementId, key: KeyId },
    /// The policy forbids the authority that signed.
    #[error("the policy forbids the authority {authority}")]
    ForbiddenAuthority { authority: KeyId },
    /// The policy forbids the origin statement that lists the artifact.
    #[error(
        "{artifact} is listed by the origin statement {statement} of the key {key}, and the policy forbids that"
    )]
    ForbiddenOrigin { artifact: ArtifactDigest, statement: StatementId, key: KeyId },
    /// The run does not meet a condition that the policy sets to every step.
    #[error("the run of report {report} does not meet the policy's step condition `{condition}`: {failure}")]
    StepCondition { report: StatementId, condition: String, failure: ConditionFailure },
    /// The policy lets only certifications vote that the report names, and it names another.
    #[error("report {report} does not name this certification of `{tool}`, nor one that it renews")]
    NotNamed { report: StatementId, certification: StatementId, tool: String },
    /// The tool's certifications claim nothing about the property.
    #[error("no certification of `{tool}`, whose report is about {artifact}, claims {property} of it")]
    NotClaimed { report: StatementId, tool: String, property: PropertyName, artifact: ArtifactDigest },
    /// An inspection did not find the property.
    #[error("the inspection by `{tool}` did not find {property} in {artifact}")]
    NotFound { report: StatementId, tool: String, property: PropertyName, artifact: ArtifactDigest },
    /// The report's kind does not carry the claim's effect.
    #[error(
        "the certification of `{tool}` claims {property} for another kind of operation than the report's"
    )]
    WrongKind { report: StatementId, tool: String, property: PropertyName },
    /// The claim is about an output of another role.
    #[error(
        "the certification of `{tool}` claims {property} of its `{expected}` output, and {artifact} is not that"
    )]
    OutputRole {
        report: StatementId,
        tool: String,
        property: PropertyName,
        expected: Role,
        artifact: ArtifactDigest,
    },
    /// The executable that ran is not the certified one.
    #[error(
        "`{tool}` ran as an executable that is not the certified one: expected {expected}, found {found}"
    )]
    Executable { report: StatementId, tool: String, expected: String, found: String },
    /// Something else that ran or was loaded is not in the certified closure.
    #[error("`{file}` took part in the run of `{tool}` and is not in its certified closure")]
    Closure { report: StatementId, tool: String, file: String },
    /// The libraries were not measured, and the certification does not say that there are none.
    #[error("the libraries that `{tool}` loaded were not measured, and it is certified as `dynamic`")]
    UnmeasuredLibraries { report: StatementId, tool: String },
    /// The recorder is not the certified one.
    #[error("the run of `{tool}` was recorded by {found}, expected the certified recorder {expected}")]
    Recorder { report: StatementId, tool: String, expected: String, found: String },
    /// The report key's custody is lower than the policy asks for.
    #[error("the report key of `{tool}` is in custody `{}`, the policy asks for `{}`", found.as_str(), expected.as_str())]
    Custody { certification: StatementId, tool: String, expected: Custody, found: Custody },
    /// The capture level is lower than is asked for.
    #[error("the run of `{tool}` was captured at level `{found}`, `{expected}` is asked for")]
    Capture { report: StatementId, tool: String, expected: &'static str, found: &'static str },
    /// The run is not what the certification describes.
    #[error("the run of `{tool}` is not the certified invocation `{invocation}`: {mismatch}")]
    Invocation {
        report: StatementId,
        certification: StatementId,
        tool: String,
        invocation: Role,
        mismatch: Mismatch,
    },
    /// The run does not meet the claim's condition.
    #[error(
        "the run of `{tool}` does not meet the condition of its certification for {property}, `{condition}`: {failure}"
    )]
    Condition {
        report: StatementId,
        certification: StatementId,
        tool: String,
        property: PropertyName,
        condition: String,
        failure: ConditionFailure,
    },
    /// A preserving step had no code to preserve the property of.
    #[error("the run of `{tool}` read no code, so that there is nothing to preserve {property} of")]
    NoCodeInput { report: StatementId, tool: String, property: PropertyName },
    /// A code input lacks the property.
    #[error("`{tool}` preserves {property}, and its input {input} does not have it")]
    InputLacks { report: StatementId, tool: String, property: PropertyName, input: ArtifactDigest },
    /// An input of a whole step does not go back to an accepted origin.
    #[error("an input of the step that made {artifact} does not go back to an accepted origin: {input}")]
    InputIncomplete { report: StatementId, artifact: ArtifactDigest, input: ArtifactDigest },
    /// Under `linked`: nothing that the report names made the input.
    #[error(
        "report {report} names no report that is here and made its input {input}, which is no accepted origin either"
    )]
    InputNotLinked { report: StatementId, input: ArtifactDigest },
    /// The chain ends here, and the policy accepts no origin for it.
    #[error("{artifact} is where the chain ends, and it is no origin that the policy accepts")]
    NoOrigin { artifact: ArtifactDigest },
    /// What the policy asks for as others' evidence is not there.
    #[error("the evidence `{name}` about {artifact}: {failure}")]
    Evidence { name: Role, artifact: ArtifactDigest, failure: EvidenceFailure },
    /// A verifier's summary of it does not count.
    #[error("the summary of {artifact} by `{verifier}` does not count: {failure}")]
    Summary {
        statement: StatementId,
        artifact: ArtifactDigest,
        verifier: VerifierId,
        failure: SummaryFailure,
    },
    /// A statement's window has not begun.
    #[error("the {what} is not valid before {not_before}, decided at {now}")]
    NotYetValid { statement: StatementId, what: String, not_before: Timestamp, now: Timestamp },
    /// A statement's window is over.
    #[error("the {what} expired: valid until {not_after}, decided at {now}")]
    Expired { statement: StatementId, what: String, not_after: Timestamp, now: Timestamp },
    /// An authority has revoked it.
    #[error("{id} was revoked by the authority {by}{}", in_its_place(*.successor))]
    Revoked { by: KeyId, id: RevokedId, successor: Option<KeyId> },
    /// Two revocation lists with one serial.
    #[error("the authority {authority} has issued two revocation lists with one serial")]
    ContradictoryLists { authority: KeyId },
    /// No fresh revocation list.
    #[error("no revocation list of the authority {authority} in the bundle is fresh enough")]
    StaleLists { authority: KeyId },
    /// No chain from an anchor to the certifier.
    #[error(
        "the authority {authority} is no anchor of this policy, and no endorsement that holds leads to it"
    )]
    UntrustedAuthority { authority: KeyId },
    /// A chain there is, but not for this property or not of this length.
    #[error(
        "the authority {authority} may not speak about {property}: its scope or depth does not reach so far"
    )]
    OutOfScope { authority: KeyId, property: PropertyName },
    /// Too few independent authorities have countersigned the report.
    #[error(
        "{found} of {expected} independent authorities that may speak about {property} have countersigned report {report}"
    )]
    Countersignatures { report: StatementId, property: PropertyName, expected: u8, found: u8 },
    /// Too few custodians made the artifact by one recipe.
    #[error("{}", reproductions(artifact, *expected, *found))]
    Reproductions { artifact: ArtifactDigest, expected: u8, found: usize },
    /// A runtime is not shown to supply it.
    #[error("{} is not shown to supply {property}: {why}", runtime_named(tool.as_deref(), *runtime))]
    Runtime { runtime: FileDigest, tool: Option<String>, property: PlatformProperty, why: RuntimeFault },
    /// Too few independent authorities.
    #[error("{found} of {expected} independent authorities vouch for {property} of {artifact}")]
    Quorum { property: PropertyName, artifact: ArtifactDigest, expected: u8, found: u8 },
}

/// Why a certification, or the lack of one, does not say what a runtime supplies (rule M-SUPPLY).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeFault {
    /// Nobody certified it as a runtime.
    #[error("no certification in the bundle is of this executable as a runtime")]
    Uncertified,
    /// The policy forbids it, or a library that it has loaded.
    #[error("the policy forbids {0}, which is it or a part of it")]
    Forbidden(FileDigest),
    /// Its certification claims something else.
    #[error("its certification does not claim that")]
    NotClaimed,
    /// It has loaded a library that is not in the certified closure.
    #[error("it has loaded `{0}`, which is not in its certified closure")]
    Closure(String),
    /// Its libraries were not measured, and the certification does not say that there are none.
    #[error("its libraries were not measured, and it is certified as `dynamic`")]
    UnmeasuredLibraries,
    /// It is set up otherwise than the certification describes.
    #[error("it is not set up as the certified invocation `{0}`: {1}")]
    Invocation(Role, Mismatch),
}

impl RuntimeFault {
    const fn code(&self) -> &'static str {
        match self {
            Self::Uncertified => "runtime-uncertified",
            Self::Forbidden(_) => "forbidden-tool",
            Self::NotClaimed => "property-not-claimed",
            Self::Closure(_) => "tool-closure",
            Self::UnmeasuredLibraries => "tool-libraries-unmeasured",
            Self::Invocation(_, mismatch) => mismatch.code(),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Uncertified => 1,
            Self::NotClaimed => 2,
            Self::Closure(_) | Self::UnmeasuredLibraries | Self::Invocation(..) => 7,
            Self::Forbidden(_) => 9,
        }
    }

    /// How far the runtime is as the certification describes.
    pub(crate) const fn progress(&self) -> usize {
        match self {
            Self::Invocation(_, mismatch) => mismatch.progress(),
            _ => 0,
        }
    }
}

impl Obstacle {
    /// The stable code of this obstacle.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoReport { .. } => "no-report",
            Self::UncertifiedKey { .. } => "report-key-uncertified",
            Self::CompromisedKey { .. } => "report-key-compromised",
            Self::ForbiddenTool { .. } => "forbidden-tool",
            Self::ForbiddenKey { .. } => "forbidden-report-key",
            Self::ForbiddenAuthority { .. } => "forbidden-authority",
            Self::ForbiddenOrigin { .. } => "forbidden-origin",
            Self::StepCondition { .. } => "step-condition-unmet",
            Self::NotNamed { .. } => "certification-not-named",
            Self::NotClaimed { .. } => "property-not-claimed",
            Self::NotFound { .. } => "property-not-found",
            Self::WrongKind { .. } => "report-wrong-kind",
            Self::OutputRole { .. } => "output-role",
            Self::Executable { .. } => "tool-executable",
            Self::Closure { .. } => "tool-closure",
            Self::UnmeasuredLibraries { .. } => "tool-libraries-unmeasured",
            Self::Recorder { .. } => "tool-recorder",
            Self::Custody { .. } => "custody-too-low",
            Self::Capture { .. } => "capture-too-low",
            Self::Invocation { mismatch, .. } => mismatch.code(),
            Self::Condition { failure, .. } => failure.code(),
            Self::NoCodeInput { .. } => "step-without-code",
            Self::InputLacks { .. } => "property-lost",
            Self::InputIncomplete { .. } => "input-incomplete",
            Self::InputNotLinked { .. } => "input-not-linked",
            Self::NoOrigin { .. } => "origin-not-accepted",
            Self::Summary { failure, .. } => failure.code(),
            Self::Evidence { failure, .. } => failure.code(),
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
            Self::ContradictoryLists { .. } => "revocation-lists-contradict",
            Self::StaleLists { .. } => "revocation-list-stale",
            Self::UntrustedAuthority { .. } => "authority-untrusted",
            Self::OutOfScope { .. } => "authority-out-of-scope",
            Self::Countersignatures { .. } => "countersignatures-missing",
            Self::Reproductions { .. } => "reproductions-missing",
            Self::Runtime { why, .. } => why.code(),
            Self::Quorum { .. } => "quorum-unmet",
        }
    }

    /// How close to a proof this obstacle stands (rule M-CLOSEST).
    const fn rank(&self) -> u8 {
        match self {
            Self::Runtime { why, .. } => why.rank(),
            Self::NoReport { .. } | Self::Evidence { failure: EvidenceFailure::Missing { .. }, .. } => 0,
            Self::UncertifiedKey { .. } => 1,
            Self::WrongKind { .. } | Self::NotClaimed { .. } => 2,
            Self::UntrustedAuthority { .. } => 3,
            Self::OutOfScope { .. } | Self::OutputRole { .. } | Self::NotFound { .. } => 4,
            Self::InputLacks { .. } | Self::InputIncomplete { .. } => 5,
            Self::InputNotLinked { .. } => 6,
            Self::NoOrigin { .. }
            | Self::NoCodeInput { .. }
            | Self::Capture { .. }
            | Self::Custody { .. } => 6,
            Self::Executable { .. }
            | Self::Closure { .. }
            | Self::UnmeasuredLibraries { .. }
            | Self::Recorder { .. }
            | Self::Invocation { .. }
            | Self::NotNamed { .. }
            | Self::Summary { .. }
            | Self::Evidence { .. }
            | Self::Condition { .. } => 7,
            Self::NotYetValid { .. } | Self::Expired { .. } => 8,
            Self::Revoked { .. }
            | Self::CompromisedKey { .. }
            | Self::ForbiddenTool { .. }
            | Self::ForbiddenKey { .. }
            | Self::ForbiddenAuthority { .. }
            | Self::ForbiddenOrigin { .. }
            | Self::StepCondition { .. }
            | Self::ContradictoryLists { .. } => 9,
            Self::StaleLists { .. } => 10,
            Self::Reproductions { .. } => 11,
            Self::Quorum { .. } | Self::Countersignatures { .. } => 12,
        }
    }

    /// The report that this obstacle is about, if it is about one.
    #[must_use]
    pub const fn report(&self) -> Option<StatementId> {
        match self {
            Self::UncertifiedKey { report, .. }
            | Self::CompromisedKey { report, .. }
            | Self::ForbiddenTool { report, .. }
            | Self::ForbiddenKey { report, .. }
            | Self::StepCondition { report, .. }
            | Self::NotNamed { report, .. }
            | Self::NotClaimed { report, .. }
            | Self::NotFound { report, .. }
            | Self::WrongKind { report, .. }
            | Self::OutputRole { report, .. }
            | Self::Executable { report, .. }
            | Self::Closure { report, .. }
            | Self::UnmeasuredLibraries { report, .. }
            | Self::Recorder { report, .. }
            | Self::Capture { report, .. }
            | Self::Invocation { report, .. }
            | Self::Condition { report, .. }
            | Self::NoCodeInput { report, .. }
            | Self::InputLacks { report, .. }
            | Self::InputIncomplete { report, .. }
            | Self::InputNotLinked { report, .. }
            | Self::Countersignatures { report, .. } => Some(*report),
            Self::NoReport { .. }
            | Self::ForbiddenAuthority { .. }
            | Self::ForbiddenOrigin { .. }
            | Self::Custody { .. }
            | Self::NoOrigin { .. }
            | Self::Summary { .. }
            | Self::Evidence { .. }
            | Self::NotYetValid { .. }
            | Self::Expired { .. }
            | Self::Revoked { .. }
            | Self::ContradictoryLists { .. }
            | Self::StaleLists { .. }
            | Self::UntrustedAuthority { .. }
            | Self::OutOfScope { .. }
            | Self::Reproductions { .. }
            | Self::Runtime { .. }
            | Self::Quorum { .. } => None,
        }
    }

    /// The authority that this obstacle is about, if it is about one.
    #[must_use]
    pub const fn authority(&self) -> Option<KeyId> {
        match self {
            Self::CompromisedKey { by, .. } | Self::Revoked { by, .. } => Some(*by),
            Self::ForbiddenAuthority { authority }
            | Self::ContradictoryLists { authority }
            | Self::StaleLists { authority }
            | Self::UntrustedAuthority { authority }
            | Self::OutOfScope { authority, .. } => Some(*authority),
            _ => None,
        }
    }

    /// As [`Self::rank`], and among invocations that do not cover a run the one that comes closest to it.
    const fn closeness(&self) -> (u8, usize) {
        match self {
            Self::Invocation { mismatch, .. } => (self.rank(), mismatch.progress()),
            Self::Runtime { why, .. } => (self.rank(), why.progress()),
            // All else about the run was as described.
            Self::Condition { .. } => (self.rank(), usize::MAX),
            _ => (self.rank(), 0),
        }
    }

    /// The order in which obstacles are named: the closest to a proof first, equally close ones by their codes. No key, digest
    /// or name has a part in it, so that the same story is named by the same code (rule M-CLOSEST).
    #[must_use]
    pub const fn order(&self) -> (Reverse<(u8, usize)>, &'static str) {
        (Reverse(self.closeness()), self.code())
    }
}

/// Whoever asks about a reproduction that no policy asks for is told so: nobody is counted then.
fn reproductions(artifact: &ArtifactDigest, expected: u8, found: usize) -> String {
    match expected {
        0 => format!("the policy lists no custodians who are to have made {artifact} independently"),
        _ => format!(
            "{found} of {expected} independent custodians made {artifact} with the same executable from the same code"
        ),
    }
}

/// What a list says takes the place of a revoked key. It gives no trust, and the words must not sound as if it did.
fn in_its_place(successor: Option<KeyId>) -> String {
    successor.map_or_else(String::new, |key| {
        format!("; in its place it names the key {key}, which gives no trust")
    })
}

/// A runtime by the name under which it is certified, if it is.
fn runtime_named(tool: Option<&str>, runtime: FileDigest) -> String {
    tool.map_or_else(|| format!("the runtime {runtime}"), |tool| format!("the runtime `{tool}`"))
}
