//! The walk through the production core: policies, verify, appraise, decide, place.

use super::certification::PROGRAM;
use super::findings::truth;
use super::policy::document;
use super::report::{libraries, variables};
use super::{Fault, Findings, Names, PrincipalFindings, Sealed, Words};
use crate::model::Tri;
use crate::model::decide::Outcome;
use crate::model::world::{self, Principal, Under, World};
use cdi_placement::{Environment, Refusal, Settled, Unmet, settle};
use cdi_policy::{
    Case, Catalogue, Catalogues, Decision, InForce, PlatformProperty, Policy, PolicyError, Reason, Request,
    decide,
};
use cdi_types::{ArtifactDigest, Clock, Name, PropertyName, Role, Runtime, Timestamp};
use cdi_verify::{
    Answer, Facts, FirstSeen, Help, Patience, Provenance, ProvenanceChain, Question, Supposition, Vantage,
    Verification, Verified, appraise_chain, appraise_within, suppose, verify_helped,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

static CATALOGUES: LazyLock<Result<Catalogues, PolicyError>> = LazyLock::new(catalogues);

/// The words of random worlds, and two catalogues that extend them, the second the first.
fn catalogues() -> Result<Catalogues, PolicyError> {
    let base = Catalogue::load(include_bytes!("catalogue.yaml"))?;
    let mut catalogues = Catalogues::of(base);
    for document in [include_str!("added.yaml"), include_str!("further.yaml")] {
        let extended = catalogues.newest().digest().to_string();
        catalogues.extend(document.replace("<extended>", &extended).as_bytes())?;
    }
    Ok(catalogues)
}

/// A decider: the policies, the host and the clock of a world, and what it is asked about.
#[derive(Debug)]
pub struct Core {
    policies: Vec<Result<InForce, PolicyError>>,
    questions: BTreeSet<Question>,
    environment: Environment,
    artifact: ArtifactDigest,
    clock: Clock,
    /// When the decider first relied on reports.
    seen: FirstSeen,
}

impl Core {
    /// The catalogues under which everything is read.
    ///
    /// # Errors
    /// [`Fault::Catalogue`].
    pub fn catalogues() -> Result<&'static Catalogues, Fault> {
        CATALOGUES.as_ref().map_err(|error| Fault::Catalogue(error.clone()))
    }

    /// What stands for one of this world's catalogues; `None` for one that the decider does not know.
    ///
    /// # Errors
    /// [`Fault::Catalogue`].
    pub fn catalogue(world: &World, under: Under) -> Result<Option<&'static Catalogue>, Fault> {
        let place = match (under, world.catalogue.added.is_empty()) {
            (Under::Unknown, _) => return Ok(None),
            (Under::Base, _) | (Under::Policies, true) => 0,
            (Under::Policies, false) | (Under::Further, true) => 1,
            (Under::Further, false) => 2,
        };
        Ok(Self::catalogues()?.all().nth(place))
    }

    /// The catalogue under which this world's policies are written.
    ///
    /// # Errors
    /// [`Fault::Catalogue`].
    pub fn policies_catalogue(world: &World) -> Result<&'static Catalogue, Fault> {
        let catalogues = Self::catalogues()?;
        Ok(Self::catalogue(world, Under::Policies)?.unwrap_or(catalogues.base()))
    }

    /// The decider of this world. A policy that does not load is remembered as refused.
    ///
    /// # Errors
    /// [`Fault`] if the world has names that nothing real can have.
    pub fn of(world: &World, names: Names) -> Result<Self, Fault> {
        let (words, catalogues) = (Words::of(&world.catalogue), Self::catalogues()?);
        let catalogue = Self::policies_catalogue(world)?;
        let load = |principal: &Principal| {
            let text = document(principal, names, &words, catalogue, &world.evidence)?;
            Ok(Policy::load(text.as_bytes(), catalogues).map(InForce::unsigned))
        };
        let questions = words.code().map(|(_, word)| Ok(Question::Property(PropertyName::parse(word)?)));
        let environment = environment(world, names, &words)?;
        let of_runtime = world.catalogue.platform.iter().filter_map(|word| {
            let runtime = environment.runtime.clone()?;
            Some(platform(&words, word).map(|property| Question::Supplied(runtime, property)))
        });
        let rules = world.principals.iter().flat_map(|principal| &principal.evidence);
        let evidence = rules.map(|rule| Ok(Question::Evidence(Role::parse(&rule.name)?)));
        Ok(Self {
            policies: world.principals.iter().map(load).collect::<Result<_, Fault>>()?,
            questions: questions
                .chain(of_runtime)
                .chain([Ok(Question::Complete), Ok(Question::Reproduced)])
                .chain(evidence)
                .collect::<Result<_, Fault>>()?,
            environment,
            artifact: names.artifact(&world.artifact),
            clock: Clock::at(Timestamp::from_unix(world.time)),
            seen: Sealed::seen(world, names)?.into_iter().collect(),
        })
    }

    /// Verifies a bundle with the keys that the policies name.
    ///
    /// # Errors
    /// [`Fault`] for a limit.
    pub fn verify(&self, evidence: &Sealed) -> Result<Verified<Provenance>, Fault> {
        self.verify_helped(evidence, Help::NONE).map(|verification| verification.provenance)
    }

    /// As [`Self::verify`], with such help.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_helped(&self, evidence: &Sealed, help: Help<'_>) -> Result<Verification, Fault> {
        let keys = self.policies.iter().flatten().flat_map(|policy| policy.policy().keyring());
        Ok(verify_helped(&evidence.bundle()?, keys, &mut |_| Vec::new(), Patience::Whole, help)?)
    }

    /// Everything that the core says about the artifact, for each principal and for all.
    ///
    /// # Errors
    /// [`Fault`] for a limit.
    pub fn find(&self, provenance: &Verified<Provenance>) -> Result<Findings, Fault> {
        let chain = ProvenanceChain::of(provenance, self.artifact);
        let facts = self.policies.iter().map(|policy| {
            let policy = policy.as_ref().ok().map(InForce::policy);
            self.appraise(policy, &chain)
        });
        let facts: Vec<Option<Facts>> = facts.collect::<Result<_, _>>()?;
        let cases: Vec<Option<Case<'_>>> = self
            .policies
            .iter()
            .zip(&facts)
            .map(|(policy, facts)| {
                let policy = policy.as_ref().ok()?;
                Some(Case::of(policy, facts.as_ref().map(Ok)))
            })
            .collect();
        let principals = self.policies.iter().zip(&cases).zip(&facts);
        let principals = principals.map(|((policy, case), facts)| PrincipalFindings {
            refused: policy.as_ref().err().map(PolicyError::code),
            answers: facts.as_ref().map(|facts| self.answers(facts)).unwrap_or_default(),
            satisfied: case.map_or(Tri::False, |case| self.settle(&[case], Some(&self.environment))),
            reasons: case.map(|case| self.reasons(case)).unwrap_or_default(),
            failures: case.map(|case| self.failures(case)).unwrap_or_default(),
        });
        let principals = principals.collect();
        let all: Option<Vec<Case<'_>>> = cases.into_iter().collect();
        // A policy that is refused is not left out: nothing is decided without it.
        let settled = |place| match all.as_ref().map_or(Tri::False, |all| self.settle(all, place)) {
            Tri::True => Outcome::Allow,
            Tri::Unknown => Outcome::Unknown,
            Tri::False => Outcome::Deny,
        };
        let (verdict, nowhere) = (settled(Some(&self.environment)), settled(None));
        Ok(Findings { principals, verdict, nowhere })
    }

    /// What is decided if each appraisal may take so many steps only.
    pub fn verdict_within(&self, provenance: &Verified<Provenance>, steps: usize) -> Outcome {
        let policies: Result<Vec<&InForce>, _> = self.policies.iter().map(Result::as_ref).collect();
        let Ok(policies) = policies else { return Outcome::Deny };
        let appraised = policies.iter().map(|policy| {
            let trust = policy.policy().trust()?;
            let (artifact, questions) = (self.artifact, &self.questions);
            let vantage = Vantage::remembering(self.clock, &self.seen);
            Some(appraise_within(provenance, trust, artifact, questions, vantage, steps))
        });
        let appraised: Vec<_> = appraised.collect();
        let cases = policies.into_iter().zip(&appraised);
        let cases: Vec<_> =
            cases.map(|(policy, facts)| Case::of(policy, facts.as_ref().map(Result::as_ref))).collect();
        match self.settle(&cases, Some(&self.environment)) {
            Tri::True => Outcome::Allow,
            Tri::Unknown => Outcome::Unknown,
            Tri::False => Outcome::Deny,
        }
    }

    /// What would be answered to each principal under a supposition; nothing for one without trust.
    ///
    /// # Errors
    /// [`Fault`] for a limit.
    pub fn suppose(
        &self,
        provenance: &Verified<Provenance>,
        supposition: &Supposition,
    ) -> Result<Vec<BTreeMap<Question, Tri>>, Fault> {
        let of = |policy: &Result<InForce, PolicyError>| {
            let Some(trust) = policy.as_ref().ok().and_then(|policy| policy.policy().trust()) else {
                return Ok(BTreeMap::new());
            };
            let (artifact, questions) = (self.artifact, &self.questions);
            let vantage = Vantage::remembering(self.clock, &self.seen);
            let supposed = suppose(provenance, trust, artifact, questions, vantage, supposition)?;
            let told = questions.iter().filter_map(|asked| Some((asked.clone(), supposed.answer(asked)?)));
            Ok(told.map(|(asked, answer)| (asked, truth(answer))).collect())
        };
        self.policies.iter().map(of).collect()
    }

    /// Why it is refused, with all principals asked at once; `None` if it is not, or if a policy did not load.
    ///
    /// # Errors
    /// [`Fault`] for a limit.
    pub fn refused(&self, provenance: &Verified<Provenance>) -> Result<Option<Refusal>, Fault> {
        let Ok(policies) = self.policies.iter().map(Result::as_ref).collect::<Result<Vec<_>, _>>() else {
            return Ok(None);
        };
        let chain = ProvenanceChain::of(provenance, self.artifact);
        let facts = policies.iter().map(|policy| self.appraise(Some(policy.policy()), &chain));
        let facts: Vec<Option<Facts>> = facts.collect::<Result<_, _>>()?;
        let cases = policies.iter().zip(&facts);
        let cases: Vec<_> = cases.map(|(policy, facts)| Case::of(policy, facts.as_ref().map(Ok))).collect();
        Ok(match settle(self.decide(&cases), Some(self.environment.clone())) {
            Settled::Allow(_) => None,
            Settled::Deny(refusal) | Settled::Unknown(refusal) => Some(refusal),
        })
    }

    /// What is answered to each principal with trust, as the only one that asks, and by a chain that all ask by: those before it, and
    /// those after it.
    ///
    /// # Errors
    /// [`Fault`] for a limit.
    pub fn alone_and_in_company(
        &self,
        provenance: &Verified<Provenance>,
    ) -> Result<[Vec<BTreeMap<Question, Answer>>; 3], Fault> {
        let policies = self.policies.iter().flatten().map(InForce::policy);
        let policies: Vec<&Policy> = policies.filter(|policy| policy.trust().is_some()).collect();
        let ask = |policy: &Policy, chain: &ProvenanceChain<'_>| {
            let facts = self.appraise(Some(policy), chain)?;
            Ok(facts.map(|facts| self.answers(&facts)).unwrap_or_default())
        };
        let [forth, back] = [(), ()].map(|()| ProvenanceChain::of(provenance, self.artifact));
        let alone =
            policies.iter().map(|policy| ask(policy, &ProvenanceChain::of(provenance, self.artifact)));
        let alone = alone.collect::<Result<_, Fault>>()?;
        let after = policies.iter().map(|policy| ask(policy, &forth)).collect::<Result<_, Fault>>()?;
        let before = policies.iter().rev().map(|policy| ask(policy, &back));
        let mut before: Vec<_> = before.collect::<Result<_, Fault>>()?;
        before.reverse();
        Ok([alone, after, before])
    }

    fn appraise(&self, policy: Option<&Policy>, chain: &ProvenanceChain<'_>) -> Result<Option<Facts>, Fault> {
        let Some(trust) = policy.and_then(Policy::trust) else { return Ok(None) };
        let vantage = Vantage::remembering(self.clock, &self.seen);
        Ok(Some(appraise_chain(chain, trust, &self.questions, vantage)?))
    }

    fn answers(&self, facts: &Facts) -> BTreeMap<Question, cdi_verify::Answer> {
        let answered = self.questions.iter().filter_map(|question| Some((question, facts.answer(question)?)));
        answered.map(|(question, answer)| (question.clone(), answer.clone())).collect()
    }

    fn decide(&self, cases: &[Case<'_>]) -> Decision {
        decide(Request::bare(self.artifact), cases, self.clock.now())
    }

    /// Decides, and settles it with the place.
    fn settle(&self, cases: &[Case<'_>], environment: Option<&Environment>) -> Tri {
        match settle(self.decide(cases), environment.cloned()) {
            Settled::Allow(_) => Tri::True,
            Settled::Deny(_) => Tri::False,
            Settled::Unknown(_) => Tri::Unknown,
        }
    }

    /// The codes of what fails of one principal's requirements.
    fn failures(&self, case: Case<'_>) -> Vec<&'static str> {
        let (Settled::Deny(refusal) | Settled::Unknown(refusal)) =
            settle(self.decide(&[case]), Some(self.environment.clone()))
        else {
            return Vec::new();
        };
        let at_the_code = refusal.principals.iter().flat_map(|findings| &findings.failures);
        let at_the_place = refusal.unmet.iter().map(Unmet::code);
        let mut codes: Vec<_> = at_the_code.map(|failure| failure.code).chain(at_the_place).collect();
        codes.sort_unstable();
        codes
    }

    fn reasons(&self, case: Case<'_>) -> Vec<Reason> {
        match self.decide(&[case]) {
            Decision::Allow(admitted) => admitted.principals().iter().flat_map(shown).collect(),
            Decision::Deny(_) | Decision::Unknown(_) => Vec::new(),
        }
    }
}

/// What an allow rests on, as far as it was shown: of the code, and of the place's runtime.
fn shown(findings: &cdi_policy::PrincipalFindings) -> Vec<Reason> {
    let supplied = findings.supplies.iter().filter_map(|(question, answer)| match answer {
        Answer::Shown(proof) => Some(Reason { question: question.clone(), proof: proof.clone() }),
        Answer::NotShown(_) | Answer::CouldNotTell(_) => None,
    });
    findings.reasons.iter().cloned().chain(supplied).collect()
}

/// The host as the one who runs it describes it; if nobody does, one that provides nothing.
fn environment(world: &World, names: Names, words: &Words) -> Result<Environment, Fault> {
    let host = world.asserted.first().map_or("host", |(host, _)| host.as_str());
    let provides = world.asserted.iter().map(|(_, word)| platform(words, word)).collect::<Result<_, _>>()?;
    let runtime = world.runtime.as_ref().map(|found| runtime(found, names)).transpose()?.map(Arc::new);
    Ok(Environment {
        name: "host".to_owned(),
        provides,
        asserted_by: Name::parse(host)?,
        of: cdi_policy::PlaceOf::Decider,
        runtime,
    })
}

pub(super) fn platform(words: &Words, word: &str) -> Result<PlatformProperty, Fault> {
    let word = words.platform(word);
    PlatformProperty::parse(word).ok_or_else(|| Fault::Platform(word.to_owned()))
}

/// The runtime of a world, as it would be measured.
pub(super) fn runtime(found: &world::Runtime, names: Names) -> Result<Runtime, Fault> {
    Ok(Runtime {
        executable: names.file(&found.executable),
        libraries: libraries(&found.libraries, names)?,
        program: PROGRAM.to_owned(),
        arguments: found.arguments.clone(),
        environment: variables(&found.environment, names),
        settings: found.settings.clone(),
    })
}
