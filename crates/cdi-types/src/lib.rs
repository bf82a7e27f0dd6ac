//! The words of CDI: digests, ids, statements, predicates, properties, time and limits.
//!
//! In go bytes that somebody hands us; out come values whose *form* is right. Nothing here verifies a
//! signature, trusts anybody, reads a clock or touches a file: a value of these types proves only that it was
//! well formed. The rules are in `docs/spec/formats.md`.

mod annotations;
mod artifact;
mod artifact_digest;
mod bundle;
mod commit;
mod digest;
mod environment;
mod hex;
pub mod json;
pub mod limits;
mod name;
mod parsed;
mod path;
mod platform;
mod predicate;
mod property;
mod public_key_info;
mod statement;
mod time;
mod unverified;

pub use annotations::Annotations;
pub use artifact::Artifact;
pub use artifact_digest::{ArtifactDigest, DigestSet, LeafError, Leaves};
pub use bundle::{Bundle, BundleError, Line};
pub use commit::{Commit, CommitId, GitDigest, GitDigestError, Hex, ObjectFormat, TreeId, WorkTree};
pub use digest::{CatalogueDigest, DigestError, FileDigest, KeyId, PolicyDigest, Sha256, StatementId};
pub use environment::{EnvironmentKind, Overheads, Resources};
pub use name::{Name, NameError, steers_a_display};
pub use path::{PathError, RecordedPath};
pub use platform::{PlatformProperty, Runtime};
pub use predicate::certification::{
    Claim, ClaimedProperty, ClosureFile, Custody, Effect, Linkage, ToolCertification, ToolIdentity, Vetting,
    admit_claims,
};
pub use predicate::edition::{DocumentBytes, Mode, PolicyEdition, Waiver};
pub use predicate::endorsement::{Endorsement, Scope};
pub use predicate::foreign::ForeignStatement;
pub use predicate::invocation::{
    AfterPositional, ArgumentRule, Arguments, Assigned, CommandLine, CommandOption, Ending, EnvironmentRule,
    Invocation, KnownInput, MadeOutput, NamedFile, OptionPart, Part, Repeats, Spelling, TextKind, Unnamed,
    Written, is_plainly_a_path, made,
};
pub use predicate::manifest::Manifest;
pub use predicate::node::{NodeEnvironment, NodeEvidence, NodeFeatures, NodeReport};
pub use predicate::origin::{Origin, OriginKind};
pub use predicate::report::{
    Algorithms, CaptureLevel, EnvironmentValue, Exit, Finding, Input, Libraries, MeasuredFile, MeasuredTool,
    Operation, Platform, Report, ReportKind, Tree,
};
pub use predicate::request::{CertificationRequest, EndorsementRequest};
pub use predicate::revocations::{Revocation, RevocationList, RevocationReason, RevokedId, RunWindow};
pub use predicate::summary::{
    LevelError, NamedPolicy, SUMMARY_TYPE, VerificationSummary, VerifiedLevel, VerifierId, VerifierIdError,
};
pub use predicate::trace::{
    ExecutableIndex, FileUse, FirstUse, Omitted, Reach, Trace, TracedFile, TracedProgram,
};
pub use predicate::verification::{NoDetails, SUMMARY_FAILED, SUMMARY_PASSED, Verification, WrittenSummary};
pub use predicate::{Dated, Predicate, PredicateError};
pub use property::{PropertyError, PropertyName, PropertyPattern, Role, STEP};
pub use public_key_info::{PublicKeyInfo, PublicKeyInfoError};
pub use statement::{AnyStatement, Statement, StatementError, Subject, parse_statement};
pub use time::{Clock, Duration, DurationError, TimeError, Timestamp};
pub use unverified::Unverified;

/// The prefix of every type URI of CDI (`docs/spec/formats.md`, rule F-TYPE).
pub const TYPE_PREFIX: &str = "https://code-deployment-integrity.io/";
