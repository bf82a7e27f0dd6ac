//! What one principal can know of one artifact: the third rung of the ladder.

use std::collections::BTreeMap;
use std::sync::Arc;

use cdi_types::{
    ArtifactDigest, Commit, Effect, FileDigest, KeyId, Name, OriginKind, PlatformProperty, PropertyName,
    Role, Runtime, StatementId, VerifierId,
};

use crate::miss::Obstacles;
use crate::revocation::Survival;

/// What can be asked about an artifact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Whether it has a property.
    Property(PropertyName),
    /// Whether its history goes back to origins that the policy accepts, with nothing left out.
    Complete,
    /// Whether runs in as much independent custody as the policy asks for made it from the same.
    Reproduced,
    /// Whether others' evidence of this name, as the policy describes it, is there about it.
    Evidence(Role),
    /// Whether this runtime supplies the property to what it runs. It is the same of every artifact.
    Supplied(Arc<Runtime>, PlatformProperty),
    /// Whether no authority that stands for the principal has revoked the node with this key. It is the same of every artifact.
    Node(KeyId),
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Property(property) => write!(f, "{property}"),
            Self::Complete => f.write_str("complete history"),
            Self::Reproduced => f.write_str("independent reproduction"),
            Self::Evidence(name) => write!(f, "evidence:{name}"),
            Self::Supplied(_, property) => write!(f, "platform {property}"),
            Self::Node(key) => write!(f, "node {key}"),
        }
    }
}

/// A certification that speaks for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// The certification.
    pub certification: StatementId,
    /// The tool's name and version.
    pub tool: Arc<str>,
    /// What it says that the step does: for a complete step, that it establishes `STEP`.
    pub effect: Effect,
    /// The certifying authority's key.
    pub certifier: KeyId,
    /// The authorities from the policy's anchor to the certifier, by name.
    pub authorities: Arc<[Name]>,
    /// The endorsements between them.
    pub endorsements: Arc<[StatementId]>,
    /// The certifications that this one renews, down to the one that the report names; empty where nobody asks.
    pub renews: Vec<StatementId>,
    /// The origin statements by which the certified invocation takes inputs for something else than code.
    pub manifests: Vec<Manifested>,
}

/// That inputs of a run are taken for what they are because an origin statement lists them (rule M-MANIFEST).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manifested {
    /// The origin statement.
    pub statement: StatementId,
    /// Its signer, whom the certification names.
    pub key: KeyId,
    /// Its kind.
    pub kind: OriginKind,
    /// What the inputs are taken for.
    pub role: Role,
}

/// An authority that signed a report itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countersignature {
    /// Its key.
    pub authority: KeyId,
    /// The authorities from the policy's anchor to it, by name.
    pub authorities: Arc<[Name]>,
    /// The endorsements between them.
    pub endorsements: Arc<[StatementId]>,
}

/// Why the thing asked holds of one artifact of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// A report shows it, by these votes of a quorum of so many.
    Report {
        /// The report.
        report: StatementId,
        /// The quorum that was asked for.
        quorum: u8,
        /// The votes.
        votes: Vec<Vote>,
        /// Who countersigned the report, where the policy asks for that.
        countersignatures: Vec<Countersignature>,
        /// By what it stays although its key is compromised, as each of these authorities says: empty for a sound key.
        survivals: Vec<Survival>,
    },
    /// What an inspection shows of the artifact counts, because the report that read it names the run that made it (rule
    /// M-LINKED).
    Linked {
        /// The report of the run that made it.
        report: StatementId,
        /// A certification that brings its key; `None` if the policy does. Nothing more is asked of it.
        certification: Option<StatementId>,
        /// As of [`Self::Report`].
        survivals: Vec<Survival>,
    },
    /// A runtime supplies it, by these votes of a quorum of so many. The step's artifact is the runtime's executable.
    Supplied {
        /// The runtime.
        runtime: FileDigest,
        /// The quorum that was asked for.
        quorum: u8,
        /// The votes.
        votes: Vec<Vote>,
    },
    /// The policy asks for no history of it: it lies further back than so many steps behind a run of this tool (rule M-DEPTH).
    NotAsked {
        /// The tool, by the name that the policy gives.
        tool: Name,
        /// How many steps behind a run of it the policy asks for a history.
        steps: u8,
    },
    /// A verifier that the policy names has verified it, and the policy accepts that in the place of its history (rule
    /// M-SUMMARY).
    Summary {
        /// The verification summary.
        statement: StatementId,
        /// Who verified.
        verifier: VerifierId,
        /// The key that signed for it, by the policy.
        key: KeyId,
    },
    /// A statement of somebody else's type is what the policy asks for under a name of its own (rule M-EVIDENCE).
    Evidence {
        /// The statement.
        statement: StatementId,
        /// The predicate's type, control characters escaped.
        predicate_type: String,
        /// The key that signed, by the policy.
        key: KeyId,
    },
    /// The policy takes it as given.
    Assumed {
        /// The origin statement that the assumption rests on, unless the policy names the artifact itself.
        statement: Option<Listing>,
    },
    /// The policy accepts it as an origin.
    Origin {
        /// The origin statement, unless the policy names the artifact itself.
        statement: Option<Listing>,
    },
}

/// That an origin statement lists an artifact, and what it says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// The statement.
    pub statement: StatementId,
    /// Its signer.
    pub key: KeyId,
    /// What the artifact is.
    pub kind: OriginKind,
    /// The commit that it is a file of, if the statement says one.
    pub commit: Option<Commit>,
}

/// One step of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofStep {
    /// The artifact.
    pub artifact: ArtifactDigest,
    /// The name under which a report recorded it.
    pub name: Option<String>,
    /// Why it holds of this artifact, if it holds of what follows.
    pub ground: Ground,
}

/// The steps of a proof, from the deployed artifact back. Whoever copies it shares them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof(Arc<Vec<ProofStep>>);

impl From<Vec<ProofStep>> for Proof {
    fn from(steps: Vec<ProofStep>) -> Self {
        Self(Arc::new(steps))
    }
}

impl std::ops::Deref for Proof {
    type Target = [ProofStep];

    fn deref(&self) -> &[ProofStep] {
        &self.0
    }
}

impl<'p> IntoIterator for &'p Proof {
    type Item = &'p ProofStep;
    type IntoIter = std::slice::Iter<'p, ProofStep>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is so.
    Shown(Proof),
    /// It is not shown.
    NotShown(Obstacles),
    /// It cannot be told: evidence that is needed could not be looked up.
    CouldNotTell(Obstacles),
}

/// The answers to what was asked about one artifact. Whose they are, and what may be done with them, says the type around
/// them.
#[derive(Debug, Clone)]
pub struct Answers {
    pub(crate) artifact: ArtifactDigest,
    pub(crate) answers: BTreeMap<Question, Answer>,
}

impl Answers {
    /// The artifact.
    #[must_use]
    pub const fn artifact(&self) -> ArtifactDigest {
        self.artifact
    }

    /// The answer to a question; `None` if it was not asked.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<&Answer> {
        self.answers.get(question)
    }

    /// The answers to what was asked about runtimes.
    pub fn of_runtimes(&self) -> impl Iterator<Item = (&Question, &Answer)> {
        self.answers.iter().filter(|(question, _)| matches!(question, Question::Supplied(..)))
    }

    /// The answers to what was asked about nodes.
    pub fn of_nodes(&self) -> impl Iterator<Item = (KeyId, &Answer)> {
        self.answers.iter().filter_map(|(question, answer)| match question {
            Question::Node(key) => Some((*key, answer)),
            Question::Property(_)
            | Question::Complete
            | Question::Reproduced
            | Question::Evidence(_)
            | Question::Supplied(..) => None,
        })
    }
}

/// The answers for one principal about one artifact at one time. Made by [`crate::appraise`] only.
#[derive(Debug, Clone)]
#[must_use]
pub struct Facts(pub(crate) Answers);

impl Facts {
    /// The artifact.
    #[must_use]
    pub const fn artifact(&self) -> ArtifactDigest {
        self.0.artifact()
    }

    /// The answer to a question; `None` if it was not asked.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<&Answer> {
        self.0.answer(question)
    }

    /// All answers.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        &self.0
    }
}
