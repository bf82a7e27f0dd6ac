//! Worlds that are thrown together from small pools, so that things meet by chance.

use super::base::{ADDED, catalogue, wide_scope, window};
use super::runs::{certification as certification_of, inspection_report, transform_report};
use super::{
    CODE_PROPERTIES, PLATFORM_PROPERTIES, TIME, fresh_id, percent, pick, places,
    policies::{PRINCIPALS, verifier},
};
use crate::model::world::{
    Anchor, Assumed, Capture, Certification, Claim, Claimed, Condition, Custody, Effect, Endorsement, Entry,
    Evidence, Forbidden, Formula, Freshness, Origin, OriginKind, OriginRule, Pattern, Principal, Quorum,
    Reason, Report, Reproduced, RevocationList, Rule, STEP, Summary, Target, Under, World,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

const AUTHORITIES: [&str; 5] = ["root0", "root1", "va00", "va10", "va01"];
const ARTIFACTS: [&str; 5] = ["artifact0", "artifact1", "app", "app", "library"];
const TOOLS: [&str; 2] = ["compiler", "linker"];

fn some<T>(rng: &mut Rng, most: usize, make: impl Fn(&mut Rng) -> T) -> Vec<T> {
    (0..rng.usize(0..=most)).map(|_| make(rng)).collect()
}

fn one(rng: &mut Rng, values: &[&str]) -> String {
    pick(rng, values).to_owned()
}

fn scope(rng: &mut Rng) -> Vec<Pattern> {
    let narrow = vec![Pattern::Exact(one(rng, &CODE_PROPERTIES)), Pattern::Exact(STEP.to_owned())];
    if percent(rng, 70) { wide_scope(rng) } else { narrow }
}

/// Any world.
pub(super) fn world(rng: &mut Rng) -> World {
    let mut catalogue = catalogue();
    if percent(rng, 20) {
        catalogue.preservable.remove(pick(rng, &CODE_PROPERTIES));
    }
    if percent(rng, 30) {
        catalogue.added.insert(ADDED.to_owned());
    }
    let number = pick(rng, &[0, 1, 1, 1, 1, 1, 2, 3]);
    World {
        time: TIME,
        skew: 60,
        principals: PRINCIPALS.iter().take(number).map(|name| principal(rng, name)).collect(),
        evidence: evidence(rng),
        artifact: "app".to_owned(),
        catalogue,
        asserted: some(rng, 2, |rng| (one(rng, &PRINCIPALS), one(rng, &PLATFORM_PROPERTIES))),
        runtime: percent(rng, 50).then(|| places::runtime(rng)),
        seen: BTreeMap::new(),
    }
}

fn evidence(rng: &mut Rng) -> Evidence {
    let mut revocation_lists: Vec<RevocationList> = Vec::new();
    for issuer in AUTHORITIES {
        if percent(rng, 30) {
            continue;
        }
        let mut list = revocation_list(rng);
        list.issuer = issuer.to_owned();
        (list.not_before, list.not_after) = (TIME - 100, TIME + 100);
        revocation_lists.push(list);
    }
    revocation_lists.extend(some(rng, 1, revocation_list));
    Evidence {
        endorsements: some(rng, 7, endorsement),
        certifications: (0..rng.usize(3..7)).map(|_| certification(rng)).collect(),
        reports: (0..rng.usize(2..6)).map(|_| report(rng)).collect(),
        origins: some(rng, 3, origin),
        summaries: some(rng, 1, summary),
        foreign: Vec::new(),
        revocation_lists,
    }
}

/// Any endorsement among the pool of authorities.
pub(crate) fn endorsement(rng: &mut Rng) -> Endorsement {
    let (not_before, not_after) = window(rng);
    Endorsement {
        id: fresh_id(rng, "e"),
        issuer: one(rng, &AUTHORITIES),
        child: one(rng, &AUTHORITIES),
        scope: scope(rng),
        depth: rng.u32(0..3),
        not_before,
        not_after,
    }
}

/// Any certification of a tool of the pool.
pub(crate) fn certification(rng: &mut Rng) -> Certification {
    let issuer = one(rng, &AUTHORITIES);
    if percent(rng, 20) {
        let supplied = some(rng, 2, |rng| one(rng, &PLATFORM_PROPERTIES));
        return Certification { id: fresh_id(rng, "c"), ..places::certification(&issuer, &supplied, rng) };
    }
    let inspector = percent(rng, 25);
    let tool = if inspector { "inspector" } else { pick(rng, &TOOLS) };
    let claims = (0..rng.usize(2..8)).map(|_| claim(rng, inspector)).collect();
    let mut certification = certification_of(tool, &issuer, claims, false, rng);
    certification.id = fresh_id(rng, "c");
    let further = [Under::Base, Under::Further, Under::Unknown];
    certification.catalogue = if percent(rng, 85) { Under::Policies } else { pick(rng, &further) };
    certification
}

fn claim(rng: &mut Rng, inspector: bool) -> Claim {
    let exact = Claimed::Exact(one(rng, &CODE_PROPERTIES));
    let (property, effect) = match rng.u8(0..10) {
        _ if inspector => (exact, Effect::Attests),
        0..=2 => (Claimed::Exact(STEP.to_owned()), Effect::Establishes),
        3..=5 => (exact, Effect::Establishes),
        6..=7 => (exact, Effect::Preserves),
        _ => (Claimed::Star, Effect::Preserves),
    };
    Claim {
        property,
        effect,
        invocation: if inspector { "inspect".to_owned() } else { one(rng, &["safe", "fast"]) },
        output_role: "code".to_owned(),
        lowest_capture: pick(rng, &[None, None, None, Some(Capture::Traced)]),
        condition: pick(rng, &[None, None, None, Some(Condition::True), Some(Condition::Error)]),
    }
}

/// Any report of a tool of the pool.
pub(crate) fn report(rng: &mut Rng) -> Report {
    let artifact = one(rng, &ARTIFACTS);
    let mut report = if percent(rng, 25) {
        let property = pick(rng, &CODE_PROPERTIES);
        inspection_report(&artifact, property, rng)
    } else {
        let (tool, mode, output) = (pick(rng, &TOOLS), pick(rng, &["safe", "fast"]), one(rng, &ARTIFACTS));
        transform_report(tool, mode, (&artifact, &output), false, rng)
    };
    report.id = fresh_id(rng, "r");
    if percent(rng, 10) {
        report.capture = Capture::Declared;
    }
    report.countersigners = some(rng, 2, |rng| one(rng, &AUTHORITIES)).into_iter().collect();
    if percent(rng, 20) {
        report.inputs.push((fresh_id(rng, "in"), one(rng, &ARTIFACTS)));
    }
    report
}

/// Any origin.
pub(crate) fn summary(rng: &mut Rng) -> Summary {
    Summary {
        id: fresh_id(rng, "v"),
        key: pick(rng, &["verifier-key", "stolen"]).to_owned(),
        verifier: pick(rng, &["verifier", "verifier", "another"]).to_owned(),
        subjects: vec![one(rng, &ARTIFACTS)],
        passed: percent(rng, 80),
        level: rng.u8(1..=3),
        policy: pick(rng, &["strict", "lax"]).to_owned(),
        time: pick(rng, &[TIME - 50, TIME - 2000, TIME + 1000]),
    }
}

pub(crate) fn origin(rng: &mut Rng) -> Origin {
    Origin {
        id: fresh_id(rng, "o"),
        key: one(rng, &["developer-key", "supplier-key"]),
        kind: pick(rng, &[OriginKind::Source, OriginKind::Source, OriginKind::Library, OriginKind::Binary]),
        digests: vec![one(rng, &ARTIFACTS)],
    }
}

/// Any revocation list, mostly an empty or outdated one.
fn revocation_list(rng: &mut Rng) -> RevocationList {
    let target = match rng.u8(0..12) {
        0 => Some(Target::Key(one(rng, &AUTHORITIES))),
        1 => Some(Target::Key(format!("{}-key", pick(rng, &TOOLS)))),
        _ => None,
    };
    let reason = pick(rng, &[Reason::KeyCompromise, Reason::Other]);
    let begun = TIME - rng.u64(0..2000);
    RevocationList {
        id: fresh_id(rng, "l"),
        issuer: one(rng, &AUTHORITIES),
        serial: rng.u64(1..50),
        not_before: begun,
        not_after: begun + 1000,
        entries: target
            .map(|target| Entry { target, reason, runs: None, since: None, survivors: BTreeSet::new() })
            .into_iter()
            .collect(),
    }
}

/// Any policy that asks for something.
pub(crate) fn principal(rng: &mut Rng, name: &str) -> Principal {
    let mut keys: Vec<String> = AUTHORITIES.iter().map(|&key| key.to_owned()).collect();
    rng.shuffle(&mut keys);
    let anchors: Vec<Anchor> = (0..rng.usize(1..=3))
        .map(|number| Anchor {
            name: format!("anchor{number}"),
            keys: (0..pick(rng, &[1, 1, 1, 2])).filter_map(|_| keys.pop()).collect(),
            scope: scope(rng),
            depth: rng.u32(0..4),
        })
        .filter(|anchor| !anchor.keys.is_empty())
        .collect();
    let properties: Vec<Formula> = CODE_PROPERTIES.iter().map(|&p| Formula::Property(p.to_owned())).collect();
    let atoms =
        [pick(rng, &properties), pick(rng, &properties), Formula::Platform(one(rng, &PLATFORM_PROPERTIES))];
    let require = match rng.u8(0..6) {
        0 => None,
        1..=3 => atoms.first().cloned(),
        4 => Some(Formula::Or(atoms.to_vec())),
        // A part that stood there twice would count twice, and is refused when a policy is loaded.
        _ => {
            let mut distinct = atoms.to_vec();
            distinct.dedup();
            Some(Formula::AtLeast(2, distinct))
        }
    };
    let rules = vec![
        OriginRule::Key("developer-key".to_owned(), BTreeSet::from([OriginKind::Source, OriginKind::Binary])),
        OriginRule::Digest("library".to_owned()),
    ];
    let complete = if require.is_none() || percent(rng, 25) { Some(rules) } else { None };
    Principal {
        name: name.to_owned(),
        rule: Rule::DefaultDeny,
        quorum: Quorum { default: rng.usize(1..=anchors.len().min(2)), of: BTreeMap::new() },
        anchors,
        same_control: Vec::new(),
        custody_floor: pick(rng, &[Custody::Software, Custody::IsolatedProcess]),
        capture_floor: None,
        revocation: pick(rng, &[Freshness::MaxAge(500), Freshness::DangerouslyNone]),
        assumptions: some(rng, 1, |rng| {
            (one(rng, &CODE_PROPERTIES), Assumed::ByDigest(one(rng, &ARTIFACTS)))
        }),
        forbidden: Forbidden::default(),
        step_conditions: Vec::new(),
        named_only: percent(rng, 10),
        linked: percent(rng, 10),
        countersigned: Quorum { default: usize::from(percent(rng, 10)), of: BTreeMap::new() },
        reproduced: percent(rng, 10).then(|| Reproduced {
            count: 2,
            custodians: vec![["compiler-key".to_owned()].into(), ["linker-key".to_owned()].into()],
        }),
        exempt: if complete.is_some() && percent(rng, 20) {
            [pick(rng, &["library", "data"]).to_owned()].into()
        } else {
            BTreeSet::new()
        },
        depth: if complete.is_some() && percent(rng, 20) {
            [(pick(rng, &["compiler-exe", "linker-exe"]).to_owned(), rng.u8(0..3))].into()
        } else {
            BTreeMap::new()
        },
        summaries: if complete.is_some() && percent(rng, 30) { vec![verifier()] } else { Vec::new() },
        evidence: Vec::new(),
        complete,
        require,
        accept_asserted: BTreeSet::new(),
    }
}
