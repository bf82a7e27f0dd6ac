//! Why an authority does not sign.

use cdi_condition::ConditionError;
use cdi_keys::SealError;
use cdi_types::{
    ClaimedProperty, Custody, KeyId, PropertyPattern, RevocationReason, RevokedId, StatementError,
    StatementId, Timestamp,
};

/// A rule that forbids an authority to sign. Nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// The signer is not the authority whose records these are.
    #[error("the signing key is `{signer}`, the records are those of `{authority}`")]
    ForeignSigner {
        /// The signer's key.
        signer: KeyId,
        /// The authority's key.
        authority: KeyId,
    },
    /// The window ends before it begins, or at once.
    #[error("a statement valid from {not_before} to {not_after} is never valid")]
    EmptyWindow {
        /// The start.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
    },
    /// The window is longer than such a statement may last.
    #[error("{what} valid from {not_before} to {not_after} lasts too long, at most {days} days are allowed")]
    WindowTooLong {
        /// The kind of statement.
        what: &'static str,
        /// The start.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
        /// The longest lifetime, in days.
        days: u64,
    },
    /// One report key serves one tool, and this one is known for another.
    #[error("the report key `{key}` is known for `{known}`, not for `{asked}`")]
    ReportKeyOfAnotherTool {
        /// The report key.
        key: KeyId,
        /// The tool that it is known for, with its supplier.
        known: String,
        /// The tool that asks, with its supplier.
        asked: String,
    },
    /// The report key is that of an authority.
    #[error("the report key `{key}` is the key of an authority: {authority}")]
    ReportKeyOfAnAuthority {
        /// The key.
        key: KeyId,
        /// Which authority.
        authority: String,
    },
    /// The key that wants to be an authority's is a tool's report key.
    #[error("the key `{key}` is the report key of `{tool}`")]
    AuthorityKeyOfATool {
        /// The key.
        key: KeyId,
        /// The tool.
        tool: String,
    },
    /// The authority itself has revoked the key.
    #[error("the key `{key}` was revoked by this authority at {date} ({})", reason.as_str())]
    KeyRevoked {
        /// The key.
        key: KeyId,
        /// When.
        date: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// An authority cannot make itself one.
    #[error("an authority cannot endorse its own key `{key}`")]
    EndorsesItself {
        /// The key.
        key: KeyId,
    },
    /// The authority would say that the key is held more safely than the key's owner says.
    #[error("the request says custody `{}`, the terms say `{}`", requested.as_str(), granted.as_str())]
    CustodyAboveRequest {
        /// What the owner says.
        requested: Custody,
        /// What the terms say.
        granted: Custody,
    },
    /// A condition that no verifier could read: the claim would never count.
    #[error("the claim of `{property}`: {error}")]
    Condition {
        /// The claimed property.
        property: ClaimedProperty,
        /// What is wrong.
        error: ConditionError,
    },
    /// The authority may not speak about this.
    #[error("`{found}` is outside this authority's own scope, `{scope}` at {at}")]
    OutsideOwnScope {
        /// What it would speak about.
        found: PropertyPattern,
        /// What it may speak about.
        scope: String,
        /// When.
        at: Timestamp,
    },
    /// Nobody's endorsement of this authority is current.
    #[error("no endorsement of this authority is valid at {at}")]
    NotEndorsed {
        /// When.
        at: Timestamp,
    },
    /// The authority's own endorsement does not let so many authorities follow.
    #[error("this authority's own endorsement leaves no room for a child of depth {asked} over `{pattern}`")]
    DepthExhausted {
        /// The depth that the child would get.
        asked: u8,
        /// The pattern for which there is no room.
        pattern: PropertyPattern,
    },
    /// The authority never signed what it would renew.
    #[error("this authority has signed no certification {id}")]
    RenewsUnknown {
        /// What would be renewed.
        id: StatementId,
    },
    /// What is revoked cannot be renewed.
    #[error("the certification {id} was revoked by this authority at {date}")]
    RenewsRevoked {
        /// What would be renewed.
        id: StatementId,
        /// Since when it is revoked.
        date: Timestamp,
    },
    /// A renewal that says more than what it renews.
    #[error("it says more than the certification {id}, which it would renew")]
    RenewsMore {
        /// What would be renewed.
        id: StatementId,
    },
    /// The authority never signed what it would revoke.
    #[error("this authority has signed no {id}")]
    RevokesUnknown {
        /// What would be revoked.
        id: RevokedId,
    },
    /// The list says exactly this already.
    #[error("the {id} is revoked already, at {date}")]
    RevokedAlready {
        /// What is revoked.
        id: RevokedId,
        /// Since when.
        date: Timestamp,
    },
    /// A compromise cannot be taken back: earlier lists go on saying it.
    #[error("the {id} is revoked for `key-compromise`, which a later list cannot weaken to `{}`", reason.as_str())]
    RevocationWeakened {
        /// What is revoked.
        id: RevokedId,
        /// The new reason.
        reason: RevocationReason,
    },
    /// Less of a compromise than an earlier list says: the earliest time of all counts, so it would change nothing.
    #[error(
        "the {id} is revoked as compromised {}, which a later list cannot weaken to {since}",
        known.map_or("since nobody knows when".to_owned(), |known| format!("since {known}"))
    )]
    CompromiseWeakened {
        /// What is revoked.
        id: RevokedId,
        /// Since when, as the newest list says; `None` if it does not say.
        known: Option<Timestamp>,
        /// Since when, as the new entry says.
        since: Timestamp,
    },
    /// An entry that revokes less than an earlier one: all entries act, so it would change nothing.
    #[error("more of the {id} is revoked already than these runs")]
    RevocationNarrowed {
        /// What is revoked.
        id: RevokedId,
    },
    /// Survivors or a successor at an entry where nobody reads them.
    #[error("found {member} at the {id}, expected only at {place}")]
    RevocationMember {
        /// The members.
        member: &'static str,
        /// Where they belong.
        place: &'static str,
        /// Where they were found.
        id: RevokedId,
    },
    /// A list that is older than the one before it.
    #[error(
        "the list would begin at {not_before}, before the newest one, which begins at {newest}: wait until then"
    )]
    ListGoesBack {
        /// The start of the new list.
        not_before: Timestamp,
        /// The start of the newest list.
        newest: Timestamp,
    },
    /// The terms make a statement that a verifier would refuse.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The statement was not sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl AuthorityError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ForeignSigner { .. } => "authority-foreign-signer",
            Self::EmptyWindow { .. } => "window-empty",
            Self::WindowTooLong { .. } => "window-too-long",
            Self::ReportKeyOfAnotherTool { .. } => "report-key-of-another-tool",
            Self::ReportKeyOfAnAuthority { .. } => "report-key-of-an-authority",
            Self::AuthorityKeyOfATool { .. } => "authority-key-of-a-tool",
            Self::KeyRevoked { .. } => "key-revoked",
            Self::EndorsesItself { .. } => "endorses-itself",
            Self::Condition { error, .. } => error.code(),
            Self::CustodyAboveRequest { .. } => "custody-above-request",
            Self::OutsideOwnScope { .. } => "scope-exceeded",
            Self::NotEndorsed { .. } => "authority-not-endorsed",
            Self::DepthExhausted { .. } => "depth-exceeded",
            Self::RenewsUnknown { .. } => "renews-unknown",
            Self::RenewsRevoked { .. } => "renews-revoked",
            Self::RenewsMore { .. } => "renews-more",
            Self::RevokesUnknown { .. } => "revokes-unknown",
            Self::RevokedAlready { .. } => "revoked-already",
            Self::RevocationWeakened { .. } => "revocation-weakened",
            Self::CompromiseWeakened { .. } => "revocation-weakened",
            Self::RevocationNarrowed { .. } => "revocation-narrowed",
            Self::RevocationMember { .. } => "revocation-member-misplaced",
            Self::ListGoesBack { .. } => "list-goes-back",
            Self::Statement(error) => error.code(),
            Self::Seal(error) => error.code(),
        }
    }

    /// What to try, where that is more than the opposite of the message.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ReportKeyOfAnotherTool { .. } => Some(
                "make a key of its own for this tool with `cdi key generate`; a new version keeps name and supplier",
            ),
            Self::ReportKeyOfAnAuthority { .. } | Self::AuthorityKeyOfATool { .. } => {
                Some("one key has one role; make another with `cdi key generate`")
            }
            Self::NotEndorsed { .. } => {
                Some("ask the parent authority to endorse this one again, then `cdi authority import` it")
            }
            Self::OutsideOwnScope { .. } | Self::DepthExhausted { .. } => Some(
                "`cdi authority show DIR` prints what this authority may do; only its parent can widen it",
            ),
            Self::RenewsMore { .. } => Some(
                "a renewal has the same executable, key, recorder and invocations, and no other files or claims; without `--renews` it is a new certification",
            ),
            Self::RevokesUnknown { .. } | Self::RenewsUnknown { .. } => {
                Some("`cdi authority list DIR` prints the ids of all that this authority has signed")
            }
            _ => None,
        }
    }
}
