//! Why an artifact has something for a principal, or has not, as a value that can be written: the JSON of `cdi explain`,
//! and what the text is made from.
//!
//! Nothing is decided here. A word that the principal's policy does not ask for is explained under its trust all the same.
//! The schema is published in `docs/schema/explain.v1.json`.

use std::collections::BTreeSet;

use cdi_decider::Seat;
use cdi_policy::Policy;
use cdi_types::{ArtifactDigest, CatalogueDigest, Clock, KeyId, Name, PolicyDigest, StatementId, Timestamp};
use cdi_verify::Mender;
use serde::Serialize;

use crate::asking::Asked;
use crate::decision::{Outcome, Verdict, Walk};
use crate::evidence::Evidence;
use crate::explaining::Explaining;
use crate::failure::{self, Failure};
use crate::judged::Judging;
use crate::proof::Step;
use crate::verdict::{self, Excuse, Excused, Failed, Place, Word};

/// How it stands with something that was asked: the worst last.
#[derive(Serialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    Has,
    NotTold,
    HasNot,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    pub(crate) answer: Answer,
    /// What these principals decide, where all is explained that they ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verdict: Option<Word>,
    pub(crate) artifact: ArtifactDigest,
    pub(crate) at: Timestamp,
    pub(crate) catalogue: CatalogueDigest,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) extensions: BTreeSet<CatalogueDigest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<Place>,
    pub(crate) principals: Vec<Principal>,
    pub(crate) evidence: Evidence,
}

#[derive(Serialize)]
pub(crate) struct Principal {
    pub(crate) name: String,
    pub(crate) policy: PolicyDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verdict: Option<Word>,
    pub(crate) answers: Vec<Explained>,
    /// What is refused besides: what the program is to be given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) refused: Vec<Failed>,
    /// What would be refused besides, and is excused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) excused: Vec<Excused>,
}

/// What kind of thing was asked.
#[derive(Serialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A property of code.
    Property,
    /// A tag: its parts say why.
    Tag,
    /// A formula of a policy of which no single word must hold: its parts say why.
    Formula,
    /// A property of places.
    Platform,
    /// What somebody else must have said, by the policy's name for it.
    Evidence,
    /// The complete history, or independent reproduction.
    History,
}

/// An answer, with all that there is to say of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explained {
    pub(crate) question: String,
    pub(crate) kind: Kind,
    pub(crate) answer: Answer,
    /// Whether the principal's policy asks for it.
    pub(crate) required: bool,
    /// The formula of the policy in which it stands, and which can be met without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) within: Option<String>,
    /// Why it does not refuse although it has it not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) excused: Option<Excuse>,
    /// How many custodians the policy asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<u8>,
    /// The custodians who made it, by the policy's names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) custodians: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) meaning: Option<String>,
    /// What a tag stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) formula: Option<String>,
    /// What a place has to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) proof: Vec<Step>,
    /// What stands in the way, the closest to a proof first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) misses: Vec<Missed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<Explained>,
}

/// An obstacle, where it stands, and what would repair it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Missed {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// From the artifact back to where it stands.
    pub(crate) trail: Vec<Waypoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) report: Option<StatementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authority: Option<KeyId>,
    pub(crate) repair: Repair,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Waypoint {
    pub(crate) artifact: ArtifactDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The report of the run that read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read_by: Option<StatementId>,
}

#[derive(Serialize)]
pub(crate) struct Repair {
    pub(crate) by: &'static str,
    #[serde(rename = "do")]
    pub(crate) what: String,
    #[serde(skip)]
    pub(crate) who: Mender,
}

impl Document {
    /// Explains what is `asked` to each of the `principals`, or what its policy asks if nothing is.
    pub(crate) fn new(
        walk: &Walk,
        named: &[Name],
        asked: &BTreeSet<Asked>,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let outcome = walk.decide(clock)?;
        let provenance = match (&outcome.provenance, &outcome.verdict) {
            (Some(provenance), _) => provenance,
            (None, Verdict::Unusable { code, message }) => return Err(Failure::failed(code, message)),
            // A verdict that is settled rests on evidence; this arm keeps it so if somebody changes that.
            (None, Verdict::Settled(_)) => {
                return Err(Failure::failed("internal", "a verdict on no evidence"));
            }
        };
        let evidence = Evidence::of(walk, Some(provenance));
        let policies = principals(walk, &outcome.seats, named, asked)?;
        let explain = |policy: &&Policy| {
            Explaining::of((walk, &outcome), policy, provenance, &evidence, asked, clock)?.explained()
        };
        let mut principals: Vec<Principal> = policies.iter().map(explain).collect::<Result<_, _>>()?;
        let verdict = asked.is_empty().then(|| decided(&outcome, named, &mut principals));
        let answers = principals.iter().flat_map(|principal| &principal.answers);
        Ok(Self {
            answer: answers.map(|explained| explained.answer).max().unwrap_or(Answer::Has),
            verdict,
            artifact: walk.artifact.digest(),
            at: clock.now(),
            catalogue: walk.catalogues.base().digest(),
            extensions: walk.extensions(&outcome.seats),
            environment: walk.environment.as_ref().map(Place::of),
            principals,
            evidence,
        })
    }
}

/// What the explained principals decide; each is told what is refused besides its answers, and what is excused by whom.
fn decided(outcome: &Outcome, named: &[Name], explained: &mut [Principal]) -> Word {
    let (all, _, judged) = Judging::of(outcome).judged();
    for judged in judged {
        // Two editions can have one document, and are told in the same order here and there.
        let of = |one: &&mut Principal| {
            one.verdict.is_none() && one.name == judged.name && Some(one.policy) == judged.policy
        };
        if let Some(principal) = explained.iter_mut().find(of) {
            principal.decided(judged);
        }
    }
    // Nobody is nobody's allowance: a verdict of those who are named is that of them all.
    if named.is_empty() || explained.is_empty() {
        return all;
    }
    let each = explained.iter().map(|principal| principal.verdict.unwrap_or(Word::Deny));
    each.fold(Word::Allow, Word::and)
}

impl Principal {
    /// Takes in what the principal decides: what is refused or excused beside the answers.
    pub(crate) fn decided(&mut self, judged: verdict::Principal) {
        self.verdict = Some(judged.verdict);
        for excused in judged.excused {
            match self.lacking(&excused.failed) {
                Some(answer) => answer.excused = Some(excused.excuse),
                None => self.excused.push(excused),
            }
        }
        for failed in judged.failures {
            if self.lacking(&failed).is_none() {
                self.refused.push(failed);
            }
        }
    }

    /// The answer that explains a failure.
    fn lacking(&mut self, failed: &Failed) -> Option<&mut Explained> {
        let explains = |one: &&mut Explained| one.question == failed.requirement && one.answer != Answer::Has;
        self.answers.iter_mut().find(explains)
    }
}

/// The policies of those who are named, or of all who must agree.
fn principals<'s>(
    walk: &Walk,
    seats: &'s [Seat],
    named: &[Name],
    asked: &BTreeSet<Asked>,
) -> Result<Vec<&'s Policy>, Failure> {
    // Whoever must agree and has no policy in force refuses; whether the artifact has something is another question.
    let kind = if asked.is_empty() { failure::Kind::Denied } else { failure::Kind::Failed };
    let known: Vec<&Name> = walk.parties.iter().map(|party| &party.principal().name).collect();
    if let Some(wanted) = named.iter().find(|wanted| !known.contains(wanted)) {
        let names: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
        let message = format!("`{wanted}` is no principal that must agree to this");
        return Err(Failure::failed("principal-not-required", message)
            .known("principals that must agree", wanted.as_str(), &names)
            .hint("the owner of a directory must agree where it is given, with `--dir`"));
    }
    let mut policies = Vec::new();
    for seat in seats {
        match seat {
            Seat::InForce(in_force, _) => policies.push(in_force.policy()),
            Seat::Empty(name, error) if named.is_empty() || named.contains(name) => {
                let failure = Failure::new(kind, error.code(), error).hint(error.hint());
                return Err(failure.about(format!("policy of `{name}`")));
            }
            Seat::Empty(..) => {}
        }
    }
    policies.retain(|policy| named.is_empty() || named.contains(policy.principal()));
    Ok(policies)
}
