//! Which reports of nodes count (rules V-NODE, M-NODE).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of tests fails the test, as a test itself does"
)]

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_placement::{Environment, Settled, settle};
use cdi_policy::{Case, Catalogues, InForce, PlaceOf, Policy, Request, decide};
use cdi_testkit::scenario::{NOW, Part, Scenario, key_id, public_key};
use cdi_types::{ArtifactDigest, Bundle, Clock, KeyId, Name, PublicKeyInfo, Timestamp};
use cdi_verify::{
    Answer, KnownKey, Provenance, Question, SeenNode, Verified, appraise, nodes_in_force, nodes_to_remember,
    verify,
};
use serde_json::json;

const NODE: &str = "edge-node";

fn known(name: &str) -> KnownKey {
    let info = serde_json::from_value::<PublicKeyInfo>(json!(public_key(name))).unwrap();
    KnownKey::from(PublicKey::from_info(&info).unwrap())
}

fn verified(parts: &[Part], keys: &[&str]) -> Verified<Provenance> {
    let lines: Vec<Vec<u8>> = parts.iter().map(Part::line).collect();
    let keys: Vec<KnownKey> = keys.iter().map(|name| known(name)).collect();
    verify(&Bundle::parse(lines.join(&b'\n')).unwrap(), &keys).unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn clock(time: &str) -> Clock {
    Clock::at(Timestamp::parse(time).unwrap())
}

/// The serial of the node's report that counts, or the code of why none does; `None` if there is none.
fn counts(parts: &[Part], time: &str) -> Option<Result<u64, &'static str>> {
    counts_after(&BTreeMap::new(), parts, time)
}

/// The same, for a decider that has seen reports before.
fn counts_after(
    seen: &BTreeMap<KeyId, SeenNode>,
    parts: &[Part],
    time: &str,
) -> Option<Result<u64, &'static str>> {
    let provenance = verified(parts, &[NODE]);
    let mut nodes = nodes_in_force(&provenance, seen, clock(time));
    let found = nodes.remove(&KeyId::parse(&key_id(NODE)).unwrap())?;
    Some(found.map(|report| report.predicate().serial).map_err(|fault| fault.code()))
}

fn dated(serial: u64, from: &str, until: &str) -> Part {
    let mut part = Part::node(NODE, serial);
    part.change(|statement| {
        statement["predicate"]["notBefore"] = json!(from);
        statement["predicate"]["notAfter"] = json!(until);
    });
    part
}

/// What a decider remembers that has seen these.
fn having_seen(parts: &[Part], time: &str) -> BTreeMap<KeyId, SeenNode> {
    nodes_to_remember(&verified(parts, &[NODE]), clock(time))
}

#[test]
fn a_report_that_is_older_than_one_that_was_seen_counts_for_nothing() {
    let report = |serial| Part::node(NODE, serial);
    let seen = having_seen(&[report(1), report(2)], NOW);
    assert_eq!(counts_after(&seen, &[report(1)], NOW), Some(Err("node-rolled-back")));
    assert_eq!(counts_after(&seen, &[report(2)], NOW), Some(Ok(2)));
    assert_eq!(counts_after(&seen, &[report(1), report(3)], NOW), Some(Ok(3)));
    // Also one that has ended by now was seen; one that has not begun was not.
    let ended = dated(5, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    assert_eq!(counts_after(&having_seen(&[ended], NOW), &[report(4)], NOW), Some(Err("node-rolled-back")));
    let later = dated(6, "2099-01-01T00:00:00Z", "2099-01-02T00:00:00Z");
    assert_eq!(counts_after(&having_seen(&[later, report(4)], NOW), &[report(4)], NOW), Some(Ok(4)));
    // Of two of one serial, shown one at a time, neither counts but the one that was seen first.
    let mut other = report(2);
    other.change(|statement| statement["predicate"]["asserts"] = json!(["LOCATION=elsewhere"]));
    assert_eq!(counts_after(&seen, std::slice::from_ref(&other), NOW), Some(Err("node-contradictory")));
    let both = having_seen(&[report(2), other], NOW);
    assert_eq!(counts_after(&both, &[report(2)], NOW), Some(Err("node-contradictory")));
    assert_eq!(counts_after(&both, &[report(3)], NOW), Some(Ok(3)));
    assert_eq!(counts_after(&having_seen(&[], NOW), &[report(1)], NOW), Some(Ok(1)));
}

#[test]
fn a_newer_report_takes_the_place_of_an_older_also_when_it_has_ended() {
    let (older, newer) = (Part::node(NODE, 1), Part::node(NODE, 2));
    assert_eq!(counts(std::slice::from_ref(&older), NOW), Some(Ok(1)));
    assert_eq!(counts(&[newer.clone(), older.clone()], NOW), Some(Ok(2)));
    let ended = dated(2, "2026-05-30T00:00:00Z", "2026-06-01T00:00:01Z");
    assert_eq!(counts(&[ended, older.clone()], NOW), Some(Err("node-expired")));
    let later = dated(3, "2026-06-07T00:00:00Z", "2026-06-09T00:00:00Z");
    assert_eq!(counts(&[later.clone(), older], NOW), Some(Ok(1)));
    assert_eq!(counts(&[later], NOW), Some(Err("node-not-yet-valid")));
}

#[test]
fn two_reports_of_one_serial_count_for_nothing() {
    let (one, mut other) = (Part::node(NODE, 2), Part::node(NODE, 2).named("other"));
    assert_eq!(counts(&[one.clone(), one.clone()], NOW), Some(Ok(2)));
    other.change(|statement| statement["predicate"]["asserts"] = json!(["LOCATION=us"]));
    assert_eq!(
        counts(&[one.clone(), other.clone(), Part::node(NODE, 1)], NOW),
        Some(Err("node-contradictory"))
    );
    assert_eq!(counts(&[one, other, Part::node(NODE, 3)], NOW), Some(Ok(3)));
}

#[test]
fn a_report_counts_for_the_key_that_signed_it_only() {
    assert_eq!(counts(&[Part::node("another-node", 1)], NOW), None);
    let mut forged = Part::node(NODE, 1);
    forged.signers = vec!["another-node".to_owned()];
    let provenance = verified(&[forged], &[NODE, "another-node"]);
    assert!(provenance.get().nodes().is_empty());
    let unlisted = verified(&[Part::node(NODE, 1)], &["another-node"]);
    assert!(unlisted.get().nodes().is_empty());
    assert_eq!(unlisted.get().discarded().first().unwrap().code, "issuer-key-unknown");
}

#[test]
fn a_node_that_an_authority_of_the_principal_has_revoked_is_revoked_for_it() {
    let world = Scenario::small();
    let policy = Policy::load(world.policies[0].1.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let question = Question::Node(KeyId::parse(&key_id(NODE)).unwrap());
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let answer = |lists: &[Part]| {
        let provenance = verified(lists, &["north", "stranger"]);
        let asked = BTreeSet::from([question.clone()]);
        let facts = appraise(&provenance, policy.trust().unwrap(), artifact, &asked, clock(NOW)).unwrap();
        facts.answer(&question).unwrap().clone()
    };
    let revoking = |authority: &str, serial: u64, node: &str| {
        let entry = json!([{ "id": { "key": key_id(node) }, "reason": "key-compromise", "date": NOW }]);
        Part::list(authority, serial, &entry)
    };
    let (own, empty) = (revoking("north", 1, NODE), Part::empty_list("north"));
    assert!(matches!(answer(std::slice::from_ref(&own)), Answer::NotShown(_)));
    assert!(matches!(answer(&[own, empty.clone()]), Answer::NotShown(_)));
    assert!(matches!(answer(&[revoking("north", 1, "another-node")]), Answer::Shown(_)));
    assert!(matches!(answer(&[revoking("stranger", 1, NODE), empty.clone()]), Answer::Shown(_)));
    assert!(matches!(answer(&[revoking("stranger", 1, NODE)]), Answer::CouldNotTell(_)));
    assert!(matches!(answer(&[]), Answer::CouldNotTell(_)));
    let other = Part::list(
        "north",
        0,
        &json!([{ "id": { "key": key_id("x") }, "reason": "unspecified", "date": NOW }]),
    );
    assert!(matches!(answer(&[empty, other]), Answer::CouldNotTell(_)));
}

#[test]
fn what_nobody_asked_of_a_node_is_not_taken_for_granted() {
    let place = |of| Environment {
        name: "edge-1/vm".to_owned(),
        provides: Vec::new(),
        asserted_by: name("host"),
        of,
        runtime: None,
    };
    let world = Scenario::small().with_policy(
        "cloud-provider",
        "  require:",
        "  places: {nodes: configured}\n  require:",
    );
    let (catalogues, artifact) =
        (Catalogues::builtin().unwrap(), ArtifactDigest::parse(&world.artifact).unwrap());
    let policy = InForce::unsigned(Policy::load(world.policies[0].1.as_bytes(), &catalogues).unwrap());
    let provenance = verify(&Bundle::parse(world.bundle()).unwrap(), policy.policy().keyring()).unwrap();
    let key = KeyId::parse(&key_id(NODE)).unwrap();
    let settled = |more: Option<Question>| {
        let asked = policy.policy().questions(clock(NOW).now()).into_iter().chain(more).collect();
        let trust = policy.policy().trust().unwrap();
        let facts = appraise(&provenance, trust, artifact, &asked, clock(NOW)).unwrap();
        let decision =
            decide(Request::bare(artifact), &[Case::of(&policy, Some(Ok(&facts)))], clock(NOW).now());
        settle(decision, Some(place(PlaceOf::Fleet(key))))
    };
    assert!(matches!(settled(Some(Question::Node(key))), Settled::Allow(_)));
    assert!(matches!(settled(None), Settled::Unknown(_)));
}
