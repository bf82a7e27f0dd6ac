//! What the core supposes is what it says of a world in which it is so (rule M-SUPPOSE): the law that a supposition is as
//! good as the thing itself.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test, as a test itself does")]

use std::collections::{BTreeMap, BTreeSet};

use cdi_testkit::driver::{Core, Names, Sealed, expressible};
use cdi_testkit::generate::generate;
use cdi_testkit::model::Tri;
use cdi_testkit::model::world::{Entry, Key, Reason, RevocationList, Target, World};
use cdi_types::{Revocation, RevokedId};
use cdi_verify::{Question, Supposition, Thing};
use fastrand::Rng;

const NAMES: Names = Names::salted(0);
const WORLDS: u64 = 600;

type Truths = Vec<BTreeMap<Question, Tri>>;

/// What is so in a world.
fn so(world: &World) -> Truths {
    let (core, lines) = sealed(world);
    let findings = core.find(&core.verify(&lines).unwrap()).unwrap();
    findings.principals.iter().map(cdi_testkit::driver::PrincipalFindings::truths).collect()
}

/// What would be so under a supposition.
fn supposed(world: &World, supposition: &Supposition) -> Truths {
    let (core, lines) = sealed(world);
    core.suppose(&core.verify(&lines).unwrap(), supposition).unwrap()
}

fn sealed(world: &World) -> (Core, Sealed) {
    let sealed = Sealed::world(world, NAMES).unwrap();
    (Core::of(world, NAMES).unwrap(), sealed)
}

/// Something that is there, or a key.
fn target(world: &World, rng: &mut Rng) -> Option<Target> {
    let evidence = &world.evidence;
    let certified = evidence.certifications.iter().flat_map(|c| {
        [
            Target::Certification(c.id.clone()),
            Target::Key(c.report_key.clone()),
            Target::Key(c.issuer.clone()),
        ]
    });
    let endorsed = evidence.endorsements.iter().map(|e| Target::Endorsement(e.id.clone()));
    let reports = evidence.reports.iter().map(|report| Target::Report(report.id.clone()));
    rng.choice(certified.chain(endorsed).chain(reports).collect::<Vec<_>>())
}

/// The newest list of an authority.
fn newest<'w>(world: &'w World, authority: &Key) -> Option<&'w RevocationList> {
    let lists = world.evidence.revocation_lists.iter().filter(|list| list.issuer == *authority);
    lists.max_by_key(|list| list.serial)
}

/// The list after the newest of an authority: with all that it has, and one entry more.
fn next(world: &World, authority: &Key, entry: &Entry, window: (u64, u64)) -> RevocationList {
    let before = newest(world, authority);
    let mut entries = before.map(|list| list.entries.clone()).unwrap_or_default();
    entries.retain(|known| known.target != entry.target);
    entries.push(entry.clone());
    let (serial, id) = (before.map_or(0, |list| list.serial + 1), format!("next of {authority}"));
    let (issuer, (not_before, not_after)) = (authority.clone(), window);
    RevocationList { id, issuer, serial, not_before, not_after, entries }
}

/// The last entry of an authority's newest list, in real ids; `None` if nobody brings the authority's key.
fn entry_of(world: &World, authority: &Key) -> Option<Revocation> {
    let (core, lines) = sealed(world);
    let provenance = core.verify(&lines).unwrap();
    let issuer = NAMES.key_id(authority).unwrap();
    let lists = provenance.get().revocations().iter().filter(|list| list.issuer() == issuer);
    lists.max_by_key(|list| list.predicate().serial)?.predicate().revoked.last().cloned()
}

/// Everybody who speaks in the world, and could have revoked something.
fn authorities(world: &World) -> BTreeSet<Key> {
    let evidence = &world.evidence;
    let certifiers = evidence.certifications.iter().map(|one| one.issuer.clone());
    let endorsed = evidence.endorsements.iter().flat_map(|one| [one.issuer.clone(), one.child.clone()]);
    let anchors = world.principals.iter().flat_map(|one| &one.anchors).flat_map(|one| one.keys.clone());
    certifiers.chain(endorsed).chain(anchors).collect()
}

/// Tries both on many worlds; says how many times the supposition changed anything.
fn compared(case: impl Fn(&World, &mut Rng) -> Option<(World, Supposition)>) -> u32 {
    let mut changed = 0;
    for seed in 0..WORLDS {
        let (world, _) = expressible(&generate(seed));
        let Some((other, supposition)) = case(&world, &mut Rng::with_seed(seed)) else { continue };
        let (expected, found) = (so(&other), supposed(&world, &supposition));
        assert_eq!(found, expected, "seed {seed}: {supposition:?}");
        changed += u32::from(found != so(&world));
    }
    changed
}

#[test]
fn an_entry_that_is_supposed_is_as_good_as_one_that_is_listed() {
    let changed = compared(|world, rng| {
        let authority = rng.choice(&world.evidence.revocation_lists)?.issuer.clone();
        let reason = if rng.bool() { Reason::KeyCompromise } else { Reason::Other };
        let report = rng.choice(&world.evidence.reports).map(|report| report.id.clone());
        let survivors = report.filter(|_| rng.bool()).into_iter().collect();
        // As fresh as the newest, so that nothing changes but the entry.
        let window = newest(world, &authority).map(|list| (list.not_before, list.not_after))?;
        let target = target(world, rng)?;
        let of_stolen_key = matches!(target, Target::Key(_)) && reason == Reason::KeyCompromise;
        let since = of_stolen_key.then(|| window.0.saturating_sub(rng.u64(0..3))).filter(|_| rng.bool());
        let run = rng.choice(&world.evidence.reports).map(|report| (report.ran.0, report.ran.1 + 1));
        let of_key = matches!(target, Target::Key(_)) && reason == Reason::Other;
        let runs = run.filter(|_| of_key && rng.bool());
        let survivors = if runs.is_some() { BTreeSet::new() } else { survivors };
        let entry = Entry { target, reason, runs, since, survivors };
        let mut other = world.clone();
        other.evidence.revocation_lists.push(next(world, &authority, &entry, window));
        let (by, entry) = (NAMES.key_id(&authority).unwrap(), entry_of(&other, &authority)?);
        Some((other, Supposition::Listed { by, entry }))
    });
    assert!(changed > 60, "{changed}");
}

#[test]
fn what_everybody_is_supposed_to_have_revoked_is_as_good_as_revoked() {
    let changed = compared(|world, rng| {
        let (target, survivors) = (target(world, rng)?, BTreeSet::new());
        let entry = Entry { target, reason: Reason::KeyCompromise, runs: None, since: None, survivors };
        let mut other = world.clone();
        for authority in authorities(world) {
            // Of long ago: it makes nothing fresh. But no list speaks of a time after it.
            let told = newest(world, &authority).into_iter().flat_map(|list| &list.entries);
            let begun = told.filter_map(|entry| entry.since).max().unwrap_or(1);
            if begun >= world.time {
                return None;
            }
            other.evidence.revocation_lists.push(next(world, &authority, &entry, (begun, begun + 1)));
        }
        let issuer = rng.choice(authorities(world))?;
        let id = entry_of(&other, &issuer)?.id;
        Some((other, Supposition::Revoked([Thing::Listed(id)].into())))
    });
    assert!(changed > 100, "{changed}");
}

#[test]
fn what_nobody_is_supposed_to_have_revoked_is_as_good_as_never_revoked() {
    let changed = compared(|world, rng| {
        let listed = world.evidence.revocation_lists.iter().flat_map(|list| &list.entries);
        let target = rng.choice(listed.collect::<Vec<_>>())?.target.clone();
        let mut other = world.clone();
        for list in &mut other.evidence.revocation_lists {
            list.entries.retain(|entry| entry.target != target);
        }
        // The real thing that the world's own lists name.
        let holder = world
            .evidence
            .revocation_lists
            .iter()
            .find(|list| list.entries.iter().any(|entry| entry.target == target))?;
        let place = holder.entries.iter().position(|entry| entry.target == target)?;
        let (core, lines) = sealed(world);
        let provenance = core.verify(&lines).unwrap();
        let issuer = NAMES.key_id(&holder.issuer).unwrap();
        let real = provenance.get().revocations().iter().find(|list| {
            let known = list.predicate();
            list.issuer() == issuer
                && known.serial == holder.serial
                && known.revoked.len() == holder.entries.len()
        })?;
        let id = real.predicate().revoked.get(place)?.id;
        Some((other, Supposition::NotRevoked([Thing::Listed(id)].into())))
    });
    assert!(changed > 10, "{changed}");
}

#[test]
fn runs_that_nobody_is_supposed_to_have_revoked_are_as_good_as_never_revoked() {
    let mut changed = 0;
    for seed in 0..WORLDS {
        let ((world, _), mut rng) = (expressible(&generate(seed)), Rng::with_seed(seed));
        let Some(report) = rng.choice(&world.evidence.reports) else { continue };
        let certified = world.evidence.certifications.iter().filter(|one| one.report_key == report.key);
        let Some(issuer) = rng.choice(certified.map(|one| &one.issuer).collect::<Vec<_>>()) else { continue };
        let Some(window) = newest(&world, issuer).map(|list| (list.not_before, list.not_after)) else {
            continue;
        };
        let (target, runs) = (Target::Key(report.key.clone()), Some((report.ran.0, report.ran.1 + 1)));
        let entry = Entry {
            target: target.clone(),
            reason: Reason::Other,
            runs,
            since: None,
            survivors: BTreeSet::new(),
        };
        let mut revoked = world.clone();
        revoked.evidence.revocation_lists.push(next(&world, issuer, &entry, window));
        let mut calm = revoked.clone();
        for list in &mut calm.evidence.revocation_lists {
            list.entries.retain(|entry| entry.target != target);
        }
        let key = RevokedId::Key(NAMES.key_id(&report.key).unwrap());
        let found = supposed(&revoked, &Supposition::NotRevoked([Thing::Listed(key)].into()));
        assert_eq!(found, so(&calm), "seed {seed}");
        changed += u32::from(found != so(&revoked));
    }
    assert!(changed > 10, "{changed}");
}

#[test]
fn a_tool_that_is_supposed_unfit_is_as_good_as_forbidden() {
    let changed = compared(|world, rng| {
        let report = rng.choice(&world.evidence.reports)?;
        let files = report.executables.iter().chain([&report.recorder]).collect::<Vec<_>>();
        let tool = (*rng.choice(files)?).clone();
        let mut other = world.clone();
        for principal in &mut other.principals {
            principal.forbidden.tools.insert(tool.clone());
        }
        Some((other, Supposition::Revoked([Thing::Tool(NAMES.file(&tool))].into())))
    });
    assert!(changed > 60, "{changed}");
}

#[test]
fn an_origin_that_is_supposed_gone_is_as_good_as_forbidden() {
    let changed = compared(|world, rng| {
        let origin = rng.choice(&world.evidence.origins)?.clone();
        let mut other = world.clone();
        other.evidence.origins.retain(|one| one.id != origin.id);
        let (core, lines) = sealed(world);
        let provenance = core.verify(&lines).unwrap();
        let (after, lines) = sealed(&other);
        let kept = after.verify(&lines).unwrap();
        let kept: BTreeSet<_> = kept.get().origins().iter().map(|one| one.id()).collect();
        let gone = provenance.get().origins().iter().map(|one| one.id()).find(|id| !kept.contains(id))?;
        Some((other, Supposition::Revoked([Thing::Origin(gone)].into())))
    });
    assert!(changed > 20, "{changed}");
    let changed = compared(|world, rng| {
        let signer = rng.choice(&world.evidence.origins)?.key.clone();
        let mut other = world.clone();
        other.evidence.origins.retain(|one| one.key != signer);
        let key = NAMES.key_id(&signer).unwrap();
        Some((other, Supposition::Revoked([Thing::OriginKey(key)].into())))
    });
    assert!(changed > 20, "{changed}");
}

#[test]
fn to_suppose_nothing_changes_nothing() {
    let changed = compared(|world, _| Some((world.clone(), Supposition::nothing())));
    assert_eq!(changed, 0);
}
