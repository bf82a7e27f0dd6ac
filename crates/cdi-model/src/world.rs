//! The data of a world: who trusts whom, what was said, what is deployed, and when.
//!
//! Every statement here is authentic: it is taken as signed by the key that it names. Windows are
//! `[not_before, not_after)` in seconds.

mod beginnings;
mod foreign;
mod line;
mod policy;

pub use beginnings::*;
pub use foreign::*;
pub use line::*;
pub use policy::*;

use std::collections::{BTreeMap, BTreeSet};

/// The key of an authority, a tool, or the signer of an origin.
pub type Key = String;
/// The digest of an artifact, an executable, a library or a recorder. A tree's ends in `/`: it is never that of a file.
pub type Digest = String;
/// The id of a statement.
pub type Id = String;
/// The name of a property.
pub type Property = String;
/// The name of a principal, anchor, invocation, role, path, variable or setting.
pub type Name = String;

/// The reserved property of an output that some tool is certified to make.
pub const STEP: &str = "STEP";
/// The role of what an invocation calls code.
pub const CODE: &str = "code";

/// Whether a digest is a tree's.
pub fn is_tree(digest: &Digest) -> bool {
    digest.ends_with('/')
}

/// Everything that a decision depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The instant of the decision.
    pub time: u64,
    /// How far a clock may run ahead of ours: allowed at the start of a window only.
    pub skew: u64,
    /// The principals that the decider requires.
    pub principals: Vec<Principal>,
    /// What was said.
    pub evidence: Evidence,
    /// What is to be deployed.
    pub artifact: Digest,
    /// The words, the same for all principals.
    pub catalogue: Catalogue,
    /// Host facts: the principal that asserts, and the platform property.
    pub asserted: Vec<(Name, Property)>,
    /// When the host first relied on a report, of those that it remembers.
    pub seen: BTreeMap<Id, u64>,
    /// What the host runs code with, if it was looked at.
    pub runtime: Option<Runtime>,
}

/// A runtime as it stands: no run of it is recorded.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in a report")]
pub struct Runtime {
    pub executable: Digest,
    pub libraries: Libraries,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<Name, EnvValue>,
    pub settings: BTreeMap<Name, String>,
}

/// The properties that there are. [`STEP`] is in none of the sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Properties of code.
    pub code: BTreeSet<Property>,
    /// Those of them that a step can preserve.
    pub preservable: BTreeSet<Property>,
    /// Those of them that are true of one run, and of bytes only as what that run made.
    pub making: BTreeSet<Property>,
    /// Those properties of code that an extension adds, under which the policies are then written.
    pub added: BTreeSet<Property>,
    /// Properties of the place.
    pub platform: BTreeSet<Property>,
}

/// A catalogue, seen from that of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// The very same.
    Policies,
    /// What the policies' catalogue extends, if it extends any; else the very same.
    Base,
    /// One that extends the policies' catalogue.
    Further,
    /// One that the decider does not know.
    Unknown,
}

impl Catalogue {
    /// Whether this catalogue is known to have the property as the policies mean it.
    pub fn has(&self, under: Under, property: &Property) -> bool {
        match under {
            Under::Policies | Under::Further => true,
            Under::Base => !self.added.contains(property),
            Under::Unknown => false,
        }
    }

    /// Whether the two are one catalogue.
    pub fn one(&self, a: Under, b: Under) -> bool {
        let base = |under| under == Under::Base || (under == Under::Policies && self.added.is_empty());
        a == b || (base(a) && base(b))
    }
}

/// All authentic statements, in no particular order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Authorities by authorities.
    pub endorsements: Vec<Endorsement>,
    /// Tools by authorities.
    pub certifications: Vec<Certification>,
    /// Runs by tools.
    pub reports: Vec<Report>,
    /// Beginnings of chains by developers and suppliers.
    pub origins: Vec<Origin>,
    /// What verifiers have verified.
    pub summaries: Vec<Summary>,
    /// What others say in their own words.
    pub foreign: Vec<Foreign>,
    /// Revocations by authorities.
    pub revocation_lists: Vec<RevocationList>,
}

/// One element of a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// This property.
    Exact(Property),
    /// Every property that begins so; `ABC_*` is written `Prefix("ABC_")`.
    Prefix(String),
    /// Every property, [`STEP`] included.
    All,
}

/// An authority vouches for the key of another.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `endorsement/v1`")]
pub struct Endorsement {
    pub id: Id,
    pub issuer: Key,
    pub child: Key,
    pub scope: Vec<Pattern>,
    /// How many endorsements may follow this one on a chain (0 to 5).
    pub depth: u32,
    pub not_before: u64,
    pub not_after: u64,
}

/// How a report key is held, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub enum Custody {
    Software,
    IsolatedProcess,
    Hardware,
    AttestedCode,
}

/// Who vouches that a report left nothing out, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as in `report/v1`")]
pub enum Capture {
    Declared,
    SelfRecorded,
    Traced,
    Confined,
}

/// Whether a tool runs without any library of its own choosing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub enum Linkage {
    Static,
    Dynamic,
}

/// An authority vouches for a tool: its bytes, its report key, and what its runs mean.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub struct Certification {
    pub id: Id,
    pub issuer: Key,
    pub not_before: u64,
    pub not_after: u64,
    /// The executable that is run.
    pub entry: Digest,
    /// The other executables and the libraries that may run with it.
    pub closure: BTreeSet<Digest>,
    pub linkage: Linkage,
    pub report_key: Key,
    pub custody: Custody,
    pub recorder: Digest,
    pub claims: Vec<Claim>,
    pub invocations: BTreeMap<Name, Invocation>,
    /// Under which catalogue it says what it says.
    pub catalogue: Under,
    /// The earlier one that it says it renews.
    pub renews: Option<Id>,
}

/// What a claim is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Claimed {
    /// One property.
    Exact(Property),
    /// Every preservable property of the catalogue; only with [`Effect::Preserves`].
    Star,
}

/// What a run does for a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The output has it, whatever the inputs.
    Establishes,
    /// The output has it if every code input has it.
    Preserves,
    /// An inspection may find it.
    Attests,
    /// A runtime gives it to what it runs.
    Supplies,
}

/// One claim of a certification.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub struct Claim {
    pub property: Claimed,
    pub effect: Effect,
    pub invocation: Name,
    /// The role of the outputs (or inspected inputs) that the claim is about.
    pub output_role: Name,
    pub lowest_capture: Option<Capture>,
    pub condition: Option<Condition>,
}

/// What comes of a claim's condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is true of every run.
    True,
    /// It is true of runs with this exit code, and false of others.
    ExitIs(i32),
    /// It reads what no run records.
    Error,
}

/// What an environment variable may be.
#[derive(Clone, Debug, PartialEq)]
pub enum EnvRule {
    /// One of these values, in clear.
    OneOf(Vec<String>),
    /// Any value, also one that is only committed to.
    Any,
}

/// A closed-world description of runs: what it does not describe, it does not cover.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// One element for every argument, or for every argument before the line.
    pub arguments: Vec<Arg>,
    /// Options and positional arguments after these.
    pub line: Option<Line>,
    /// The variables that there may be; a name that ends in `*` is of all that begin with what is before it.
    pub environment: BTreeMap<Name, EnvRule>,
    /// The settings that there must be, each with its allowed values.
    pub settings: BTreeMap<Name, Vec<String>>,
    /// The exit codes of a good run.
    pub exit_status: BTreeSet<i32>,
    /// Whether such a run may make its output from no code at all.
    pub generates: bool,
    /// What inputs that no argument names may be taken for.
    pub manifests: Vec<Manifest>,
    /// Whether each input that no argument names must be one that some manifest lists.
    pub all_listed: bool,
    /// Outputs that no argument names.
    pub outputs: Vec<Made>,
}

/// Whether a run made something or looked at something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// Its subjects are its outputs.
    Transform,
    /// Its subjects are its inputs; it has findings and no outputs.
    Inspection,
}

/// The libraries that were loaded.
#[derive(Clone, Debug, PartialEq)]
pub enum Libraries {
    /// These.
    Measured(Vec<Digest>),
    /// Nobody knows.
    Unmeasured,
}

/// The recorded value of an environment variable.
#[derive(Clone, Debug, PartialEq)]
pub enum EnvValue {
    /// In clear.
    Value(String),
    /// A salted commitment.
    Commitment(String),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Normally, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// A tool's record of one run.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `report/v1`")]
pub struct Report {
    pub id: Id,
    pub key: Key,
    pub kind: ReportKind,
    /// What ran, as measured; the first one is the entry.
    pub executables: Vec<Digest>,
    pub libraries: Libraries,
    pub recorder: Digest,
    pub capture: Capture,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<Name, EnvValue>,
    pub settings: BTreeMap<Name, String>,
    pub exit: Exit,
    /// When it started and when it finished, by its own word.
    pub ran: (u64, u64),
    /// Path and digest of each.
    pub inputs: Vec<(Name, Digest)>,
    /// Path and digest of each.
    pub outputs: Vec<(Name, Digest)>,
    /// Which artifact was found to have which property.
    pub findings: Vec<(Digest, Property)>,
    /// The certifications that its owner says apply.
    pub certifications: BTreeSet<Id>,
    /// The reports that it names behind the input of a path.
    pub links: BTreeMap<Name, BTreeSet<Id>>,
    /// Who else signed it.
    pub countersigners: BTreeSet<Key>,
}
