//! One principal's explanation: what is known under its trust of what it asks, or is asked about.

use std::collections::{BTreeMap, BTreeSet};

use cdi_placement::Environment;
use cdi_policy::{Atom, Catalogue, Catalogues, Formula, PlatformProperty, Policy};
use cdi_types::{Clock, Role};
use cdi_verify::{
    Answer as Known, Facts, Ground, Mender, Miss, Obstacle, ProofStep, Provenance, Question, Vantage,
    Verified, appraise,
};

use crate::asking::{Asked, Asking, Compound};
use crate::decision::{Outcome, Walk};
use crate::evidence::Evidence;
use crate::explanation::{Answer, Explained, Kind, Missed, Principal, Repair, Waypoint};
use crate::failure::Failure;
use crate::names::Names;
use crate::proof::Step;
use crate::shown::Shown;

/// One principal, with what it asks or is asked, and what is known under its trust.
pub(crate) struct Explaining<'a> {
    policy: &'a Policy,
    catalogues: &'a Catalogues,
    place: Option<Environment>,
    names: Names<'a>,
    evidence: &'a Evidence,
    provenance: &'a Provenance,
    /// What is explained.
    asking: Asking,
    /// What the policy asks for.
    required: Asking,
    facts: Option<Facts>,
}

impl<'a> Explaining<'a> {
    pub(crate) fn of(
        (walk, outcome): (&'a Walk, &'a Outcome),
        policy: &'a Policy,
        provenance: &'a Verified<Provenance>,
        evidence: &'a Evidence,
        asked: &BTreeSet<Asked>,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let of_policy = || Asking::of_policy(policy, &walk.catalogues, clock);
        let asking = if asked.is_empty() { of_policy()? } else { Asking::of(asked, &walk.catalogues)? };
        let place = outcome.environment.clone();
        let runtime = place.as_ref().and_then(|place| place.runtime.clone());
        let of_words = asking.atoms().into_iter().filter_map(|atom| match atom {
            Atom::Code(property) => Some(Question::Property(property)),
            Atom::Platform(property) => Some(Question::Supplied(runtime.clone()?, property)),
            Atom::Evidence(name) => Some(Question::Evidence(name)),
        });
        let questions = of_words.chain(asking.history.iter().cloned()).collect();
        let vantage = Vantage::remembering(clock, &outcome.seen);
        let facts = policy
            .trust()
            .map(|trust| appraise(provenance, trust, walk.artifact.digest(), &questions, vantage))
            .transpose();
        Ok(Self {
            policy,
            catalogues: &walk.catalogues,
            place,
            names: Names::of(policy, provenance.get()),
            evidence,
            provenance: provenance.get(),
            asking,
            required: of_policy()?,
            facts: facts.map_err(|error| Failure::failed(error.code(), error))?,
        })
    }

    pub(crate) fn explained(&self) -> Result<Principal, Failure> {
        let words = self.asking.words.iter().map(|(word, formula)| self.word(word, formula));
        let compounds = self.asking.compounds.iter().map(|(text, compound)| self.compound(text, compound));
        let history = self.asking.history.iter().map(|question| self.question(question));
        Ok(Principal {
            name: self.policy.principal().to_string(),
            policy: self.policy.digest(),
            verdict: None,
            answers: words.chain(compounds).chain(history).collect(),
            refused: Vec::new(),
            excused: Vec::new(),
        })
    }

    /// A formula of which no single word must hold: its words say why it is met or not.
    fn compound(&self, text: &str, compound: &Compound) -> Explained {
        let parts = compound.words.iter().map(|(word, formula)| self.word(word, formula)).collect();
        let answer = self.standing(&compound.whole);
        Explained { parts, ..self.explain(text.to_owned(), Kind::Formula, answer) }
    }

    /// How it stands with a formula, by how it stands with its atoms.
    fn standing(&self, formula: &Formula<Atom>) -> Answer {
        let atoms = formula.atoms().into_iter().map(|atom| (self.atom(&atom).answer, atom));
        let known: BTreeMap<Atom, Answer> = atoms.map(|(answer, atom)| (atom, answer)).collect();
        if formula.holds(&mut |atom| known.get(atom) == Some(&Answer::Has)) {
            Answer::Has
        } else if formula.holds(&mut |atom| known.get(atom).is_some_and(|answer| *answer != Answer::HasNot)) {
            Answer::NotTold
        } else {
            Answer::HasNot
        }
    }

    fn word(&self, word: &str, formula: &Formula<Atom>) -> Explained {
        if let Formula::Atom(atom) = formula
            && atom_word(atom) == word
        {
            return self.atom(atom);
        }
        let parts: Vec<Explained> = formula.atoms().iter().map(|atom| self.atom(atom)).collect();
        let answer = self.standing(formula);
        let mut tags = self.catalogues.all().flat_map(Catalogue::tags);
        let tag = tags.find(|(name, _)| name.as_str() == word);
        Explained {
            meaning: tag.map(|(_, tag)| tag.meaning.clone()),
            formula: Some(formula.to_string()),
            parts,
            ..self.explain(word.to_owned(), Kind::Tag, answer)
        }
    }

    fn atom(&self, atom: &Atom) -> Explained {
        match atom {
            Atom::Code(property) => self.question(&Question::Property(property.clone())),
            Atom::Platform(property) => self.platform(property),
            Atom::Evidence(name) => self.question(&Question::Evidence(name.clone())),
        }
    }

    /// What the place has to do with a property of places: what is certified of its runtime, or else its host's word.
    fn platform(&self, property: &PlatformProperty) -> Explained {
        let (answer, said) = self.asserted(property);
        let explained = self.explain(property.to_string(), Kind::Platform, answer);
        let explained =
            Explained { place: Some(said), meaning: self.meaning(property.name.as_str()), ..explained };
        let runtime = self.place.as_ref().and_then(|place| place.runtime.clone());
        let question = runtime.map(|runtime| Question::Supplied(runtime, property.clone()));
        let facts = self.facts.as_ref();
        match question.and_then(|question| facts?.answer(&question)) {
            Some(Known::Shown(proof)) => {
                let proof = proof.iter().map(Step::of).collect();
                Explained { answer: Answer::Has, place: None, proof, ..explained }
            }
            Some(Known::CouldNotTell(obstacles)) if answer != Answer::Has => {
                Explained { answer: Answer::NotTold, misses: self.misses(obstacles.misses()), ..explained }
            }
            Some(Known::NotShown(obstacles)) if answer != Answer::Has => {
                Explained { misses: self.misses(obstacles.misses()), ..explained }
            }
            Some(Known::CouldNotTell(_) | Known::NotShown(_)) | None => explained,
        }
    }

    /// What the host says of the place, as the principal takes it.
    fn asserted(&self, property: &PlatformProperty) -> (Answer, String) {
        match &self.place {
            None => (Answer::HasNot, "no environment is named that could provide it".to_owned()),
            Some(place) if !place.provides.contains(property) => {
                (Answer::HasNot, format!("`{}` does not provide it", place.name))
            }
            Some(place) if !self.policy.accepts_asserted_by(&place.asserted_by) => {
                let (name, host) = (&place.name, &place.asserted_by);
                (Answer::HasNot, format!("the policy does not take the word of `{host}` for `{name}`"))
            }
            Some(place) => {
                let (name, host) = (&place.name, &place.asserted_by);
                (Answer::Has, format!("`{name}` provides it, on the word of `{host}`"))
            }
        }
    }

    fn question(&self, question: &Question) -> Explained {
        let (kind, meaning) = match question {
            Question::Property(property) => (Kind::Property, self.meaning(property.as_str())),
            Question::Complete | Question::Reproduced => (Kind::History, None),
            Question::Supplied(_, property) => (Kind::Platform, self.meaning(property.name.as_str())),
            Question::Evidence(name) => (Kind::Evidence, self.described(name)),
            Question::Node(_) => (Kind::Platform, None),
        };
        let known = self.facts.as_ref().and_then(|facts| facts.answer(question));
        let (wanted, custodians) = match (question, known) {
            (Question::Reproduced, known) => {
                let asked = self.policy.trust().and_then(|trust| trust.terms().reproduced.as_ref());
                let counted = match known {
                    Some(Known::Shown(proof)) => self.custodians(proof),
                    Some(Known::NotShown(_) | Known::CouldNotTell(_)) | None => Vec::new(),
                };
                (asked.map(|asked| asked.count), counted)
            }
            (
                Question::Property(_)
                | Question::Complete
                | Question::Evidence(_)
                | Question::Supplied(..)
                | Question::Node(_),
                _,
            ) => (None, Vec::new()),
        };
        let (answer, proof, misses) = match known {
            Some(Known::Shown(proof)) => (Answer::Has, proof.iter().map(Step::of).collect(), Vec::new()),
            Some(Known::CouldNotTell(obstacles)) => {
                (Answer::NotTold, Vec::new(), self.misses(obstacles.misses()))
            }
            Some(Known::NotShown(obstacles)) => (Answer::HasNot, Vec::new(), self.misses(obstacles.misses())),
            None => (Answer::HasNot, Vec::new(), vec![self.nobody_trusted()]),
        };
        let explained = self.explain(question.to_string(), kind, answer);
        Explained { meaning, proof, misses, wanted, custodians, ..explained }
    }

    /// What the policy describes under a name for others' evidence.
    fn described(&self, name: &Role) -> Option<String> {
        let mut rules = self.policy.trust()?.terms().evidence.iter();
        let rule = rules.find(|rule| rule.name == *name)?;
        let condition = rule.condition.as_ref().map(|text| format!(" that meets `{text}`"));
        Some(format!("A statement of the type `{}`{}.", rule.predicate_type, condition.unwrap_or_default()))
    }

    fn meaning(&self, word: &str) -> Option<String> {
        let properties = self.catalogues.all().flat_map(Catalogue::properties);
        let mut named = properties.filter(|(name, _)| name.as_str() == word);
        named.next().map(|(_, property)| property.meaning.clone())
    }

    fn explain(&self, question: String, kind: Kind, answer: Answer) -> Explained {
        let of_history = |asked: &Question| asked.to_string() == question;
        let required = match kind {
            Kind::History => self.required.history.iter().any(of_history),
            Kind::Formula => self.required.compounds.contains_key(&question),
            Kind::Property | Kind::Tag | Kind::Platform | Kind::Evidence => {
                self.required.words.contains_key(&question)
            }
        };
        let within = if required { None } else { self.required.within(&question).map(str::to_owned) };
        Explained {
            question,
            kind,
            answer,
            required,
            within,
            excused: None,
            wanted: None,
            custodians: Vec::new(),
            meaning: None,
            formula: None,
            place: None,
            proof: Vec::new(),
            misses: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The custodians whose runs are the steps of this proof, by the policy's names.
    fn custodians(&self, proof: &[ProofStep]) -> Vec<String> {
        let asked = self.policy.trust().and_then(|trust| trust.terms().reproduced.as_ref());
        let custodian = |step: &ProofStep| {
            let Ground::Report { report, .. } = &step.ground else { return None };
            let run = self.provenance.reports().iter().find(|run| run.id() == *report)?;
            let mut all = asked?.custodians.iter();
            Some(all.find(|one| one.report_keys.contains(&run.issuer()))?.name.to_string())
        };
        proof.iter().filter_map(custodian).collect()
    }

    fn misses(&self, misses: &[Miss]) -> Vec<Missed> {
        misses.iter().map(|miss| self.missed(miss)).collect()
    }

    fn missed(&self, miss: &Miss) -> Missed {
        let remedy = miss.obstacle.remedy();
        let shown = Shown::obstacle(&miss.obstacle, Some(&self.names));
        let (who, what) = match &miss.obstacle {
            Obstacle::NoOrigin { .. } | Obstacle::InputIncomplete { .. } if self.accepts_no_origin() => {
                (Mender::Principal, "name in `history` of the policy where a history may begin".to_owned())
            }
            _ => (remedy.by, self.evidence.hint(&shown).or(shown.hint).unwrap_or(remedy.text)),
        };
        let trail = miss.trail.iter().map(|point| Waypoint {
            artifact: point.artifact,
            name: point.read_by.as_ref().map(|(_, path)| path.clone()),
            read_by: point.read_by.as_ref().map(|(report, _)| *report),
        });
        Missed {
            code: shown.code,
            message: shown.message,
            trail: trail.collect(),
            report: miss.obstacle.report(),
            authority: shown.authority,
            repair: Repair { by: who.as_str(), what, who },
        }
    }

    fn accepts_no_origin(&self) -> bool {
        self.policy.trust().is_none_or(|trust| trust.terms().origins.is_empty())
    }

    /// A policy that asks nothing of code has no anchors: nothing can be shown to it.
    fn nobody_trusted(&self) -> Missed {
        let who = Mender::Principal;
        let what = "give the policy `trust`, with the authorities whose word counts".to_owned();
        Missed {
            code: "nobody-trusted",
            message: format!(
                "the policy of `{}` trusts no authority, so that nothing is shown to it",
                self.policy.principal()
            ),
            trail: Vec::new(),
            report: None,
            authority: None,
            repair: Repair { by: who.as_str(), what, who },
        }
    }
}

fn atom_word(atom: &Atom) -> String {
    match atom {
        Atom::Code(property) => property.to_string(),
        Atom::Platform(property) => property.to_string(),
        Atom::Evidence(_) => atom.to_string(),
    }
}
