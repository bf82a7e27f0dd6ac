//! The law of repair: to repair exactly the reasons of a refusal allows, in the model too.
//!
//! The core says why it refuses: obstacles, each with its code and the point where it stands. Each is repaired in the
//! world as its remedy says, by one function, and the core is asked again. Behind repaired obstacles others may show; a
//! round in which it refuses and names nothing that was not repaired yet breaks the law.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test, as a test itself does")]

mod build;
mod mend;
mod points;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cdi_placement::Refusal;
use cdi_testkit::driver::{Core, Names, Sealed, compare, expressible};
use cdi_testkit::generate::generate;
use cdi_testkit::model::decide::{Outcome, decide};
use cdi_testkit::model::policy::refusal;
use cdi_testkit::model::world::{Principal, World};
use cdi_verify::{Obstacle, Question};

use self::build::Workshop;
use self::points::Points;
use crate::codes::given;
use crate::two_cores::on_two_cores;

const NAMES: Names = Names::salted(0);

/// More rounds than any world needs; each repairs something that no round before it has.
const ROUNDS: usize = 24;

/// A reason that the core gives: for whom, of what, and why.
struct Named {
    principal: usize,
    question: Question,
    obstacle: Obstacle,
}

fn sealed(world: &World) -> (Core, Sealed) {
    let sealed = Sealed::world(world, NAMES).unwrap();
    (Core::of(world, NAMES).unwrap(), sealed)
}

/// What a refusal says of the code.
fn reasons(world: &World, refusal: &Refusal) -> Vec<Named> {
    let place = |name: &cdi_types::Name| {
        world.principals.iter().position(|principal| principal.name == name.as_str()).unwrap()
    };
    let failures = refusal.principals.iter().flat_map(|findings| {
        findings.failures.iter().map(|failure| {
            assert!(failure.causes.iter().any(|(_, all)| !all.is_empty()), "no reason for {failure:?}");
            (place(&findings.principal), &failure.causes)
        })
    });
    let unplaced = refusal.unmet.iter().map(|unmet| (place(&unmet.principal), &unmet.part.unshown));
    let all = failures.chain(unplaced).flat_map(|(principal, causes)| {
        causes.iter().flat_map(move |(question, obstacles)| {
            let named = |obstacle: &Obstacle| Named {
                principal,
                question: question.clone(),
                obstacle: obstacle.clone(),
            };
            obstacles.iter().map(named).collect::<Vec<_>>()
        })
    });
    all.collect()
}

/// What came of a world that was refused.
struct Repaired {
    world: World,
    rounds: usize,
    codes: BTreeMap<&'static str, u64>,
}

/// Repairs a world until it is allowed; `None` if it is, or if nothing but a policy's own form is wrong.
fn repaired(seed: u64) -> Option<Result<Repaired, String>> {
    let (mut world, _) = expressible(&generate(seed));
    // Reproduction is left out: see `ELSEWHERE`.
    let left_out = |one: &Principal| refusal(one, &world.catalogue).is_some() || one.reproduced.is_some();
    if world.principals.is_empty() || world.principals.iter().any(left_out) {
        return None;
    }
    let mut workshop = Workshop::default();
    let (mut done, mut codes) = (BTreeSet::new(), BTreeMap::new());
    for round in 0..ROUNDS {
        let (core, lines) = sealed(&world);
        let Some(refusal) = core.refused(&core.verify(&lines).unwrap()).unwrap() else {
            return (round > 0).then_some(Ok(Repaired { world, rounds: round, codes }));
        };
        let points = Points::of(&world, &lines, NAMES);
        let mut news = 0;
        // Half of the worlds get a better place where that would do, the other half better code.
        let placed = seed.is_multiple_of(2);
        for unmet in &refusal.unmet {
            if (placed || unmet.part.unshown.is_empty()) && done.insert(format!("{unmet:?}")) {
                mend::place(&mut world, unmet);
                *codes.entry("residual-unmet").or_default() += 1;
                news += 1;
            }
        }
        for named in reasons(&world, &refusal) {
            let at = points.named(&format!("{} {} {:?}", named.principal, named.question, named.obstacle));
            // What is named once more although it was repaired gets its other repair, if it has two.
            let first = done.insert(at.clone());
            if !first && !done.insert(format!("{at} again")) {
                continue;
            }
            mend::obstacle(&mut world, &points, &mut workshop, &named, first);
            *codes.entry(named.obstacle.code()).or_default() += 1;
            news += 1;
        }
        workshop.next_round();
        if news == 0 || round + 1 == ROUNDS {
            let all = reasons(&world, &refusal);
            let all =
                all.iter().map(|named| points.named(&format!("{}: {:?}", named.question, named.obstacle)));
            let all: Vec<String> = all.collect();
            return Some(Err(format!("seed {seed}, round {round}: still refused, {news} new: {all:#?}")));
        }
    }
    None
}

/// What came of many worlds.
#[derive(Default)]
struct Tally {
    tried: u64,
    longest: usize,
    codes: BTreeMap<&'static str, u64>,
    broken: Vec<String>,
}

impl Tally {
    fn add(&mut self, seed: u64) {
        match repaired(seed) {
            None => return,
            Some(Err(why)) => self.broken.push(why),
            Some(Ok(Repaired { world, rounds, codes })) => {
                if decide(&world).verdict != Outcome::Allow {
                    self.broken.push(format!("seed {seed}: the model does not allow what is repaired"));
                }
                // A report that was signed anew and is not needed any more can be under a key that nobody brings.
                let (world, _) = expressible(&world);
                let agreement = compare(&world, NAMES, |_| {});
                if !agreement.disagreements.is_empty() {
                    self.broken.push(format!("seed {seed}: {:#?}", agreement.disagreements));
                }
                self.longest = self.longest.max(rounds);
                codes.into_iter().for_each(|(code, n)| *self.codes.entry(code).or_default() += n);
            }
        }
        self.tried += 1;
    }

    fn join(mut self, other: Self) -> Self {
        self.tried += other.tried;
        self.longest = self.longest.max(other.longest);
        other.codes.into_iter().for_each(|(code, n)| *self.codes.entry(code).or_default() += n);
        self.broken.extend(other.broken);
        self
    }
}

/// Twenty-five hundred worlds, or more if `CDI_REPAIRS` says so; never fewer.
fn worlds() -> u64 {
    let asked = std::env::var("CDI_REPAIRS").ok().map(|text| text.parse::<u64>().unwrap());
    asked.unwrap_or_default().max(2_500)
}

#[test]
fn repairing_exactly_the_reasons_of_a_refusal_allows() {
    let worlds = worlds();
    let [even, odd] = on_two_cores(worlds, |seeds| {
        let mut tally = Tally::default();
        seeds.for_each(|seed| tally.add(seed));
        tally
    });
    let tally = even.join(odd);
    println!(
        "{} refused worlds repaired in at most {} rounds: {:?}",
        tally.tried, tally.longest, tally.codes
    );
    for why in tally.broken.iter().take(8) {
        println!("{why}");
    }
    assert_eq!(tally.broken.len(), 0, "of {}", tally.tried);
    assert!(tally.tried > worlds / 4, "refused worlds: {}", tally.tried);
    let missing: Vec<&str> = MET.into_iter().filter(|code| !tally.codes.contains_key(code)).collect();
    assert!(missing.is_empty(), "reasons that no world gave: {missing:?}");
}

/// The reasons that the worlds must give between them, each repaired.
const MET: [&str; 36] = [
    "authority-out-of-scope",
    "authority-untrusted",
    "capture-too-low",
    "certification-not-named",
    "condition-error",
    "countersignatures-missing",
    "custody-too-low",
    "evidence-condition-unmet",
    "evidence-missing",
    "expired",
    "forbidden-report-key",
    "forbidden-tool",
    "input-incomplete",
    "input-not-linked",
    "invocation-arguments",
    "invocation-environment",
    "invocation-exit-status",
    "invocation-option",
    "invocation-path",
    "invocation-settings",
    "no-report",
    "not-yet-valid",
    "origin-not-accepted",
    "output-role",
    "property-lost",
    "property-not-claimed",
    "property-not-found",
    "quorum-unmet",
    "report-key-compromised",
    "report-key-uncertified",
    "residual-unmet",
    "revocation-list-stale",
    "revocation-lists-contradict",
    "revoked",
    "tool-closure",
    "tool-executable",
];

/// The reasons that no world need give here, each with why.
const ELSEWHERE: [(&str, &str); 36] = [
    (
        "reproductions-missing",
        "worlds that ask for it are left out: what repairs it for one principal may undo it for another",
    ),
    ("forbidden-authority", "rare: what is forbidden is seldom needed"),
    ("forbidden-origin", "rare: what is forbidden is seldom needed"),
    ("step-condition-unmet", "rare: conditions seldom fail"),
    ("tool-recorder", "rare: recorders seldom differ"),
    ("invocation-option-missing", "rare: the generator seldom leaves out a required option"),
    ("invocation-option-position", "rare: the generator seldom puts an option last"),
    ("invocation-option-repeated", "rare: the generator seldom repeats an option"),
    ("invocation-roles", "rare: two arguments seldom name one path"),
    ("invocation-input", "rare: inputs of known content seldom differ"),
    ("invocation-manifest", "rare: headers are seldom named by an argument"),
    ("report-wrong-kind", "rare: a claim is seldom for the other kind of run"),
    ("step-without-code", "rare: a run seldom reads no code"),
    ("tool-libraries-unmeasured", "rare: libraries are seldom unmeasured"),
    ("condition-false", "rare: a run seldom ends with another listed status"),
    ("invocation-program", "the model knows no argument zero; vectors break it"),
    ("condition-malformed", "the model's conditions are true, false or failing; vectors break the grammar"),
    ("condition-committed", "the model's conditions read no variables; vectors break it"),
    ("condition-too-large", "the model's conditions are small; vectors break it"),
    ("limit-condition", "the model's conditions are small; vectors break it"),
    ("summary-forbidden", "the model forbids no summary by its id; vectors break it"),
    ("summary-asks-nothing", "a policy with it is not loaded, so that no world has one; vectors break it"),
    ("summary-not-passed", "rare: what a verifier verified is seldom needed"),
    ("summary-level", "rare: what a verifier verified is seldom needed"),
    ("summary-policy", "rare: what a verifier verified is seldom needed"),
    ("summary-without-time", "summaries of the model always tell a time; vectors break it"),
    ("summary-of-the-future", "rare: what a verifier verified is seldom needed"),
    ("summary-too-old", "rare: what a verifier verified is seldom needed"),
    ("evidence-forbidden", "rare: what is forbidden is seldom needed"),
    ("evidence-unreadable", "rare: what others say is seldom no object"),
    ("evidence-name-twice", "a policy with it is not loaded, so that no world has one; vectors break it"),
    ("evidence-without-key", "a policy with it is not loaded, so that no world has one; vectors break it"),
    ("evidence-type", "a policy with it is not loaded, so that no world has one; vectors break it"),
    ("limit-evidence", "a policy with it is not loaded, so that no world has one; a test breaks it"),
    ("runtime-uncertified", "what keeps a runtime from supplying is no obstacle at an artifact"),
    ("residual-unmet", "the place's word, which no obstacle has"),
];

#[test]
fn every_reason_is_repaired_here_or_has_its_reason_why_not() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sources = [
        "cdi-verify/src/obstacle.rs",
        "cdi-verify/src/summary.rs",
        "cdi-verify/src/evidence.rs",
        "cdi-verify/src/coverage/mismatch.rs",
        "cdi-condition/src/lib.rs",
    ];
    let known = sources.iter().flat_map(|path| given(&std::fs::read_to_string(crates.join(path)).unwrap()));
    let known: BTreeSet<String> = known.collect();
    assert!(known.len() > 40, "{known:?}");
    let named = MET.into_iter().chain(ELSEWHERE.into_iter().map(|(code, _)| code));
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    assert_eq!(
        known.difference(&named).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "reasons without a repair"
    );
}
