//! What principals make of a chain in a graph is what the appraisal makes of it.

use cdi_graph::{Answer, Flow, Graph, Kind, Node, State};
use cdi_testkit::scenario::{MITIGATED, Part, Scenario};
use cdi_verify::{Answer as Known, Question, appraise};
use serde_json::json;

use crate::scene::{Scene, graph};

fn named<'g>(graph: &'g Graph, kind: Kind, name: &str) -> &'g Node {
    graph.nodes.iter().find(|node| node.kind == kind && node.name.starts_with(name)).unwrap()
}

fn flows(node: &Node, principal: usize) -> Vec<(Flow, &str)> {
    node.seen[principal].marks.iter().map(|mark| (mark.flow, mark.question.as_str())).collect()
}

fn worlds() -> Vec<Scenario> {
    let full = Scenario::full();
    let parts: Vec<String> = full.parts.iter().map(|part| part.name.clone()).collect();
    let mut worlds: Vec<Scenario> = parts.iter().map(|part| full.clone().without(part)).collect();
    worlds.extend([full.clone(), full.clone().at("2026-06-03T12:00:00Z"), full.at("2027-06-03T12:00:00Z")]);
    worlds.extend([Scenario::small(), Scenario::endorsed(), Scenario::history()]);
    worlds.push(Scenario::linked(&["a", "b"], "app", &["a"]));
    worlds.push(Scenario::linked(&["a", "b"], "app", &["a", "b"]));
    worlds
}

#[test]
fn a_view_answers_what_the_appraisal_answers() {
    let mut told = 0;
    for world in worlds() {
        let scene = Scene::of(&world);
        let drawn = scene.graph();
        for (at, policy) in scene.policies.iter().enumerate() {
            let Some(trust) = policy.trust() else { continue };
            let questions = policy.questions(scene.clock.now());
            let facts = appraise(&scene.provenance, trust, scene.artifact, &questions, scene.clock).unwrap();
            for question in questions.iter().filter(|question| !matches!(question, Question::Reproduced)) {
                let answer = match facts.answer(question).unwrap() {
                    Known::Shown(_) => Answer::Has,
                    Known::NotShown(_) => Answer::HasNot,
                    Known::CouldNotTell(_) => Answer::NotTold,
                };
                let answers = &drawn.principals[at].answers;
                let found = answers.iter().find(|one| one.question == question.to_string()).unwrap();
                assert_eq!(found.answer, answer, "{question} of {}", policy.principal());
                told += 1;
            }
        }
    }
    assert!(told > 100, "{told}");
}

#[test]
fn every_step_of_a_proof_counts_in_the_picture() {
    for world in worlds() {
        let scene = Scene::of(&world);
        let drawn = scene.graph();
        for (at, policy) in scene.policies.iter().enumerate() {
            let Some(trust) = policy.trust() else { continue };
            let questions = policy.questions(scene.clock.now());
            let facts = appraise(&scene.provenance, trust, scene.artifact, &questions, scene.clock).unwrap();
            for question in &questions {
                let Some(Known::Shown(proof)) = facts.answer(question) else { continue };
                for step in proof {
                    let cdi_verify::Ground::Report { report, votes, .. } = &step.ground else { continue };
                    let ids = votes.iter().map(|vote| vote.certification).chain([*report]);
                    for id in ids {
                        let about = Some(cdi_graph::About::Statement(id));
                        let node = drawn.nodes.iter().find(|node| node.about == about).unwrap();
                        assert_eq!(node.seen[at].state, State::Counts, "{} {}", node.kind.word(), node.name);
                    }
                }
            }
        }
    }
}

#[test]
fn it_is_shown_where_a_property_is_established_attested_and_carried() {
    let graph = graph(&Scenario::full());
    let compiler = named(&graph, Kind::Run, "compiler");
    assert!(flows(compiler, 0).contains(&(Flow::Established, MITIGATED)), "{:?}", flows(compiler, 0));
    assert!(flows(compiler, 1).contains(&(Flow::Carried, "WASM_VALIDATED")), "{:?}", flows(compiler, 1));
    let inspector = named(&graph, Kind::Inspection, "inspector");
    assert!(flows(inspector, 1).contains(&(Flow::Attested, "WASM_VALIDATED")), "{:?}", flows(inspector, 1));
    let authority = named(&graph, Kind::Authority, "west-lab");
    assert_eq!(authority.seen[0].state, State::Counts);
}

#[test]
fn it_is_shown_where_a_property_is_lost_and_why() {
    let world = Scenario::full().with("compiler-runs", |statement| {
        statement["predicate"]["operation"]["exit"] = json!({ "code": 1 });
    });
    let graph = graph(&world);
    let compiler = named(&graph, Kind::Run, "compiler");
    let lost = compiler.seen[1].marks.iter().find(|mark| mark.flow == Flow::Lost).unwrap();
    assert_eq!((lost.question.as_str(), lost.code), ("WASM_VALIDATED", Some("invocation-exit-status")));
    assert_eq!(compiler.seen[1].state, State::Fails);
    assert_eq!(named(&graph, Kind::Certification, "compiler").seen[0].state, State::Unused);
}

#[test]
fn what_could_not_be_told_is_not_called_a_failure() {
    let graph = graph(&Scenario::small().without("north-revokes"));
    assert_eq!(named(&graph, Kind::Run, "compiler").seen[0].state, State::NotTold);
    assert_eq!(graph.principals[0].answers[0].answer, Answer::NotTold);
    assert_eq!(named(&graph, Kind::Certification, "compiler").seen[0].state, State::NotTold);
}

#[test]
fn a_certification_by_an_authority_that_nobody_trusts_is_drawn_and_fails() {
    let world = Scenario::small()
        .and(Part::endorsement("north", "stranger", 0))
        .and(Part::compiler("stranger"))
        .and(Part::empty_list("stranger"));
    let graph = graph(&world);
    let authority = named(&graph, Kind::Authority, "stranger");
    assert_eq!(
        (authority.seen[0].state, authority.seen[0].code),
        (State::Fails, Some("authority-untrusted"))
    );
}
