//! What is narrowed or shortened never allows, and when an allow ends.

use super::{assert_no_more, knowledge, without_key_compromises};
use crate::generate::generate;
use crate::model::decide::{Outcome, decide};
use crate::model::world::*;
use fastrand::Rng;

/// One pattern fewer, or the same with less in it.
fn narrow(scope: &mut Vec<Pattern>, rng: &mut Rng) {
    let Some(place) = (!scope.is_empty()).then(|| rng.usize(..scope.len())) else { return };
    let pattern = scope.swap_remove(place);
    match pattern {
        Pattern::All => scope.extend(rng.bool().then(|| Pattern::Prefix("MEM_".to_owned()))),
        Pattern::Prefix(prefix) => scope.extend(rng.bool().then(|| Pattern::Exact(prefix + "BOUNDS"))),
        Pattern::Exact(_) => {}
    }
}

// As with evidence that is added, standing is the one exception: who has lost it can no longer call a key compromised, so
// that what is narrower could bring reports back (`evidence_can_bring_a_key_compromise_into_force`).

#[test]
fn narrower_scopes_never_allow() {
    let mut lost = 0;
    for seed in 0..800 {
        let more = without_key_compromises(generate(seed));
        let mut less = more.clone();
        let rng = &mut Rng::with_seed(seed);
        let anchors = less.principals.iter_mut().flat_map(|principal| &mut principal.anchors);
        let anchors = anchors.map(|anchor| (&mut anchor.scope, &mut anchor.depth));
        let endorsements = less.evidence.endorsements.iter_mut().map(|e| (&mut e.scope, &mut e.depth));
        for (scope, depth) in anchors.chain(endorsements) {
            if rng.u8(0..3) > 0 {
                continue;
            }
            if rng.bool() { narrow(scope, rng) } else { *depth = depth.saturating_sub(1) }
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(lost > 100, "what was narrowed mattered: {lost}");
}

fn windows(world: &mut World) -> Vec<(&mut u64, &mut u64)> {
    let evidence = &mut world.evidence;
    let endorsements = evidence.endorsements.iter_mut().map(|e| (&mut e.not_before, &mut e.not_after));
    let certifications = evidence.certifications.iter_mut().map(|c| (&mut c.not_before, &mut c.not_after));
    let lists = evidence.revocation_lists.iter_mut().map(|l| (&mut l.not_before, &mut l.not_after));
    endorsements.chain(certifications).chain(lists).collect()
}

#[test]
fn shorter_windows_never_allow() {
    let mut lost = 0;
    for seed in 0..800 {
        let more = without_key_compromises(generate(seed));
        let mut less = more.clone();
        let rng = &mut Rng::with_seed(seed);
        let time = less.time;
        for (start, end) in windows(&mut less) {
            match rng.u8(0..8) {
                0 => *end = time.clamp(*start, *end),
                // A list that began later is fresh for longer: that is no shorter window.
                1 => *end = rng.u64(*start..=*end.max(start)),
                _ => {}
            }
        }
        let evidence = &mut less.evidence;
        let endorsed = evidence.endorsements.iter_mut().map(|e| (&mut e.not_before, e.not_after));
        let certified = evidence.certifications.iter_mut().map(|c| (&mut c.not_before, c.not_after));
        for (start, end) in endorsed.chain(certified) {
            if rng.u8(0..8) > 0 {
                continue;
            }
            *start = (*start + rng.u64(0..200_000)).min(end.max(*start));
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(lost > 100, "what was shortened mattered: {lost}");
}

#[test]
fn shorter_ages_of_lists_never_allow() {
    let mut lost = 0;
    for seed in 0..800 {
        let more = generate(seed);
        let mut less = more.clone();
        let rng = &mut Rng::with_seed(seed);
        for principal in &mut less.principals {
            principal.revocation = match principal.revocation {
                Freshness::MaxAge(age) => Freshness::MaxAge(rng.u64(0..=age)),
                Freshness::DangerouslyNone => Freshness::MaxAge(rng.u64(0..200_000)),
            };
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(lost > 100, "the ages mattered: {lost}");
}

/// Every instant at which something begins or ends.
fn instants(world: &World) -> Vec<u64> {
    let mut world = world.clone();
    let skew = world.skew;
    let ages: Vec<u64> = world.principals.iter().filter_map(age).collect();
    let starts: Vec<u64> = world.evidence.revocation_lists.iter().map(|list| list.not_before).collect();
    let ends = starts.iter().flat_map(|start| ages.iter().map(move |age| start.saturating_add(*age)));
    let mut all: Vec<u64> = ends.collect();
    all.extend(summarised(&world).into_iter().flat_map(|(start, end)| [start, end]));
    all.extend(windows(&mut world).into_iter().flat_map(|(start, end)| [start.saturating_sub(skew), *end]));
    all.sort_unstable();
    all.dedup();
    all
}

/// From when until when each summary counts for each principal that names its verifier.
fn summarised(world: &World) -> Vec<(u64, u64)> {
    let rules: Vec<&SummaryRule> =
        world.principals.iter().flat_map(|principal| &principal.summaries).collect();
    let spans = world.evidence.summaries.iter().flat_map(|summary| {
        let by = rules.iter().filter(|rule| (&rule.verifier, &rule.key) == (&summary.verifier, &summary.key));
        by.map(|rule| (summary.time.saturating_sub(world.skew), summary.time + rule.max_age))
    });
    spans.collect()
}

const fn age(principal: &Principal) -> Option<u64> {
    match principal.revocation {
        Freshness::MaxAge(age) => Some(age),
        Freshness::DangerouslyNone => None,
    }
}

fn at(world: &World, time: u64) -> World {
    World { time, ..world.clone() }
}

#[test]
fn a_verdict_changes_only_where_a_window_begins_or_ends() {
    let (mut allowed, mut turned) = (0, 0);
    for seed in 0..400 {
        let world = generate(seed);
        let rng = &mut Rng::with_seed(seed);
        let instants = instants(&world);
        let around = instants.partition_point(|instant| *instant <= world.time);
        let mut before = None;
        for place in around.saturating_sub(2)..around + 2 {
            let (Some(from), Some(until)) = (instants.get(place), instants.get(place + 1)) else { continue };
            let [first, other, last] =
                [*from, rng.u64(*from..*until), until - 1].map(|t| decide(&at(&world, t)));
            assert_eq!(first, other, "seed {seed}");
            assert_eq!(first, last, "seed {seed}");
            allowed += usize::from(first.verdict == Outcome::Allow);
            turned += usize::from(before.is_some_and(|before| before != first.verdict));
            before = Some(first.verdict);
        }
    }
    assert!(allowed > 100 && turned > 50, "allowed {allowed}, turned {turned}");
}

/// Takes away whatever the allow does not need.
fn least(world: World) -> World {
    let mut world = without_key_compromises(world);
    macro_rules! drop_unneeded {
        ($($member:ident),*) => { $(
            let mut place = 0;
            while place < world.evidence.$member.len() {
                let mut less = world.clone();
                less.evidence.$member.remove(place);
                if decide(&less).verdict == Outcome::Allow { world = less } else { place += 1 }
            }
        )* };
    }
    drop_unneeded!(endorsements, certifications, reports, origins, summaries, foreign, revocation_lists);
    world
}

#[test]
fn an_allow_lasts_as_long_as_the_windows_of_the_evidence_that_it_needs() {
    let (mut tried, mut ended) = (0, 0);
    for seed in 0..400 {
        let world = without_key_compromises(generate(seed));
        if decide(&world).verdict != Outcome::Allow {
            continue;
        }
        let mut needed = least(world);
        let evidence = &needed.evidence;
        let ages: Vec<u64> = needed.principals.iter().filter_map(age).collect();
        let stale =
            evidence.revocation_lists.iter().flat_map(|l| ages.iter().map(move |age| l.not_before + age));
        let stale = stale.min().unwrap_or(u64::MAX);
        let (time, skew) = (needed.time, needed.skew);
        let summarised = summarised(&needed);
        let lists = needed.evidence.revocation_lists.len();
        let dated = windows(&mut needed).into_iter().map(|(start, end)| (start.saturating_sub(skew), *end));
        let dated: Vec<(u64, u64)> = dated.collect();
        let spans = || dated.iter().chain(&summarised);
        let from = spans().map(|(start, _)| *start).max().unwrap_or(time);
        let until = spans().map(|(_, end)| *end).min().unwrap_or(time + 1).min(stale);
        let rng = &mut Rng::with_seed(seed);
        if from < until {
            for instant in [from, rng.u64(from..until), until - 1] {
                assert_eq!(decide(&at(&needed, instant)).verdict, Outcome::Allow, "seed {seed}");
            }
            tried += 1;
        }
        // Lists end by their age as well, and not the same for everybody.
        for (start, end) in dated.iter().take(dated.len() - lists) {
            for outside in [start.checked_sub(1), Some(*end)].into_iter().flatten() {
                assert_ne!(decide(&at(&needed, outside)).verdict, Outcome::Allow, "seed {seed}");
                ended += 1;
            }
        }
    }
    assert!(tried > 80 && ended > 100, "tried {tried}, ended {ended}");
}
