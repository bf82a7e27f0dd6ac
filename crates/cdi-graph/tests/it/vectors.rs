//! Every vector of the verifier, drawn: views answer what the appraisal answers, and a picture comes of all of them.

use cdi_graph::svg::{self, Style};
use cdi_graph::{Answer, Evidence, Graph, Limits, Principal, dot, fold};
use cdi_policy::{Catalogues, Policy};
use cdi_testkit::vectors::{Vector, all};
use cdi_types::{ArtifactDigest, Bundle, Clock, StatementId, Timestamp};
use cdi_verify::{Answer as Known, FirstSeen, Obstacle, Question, Vantage, appraise, verify, view};

/// How many answers were compared; none for a vector whose documents or bundle as a whole cannot be used.
fn compared(name: &str, vector: &Vector) -> Option<usize> {
    let mut catalogues = Catalogues::builtin().unwrap();
    for document in &vector.catalogues {
        catalogues.extend(document.as_bytes()).ok()?;
    }
    let documents = vector.policies.iter().filter_map(|party| party.document.as_ref());
    let policies = documents.map(|text| Policy::load(text.as_bytes(), &catalogues).ok());
    let policies: Vec<Policy> = policies.collect::<Option<_>>()?;
    let lines: Vec<Vec<u8>> = vector.bundle.iter().map(|line| line.bytes().unwrap()).collect();
    let bundle = Bundle::parse(lines.join(&b'\n')).ok()?;
    let provenance = verify(&bundle, policies.iter().flat_map(Policy::keyring)).ok()?;
    let artifact = ArtifactDigest::parse(&vector.artifact).ok()?;
    let seen =
        |(id, at): (&String, &String)| (StatementId::parse(id).unwrap(), Timestamp::parse(at).unwrap());
    let seen: FirstSeen = vector.seen.iter().map(seen).collect();
    let clock = Clock::at(Timestamp::parse(&vector.time).ok()?);
    let vantage = Vantage::remembering(clock, &seen);
    let mut told = 0;
    let mut views = Vec::new();
    for policy in &policies {
        let Some(trust) = policy.trust() else {
            views.push(None);
            continue;
        };
        let questions = policy.questions(clock.now());
        let facts = appraise(&provenance, trust, artifact, &questions, vantage);
        let looked = view(&provenance, trust, artifact, &questions, vantage);
        let (facts, looked) = match (facts, looked) {
            (Ok(facts), Ok(looked)) => (facts, looked),
            (facts, looked) => {
                assert_eq!(facts.err(), looked.err(), "{name}");
                return None;
            }
        };
        for (question, look) in &looked.looks {
            let found = match (look.holds.contains_key(&artifact), look.untold.contains(&artifact)) {
                (true, _) => Answer::Has,
                (false, true) => Answer::NotTold,
                (false, false) => Answer::HasNot,
            };
            let expected = match facts.answer(question).unwrap() {
                Known::Shown(_) => Answer::Has,
                Known::CouldNotTell(_) => Answer::NotTold,
                Known::NotShown(_) => Answer::HasNot,
            };
            assert_eq!(found, expected, "{name}: {question}");
            told += 1;
        }
        // What is not about the chain has no place in it.
        let apart = |one: &&Question| {
            matches!(one, Question::Reproduced | Question::Evidence(_) | Question::Supplied(..))
        };
        let asked = questions.iter().filter(|one| !apart(one)).count();
        assert_eq!(asked, looked.looks.len(), "{name}");
        views.push(Some(looked));
    }
    let says = |obstacle: &Obstacle| obstacle.to_string();
    let principals = policies.iter().zip(&views).map(|(policy, view)| Principal {
        name: policy.principal(),
        policy: policy.digest(),
        anchors: policy.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default(),
        view: view.as_ref(),
        says: &says,
    });
    let principals: Vec<_> = principals.collect();
    let graph = Graph::of(artifact, &Evidence::verified(&provenance), &principals, Some(clock.now()));
    for limits in [Limits::default(), Limits { nodes: 3, depth: Some(1), row: 0 }] {
        let folded = fold(&graph, limits);
        assert!(svg::draw(&folded, &Style::default()).ends_with("</svg>\n"), "{name}");
        assert!(dot::write(&folded).ends_with("}\n"), "{name}");
    }
    Some(told)
}

#[test]
fn of_every_vector_a_view_answers_what_the_appraisal_answers() {
    let told: usize = all().iter().filter_map(|(name, vector)| compared(name, vector)).sum();
    assert!(told > 500, "{told}");
}
