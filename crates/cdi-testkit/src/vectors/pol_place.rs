//! What is left to the place (rules P-PLACE, P-DECIDE): how much of it, on whose word, and what missing lists leave open.

use super::Case;
use crate::scenario::{Place, Scenario};

const OWNER: &str = "cloud-provider";
const UNMET: &str = "residual-unmet";
const REQUIRE: &str = "require: WASM_SPECTRE_MITIGATED";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = parts();
    cases.extend(untold());
    cases
}

/// The small world under this requirement, at a place that provides this on the word of somebody.
fn at(require: &str, provides: &[&str], asserted_by: &str) -> Scenario {
    let mut world = Scenario::small().with_policy(OWNER, REQUIRE, &format!("require: {require}"));
    world.place = Some(Place {
        name: "embedded".to_owned(),
        provides: provides.iter().map(|&text| text.to_owned()).collect(),
        asserted_by: asserted_by.to_owned(),
        runtime: None,
        node: None,
    });
    world
}

fn parts() -> Vec<Case> {
    let three = "{atLeast: 2, of: [VM_ISOLATION, NETWORK_ISOLATION, SINGLE_TENANT]}";
    let by = |asserter: &str| {
        let accepting = "  acceptAsserted: [data-owner]\n  require:";
        at("VM_ISOLATION", &["VM_ISOLATION"], asserter).with_policy(OWNER, "  require:", accepting)
    };
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("pol/{name}"), "A-POL-22", "P-PLACE", title, world)
    };
    let deny = |name: &str, title: &str, world, beside: &str| {
        let case = Case::deny(&format!("pol/{name}"), "A-POL-22", "P-PLACE", title, world, UNMET);
        case.beside(&format!("pol/{beside}"))
    };
    let two = ["VM_ISOLATION", "SINGLE_TENANT"];
    vec![
        allow("two-of-three-provided", "a place with two of three properties", at(three, &two, OWNER)),
        deny(
            "one-of-three-provided",
            "a place with one of three properties of which two are asked for",
            at(three, &["VM_ISOLATION"], OWNER),
            "two-of-three-provided",
        ),
        allow(
            "word-of-another",
            "a place by the word of somebody whom the principal hears",
            by("data-owner"),
        ),
        deny(
            "word-of-a-third",
            "a place by the word of somebody else than whom the principal hears",
            by("developer"),
            "word-of-another",
        ),
    ]
}

/// The code's authority has no list, so that what it says could not be told.
fn untold() -> Vec<Case> {
    let either = "{anyOf: [WASM_SPECTRE_MITIGATED, VM_ISOLATION]}";
    let untold = |require: &str, provides: &[&str]| at(require, provides, OWNER).without("north-revokes");
    let both = Scenario::history().with_policy(OWNER, REQUIRE, "require: STACK_CANARIES");
    vec![
        Case::allow(
            "pol/place-instead-of-a-list",
            "A-POL-22",
            "P-PLACE",
            "a place that provides what code of which nothing could be told might have",
            untold(either, &["VM_ISOLATION"]),
        ),
        Case::unknown(
            "pol/neither-place-nor-list",
            "A-POL-22",
            "P-PLACE",
            "a place that does not provide what code of which nothing could be told might have",
            untold(either, &["NETWORK_ISOLATION"]),
            UNMET,
        )
        .beside("pol/place-instead-of-a-list"),
        Case::deny(
            "pol/neither-place-nor-code",
            "A-POL-22",
            "P-PLACE",
            "a place that does not provide what the code is known not to have",
            at("{anyOf: [STACK_CANARIES, VM_ISOLATION]}", &["NETWORK_ISOLATION"], OWNER),
            UNMET,
        )
        .beside("pol/place-instead-of-a-list"),
        Case::deny(
            "pol/denied-beside-untold",
            "rule",
            "P-DECIDE",
            "one requirement that is not met, and another of which nothing could be told",
            both.without("north-revokes"),
            "revocation-list-stale",
        )
        .beside("pol/control"),
    ]
}
