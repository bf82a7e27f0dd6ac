//! What a decider has gone by, and what makes up for it: newer editions that are carried beside a file (P-CARRIED), and
//! trials, which make up for nothing (P-EDITION).

use serde_json::json;

use super::Case;
use super::pol_signed::{document, filed, signed, strict};
use crate::scenario::{Part, Scenario, SeenBefore, sha256};

const KEY: &str = "cloud-policy";
const OWNER: &str = "cloud-provider";
const ROLLED_BACK: &str = "policy-rolled-back";
const CONTRADICT: &str = "policy-versions-contradict";
const LOST: &str = "property-lost";

/// An edition that is enforced.
fn edition(version: u64, document: &str) -> Part {
    Part::edition(KEY, OWNER, version, document).named(&format!("version-{version}"))
}

/// An edition that is tried out.
fn trial(version: u64, document: &str) -> Part {
    let mut part = edition(version, document);
    part.change(|statement| statement["predicate"]["mode"] = json!("warn"));
    part.named(&format!("trial-{version}"))
}

/// The decider of this world has gone by an edition.
fn after(world: Scenario, version: u64, document: &str) -> Scenario {
    let mut world = world;
    let document = sha256(document);
    for party in &mut world.signing {
        party.seen = Some(SeenBefore { version, document: document.clone() });
    }
    world
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = beside_a_file();
    cases.extend(trials());
    cases
}

fn beside_a_file() -> Vec<Case> {
    let seen = |world: Scenario| after(world, 4, &document());
    let allow = |name: &str, title: &str, world: Scenario| {
        Case::allow(&format!("pol/filed-{name}"), "A-POL-09", "P-CARRIED", title, world)
    };
    let deny = |name: &str, title: &str, world: Scenario, code: &str| {
        Case::deny(&format!("pol/filed-{name}"), "A-POL-09", "P-CARRIED", title, world, code)
            .beside("pol/filed-seen-carried")
    };
    vec![
        allow(
            "seen-carried",
            "the version that was seen is newer than the file's, and is carried",
            seen(filed().and(edition(4, &document()))),
        ),
        allow(
            "seen-newer-carried",
            "a newer version than was seen is carried",
            seen(filed().and(edition(5, &document()))),
        ),
        allow(
            "seen-and-trial",
            "the version that was seen is carried, and a newer one is tried out",
            seen(filed().and(edition(4, &document())).and(trial(5, &strict()))),
        )
        .excuses(&[LOST]),
        deny(
            "seen-withheld",
            "the version that was seen is newer than the file's, and is not carried",
            seen(filed()),
            ROLLED_BACK,
        ),
        deny(
            "seen-older-carried",
            "a version between the file's and the one that was seen is carried",
            after(filed().and(edition(4, &document())), 5, &document()),
            ROLLED_BACK,
        ),
        deny(
            "seen-trial-in-its-place",
            "a newer trial is carried in the place of the version that was seen",
            seen(filed().and(trial(5, &document()))),
            ROLLED_BACK,
        ),
        deny(
            "seen-other-carried",
            "the version that was seen is carried with another document",
            after(filed().and(edition(4, &document())), 4, &strict()),
            CONTRADICT,
        ),
        deny(
            "strict-and-trial",
            "a newer, stricter edition is carried, and a still newer trial",
            filed().and(edition(4, &strict())).and(trial(5, &document())),
            LOST,
        ),
    ]
}

fn trials() -> Vec<Case> {
    let allow = |name: &str, title: &str, world: Scenario| {
        Case::allow(&format!("pol/trial-{name}"), "A-POL-24", "P-EDITION", title, world)
    };
    let deny = |name: &str, title: &str, world: Scenario, code: &str| {
        Case::deny(&format!("pol/trial-{name}"), "A-POL-24", "P-EDITION", title, world, code)
            .beside("pol/trial-beside")
    };
    let alone = |version: u64| signed().without("edition-3").and(trial(version, &document()));
    let strictly = signed().without("edition-3").and(edition(3, &strict()));
    vec![
        allow("beside", "a newer trial beside what is enforced", signed().and(trial(4, &strict())))
            .excuses(&[LOST]),
        allow("older", "an older trial beside what is enforced", signed().and(trial(2, &strict()))),
        deny(
            "lax",
            "a newer trial beside what is enforced and fails",
            strictly.and(trial(4, &document())),
            LOST,
        ),
        deny(
            "after-enforced",
            "a trial in the place of an older version that was seen",
            after(alone(4), 3, &document()),
            ROLLED_BACK,
        ),
        deny(
            "of-the-version-seen",
            "a trial of a version that was seen enforced, in the file",
            {
                let line = String::from_utf8_lossy(&trial(3, &document()).line()).into_owned();
                let mut world = after(filed(), 3, &document());
                world.signing.iter_mut().for_each(|party| party.document = Some(line.clone()));
                world
            },
            CONTRADICT,
        ),
    ]
}
