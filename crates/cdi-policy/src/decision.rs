//! What comes of a decision: the values that [`crate::decide`] makes.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, KeyId, Mode, Name, PolicyDigest, Timestamp};
use cdi_verify::{Answer, Obstacle, Obstacles, Proof, Question};

use crate::edition::Edition;
use crate::formula::{Atom, Formula};
use crate::grants::Request;
use crate::places::{PlaceOf, Places};
use crate::residual::{Causes, Heard, Residual};
use crate::waiver::{Excuse, Waivers};

/// Why a part of a requirement is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What was asked.
    pub question: Question,
    /// The proof, from the artifact back.
    pub proof: Proof,
}

/// One failed requirement of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The requirement, as the policy has it.
    pub requirement: String,
    /// Whether it only could not be told, as far as the code goes.
    pub undecided: bool,
    /// What the place would have to provide even if everything that could not be told were so; `None` if nothing.
    pub generous: Option<Formula<Atom>>,
    /// The stable code of the obstacle that stands closest to a proof.
    pub code: &'static str,
    /// That obstacle, in words.
    pub message: String,
    /// What would mend it.
    pub hint: Option<String>,
    /// All obstacles, by the part of the requirement that they stand against, the closest to a proof first.
    pub causes: Vec<(Question, Vec<Obstacle>)>,
}

impl Failure {
    /// The obstacle that the failure is named for; `None` if no obstacle is the cause.
    #[must_use]
    pub fn closest(&self) -> Option<&Obstacle> {
        self.causes.iter().find_map(|(_, obstacles)| obstacles.first())
    }
}

/// A failure that does not refuse, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excused {
    /// The failure.
    pub failure: Failure,
    /// Why it does not refuse.
    pub excuse: Excuse,
}

/// Whether a principal accepts the node of a place (rules P-NODES, M-NODE).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// It does.
    Accepted,
    /// Its policy does not name the node.
    NotNamed,
    /// An authority that stands for the principal has revoked the node.
    Revoked(Causes),
    /// Whether one has cannot be told: for want of these lists, or because nobody asked.
    CouldNotTell(Causes),
}

/// How one policy of a principal came out, as far as the code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalFindings {
    /// The principal.
    pub principal: Name,
    /// Its policy; `None` if none is in force.
    pub policy: Option<PolicyDigest>,
    /// The edition, if the policy is signed.
    pub edition: Option<Edition>,
    /// Every failed requirement; empty for a principal that is satisfied.
    pub failures: Vec<Failure>,
    /// Every failed requirement that is excused: shown, and no reason to refuse.
    pub excused: Vec<Excused>,
    /// What the requirements that did not fail leave for the place to provide.
    pub residual: Option<Residual>,
    /// Why the rest is met.
    pub reasons: Vec<Reason>,
    /// What is known of runtimes that the artifact could run in: whether they supply what the policy would have of a place.
    pub supplies: BTreeMap<Question, Answer>,
    /// What the policy asks of places besides their properties.
    pub places: Places,
    pub(crate) accepts: BTreeSet<Name>,
    /// What is known of nodes; `None` where the policy trusts no authority that could revoke one.
    pub(crate) nodes: Option<BTreeMap<KeyId, Answer>>,
    pub(crate) waivers: Waivers,
}

impl PrincipalFindings {
    pub(crate) fn of(principal: &Name) -> Self {
        Self {
            principal: principal.clone(),
            policy: None,
            edition: None,
            failures: Vec::new(),
            excused: Vec::new(),
            residual: None,
            reasons: Vec::new(),
            supplies: BTreeMap::new(),
            places: Places::default(),
            accepts: BTreeSet::new(),
            nodes: None,
            waivers: Waivers::default(),
        }
    }

    /// Takes a failure that no waiver can excuse: a grant, or evidence that cannot be used.
    pub(crate) fn fail(&mut self, failure: Failure) {
        match self.mode() {
            None => self.failures.push(failure),
            Some(excuse) => self.excused.push(Excused { failure, excuse }),
        }
    }

    /// Takes the failure of a part of a requirement.
    pub(crate) fn fail_part(&mut self, failure: Failure) {
        match self.excuse(&failure.requirement) {
            None => self.failures.push(failure),
            Some(excuse) => self.excused.push(Excused { failure, excuse }),
        }
    }

    /// Why a failure of this part of the requirement, at the code or at the place, does not refuse.
    #[must_use]
    pub fn excuse(&self, requirement: &str) -> Option<Excuse> {
        self.waivers.excuse(requirement).cloned().or_else(|| self.mode())
    }

    /// Why nothing that fails of this policy refuses: it is tried out only (rule P-MODE). Of what no waiver excuses.
    #[must_use]
    pub fn mode(&self) -> Option<Excuse> {
        let mode = self.edition.as_ref().map(|edition| edition.mode).unwrap_or_default();
        match mode {
            Mode::Enforce => None,
            Mode::Warn | Mode::Audit => Some(Excuse::Mode(mode)),
        }
    }

    /// Whether the principal accepts the node of a place.
    #[must_use]
    pub fn acceptance(&self, of: PlaceOf) -> Acceptance {
        if !self.places.accepts(of) {
            return Acceptance::NotNamed;
        }
        let (Some(key), Some(nodes)) = (of.key(), &self.nodes) else { return Acceptance::Accepted };
        let causes = |obstacles: &Obstacles| vec![(Question::Node(key), obstacles.iter().cloned().collect())];
        match nodes.get(&key) {
            Some(Answer::Shown(_)) => Acceptance::Accepted,
            Some(Answer::NotShown(obstacles)) => Acceptance::Revoked(causes(obstacles)),
            Some(Answer::CouldNotTell(obstacles)) => Acceptance::CouldNotTell(causes(obstacles)),
            None => Acceptance::CouldNotTell(Causes::new()),
        }
    }

    /// Whether the principal takes the word of `asserter` about a place: its own, and that of those whom its policy names. For
    /// a node that the decider's configuration does not list nobody speaks but the node, whatever name stands beside it (rules
    /// P-FLEET, P-LEVEL).
    #[must_use]
    pub fn hears(&self, asserter: &Name, of: PlaceOf) -> Heard {
        let spoken_for = match of {
            PlaceOf::Decider | PlaceOf::Fleet(_) => true,
            PlaceOf::Stranger(_) => false,
        };
        let taken = *asserter == self.principal || self.accepts.contains(asserter);
        match (spoken_for && taken, self.places.names(of)) {
            (true, _) => Heard::Taken,
            (false, true) => Heard::AsAsked,
            (false, false) => Heard::NotTaken,
        }
    }
}

/// An artifact that every required principal admits, as far as the code goes. Made by [`crate::decide`] only, and used up
/// by whoever places it.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Admitted {
    request: Request,
    principals: Vec<PrincipalFindings>,
    decided_at: Timestamp,
}

impl Admitted {
    pub(crate) const fn mint(
        request: Request,
        principals: Vec<PrincipalFindings>,
        decided_at: Timestamp,
    ) -> Self {
        Self { request, principals, decided_at }
    }

    /// What was decided about.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// How each principal's policies came out: none has failures that are not excused.
    #[must_use]
    pub fn principals(&self) -> &[PrincipalFindings] {
        &self.principals
    }

    /// The time of the decision.
    #[must_use]
    pub const fn decided_at(&self) -> Timestamp {
        self.decided_at
    }
}

/// A refusal, with every failed requirement of every principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The artifact.
    pub artifact: ArtifactDigest,
    /// The time of the decision.
    pub decided_at: Timestamp,
    /// The principals; empty only if nobody was required to agree.
    pub principals: Vec<PrincipalFindings>,
}

impl Denial {
    /// The stable code of a refusal because nobody was required to agree: nothing is allowed by nobody.
    pub const NOBODY: &'static str = "no-principal";

    /// The code of the first failure of the first principal that refuses.
    #[must_use]
    pub fn code(&self) -> &'static str {
        let failures = self.principals.iter().flat_map(|findings| &findings.failures);
        failures.map(|failure| failure.code).next().unwrap_or(Self::NOBODY)
    }
}

/// The decision.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Every principal is satisfied, what is left open aside.
    Allow(Admitted),
    /// Somebody is not.
    Deny(Denial),
    /// It cannot be told, because evidence could not be looked up. It refuses as a denial does.
    Unknown(Denial),
}
