//! Principals and what they ask for.

use super::{
    Capture, Condition, Custody, Digest, EvidenceRule, Id, Key, Name, OriginKind, Pattern, Property,
};
use std::collections::{BTreeMap, BTreeSet};

/// One principal with its policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// Who it is.
    pub name: Name,
    /// What is decided where the policy is silent.
    pub rule: Rule,
    /// Whom it trusts.
    pub anchors: Vec<Anchor>,
    /// Groups under one control; each member is in at most one group.
    pub same_control: Vec<BTreeSet<Member>>,
    /// How many independent authorities it asks for.
    pub quorum: Quorum,
    /// How many independent authorities it wants to have signed a report themselves (0 to 5).
    pub countersigned: Quorum,
    /// In whose custody the artifact must have been made from the same, if it asks for that.
    pub reproduced: Option<Reproduced>,
    /// The lowest custody of a report key.
    pub custody_floor: Custody,
    /// The lowest capture level of a report, if any.
    pub capture_floor: Option<Capture>,
    /// How fresh revocation lists must be.
    pub revocation: Freshness,
    /// Properties that it takes for granted.
    pub assumptions: Vec<(Property, Assumed)>,
    /// The origins to which the history must lead, if it asks for a history.
    pub complete: Option<Vec<OriginRule>>,
    /// Roles of inputs that need no history.
    pub exempt: BTreeSet<Name>,
    /// How many steps of a history are asked behind a run of the tool with this entry executable; of others all.
    pub depth: BTreeMap<Digest, u8>,
    /// Whose word is enough of what lies behind the artifact, in the place of its history.
    pub summaries: Vec<SummaryRule>,
    /// What others can say of the artifact, by names of its own.
    pub evidence: Vec<EvidenceRule>,
    /// What it will have no part in.
    pub forbidden: Forbidden,
    /// What every run must meet.
    pub step_conditions: Vec<Condition>,
    /// Whether an input's properties and history come from what its run names, only.
    pub linked: bool,
    /// Whether only those certifications vote that a report names, and what renews them.
    pub named_only: bool,
    /// What it requires, if anything.
    pub require: Option<Formula>,
    /// The principals whose assertions about the host it believes, besides its own.
    pub accept_asserted: BTreeSet<Name>,
}

/// A verifier whose summaries a principal accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRule {
    /// Who it is.
    pub verifier: Name,
    /// The key that must have signed.
    pub key: Key,
    /// The lowest level of builds.
    pub level: u8,
    /// By which policy it must have verified, if that is said.
    pub policy: Option<Name>,
    /// How many seconds after the verification it no longer counts.
    pub max_age: u64,
}

/// What a principal will have no part in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forbidden {
    /// Executables, libraries and recorders.
    pub tools: BTreeSet<Digest>,
    /// Keys of tools.
    pub report_keys: BTreeSet<Key>,
    /// Authorities; in a generated world never an anchor.
    pub authorities: BTreeSet<Key>,
    /// Origin statements.
    pub origins: BTreeSet<Id>,
    /// Signers of origins; in a generated world never one whose origins the principal accepts or assumes something of.
    pub origin_keys: BTreeSet<Key>,
}

/// Runs in independent custody.
#[derive(Clone, Debug, PartialEq)]
pub struct Reproduced {
    /// How many (2 to as many as there are custodians).
    pub count: usize,
    /// The report keys of each custodian; a key is of one custodian at most.
    pub custodians: Vec<BTreeSet<Key>>,
}

/// The two policies that exist by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everything is allowed; nothing else in the policy is read.
    AcceptAll,
    /// Nothing is allowed but what meets the requirements, of which there must be one.
    DefaultDeny,
}

/// One policy entry: an organisation that the principal trusts by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Anchor {
    /// Its name in the policy.
    pub name: Name,
    /// Its keys; a key is in one entry at most.
    pub keys: Vec<Key>,
    /// The properties it may vouch for.
    pub scope: Vec<Pattern>,
    /// How many endorsements may follow its keys on a chain (0 to 5).
    pub depth: u32,
}

/// A member of a group under one control.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// An anchor, with all of its keys.
    Anchor(Name),
    /// An authority's key; in a generated world never a key of an anchor.
    Key(Key),
}

/// How many items it takes to hit all chains before a quorum fails (1 to 5).
#[derive(Clone, Debug, PartialEq)]
pub struct Quorum {
    /// For properties without a number of their own.
    pub default: usize,
    /// For single properties.
    pub of: BTreeMap<Property, usize>,
}

/// How fresh revocation lists must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Begun less than so many seconds ago.
    MaxAge(u64),
    /// Lists need not be there at all.
    DangerouslyNone,
}

/// For which artifacts a property is assumed.
#[derive(Clone, Debug, PartialEq)]
pub enum Assumed {
    /// This one.
    ByDigest(Digest),
    /// Those that an origin statement of this key and kind lists.
    ByOrigin(Key, OriginKind),
}

/// Where a history may begin.
#[derive(Clone, Debug, PartialEq)]
pub enum OriginRule {
    /// This artifact.
    Digest(Digest),
    /// What origin statements of this key and one of these kinds list, save the deployed artifact.
    Key(Key, BTreeSet<OriginKind>),
}

/// A requirement; tags are already expanded. Lists are not empty and `1 <= n <= length` in `AtLeast`.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// The artifact has this property.
    Property(Property),
    /// The place has it.
    Platform(Property),
    /// Somebody says it of the artifact: the principal's evidence of this name.
    Evidence(Name),
    /// All of these.
    And(Vec<Formula>),
    /// One of these.
    Or(Vec<Formula>),
    /// So many of these.
    AtLeast(usize, Vec<Formula>),
}
