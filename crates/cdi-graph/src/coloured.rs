//! What one principal makes of each node, read off its [`View`]: nothing is worked out here that the appraisal has not.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, Effect, KeyId, StatementId};
use cdi_verify::{Held, Look, Obstacle, Question, Share, View};

use crate::build::Principal;
use crate::graph::{Answer, Answered, Flow, Mark, Seen, State};
use crate::text::plain;

/// A principal with what its view uses, looked up once.
pub(crate) struct Eyes<'v> {
    view: &'v View,
    says: &'v dyn Fn(&Obstacle) -> String,
    artifact: ArtifactDigest,
    /// What holds by an origin statement, by that statement.
    given: BTreeMap<StatementId, BTreeSet<&'v Question>>,
    certifications: BTreeSet<StatementId>,
}

impl<'v> Eyes<'v> {
    /// The eyes of a principal; `None` if its policy trusts nobody.
    pub(crate) fn of(principal: &'v Principal<'_>, artifact: ArtifactDigest) -> Option<Self> {
        let view = principal.view?;
        let (mut given, mut certifications) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeSet::new());
        for (question, look) in &view.looks {
            for held in look.holds.values() {
                if let Held::Assumed(Some(id)) | Held::Origin(Some(id)) = held {
                    given.entry(*id).or_default().insert(question);
                }
            }
            for voice in look.shares.values().flat_map(voices) {
                certifications.insert(voice.certification);
                for manifest in &voice.manifests {
                    given.entry(*manifest).or_default();
                }
            }
        }
        Some(Self { view, says: principal.says, artifact, given, certifications })
    }

    /// What the principal answers about the artifact.
    pub(crate) fn answers(&self) -> Vec<Answered> {
        let answer =
            |look: &Look| match (look.holds.get(&self.artifact), look.untold.contains(&self.artifact)) {
                (Some(_), _) => Answer::Has,
                (None, true) => Answer::NotTold,
                (None, false) => Answer::HasNot,
            };
        let looks = self.view.looks.iter();
        looks
            .map(|(question, look)| Answered { question: question.to_string(), answer: answer(look) })
            .collect()
    }

    pub(crate) fn artifact(&self, digest: ArtifactDigest) -> Seen {
        let deployed = digest == self.artifact;
        let (mut marks, mut against) = (Vec::new(), Vec::new());
        for (question, look) in &self.view.looks {
            let end = look.ends.get(&digest).filter(|_| deployed || *question == Question::Complete);
            let flow = match (look.holds.get(&digest), look.untold.contains(&digest)) {
                (Some(Held::Shown(_)), _) => Flow::Has,
                (Some(Held::Assumed(_) | Held::Origin(_) | Held::Summary(_)), _) => Flow::Given,
                (None, true) => Flow::NotTold,
                (None, false) if deployed || end.is_some() => Flow::HasNot,
                (None, false) => continue,
            };
            let at_steps = if deployed && flow == Flow::HasNot { closest(look, digest) } else { None };
            let end = end.or(at_steps);
            against.extend(end);
            let code = end.map(Obstacle::code);
            marks.push(Mark { question: question.to_string(), flow, code });
        }
        let any = |wanted: &[Flow]| marks.iter().any(|mark| wanted.contains(&mark.flow));
        // A policy may do without some of what it asks for, so that what is there decides.
        let state = if any(&[Flow::Has, Flow::Given]) {
            State::Counts
        } else if any(&[Flow::NotTold]) {
            State::NotTold
        } else if any(&[Flow::HasNot]) {
            State::Fails
        } else {
            State::Unused
        };
        let closest = against.into_iter().min_by_key(|obstacle| obstacle.order());
        self.seen(state, closest.filter(|_| state != State::Counts), marks)
    }

    /// A step that is about these reached artifacts and read those.
    pub(crate) fn step(&self, id: StatementId, made: &[ArtifactDigest], read: &[ArtifactDigest]) -> Seen {
        let (mut marks, mut against) = (BTreeSet::new(), Vec::new());
        let mut state = State::Unused;
        for (question, look) in &self.view.looks {
            for artifact in made {
                let share = look.shares.get(&(id, *artifact));
                let question_text = || question.to_string();
                match share {
                    Some(Share::Shows(voices)) => {
                        state = State::Counts;
                        // What a step establishes it need not carry.
                        let flows = voices.iter().map(|voice| flow(question, voice.effect));
                        let strongest = flows.min();
                        let mark = |flow| Mark { question: question_text(), flow, code: None };
                        marks.extend(strongest.map(mark));
                    }
                    Some(Share::Untold(obstacle)) => {
                        state = state.min(State::NotTold);
                        against.extend(obstacle);
                        let code = obstacle.as_ref().map(Obstacle::code);
                        marks.insert(Mark { question: question_text(), flow: Flow::NotTold, code });
                    }
                    Some(Share::Not(obstacle)) => {
                        let lost = !has(look, artifact) && read.iter().any(|input| has(look, input));
                        let code = obstacle.as_ref().map(Obstacle::code);
                        if lost {
                            marks.insert(Mark { question: question_text(), flow: Flow::Lost, code });
                        }
                        if let Some(obstacle) = obstacle.as_ref().filter(|one| lost || is_a_fault(one)) {
                            state = state.min(State::Fails);
                            against.push(obstacle);
                        }
                    }
                    None => {}
                }
            }
        }
        let closest = against.into_iter().min_by_key(|obstacle| obstacle.order());
        self.seen(state, closest.filter(|_| state != State::Counts), marks.into_iter().collect())
    }

    pub(crate) fn origin(&self, id: StatementId) -> Seen {
        let Some(questions) = self.given.get(&id) else { return Seen::unused() };
        let given =
            |question: &&Question| Mark { question: question.to_string(), flow: Flow::Given, code: None };
        Seen { state: State::Counts, marks: questions.iter().map(given).collect(), ..Seen::unused() }
    }

    pub(crate) fn certification(&self, id: StatementId) -> Seen {
        if self.certifications.contains(&id) {
            return Seen { state: State::Counts, ..Seen::unused() };
        }
        self.against(self.view.certifications.get(&id).and_then(Option::as_ref))
    }

    /// An authority, which has signed something that counts or has not.
    pub(crate) fn authority(&self, key: KeyId, is_used: bool) -> Seen {
        match self.view.authorities.get(&key).and_then(Option::as_ref) {
            None if is_used => Seen { state: State::Counts, ..Seen::unused() },
            obstacle => self.against(obstacle),
        }
    }

    /// Whether no chain leads to this authority and the certification is by it.
    pub(crate) fn knows(&self, certification: StatementId) -> bool {
        match self.view.certifications.get(&certification) {
            Some(Some(Obstacle::UntrustedAuthority { .. })) | None => false,
            Some(_) => true,
        }
    }

    fn against(&self, obstacle: Option<&Obstacle>) -> Seen {
        let state = match obstacle {
            None => State::Unused,
            Some(Obstacle::StaleLists { .. }) => State::NotTold,
            Some(_) => State::Fails,
        };
        self.seen(state, obstacle, Vec::new())
    }

    fn seen(&self, state: State, obstacle: Option<&Obstacle>, marks: Vec<Mark>) -> Seen {
        let message = obstacle.map(|obstacle| plain(&(self.says)(obstacle)));
        Seen { state, code: obstacle.map(Obstacle::code), message, marks }
    }
}

/// What stands closest to a proof at the steps about an artifact.
fn closest(look: &Look, artifact: ArtifactDigest) -> Option<&Obstacle> {
    let about = look.shares.iter().filter(|((_, about), _)| *about == artifact);
    let against = about.filter_map(|(_, share)| match share {
        Share::Not(obstacle) => obstacle.as_ref(),
        Share::Shows(_) | Share::Untold(_) => None,
    });
    against.min_by_key(|obstacle| obstacle.order())
}

fn has(look: &Look, artifact: &ArtifactDigest) -> bool {
    look.holds.contains_key(artifact) || look.untold.contains(artifact)
}

fn voices(share: &Share) -> &[cdi_verify::Voice] {
    match share {
        Share::Shows(voices) => voices,
        Share::Untold(_) | Share::Not(_) => &[],
    }
}

/// A step of a complete history hands on that its inputs are complete.
fn flow(question: &Question, effect: Effect) -> Flow {
    match (question, effect) {
        (Question::Complete, _) | (_, Effect::Preserves) => Flow::Carried,
        (_, Effect::Attests) => Flow::Attested,
        (_, Effect::Establishes | Effect::Supplies) => Flow::Established,
    }
}

/// Whether something went wrong: that a step says nothing of a property is nobody's fault.
const fn is_a_fault(obstacle: &Obstacle) -> bool {
    !matches!(
        obstacle,
        Obstacle::NotClaimed { .. }
            | Obstacle::NotFound { .. }
            | Obstacle::WrongKind { .. }
            | Obstacle::NoReport { .. }
    )
}
