//! What an allow names as its reasons: what it rests on, and nothing that rests on it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::{NOW, Part, Scenario, artifact};
use cdi_types::{ArtifactDigest, Bundle, Clock, StatementId, Timestamp};
use cdi_verify::{Answer, Ground, ProofStep, Question, appraise, verify};
use serde_json::{Value, json};

/// Why the history of the world's artifact is complete.
fn proof(world: &Scenario) -> Vec<ProofStep> {
    let policy = Policy::load(world.policies[0].1.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let provenance = verify(&Bundle::parse(world.bundle()).unwrap(), policy.keyring()).unwrap();
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let clock = Clock::at(Timestamp::parse(NOW).unwrap());
    let questions = policy.questions(clock.now());
    let facts = appraise(&provenance, policy.trust().unwrap(), artifact, &questions, clock).unwrap();
    match facts.answer(&Question::Complete) {
        Some(Answer::Shown(proof)) => proof.to_vec(),
        other => panic!("not shown: {other:?}"),
    }
}

/// The artifacts of a proof.
fn artifacts(proof: &[ProofStep]) -> Vec<String> {
    proof.iter().map(|step| step.artifact.to_string()).collect()
}

/// The certifications that a step of a proof rests on.
fn certifications(step: &ProofStep) -> Vec<StatementId> {
    match &step.ground {
        Ground::Report { votes, .. } | Ground::Supplied { votes, .. } => {
            votes.iter().map(|vote| vote.certification).collect()
        }
        Ground::Linked { .. }
        | Ground::NotAsked { .. }
        | Ground::Summary { .. }
        | Ground::Evidence { .. }
        | Ground::Assumed { .. }
        | Ground::Origin { .. } => Vec::new(),
    }
}

fn id(world: &Scenario, part: &str) -> StatementId {
    StatementId::of(&world.part(part).payload)
}

/// `first` makes `a` from the origin `o` and a configuration `b`; `second` makes `b` from `a`. Who configures `first` has no
/// need of a history, so that both have one: `b` by way of `a`, and `a` without `b`.
fn circle(arguments: &Value) -> Scenario {
    let world = Scenario::linked(&["o"], "a", &["o"])
        .without("linker-runs")
        .without("north-certifies-linker")
        .with_policy(
            "cloud-provider",
            "kinds: [binary, source]}]",
            "kinds: [binary, source]}], exempt: [conf]",
        );
    let mut certification = Part::linker("north", "first");
    certification.change(|statement| {
        statement["predicate"]["invocations"]["default"]["arguments"] = arguments.clone();
    });
    let mut run = Part::linking("first", &["o", "b"], "a");
    run.change(|statement| statement["predicate"]["operation"]["arguments"] = json!(["a", "o", "b"]));
    world.and(certification).and(run).and(Part::linker("north", "second")).and(Part::linking(
        "second",
        &["a"],
        "b",
    ))
}

const AS_CONFIGURATION: &str = r#"[{ "output": "code" }, { "input": "code" }, { "input": "conf" }]"#;
const AS_CODE: &str = r#"[{ "output": "code" }, { "input": "code" }, { "input": "code" }]"#;

#[test]
fn a_proof_goes_back_and_never_round() {
    let world = circle(&serde_json::from_str(AS_CONFIGURATION).unwrap());
    assert_eq!(artifacts(&proof(&world)), [artifact("a"), artifact("o")]);
    let of_b = proof(&world.deploying(&artifact("b")));
    assert_eq!(artifacts(&of_b), [artifact("b"), artifact("a"), artifact("o")]);
}

#[test]
fn a_certification_that_asks_for_more_than_was_known_is_no_reason() {
    // By another certification of the same authority, `b` is code: by that one alone neither has a history.
    let world = circle(&serde_json::from_str(AS_CONFIGURATION).unwrap());
    let mut other = world.part("north-certifies-first").clone();
    "other".clone_into(&mut other.name);
    other.change(|statement| {
        statement["predicate"]["serial"] = json!(3);
        statement["predicate"]["invocations"]["default"]["arguments"] =
            serde_json::from_str(AS_CODE).unwrap();
    });
    let world = world.and(other);
    let proof = proof(&world);
    assert_eq!(artifacts(&proof), [artifact("a"), artifact("o")]);
    assert_eq!(certifications(&proof[0]), [id(&world, "north-certifies-first")]);
    let alone = circle(&serde_json::from_str(AS_CODE).unwrap());
    assert_ne!(alone.decide().verdict, cdi_testkit::scenario::Verdict::Allow);
}

#[test]
fn every_certification_that_speaks_for_a_step_is_a_reason() {
    let world = circle(&serde_json::from_str(AS_CONFIGURATION).unwrap());
    let mut other = world.part("north-certifies-first").clone();
    "other".clone_into(&mut other.name);
    other.change(|statement| statement["predicate"]["serial"] = json!(3));
    let world = world.and(other);
    let mut named = certifications(&proof(&world)[0]);
    named.sort();
    let mut both = [id(&world, "north-certifies-first"), id(&world, "other")];
    both.sort();
    assert_eq!(named, both);
}

#[test]
fn a_proof_tells_where_a_history_is_cut_and_by_which_entry() {
    let step = |world: Scenario, tool: &str, from: &[&str], to: &str| {
        world.and(Part::linker("north", tool)).and(Part::linking(tool, from, to))
    };
    let world = Scenario::linked(&["a", "o"], "b", &["o"]);
    let world = step(step(world, "second", &["b"], "c"), "third", &["c"], "d").deploying(&artifact("d"));
    let asking = |depth: &str| {
        let from = "kinds: [binary, source]}]";
        proof(&world.clone().with_policy("cloud-provider", from, &format!("{from}, depth: {depth}")))
    };
    let cuts = |proof: &[ProofStep]| -> Vec<(String, String, u8)> {
        let cut = proof.iter().filter_map(|step| match &step.ground {
            Ground::NotAsked { tool, steps } => Some((step.artifact.to_string(), tool.to_string(), *steps)),
            _ => None,
        });
        cut.collect()
    };
    let at = |cut: &str, tool: &str, steps: u8| vec![(artifact(cut), tool.to_owned(), steps)];
    // `o` is an accepted origin, cut or not.
    let two = asking("[{tool: third, steps: 2}]");
    assert_eq!(artifacts(&two), ["d", "c", "b", "a", "o"].map(artifact));
    assert_eq!(cuts(&two), at("a", "third", 2));
    assert!(matches!(two[4].ground, Ground::Origin { statement: Some(_) }));
    // Of two entries the one that cuts is named.
    assert_eq!(cuts(&asking("[{tool: third, steps: 9}, {tool: second, steps: 0}]")), at("b", "second", 0));
    assert_eq!(cuts(&asking("[{tool: third, steps: 1}, {tool: second, steps: 9}]")), at("b", "third", 1));
}
