//! What one principal's policy lets count of an artifact's evidence. Claims are exported from this and from nothing else.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cdi_decider::Seat;
use cdi_policy::{Kind, Policy};
use cdi_types::{ArtifactDigest, Clock, Name, PropertyName, StatementId, Timestamp};
use cdi_verify::{Answer, Ground, Proof, ProofStep, Provenance, Question, Vantage, Verified, Vote, appraise};
use clap::Args;

use crate::command::verify::now;
use crate::decision::{DecisionArguments, Outcome, Verdict, Walk};
use crate::embedded;
use crate::failure::{Failure, Kind as End};
use crate::grants::GrantArguments;
use crate::memory::StateArguments;

/// What is looked at, and by whose policy.
#[derive(Args)]
pub(super) struct Viewing {
    /// The artifact
    artifact: PathBuf,
    /// Who must agree: the policy that says what counts is one of theirs
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    config: PathBuf,
    /// A bundle of evidence; may be given several times [default: ARTIFACT.intoto.jsonl]
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    /// By the policy of this principal [default: the only one with a policy that trusts anybody]
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    principal: Option<Name>,
    /// As of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    state: StateArguments,
}

/// Evidence that was verified, and the policies that are in force.
pub(super) struct Looked {
    walk: Walk,
    outcome: Outcome,
    clock: Clock,
    principal: Option<Name>,
}

impl Viewing {
    pub(super) fn look(self) -> Result<Looked, Failure> {
        let arguments = DecisionArguments {
            artifact: self.artifact,
            config: self.config,
            bundle: self.bundle,
            environment: "none".to_owned(),
            grants: GrantArguments { directories: Vec::new(), variables: Vec::new() },
            state: self.state,
        };
        let walk = Walk::read(&arguments, &embedded::environments()?, &[])?;
        let clock = Clock::at(self.at.map_or_else(|| walk.memory.time(now()?), Ok)?);
        let outcome = walk.decide(clock)?;
        Ok(Looked { walk, outcome, clock, principal: self.principal })
    }
}

/// The evidence in the eyes of one principal.
pub(super) struct View<'a> {
    looked: &'a Looked,
    provenance: &'a Verified<Provenance>,
    policy: &'a Policy,
    questions: BTreeSet<Question>,
}

/// A property that an artifact is shown to have, with the report that shows it.
pub(super) struct Shown {
    pub(super) property: PropertyName,
    pub(super) report: StatementId,
    pub(super) quorum: u8,
    pub(super) votes: Vec<Vote>,
    /// The whole proof, from the artifact back.
    pub(super) proof: Proof,
}

impl Looked {
    pub(super) fn view(&self) -> Result<View<'_>, Failure> {
        let provenance = match (&self.outcome.provenance, &self.outcome.verdict) {
            (Some(provenance), _) => provenance,
            (None, Verdict::Unusable { code, message }) => return Err(Failure::failed(code, message)),
            (None, Verdict::Settled(_)) => {
                return Err(Failure::failed("internal", "a verdict on no evidence"));
            }
        };
        let policy = self.policy()?;
        let catalogue = policy.catalogue().and_then(|digest| self.walk.catalogues.find(digest));
        let properties = catalogue.into_iter().flat_map(cdi_policy::Catalogue::properties);
        let of_code = properties.filter(|(_, property)| property.kind == Kind::Code);
        let words = of_code.map(|(name, _)| name.clone()).chain([PropertyName::step()]);
        let questions = words.map(Question::Property).collect();
        Ok(View { looked: self, provenance, policy, questions })
    }

    /// The policy by which evidence counts. Nobody is taken for somebody else: of several one must be named.
    fn policy(&self) -> Result<&Policy, Failure> {
        let known: Vec<&str> =
            self.walk.parties.iter().map(|party| party.principal().name.as_str()).collect();
        if let Some(wanted) = &self.principal
            && !known.contains(&wanted.as_str())
        {
            let message = format!("`{wanted}` is no principal that must agree to this");
            return Err(Failure::failed("principal-not-required", message).known(
                "principals that must agree",
                wanted.as_str(),
                &known,
            ));
        }
        let policies = self.outcome.seats.iter().filter_map(Seat::policy);
        let named =
            policies.filter(|policy| self.principal.as_ref().is_none_or(|name| policy.principal() == name));
        let trusting: Vec<&Policy> = named.filter(|policy| policy.trust().is_some()).collect();
        match trusting.as_slice() {
            [only] => Ok(only),
            [] => Err(nothing("no policy is in force that trusts anybody")),
            _ => {
                let message = "several policies are in force, and each lets something else count";
                let failure = Failure::failed("export-several-policies", message);
                Err(failure.hint(format!("name one of these with `--principal`: {}", known.join(", "))))
            }
        }
    }
}

/// That there is nothing to export: it is no error, and no claim either.
pub(super) fn nothing(why: &str) -> Failure {
    Failure::new(End::Denied, "export-nothing-shown", format!("there is nothing to export: {why}"))
        .hint("`cdi explain` says what counts by a policy and what does not, and why")
}

impl<'a> View<'a> {
    pub(super) fn artifact(&self) -> ArtifactDigest {
        self.looked.walk.artifact.digest()
    }

    pub(super) const fn provenance(&self) -> &'a Provenance {
        self.provenance.get()
    }

    pub(super) const fn policy(&self) -> &'a Policy {
        self.policy
    }

    pub(super) const fn at(&self) -> Timestamp {
        self.looked.clock.now()
    }

    /// What reports show of an artifact: each property, and `STEP` for a run that counts as one. What a policy merely takes as
    /// given is not among it.
    pub(super) fn shown(&self, artifact: ArtifactDigest) -> Result<Vec<Shown>, Failure> {
        let Some(trust) = self.policy.trust() else { return Ok(Vec::new()) };
        let vantage = Vantage::remembering(self.looked.clock, &self.looked.outcome.seen);
        let facts = appraise(self.provenance, trust, artifact, &self.questions, vantage)
            .map_err(|error| Failure::failed(error.code(), error))?;
        let shown = |question: &Question| match (question, facts.answer(question)?) {
            (Question::Property(property), Answer::Shown(proof)) => shown(property, artifact, proof),
            _ => None,
        };
        Ok(self.questions.iter().filter_map(shown).collect())
    }

    /// The proof that the artifact's history is complete, if it is.
    pub(super) fn complete(&self) -> Result<Option<Proof>, Failure> {
        let Some(trust) = self.policy.trust() else { return Ok(None) };
        let vantage = Vantage::remembering(self.looked.clock, &self.looked.outcome.seen);
        let question = BTreeSet::from([Question::Complete]);
        let facts = appraise(self.provenance, trust, self.artifact(), &question, vantage)
            .map_err(|error| Failure::failed(error.code(), error))?;
        match facts.answer(&Question::Complete) {
            Some(Answer::Shown(proof)) => Ok(Some(proof.clone())),
            Some(Answer::NotShown(_) | Answer::CouldNotTell(_)) | None => Ok(None),
        }
    }
}

/// The artifacts of which a proof takes as given what it is about.
pub(super) fn assumed(proof: &[ProofStep]) -> BTreeSet<ArtifactDigest> {
    let assumed = proof.iter().filter(|step| matches!(step.ground, Ground::Assumed { .. }));
    assumed.map(|step| step.artifact).collect()
}

fn shown(property: &PropertyName, artifact: ArtifactDigest, proof: &Proof) -> Option<Shown> {
    let own = proof.iter().filter(|step| step.artifact == artifact);
    let mut grounds = own.filter_map(|step| match &step.ground {
        Ground::Report { report, quorum, votes, .. } => Some((*report, *quorum, votes.clone())),
        Ground::Linked { .. }
        | Ground::Supplied { .. }
        | Ground::NotAsked { .. }
        | Ground::Summary { .. }
        | Ground::Evidence { .. }
        | Ground::Assumed { .. }
        | Ground::Origin { .. } => None,
    });
    let (report, quorum, votes) = grounds.next()?;
    Some(Shown { property: property.clone(), report, quorum, votes, proof: proof.clone() })
}
