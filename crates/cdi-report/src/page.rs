//! What a page is made from. All texts are as anybody wrote them.

use cdi_graph::Graph;
use cdi_types::{ArtifactDigest, StatementId};

use crate::statement::Statement;
use crate::what_if::WhatIf;

/// A decision, with everything that a page shows of it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The program that decided, with its version.
    pub program: String,
    /// What the artifact is called here.
    pub artifact: String,
    /// The artifact.
    pub digest: ArtifactDigest,
    /// The verdict.
    pub verdict: Verdict,
    /// The time of the decision.
    pub at: String,
    /// The environment that was decided for.
    pub place: Option<Place>,
    /// What the program was to be given, each in a clause.
    pub grants: Vec<String>,
    /// The catalogues under which policies were read, by their digests.
    pub catalogues: Vec<String>,
    /// The command that decides again.
    pub again: String,
    /// What is to be said before all: evidence that is over a limit, policies that contradict each other.
    pub notes: Vec<Note>,
    /// Who had to agree.
    pub principals: Vec<Principal>,
    /// The chain, as the principals see it; none if the evidence as a whole could not be used.
    pub graph: Option<Graph>,
    /// What was read.
    pub evidence: Evidence,
    /// What would come of it without some of the evidence.
    pub what_if: WhatIf,
    /// The statements that are shown, those first that the decision names.
    pub statements: Vec<Statement>,
    /// How many lines are not shown at all.
    pub further: usize,
}

/// How a decision comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may run, where and as decided.
    Allow,
    /// It may not.
    Deny,
    /// It cannot be told, and so it may not.
    Unknown,
}

impl Verdict {
    /// The word of `cdi verify`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Allow => "Allowed",
            Self::Deny => "Denied",
            Self::Unknown => "Not decided",
        }
    }
}

/// An environment.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// What its host says that it provides.
    pub provides: Vec<String>,
    /// The host.
    pub asserted_by: String,
}

/// Something with a stable code, and what would mend it.
#[derive(Debug, Clone)]
pub struct Note {
    /// The code.
    pub code: &'static str,
    /// What it is.
    pub message: String,
    /// Texts that belong to it, one a line.
    pub lines: Vec<String>,
    /// What would mend it.
    pub hint: Option<String>,
}

/// One policy of one principal.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The principal.
    pub name: String,
    /// What it says.
    pub verdict: Verdict,
    /// The digest of its policy.
    pub policy: Option<String>,
    /// The edition, if the policy is signed.
    pub edition: Option<String>,
    /// What the policy asks for.
    pub asks: String,
    /// What the code leaves to the place.
    pub residual: Option<String>,
    /// What the place provides of that, each with by what.
    pub provided: Vec<(String, String)>,
    /// What is asked, and how it stands with it.
    pub answers: Vec<Answer>,
    /// What is refused besides.
    pub refused: Vec<Failed>,
    /// What would be refused besides, each with why it is excused.
    pub excused: Vec<(Failed, String)>,
}

/// A requirement that is not met, of which no answer tells.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The requirement.
    pub requirement: String,
    /// The code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What would mend it.
    pub hint: Option<String>,
}

/// How it stands with something that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is shown, or provided.
    Has,
    /// It is not.
    HasNot,
    /// It cannot be told.
    NotTold,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A property of code.
    Property,
    /// A tag of the catalogue.
    Tag,
    /// A formula of the policy.
    Formula,
    /// A property of places.
    Platform,
    /// Something of the history.
    History,
    /// What somebody else must have said.
    Evidence,
}

/// An answer, with its reasons.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked.
    pub question: String,
    /// What kind of thing that is.
    pub kind: Kind,
    /// How it stands.
    pub standing: Standing,
    /// Why it does not refuse all the same.
    pub excused: Option<String>,
    /// What the word means.
    pub meaning: Option<String>,
    /// What a tag stands for.
    pub formula: Option<String>,
    /// What the place has to do with it.
    pub place: Option<String>,
    /// Who made it independently, by the policy's names.
    pub custodians: Vec<String>,
    /// The proof, from the artifact back.
    pub proof: Vec<Step>,
    /// What stands in the way, the closest to a proof first.
    pub misses: Vec<Miss>,
    /// The parts of a tag or formula.
    pub parts: Vec<Answer>,
}

/// A step of a proof.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it is about.
    pub artifact: ArtifactDigest,
    /// What a report calls that.
    pub name: Option<String>,
    /// What the step says of it: a clause.
    pub says: String,
    /// The statement that says so.
    pub statement: Option<StatementId>,
    /// How many independent authorities were asked for.
    pub quorum: Option<u8>,
    /// The word of authorities.
    pub votes: Vec<Vote>,
    /// What weakens it or is to be known besides: sentences.
    pub besides: Vec<String>,
}

/// The word of an authority for a step.
#[derive(Debug, Clone)]
pub struct Vote {
    /// The authorities, from the policy's anchor on.
    pub authorities: Vec<String>,
    /// The certification.
    pub certification: StatementId,
    /// The endorsements on the way.
    pub endorsements: Vec<StatementId>,
    /// What is to be known besides: sentences.
    pub besides: Vec<String>,
}

/// What stands in the way of a proof.
#[derive(Debug, Clone)]
pub struct Miss {
    /// The stable code.
    pub code: &'static str,
    /// What it is.
    pub message: String,
    /// Where it stands: from the artifact back.
    pub trail: Vec<Waypoint>,
    /// The report that it is about.
    pub report: Option<StatementId>,
    /// Who could repair it.
    pub repair_by: String,
    /// How.
    pub repair: String,
}

/// A point on the way to an obstacle.
#[derive(Debug, Clone)]
pub struct Waypoint {
    /// The artifact.
    pub artifact: ArtifactDigest,
    /// What the report calls it.
    pub name: Option<String>,
    /// The report of the run that read it.
    pub read_by: Option<StatementId>,
}

/// What was read for the decision.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The files.
    pub files: Vec<String>,
    /// How many statements of each kind counted.
    pub counts: Vec<(String, usize)>,
    /// What could not be used, each in a sentence.
    pub unused: Vec<String>,
}
