//! Why an artifact has something for a principal, or has not, as a value that can be written: the JSON of `cdi explain`,
//! and what the text is made from.
//!
//! Nothing is decided here. A word that the principal's policy does not ask for is explained under its trust all the same.
//! The schema is published in `docs/schema/explain.v1.json`.

use std::collections::{BTreeMap, BTreeSet};

use cdi_placement::Environment;
use cdi_policy::{Atom, Catalogue, Catalogues, Formula, PlatformProperty, Policy, PolicyError};
use cdi_types::{ArtifactDigest, CatalogueDigest, Clock, KeyId, Name, PolicyDigest, StatementId, Timestamp};
use cdi_verify::{
    Answer as Known, Facts, Mender, Miss, Obstacle, Provenance, Question, Vantage, Verified, appraise,
};
use serde::Serialize;

use crate::decision::Walk;
use crate::evidence::Evidence;
use crate::failure::Failure;
use crate::names::Names;
use crate::parties::Seat;
use crate::proof::Step;
use crate::shown::Shown;
use crate::verdict::Place;

/// What is asked about an artifact: a word of the catalogue, or something of its history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    Word(String),
    History(Question),
}

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
    pub(crate) answers: Vec<Explained>,
}

/// What kind of thing was asked.
#[derive(Serialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A property of code.
    Property,
    /// A tag: its parts say why.
    Tag,
    /// A property of places.
    Platform,
    /// The complete history.
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
        let provenance = walk.verify().map_err(|error| Failure::failed(error.code(), error))?;
        let evidence = Evidence::of(walk, Some(&provenance));
        let seats = walk.seats(&provenance, clock);
        let principals = principals(walk, &seats, named)?;
        let explain = |policy: &&Policy| {
            Explaining::of(walk, policy, &provenance, &evidence, asked, clock)?.explained()
        };
        let principals: Vec<Principal> = principals.iter().map(explain).collect::<Result<_, _>>()?;
        let answers = principals.iter().flat_map(|principal| &principal.answers);
        Ok(Self {
            answer: answers.map(|explained| explained.answer).max().unwrap_or(Answer::Has),
            artifact: walk.artifact.digest(),
            at: clock.now(),
            catalogue: walk.catalogues.base().digest(),
            extensions: walk.extensions(&seats),
            environment: walk.environment.as_ref().map(Place::of),
            principals,
            evidence,
        })
    }
}

/// One principal, with what it asks or is asked, and what is known under its trust.
struct Explaining<'a> {
    policy: &'a Policy,
    catalogues: &'a Catalogues,
    place: Option<Environment>,
    names: Names<'a>,
    evidence: &'a Evidence,
    words: BTreeMap<String, Formula<Atom>>,
    history: Vec<Question>,
    clock: Clock,
    facts: Option<Facts>,
}

impl<'a> Explaining<'a> {
    fn of(
        walk: &'a Walk,
        policy: &'a Policy,
        provenance: &'a Verified<Provenance>,
        evidence: &'a Evidence,
        asked: &BTreeSet<Asked>,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let asked = if asked.is_empty() { &required(policy, clock) } else { asked };
        let words = asked.iter().filter_map(|asked| match asked {
            Asked::Word(word) => Some(walk.catalogues.meaning(word).map(|formula| (word.clone(), formula))),
            Asked::History(_) => None,
        });
        let words: BTreeMap<String, Formula<Atom>> = words.collect::<Result<_, PolicyError>>()?;
        let history = asked.iter().filter_map(|asked| match asked {
            Asked::Word(_) => None,
            Asked::History(question) => Some(question.clone()),
        });
        let history: Vec<Question> = history.collect();
        let properties = words.values().flat_map(Formula::atoms).filter_map(|atom| match atom {
            Atom::Code(property) => Some(Question::Property(property)),
            Atom::Platform(_) => None,
        });
        let place = walk.placed(provenance)?;
        let runtime = place.as_ref().and_then(|place| place.runtime.clone());
        let of_places = words.values().flat_map(Formula::atoms).filter_map(|atom| match atom {
            Atom::Platform(property) => Some(Question::Supplied(runtime.clone()?, property)),
            Atom::Code(_) => None,
        });
        let questions = properties.chain(of_places).chain(history.iter().cloned()).collect();
        let seen = walk.memory.first_seen(provenance)?;
        let vantage = Vantage::remembering(clock, &seen);
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
            words,
            history,
            clock,
            facts: facts.map_err(|error| Failure::failed(error.code(), error))?,
        })
    }

    fn explained(&self) -> Result<Principal, Failure> {
        let words = self.words.iter().map(|(word, formula)| self.word(word, formula));
        let history = self.history.iter().map(|question| self.question(question));
        Ok(Principal {
            name: self.policy.principal().to_string(),
            policy: self.policy.digest(),
            answers: words.chain(history).collect(),
        })
    }

    fn word(&self, word: &str, formula: &Formula<Atom>) -> Explained {
        if let Formula::Atom(atom) = formula
            && atom_word(atom) == word
        {
            return self.atom(atom);
        }
        let parts: Vec<Explained> = formula.atoms().iter().map(|atom| self.atom(atom)).collect();
        let of = |wanted: &Atom| {
            parts.iter().find(|part| part.question == atom_word(wanted)).map(|part| part.answer)
        };
        let answer = if formula.holds(&mut |atom| of(atom) == Some(Answer::Has)) {
            Answer::Has
        } else if formula.holds(&mut |atom| of(atom).is_some_and(|answer| answer != Answer::HasNot)) {
            Answer::NotTold
        } else {
            Answer::HasNot
        };
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
        };
        let known = self.facts.as_ref().and_then(|facts| facts.answer(question));
        let (answer, proof, misses) = match known {
            Some(Known::Shown(proof)) => (Answer::Has, proof.iter().map(Step::of).collect(), Vec::new()),
            Some(Known::CouldNotTell(obstacles)) => {
                (Answer::NotTold, Vec::new(), self.misses(obstacles.misses()))
            }
            Some(Known::NotShown(obstacles)) => (Answer::HasNot, Vec::new(), self.misses(obstacles.misses())),
            None => (Answer::HasNot, Vec::new(), vec![self.nobody_trusted()]),
        };
        Explained { meaning, proof, misses, ..self.explain(question.to_string(), kind, answer) }
    }

    fn meaning(&self, word: &str) -> Option<String> {
        let properties = self.catalogues.all().flat_map(Catalogue::properties);
        let mut named = properties.filter(|(name, _)| name.as_str() == word);
        named.next().map(|(_, property)| property.meaning.clone())
    }

    fn explain(&self, question: String, kind: Kind, answer: Answer) -> Explained {
        let asked = required(self.policy, self.clock).into_iter().any(|asked| match asked {
            Asked::Word(word) => word == question,
            Asked::History(asked) => kind == Kind::History && asked.to_string() == question,
        });
        let (meaning, formula, place) = (None, None, None);
        let (proof, misses, parts) = (Vec::new(), Vec::new(), Vec::new());
        Explained { question, kind, answer, required: asked, meaning, formula, place, proof, misses, parts }
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
            _ => (remedy.by, self.evidence.hint(shown.code).or(shown.hint).unwrap_or(remedy.text)),
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

/// What a policy asks for.
fn required(policy: &Policy, clock: Clock) -> BTreeSet<Asked> {
    let in_force = policy.requirements().iter().filter(|demand| demand.is_in_force(clock.now()));
    let words: BTreeSet<String> = in_force.flat_map(|demand| demand.written.atoms()).collect();
    let history = policy.asked_of_history().cloned().map(Asked::History);
    words.into_iter().map(Asked::Word).chain(history).collect()
}

fn atom_word(atom: &Atom) -> String {
    match atom {
        Atom::Code(property) => property.to_string(),
        Atom::Platform(property) => property.to_string(),
    }
}

/// The policies of those who are named, or of all who must agree.
fn principals<'s>(walk: &Walk, seats: &'s [Seat], named: &[Name]) -> Result<Vec<&'s Policy>, Failure> {
    let known: Vec<&Name> = walk.parties.iter().map(|party| &party.principal.name).collect();
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
                let failure = Failure::failed(error.code(), error).hint(error.hint());
                return Err(failure.about(format!("policy of `{name}`")));
            }
            Seat::Empty(..) => {}
        }
    }
    policies.retain(|policy| named.is_empty() || named.contains(policy.principal()));
    Ok(policies)
}
