//! Single cases of the model, one for each rule that is easy to get wrong.

use crate::generate::generate_allowing;
use crate::model::decide::{Outcome, decide};
use crate::model::holds::{complete, holds};
use crate::model::world::*;
use crate::model::{Bound, Tri, View, chain, quorum, vote};
use std::collections::{BTreeMap, BTreeSet};

const P: &str = "MEM_BOUNDS";

/// A world with one principal, these anchors and certifiers, one step that establishes [`P`], and no lists.
fn world(anchors: &[(&str, &[&str])], endorsements: &[(&str, &str)], certifiers: &[&str], k: usize) -> World {
    // Any generated certification and report of a single-step world without a library will do.
    let mut world = (0..)
        .map(generate_allowing)
        .find(|w| w.evidence.reports.len() == 1 && w.evidence.origins.len() == 1)
        .unwrap();
    let mut principal = world.principals[0].clone();
    principal.rule = Rule::DefaultDeny;
    principal.revocation = Freshness::DangerouslyNone;
    principal.quorum = Quorum { default: k, of: BTreeMap::new() };
    principal.require = Some(Formula::Property(P.into()));
    principal.complete = None;
    principal.countersigned = Quorum { default: 0, of: BTreeMap::new() };
    principal.reproduced = None;
    (principal.linked, principal.named_only) = (false, false);
    world.catalogue.making.clear();
    principal.assumptions.clear();
    principal.capture_floor = None;
    principal.anchors = anchors
        .iter()
        .map(|(name, keys)| Anchor {
            name: (*name).into(),
            keys: keys.iter().map(|&key| key.into()).collect(),
            scope: vec![Pattern::All],
            depth: 2,
        })
        .collect();
    world.principals = vec![principal];
    let (not_before, not_after) = (world.time - 1, world.time + 1);
    world.evidence.endorsements = endorsements
        .iter()
        .map(|&(issuer, child)| Endorsement {
            id: format!("{issuer}>{child}"),
            issuer: issuer.into(),
            child: child.into(),
            scope: vec![Pattern::All],
            depth: 0,
            not_before,
            not_after,
        })
        .collect();
    let mut like = world.evidence.certifications[0].clone();
    like.claims = [P, STEP]
        .iter()
        .flat_map(|p| ["safe", "fast"].map(|invocation| (p, invocation)))
        .map(|(p, invocation)| Claim {
            property: Claimed::Exact((*p).into()),
            effect: Effect::Establishes,
            invocation: invocation.into(),
            output_role: CODE.into(),
            lowest_capture: None,
            condition: None,
        })
        .collect();
    world.evidence.certifications = certifiers
        .iter()
        .map(|&issuer| Certification { id: format!("c-{issuer}"), issuer: issuer.into(), ..like.clone() })
        .collect();
    world.evidence.revocation_lists.clear();
    world
}

fn app_holds(world: &World) -> Tri {
    holds(world, 0, &P.to_owned(), &world.artifact)
}

fn list(world: &World, issuer: &str, serial: u64, entries: Vec<Entry>) -> RevocationList {
    let (not_before, not_after) = (world.time - 10, world.time + 10);
    RevocationList {
        id: format!("l-{issuer}-{serial}"),
        issuer: issuer.into(),
        serial,
        not_before,
        not_after,
        entries,
    }
}

fn entry(target: Target, reason: Reason, survivors: &[&str]) -> Entry {
    Entry {
        target,
        reason,
        runs: None,
        since: None,
        survivors: survivors.iter().map(|&id| id.into()).collect(),
    }
}

#[test]
fn one_certifier_under_two_anchors_is_one_vote() {
    let two = [("a", &["A"][..]), ("b", &["B"])];
    assert_eq!(app_holds(&world(&two, &[("A", "V"), ("B", "V")], &["V"], 1)), Tri::True);
    assert_eq!(app_holds(&world(&two, &[("A", "V"), ("B", "V")], &["V"], 2)), Tri::False);
    assert_eq!(app_holds(&world(&two, &[("A", "V"), ("B", "W")], &["V", "W"], 2)), Tri::True);
    // The one key A is on all chains.
    assert_eq!(app_holds(&world(&two, &[("A", "V"), ("A", "W")], &["V", "W"], 2)), Tri::False);
    // Crossing lines: no single key hits all three chains, two do.
    let crossing = [("A", "V"), ("B", "V"), ("A", "W")];
    assert_eq!(app_holds(&world(&two, &crossing, &["V", "W"], 2)), Tri::True);
    assert_eq!(app_holds(&world(&two, &crossing, &["V", "W"], 3)), Tri::False);
}

#[test]
fn keys_of_one_anchor_or_under_one_control_fall_together() {
    assert_eq!(app_holds(&world(&[("a", &["A", "B"])], &[], &["A", "B"], 2)), Tri::False);
    let mut apart = world(&[("a", &["A"]), ("b", &["B"])], &[("B", "V")], &["A", "V"], 2);
    assert_eq!(app_holds(&apart), Tri::True);
    let (a, v) = (Member::Anchor("a".into()), Member::Key("V".into()));
    apart.principals[0].same_control.push(BTreeSet::from([a, v]));
    assert_eq!(app_holds(&apart), Tri::False);
}

#[test]
fn no_chain_is_no_quorum_whatever_k() {
    let empty = world(&[("a", &["A"])], &[], &["stranger"], 1);
    for k in 0..=5 {
        assert!(!quorum::quorum(&empty.principals[0], &[], k));
    }
}

#[test]
fn depth_and_scope_are_counted_along_the_chain() {
    let line = [("A", "V"), ("V", "W")];
    let mut deep = world(&[("a", &["A"])], &line, &["W"], 1);
    assert_eq!(app_holds(&deep), Tri::False, "the first endorsement leaves no depth");
    deep.evidence.endorsements[0].depth = 1;
    assert_eq!(app_holds(&deep), Tri::True);
    deep.principals[0].anchors[0].depth = 1;
    assert_eq!(app_holds(&deep), Tri::False, "the anchor leaves no depth");
    deep.principals[0].anchors[0].depth = 5;
    deep.evidence.endorsements[1].scope = vec![Pattern::Prefix("STEP".into())];
    assert_eq!(app_holds(&deep), Tri::False, "out of scope");
    assert!(chain::in_scope(&[Pattern::Prefix("MEM_".into())], &P.to_owned()));
    assert!(!chain::in_scope(&[], &P.to_owned()));
}

#[test]
fn windows_are_half_open_and_skew_helps_at_the_start_only() {
    let mut edge = world(&[("a", &["A"])], &[], &["A"], 1);
    edge.skew = 60;
    for (not_before, not_after, expected) in
        [(0, 60, Tri::True), (0, 61, Tri::True), (61, 90, Tri::False), (60, 90, Tri::True)]
    {
        let certification = &mut edge.evidence.certifications[0];
        (certification.not_before, certification.not_after) = (edge.time + not_before, edge.time + not_after);
        assert_eq!(app_holds(&edge), expected);
    }
    edge.evidence.certifications[0].not_before = 0;
    edge.evidence.certifications[0].not_after = edge.time;
    assert_eq!(app_holds(&edge), Tri::False);
}

#[test]
fn without_a_fresh_list_it_is_unknown_and_with_a_contradiction_false() {
    let mut world = world(&[("a", &["A"])], &[], &["A"], 1);
    world.principals[0].revocation = Freshness::MaxAge(11);
    assert_eq!(app_holds(&world), Tri::Unknown);
    assert_eq!(decide(&world).verdict, Outcome::Unknown);
    world.evidence.revocation_lists.push(list(&world, "A", 1, vec![]));
    assert_eq!(app_holds(&world), Tri::True);
    world.principals[0].revocation = Freshness::MaxAge(10);
    assert_eq!(app_holds(&world), Tri::Unknown, "ten seconds old is not less than ten");
    let mut other = list(&world, "A", 1, vec![]);
    other.id = "other".into();
    world.evidence.revocation_lists.push(other);
    assert_eq!(app_holds(&world), Tri::False);
}

#[test]
fn an_entry_acts_on_chains_through_its_author_only() {
    let two = [("a", &["A"][..]), ("b", &["B"])];
    let good = world(&two, &[("A", "V"), ("B", "W")], &["V", "W"], 1);
    let report = good.evidence.reports[0].id.clone();
    for target in [Target::Report(report), Target::Key(good.evidence.reports[0].key.clone())] {
        for (author, k2) in [("A", Tri::False), ("W", Tri::False), ("stranger", Tri::True)] {
            let mut world = good.clone();
            let words = vec![entry(target.clone(), Reason::Other, &[])];
            world.evidence.revocation_lists.push(list(&world, author, 1, words));
            assert_eq!(app_holds(&world), Tri::True, "the other line stands");
            world.principals[0].quorum.default = 2;
            assert_eq!(app_holds(&world), k2, "{author} {target:?}");
        }
    }
    // A child cannot revoke the edge above it.
    for (author, expected) in [("A", Tri::False), ("V", Tri::True)] {
        let mut world = world(&two, &[("A", "V")], &["V"], 1);
        let words = vec![entry(Target::Endorsement("A>V".into()), Reason::Other, &[])];
        world.evidence.revocation_lists.push(list(&world, author, 1, words));
        assert_eq!(app_holds(&world), expected);
    }
}

#[test]
fn a_compromised_key_loses_its_reports_for_everyone_but_the_survivors() {
    let mut world = world(&[("a", &["A"]), ("b", &["B"])], &[], &["A", "B"], 1);
    let (key, id) = (world.evidence.reports[0].key.clone(), world.evidence.reports[0].id.clone());
    let compromised =
        |survivors: &[&str]| vec![entry(Target::Key(key.clone()), Reason::KeyCompromise, survivors)];
    world.evidence.revocation_lists = vec![list(&world, "A", 1, compromised(&[]))];
    assert_eq!(app_holds(&world), Tri::False);
    world.evidence.revocation_lists.push(list(&world, "A", 2, compromised(&[&id])));
    assert_eq!(app_holds(&world), Tri::True, "the newest list spares it, and B still vouches");
    world.evidence.revocation_lists.push(list(&world, "A", 3, vec![]));
    assert_eq!(app_holds(&world), Tri::False, "the newest list spares nothing");
    world.evidence.certifications.retain(|certification| certification.issuer == "B");
    assert_eq!(app_holds(&world), Tri::True, "A never certified the key");
}

#[test]
fn cycles_prove_nothing_and_the_artifact_is_no_origin_by_key() {
    let mut world = world(&[("a", &["A"])], &[], &["A"], 1);
    let named = OriginRule::Key("developer-key".into(), [OriginKind::Source].into());
    world.principals[0].complete = Some(vec![named]);
    assert_eq!(complete(&world, 0, &world.artifact), Tri::True);
    let artifact = world.artifact.clone();
    world.evidence.reports[0].inputs[0].1.clone_from(&artifact);
    assert_eq!(complete(&world, 0, &artifact), Tri::False);
    world.evidence.origins[0].digests = vec![artifact.clone()];
    assert_eq!(complete(&world, 0, &artifact), Tri::False);
    world.principals[0].complete = Some(vec![OriginRule::Digest(artifact.clone())]);
    assert_eq!(complete(&world, 0, &artifact), Tri::True);
}

#[test]
fn an_invocation_covers_only_what_it_describes() {
    let world = world(&[("a", &["A"])], &[], &["A"], 1);
    let view = View { world: &world, principal: &world.principals[0], bound: Bound::Lower };
    let report = &world.evidence.reports[0];
    let invocations = world.evidence.certifications[0].invocations.values();
    let invocation = invocations.clone().find(|i| vote::covers(view, i, report).is_some()).unwrap();
    let refused = |change: fn(&mut Report)| {
        let mut other = report.clone();
        change(&mut other);
        assert_eq!(vote::covers(view, invocation, &other), None);
    };
    refused(|r| r.arguments.push("x".into()));
    refused(|r| r.arguments[0] = "--checks=01".into());
    refused(|r| r.exit = Exit::Signal(0));
    refused(|r| r.exit = Exit::Code(1));
    refused(|r| r.settings.clear());
    refused(|r| drop(r.settings.insert("x".into(), "y".into())));
    refused(|r| drop(r.environment.insert("X".into(), EnvValue::Value("y".into()))));
    refused(|r| drop(r.environment.insert("PATH".into(), EnvValue::Commitment("/bin".into()))));
    refused(|r| r.inputs.clear());
    refused(|r| r.inputs.push(("in.c".into(), "again".into())));
    let mut twice = invocation.clone();
    let mut again = report.clone();
    again.arguments.push("in.c".into());
    twice.arguments.push(Arg::Path { direction: Direction::Input, role: "data".into() });
    assert_eq!(vote::covers(view, &twice, &again), None);
    twice.arguments.pop();
    twice.arguments.push(Arg::Path { direction: Direction::Input, role: CODE.into() });
    assert!(vote::covers(view, &twice, &again).is_some());
}

#[test]
fn nothing_asked_is_denied_and_no_principal_is_denied() {
    let mut world = world(&[("a", &["A"])], &[], &["A"], 1);
    world.principals[0].require = None;
    assert_eq!(decide(&world).verdict, Outcome::Deny);
    world.principals[0].rule = Rule::AcceptAll;
    assert_eq!(decide(&world).verdict, Outcome::Allow);
    world.principals.clear();
    assert_eq!(decide(&world).verdict, Outcome::Deny);
}

#[test]
fn bounds_are_ordered_in_every_view() {
    for seed in 0..200 {
        let world = crate::generate::generate(seed);
        for principal in &world.principals {
            let at = |bound| View { world: &world, principal, bound };
            let (lower, upper) = (at(Bound::Lower), at(Bound::Upper));
            assert!(crate::model::holds::held(lower).is_subset(&crate::model::holds::held(upper)));
            assert!(crate::model::holds::completed(lower).is_subset(&crate::model::holds::completed(upper)));
        }
    }
}
