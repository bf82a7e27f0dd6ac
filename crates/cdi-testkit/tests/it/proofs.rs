//! What an allow names as its reasons: what it rests on, and nothing that rests on it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

use std::collections::BTreeSet;

use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::{MITIGATED, NOW, Part, Scenario, artifact};
use cdi_types::{ArtifactDigest, Bundle, Clock, PropertyName, StatementId, Timestamp};
use cdi_verify::{Answer, Ground, ProofStep, Question, appraise, verify};
use serde_json::{Value, json};

/// Why the history of the world's artifact is complete.
fn proof(world: &Scenario) -> Vec<ProofStep> {
    proof_of(world, &Question::Complete)
}

/// Why this is so of it.
fn proof_of(world: &Scenario, question: &Question) -> Vec<ProofStep> {
    let policy = Policy::load(world.policies[0].1.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let provenance = verify(&Bundle::parse(world.bundle()).unwrap(), policy.keyring()).unwrap();
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let clock = Clock::at(Timestamp::parse(NOW).unwrap());
    let questions = policy.questions(clock.now());
    let facts = appraise(&provenance, policy.trust().unwrap(), artifact, &questions, clock).unwrap();
    match facts.answer(question) {
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
fn what_a_run_has_from_its_own_output_is_no_reason() {
    // The run reads what it writes. By north's word the output has the property, by south's if the input has it.
    let preserving = json!([{ "property": MITIGATED, "effect": "preserves", "invocation": "default" }]);
    let world = Scenario::quorum(&["north", "south"], 1)
        .without("compiler-runs")
        .and(Part::compiling("app.cwasm", "app.cwasm"))
        .with("south-certifies-compiler", |part| part["predicate"]["claims"] = preserving);
    let proof = proof_of(&world, &Question::Property(PropertyName::parse(MITIGATED).unwrap()));
    assert_eq!(proof.len(), 1);
    assert_eq!(certifications(&proof[0]), [id(&world, "north-certifies-compiler")]);
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

#[test]
fn an_origin_statement_by_which_an_argument_names_an_input_is_a_reason() {
    let vector = &cdi_testkit::vectors::all()["sem/manifest-input"];
    let text = vector.policies[0].document.as_ref().unwrap();
    let policy = Policy::load(text.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let lines: Vec<Vec<u8>> = vector.bundle.iter().map(|line| line.bytes().unwrap()).collect();
    let provenance = verify(&Bundle::parse(lines.join(&b'\n')).unwrap(), policy.keyring()).unwrap();
    let (artifact, now) =
        (ArtifactDigest::parse(&vector.artifact).unwrap(), Timestamp::parse(&vector.time).unwrap());
    let questions = policy.questions(now);
    let facts = appraise(&provenance, policy.trust().unwrap(), artifact, &questions, Clock::at(now)).unwrap();
    let Some(Answer::Shown(proof)) = facts.answer(questions.first().unwrap()) else { panic!("not shown") };
    let Ground::Report { votes, .. } = &proof[0].ground else { panic!("{:?}", proof[0]) };
    let roles: Vec<String> = votes[0].manifests.iter().map(|listed| listed.role.to_string()).collect();
    assert_eq!(roles, ["header"]);
}

#[test]
fn a_file_that_two_runs_made_is_told_of_by_each_that_is_named() {
    let naming = |mut run: Part, made: &[&Part]| {
        run.change(|statement| {
            for (place, made) in made.iter().enumerate() {
                let report = StatementId::of(&made.payload).to_string();
                statement["predicate"]["inputs"][place]["reports"] = json!([report]);
            }
        });
        run
    };
    let (one, other) = (Part::linking("one", &["o"], "x"), Part::linking("other", &["o"], "x"));
    let left = naming(Part::linking("left", &["x"], "p"), &[&one]);
    let right = naming(Part::linking("right", &["x"], "q"), &[&other]);
    let app = naming(Part::linking("linker", &["p", "q"], "app"), &[&left, &right]);
    let both = BTreeSet::from([&one, &other].map(|part| StatementId::of(&part.payload)));
    let mut world = Scenario::linked(&["p", "q"], "app", &["o"]).without("linker-runs");
    world = world.with_policy("cloud-provider", "custody: software", "custody: software\n    inputs: linked");
    world.parts.extend([one, other, left, right, app]);
    world.parts.extend(["one", "other", "left", "right"].map(|tool| Part::linker("north", tool)));
    let told = proof(&world).into_iter().filter(|step| step.artifact.to_string() == artifact("x"));
    let told = told.filter_map(|step| match step.ground {
        Ground::Report { report, .. } => Some(report),
        _ => None,
    });
    assert_eq!(told.collect::<BTreeSet<_>>(), both);
}
