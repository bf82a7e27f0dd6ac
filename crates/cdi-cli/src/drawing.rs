//! The graph of an artifact's chain: from verified evidence with the eyes of principals, or from what evidence says.

use std::collections::BTreeSet;

use cdi_decider::{Seat, asked};
use cdi_graph::{Evidence, Graph, Principal};
use cdi_policy::{Atom, Policy};
use cdi_types::{
    AnyStatement, ArtifactDigest, Bundle, Clock, Name, StatementId, Unverified, parse_statement,
};
use cdi_verify::{Obstacle, Question, Vantage, View, view};

use crate::decision::{Outcome, Verdict, Walk};
use crate::failure::Failure;
use crate::names::Names;

/// One principal's policy with what it makes of the chain.
struct Looking<'a> {
    policy: &'a Policy,
    names: Names<'a>,
    view: Option<View>,
}

/// The graph as the named principals see it, or all who must agree; of what their policies ask for, and of these words.
pub(crate) fn seen(walk: &Walk, named: &[Name], words: &[String], clock: Clock) -> Result<Graph, Failure> {
    seen_by((walk, &walk.decide(clock)?), named, words, clock)
}

/// The same, of what was decided.
pub(crate) fn seen_by(
    (walk, outcome): (&Walk, &Outcome),
    named: &[Name],
    words: &[String],
    clock: Clock,
) -> Result<Graph, Failure> {
    let provenance = match (&outcome.provenance, &outcome.verdict) {
        (Some(provenance), _) => provenance,
        (None, Verdict::Unusable { code, message }) => return Err(Failure::failed(code, message)),
        // A verdict that is settled rests on evidence; this arm keeps it so if somebody changes that.
        (None, Verdict::Settled(_)) => return Err(Failure::failed("internal", "a verdict on no evidence")),
    };
    required(walk, named)?;
    let mut questions = BTreeSet::new();
    for word in words {
        for atom in walk.catalogues.meaning(word)?.atoms() {
            if let Atom::Code(property) = atom {
                questions.insert(Question::Property(property));
            }
        }
    }
    let artifact = walk.artifact.digest();
    let policies = outcome.seats.iter().filter_map(Seat::policy);
    let policies = policies.filter(|policy| named.is_empty() || named.contains(policy.principal()));
    let look = |policy: &'_ Policy| {
        let questions = questions.iter().cloned().chain(asked(policy, None, clock)).collect();
        let vantage = Vantage::remembering(clock, &outcome.seen);
        let look = |trust| view(provenance, trust, artifact, &questions, vantage);
        policy.trust().map(look).transpose().map_err(|error| Failure::failed(error.code(), error))
    };
    let looking = policies.map(|policy| {
        Ok(Looking { policy, names: Names::of(policy, provenance.get()), view: look(policy)? })
    });
    let looking = looking.collect::<Result<Vec<_>, Failure>>()?;
    let says: Vec<_> = looking.iter().map(|one| |obstacle: &Obstacle| one.names.message(obstacle)).collect();
    let principals: Vec<Principal<'_>> = looking
        .iter()
        .zip(&says)
        .map(|(one, says)| Principal {
            name: one.policy.principal(),
            policy: one.policy.digest(),
            anchors: one.policy.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default(),
            view: one.view.as_ref(),
            says,
        })
        .collect();
    Ok(Graph::of(artifact, &Evidence::verified(provenance), &principals, Some(clock.now())))
}

/// The graph as the evidence says of itself: nothing is verified, and nobody looks.
pub(crate) fn said(artifact: ArtifactDigest, bundle: &Unverified<Bundle>) -> Graph {
    let parsed = bundle.as_untrusted().lines().filter_map(|line| {
        let envelope = cdi_envelope::Envelope::parse(line.bytes).ok()?.into_untrusted();
        parse_statement(envelope.payload()).ok()
    });
    let statements: Vec<(StatementId, AnyStatement)> = parsed.collect();
    Graph::of(artifact, &Evidence::as_said(&statements), &[], None)
}

/// Holds if all who are named must agree.
fn required(walk: &Walk, named: &[Name]) -> Result<(), Failure> {
    let known: Vec<&Name> = walk.parties.iter().map(|party| &party.principal().name).collect();
    let Some(wanted) = named.iter().find(|wanted| !known.contains(wanted)) else { return Ok(()) };
    let names: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
    let message = format!("`{wanted}` is no principal that must agree to this");
    Err(Failure::failed("principal-not-required", message)
        .known("principals that must agree", wanted.as_str(), &names)
        .hint("the owner of a directory must agree where it is given, with `--dir`"))
}
