//! What a refusal says, and what it costs to say it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

use std::collections::BTreeSet;

use cdi_policy::{Case, Catalogues, Decision, Failure, InForce, Policy, Request, decide};
use cdi_testkit::scenario::{MITIGATED, NOW, Part, Place, Scenario, Verdict, artifact, envelope, key_id};
use cdi_types::{ArtifactDigest, Bundle, Clock, PropertyName, Timestamp, limits};
use cdi_verify::{Answer, AppraiseError, Facts, Obstacle, Question, appraise, verify};
use serde_json::json;

/// The principals for whom a place leaves something open.
fn left_open(world: &Scenario) -> Vec<String> {
    let failures = world.decide().failures.into_iter();
    failures.filter(|(_, code)| code == "residual-unmet").map(|(principal, _)| principal).collect()
}

#[test]
fn a_refusal_names_what_the_place_leaves_open_and_no_more() {
    // The developer refuses; the code does for the others, and leaves guard pages open, and to the data owner a network.
    let uninspected = || Scenario::full().without("inspector-runs");
    let open = |provides: &[&str]| {
        let mut world = uninspected();
        if let Some(place) = &mut world.place {
            place.provides = provides.iter().map(|&text| text.to_owned()).collect();
        }
        assert_eq!(world.decide().verdict, Verdict::Deny);
        left_open(&world)
    };
    let pages = "GUARD_PAGES=WASMTIME_4GIB_32MIB";
    assert_eq!(open(&[pages, "NETWORK_ISOLATION"]), Vec::<String>::new());
    assert_eq!(open(&[pages]), ["data-owner"]);
    // The data owner has two requirements that the place leaves open.
    assert_eq!(open(&[]), ["cloud-provider", "data-owner", "data-owner"]);
    let mut nowhere = uninspected();
    nowhere.place = None;
    assert_eq!(left_open(&nowhere), ["cloud-provider", "data-owner", "data-owner"]);
}

#[test]
fn a_principal_is_told_what_fails_at_the_code_and_what_at_the_place() {
    let mut world = Scenario::small().with_policy(
        "cloud-provider",
        "require: WASM_SPECTRE_MITIGATED",
        "require: {allOf: [STACK_CANARIES, WASM_SPECTRE_MITIGATED, VM_ISOLATION, NETWORK_ISOLATION]}",
    );
    let host = |provides: &[&str]| Place {
        name: "host".to_owned(),
        provides: provides.iter().map(|&text| text.to_owned()).collect(),
        asserted_by: "cloud-provider".to_owned(),
        runtime: None,
        node: None,
    };
    let codes =
        |world: &Scenario| world.decide().failures.into_iter().map(|(_, code)| code).collect::<Vec<_>>();
    world.place = Some(host(&["NETWORK_ISOLATION"]));
    assert_eq!(codes(&world), ["property-lost", "residual-unmet"]);
    world.place = Some(host(&["NETWORK_ISOLATION", "VM_ISOLATION"]));
    assert_eq!(codes(&world), ["property-lost"]);
    world.place = None;
    assert_eq!(codes(&world), ["property-lost", "residual-unmet", "residual-unmet"]);
}

#[test]
fn a_place_that_does_not_do_is_denied_although_the_code_could_not_be_told() {
    // Without a fresh list of north nothing can be told about the code; about the place everything can.
    let asks = "require: {allOf: [WASM_SPECTRE_MITIGATED, VM_ISOLATION]}";
    let mut world = Scenario::small()
        .with_policy("cloud-provider", "require: WASM_SPECTRE_MITIGATED", asks)
        .without("north-revokes");
    world.place = None;
    assert_eq!(world.decide().verdict, Verdict::Deny);
    world.place = Some(Place {
        name: "host".to_owned(),
        provides: vec!["VM_ISOLATION".to_owned()],
        asserted_by: "cloud-provider".to_owned(),
        runtime: None,
        node: None,
    });
    assert_eq!(world.decide().verdict, Verdict::Unknown);
}

/// The policy of the world's one principal.
fn policy(world: &Scenario) -> Policy {
    Policy::load(world.policies[0].1.as_bytes(), &Catalogues::builtin().unwrap()).unwrap()
}

/// What the world's one principal can know, if it asks this.
fn answers(world: &Scenario, questions: &BTreeSet<Question>) -> Result<Facts, AppraiseError> {
    let policy = policy(world);
    let provenance = verify(&Bundle::parse(world.bundle()).unwrap(), policy.keyring()).unwrap();
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let clock = Clock::at(Timestamp::parse(NOW).unwrap());
    appraise(&provenance, policy.trust().unwrap(), artifact, questions, clock)
}

/// What the world's one principal can know of what its policy asks.
fn facts(world: &Scenario) -> Result<Facts, AppraiseError> {
    answers(world, &policy(world).questions(Timestamp::parse(NOW).unwrap()))
}

#[test]
fn facts_that_do_not_answer_the_policy_are_denied() {
    let world = Scenario::small();
    let policy = policy(&world);
    let policy = InForce::unsigned(policy);
    let sound = facts(&world).unwrap();
    let silent = answers(&world, &BTreeSet::new()).unwrap();
    let of = |artifact: &str, facts: Option<Result<&Facts, &AppraiseError>>| {
        let request = Request::bare(ArtifactDigest::parse(artifact).unwrap());
        match decide(request, &[Case::of(&policy, facts)], Timestamp::parse(NOW).unwrap()) {
            Decision::Allow(_) => "allow",
            Decision::Deny(denial) => denial.code(),
            Decision::Unknown(_) => "unknown",
        }
    };
    assert_eq!(of(&world.artifact, Some(Ok(&sound))), "allow");
    assert_eq!(of(&artifact("other"), Some(Ok(&sound))), "facts-of-another-artifact");
    assert_eq!(of(&world.artifact, None), "facts-missing");
    assert_eq!(of(&world.artifact, Some(Ok(&silent))), "not-shown");
    assert_eq!(of(&world.artifact, Some(Err(&AppraiseError::TooDeep))), "limit-graph-depth");
}

/// What the world's one principal is told about another artifact, or about its own.
fn failure(world: &Scenario, artifact: &str) -> Failure {
    let (policy, facts) = (InForce::unsigned(policy(world)), facts(world).unwrap());
    let request = Request::bare(ArtifactDigest::parse(artifact).unwrap());
    match decide(request, &[Case::of(&policy, Some(Ok(&facts)))], Timestamp::parse(NOW).unwrap()) {
        Decision::Allow(_) => panic!("nothing fails"),
        Decision::Deny(denial) | Decision::Unknown(denial) => denial.principals[0].failures[0].clone(),
    }
}

#[test]
fn facts_about_another_artifact_are_told_with_what_they_are_about() {
    let world = Scenario::small();
    let message = failure(&world, &artifact("other")).message;
    assert_eq!(message, format!("the facts are about {}", world.artifact));
}

#[test]
fn a_tool_is_named_with_its_version() {
    let world = Scenario::small()
        .with("compiler-runs", |run| run["predicate"]["operation"]["exit"] = json!({ "code": 3 }));
    let tool = &world.part("north-certifies-compiler").statement()["predicate"]["tool"];
    let tool = format!("{} {}", tool["name"].as_str().unwrap(), tool["version"].as_str().unwrap());
    let told =
        format!("the run of `{tool}` is not the certified invocation `default`: the run ended with status 3");
    assert_eq!(failure(&world, &world.artifact).message, told);
}

#[test]
fn what_could_not_be_told_comes_first_where_it_is_the_cause() {
    // South alone claims guard pages, and its list is missing; north alone claims mitigations, and two are asked for, which is
    // closer to a proof than what hangs on a list.
    const PAGES: &str = "WASM_BOUNDS_CHECKED_BY_GUARD_PAGES";
    let claim =
        |property| json!([{ "property": property, "effect": "establishes", "invocation": "default" }]);
    let world = |require: &str| {
        let require = format!("require: {{{require}: [{MITIGATED}, {PAGES}]}}");
        Scenario::quorum(&["north", "south"], 1)
            .with_policy("cloud-provider", &format!("require: {MITIGATED}"), &require)
            .with_policy("cloud-provider", "{default: 1}", &format!("{{default: 1, {MITIGATED}: 2}}"))
            .with("north-certifies-compiler", |part| part["predicate"]["claims"] = claim(MITIGATED))
            .with("south-certifies-compiler", |part| part["predicate"]["claims"] = claim(PAGES))
            .without("south-revokes")
    };
    let told = |require: &str| {
        let world = world(require);
        let failure = failure(&world, &world.artifact);
        let causes = failure.causes.iter().map(|(question, of)| (question.to_string(), of[0].code()));
        (failure.undecided, failure.code, causes.collect::<Vec<_>>())
    };
    let (pages, mitigated) =
        ((PAGES.to_owned(), "revocation-list-stale"), (MITIGATED.to_owned(), "quorum-unmet"));
    let either = (true, "revocation-list-stale", vec![pages.clone(), mitigated.clone()]);
    assert_eq!(told("anyOf"), either);
    assert_eq!(told("atLeast: 2, of"), (false, "quorum-unmet", vec![mitigated, pages]));
}

#[test]
fn what_could_not_be_told_is_unknown_and_one_denial_beside_it_denies() {
    // Without a fresh list of north nothing can be told of what it certified; nobody claims stack canaries at all.
    let decided = |world: &Scenario| {
        let (policy, facts) = (InForce::unsigned(policy(world)), facts(world).unwrap());
        let request = Request::bare(ArtifactDigest::parse(&world.artifact).unwrap());
        match decide(request, &[Case::of(&policy, Some(Ok(&facts)))], Timestamp::parse(NOW).unwrap()) {
            Decision::Allow(_) => Verdict::Allow,
            Decision::Deny(_) => Verdict::Deny,
            Decision::Unknown(_) => Verdict::Unknown,
        }
    };
    let untold = Scenario::small().without("north-revokes");
    assert_eq!(decided(&untold), Verdict::Unknown);
    let both = "require: {allOf: [WASM_SPECTRE_MITIGATED, STACK_CANARIES]}";
    assert_eq!(
        decided(&untold.with_policy("cloud-provider", "require: WASM_SPECTRE_MITIGATED", both)),
        Verdict::Deny
    );
    let nobody = Request::bare(ArtifactDigest::parse(&artifact("app.cwasm")).unwrap());
    assert!(matches!(decide(nobody, &[], Timestamp::parse(NOW).unwrap()), Decision::Deny(_)));
}

#[test]
fn what_takes_the_place_of_a_revoked_key_is_told_as_the_newest_list_that_names_it_says() {
    let entry = |key: &str, successor: Option<&str>| {
        let mut entry = json!({ "id": { "key": key_id(key) }, "reason": "key-compromise", "date": NOW });
        successor.into_iter().for_each(|name| entry["successor"] = json!(key_id(name)));
        entry
    };
    let list = |serial, entries| Part::list("north", serial, &entries).named(&format!("list-{serial}"));
    let world = Scenario::small()
        .without("north-revokes")
        .and(list(1, json!([entry("compiler", Some("older"))])))
        .and(list(2, json!([entry("another", Some("of-another")), entry("compiler", Some("newer"))])))
        .and(list(3, json!([entry("compiler", None)])));
    let message = failure(&world, &world.artifact).message;
    let told = format!("in its place it names the key {}", &key_id("newer")[..12]);
    assert!(message.contains(&told), "{message}");
}

#[test]
fn facts_that_do_not_answer_for_the_history_are_denied() {
    let world = Scenario::history().with_policy("cloud-provider", "  require: WASM_SPECTRE_MITIGATED\n", "");
    let policy = policy(&world);
    let policy = InForce::unsigned(policy);
    let decided = |facts: &Facts| {
        let request = Request::bare(ArtifactDigest::parse(&world.artifact).unwrap());
        let case = Case::of(&policy, Some(Ok(facts)));
        matches!(decide(request, &[case], Timestamp::parse(NOW).unwrap()), Decision::Allow(_))
    };
    assert!(decided(&facts(&world).unwrap()));
    assert!(!decided(&answers(&world, &BTreeSet::new()).unwrap()));
}

/// So many certify the compiler: strangers or not, all of them are looked at.
const CERTIFIERS: usize = limits::STRANGERS - 24;
/// So many others an authority has endorsed.
const CHILDREN: usize = 3_100;

/// The properties that a compiler could establish.
fn words() -> BTreeSet<PropertyName> {
    let catalogues = Catalogues::builtin().unwrap();
    catalogues.vocabulary(catalogues.base()).preservable
}

/// A search of all that an authority has endorsed, made for each certifier and each property, takes more steps than an
/// appraisal has. `bring` is the line that brings a certifier's key.
fn crowd(bring: impl Fn(&str) -> Part) -> Scenario {
    assert!((words().len() - 1) * CERTIFIERS * CHILDREN > limits::CHAIN_SEARCH_STEPS);
    let claim = |word| json!({ "property": word, "effect": "establishes", "invocation": "default" });
    let words: Vec<String> = words().iter().map(ToString::to_string).collect();
    let claims: Vec<_> = words.iter().map(claim).collect();
    let require = format!("require: {{allOf: [{}]}}", words.join(", "));
    let mut world = Scenario::small()
        .with_policy("cloud-provider", "require: WASM_SPECTRE_MITIGATED", &require)
        .with_policy("cloud-provider", "{maxAge: 24h}", "dangerously-none")
        .with_policy("cloud-provider", "depth: 0", "depth: 1")
        .without("north-certifies-compiler");
    for index in 0..CERTIFIERS {
        let certifier = format!("certifier-{index}");
        let mut certification = Part::compiler(&certifier);
        certification.change(|statement| statement["predicate"]["claims"] = json!(claims));
        world.parts.extend([bring(&certifier), certification]);
    }
    let children = (0..CHILDREN).map(|index| Part::endorsement("north", &format!("child-{index}"), 0));
    world.parts.extend(children);
    world
}

#[test]
fn what_strangers_certify_costs_nothing() {
    let world = crowd(|stranger| {
        // It is signed by nobody, and brings a key with which strangers' lines are looked at all the same.
        let mut part = Part::endorsement("north", stranger, 0);
        part.line =
            Some(envelope(&part.payload, &part.payload_type, &[(key_id("north"), Vec::new())]).into());
        part
    });
    let facts = facts(&world).unwrap();
    for word in words() {
        let Some(Answer::NotShown(obstacles)) = facts.answer(&Question::Property(word)) else {
            panic!("shown")
        };
        let untrusted = |obstacle: &&Obstacle| matches!(obstacle, Obstacle::UntrustedAuthority { .. });
        assert_eq!(obstacles.iter().filter(untrusted).count(), 4, "a few are named, and no more");
    }
}

/// One authority certifies one key again and again: each certification is held against each run, and that has its limit.
#[test]
fn so_many_certifications_are_held_against_runs_and_no_more() {
    let runs = |count: usize| {
        let mut world = Scenario::small();
        for n in 0..count {
            let mut copy = world.part("north-certifies-compiler").clone();
            copy.change(|statement| statement["predicate"]["serial"] = json!(1_000 + n));
            world.parts.push(copy);
        }
        world
    };
    assert!(facts(&runs(100)).is_ok(), "a hundred renewals");
    let mut world = runs(2_000);
    for n in 0..200 {
        let mut copy = world.part("compiler-runs").clone();
        copy.change(|statement| statement["predicate"]["annotations"] = json!({ "n": n }));
        world.parts.push(copy);
    }
    assert_eq!(facts(&world).unwrap_err().code(), "limit-chain-search");
}

/// The same by authorities, who may speak about one property only, is searched, and that has its limit.
#[test]
fn so_far_authorities_are_searched_and_no_further() {
    let world = crowd(|authority| {
        let mut part = Part::endorsement("north", authority, 0);
        part.change(|statement| statement["predicate"]["scope"]["properties"] = json!(["STACK_CANARIES"]));
        part
    });
    assert_eq!(facts(&world).unwrap_err().code(), "limit-chain-search");
}
