//! A-CHN-05 and 08 beside another way: that an authority is one at all does not widen what it may say.

use serde_json::{Value, json};

use super::Case;
use super::chn::{UNTRUSTED, untrusted};
use crate::scenario::{MITIGATED, Part, Scenario, public_key};

const OWNER: &str = "cloud-provider";

/// Two anchors: south may speak about something else only, north about everything; each with its depth.
fn anchors(north: u8, south: u8) -> Scenario {
    let mut world = Scenario::quorum(&["north", "south"], 1)
        .without("north-certifies-compiler")
        .without("south-certifies-compiler");
    for (name, scope, depth) in [("north", "*", north), ("south", "STACK_CANARIES", south)] {
        let head = format!("keys: [\"{}\"], scope: ", public_key(name));
        let (from, to) = (format!("{head}[\"*\"], depth: 0"), format!("{head}[\"{scope}\"], depth: {depth}"));
        world = world.with_policy(OWNER, &from, &to);
    }
    world
}

fn certified_by(mut world: Scenario, names: &[&str]) -> Scenario {
    world.parts.extend(names.iter().map(|name| Part::empty_list(name)));
    world.and(Part::compiler(names.last().copied().unwrap_or("north")))
}

fn scoped(parent: &str, child: &str, depth: u8, patterns: &Value) -> Part {
    let mut part = Part::endorsement(parent, child, depth);
    part.change(|statement| statement["predicate"]["scope"]["properties"] = patterns.clone());
    part
}

pub(super) fn cases() -> Vec<Case> {
    let narrow = || json!(["STACK_CANARIES"]);
    let of_south = certified_by(anchors(1, 1).and(Part::endorsement("south", "child", 0)), &["child"]);
    let by_both = |north| {
        let world = anchors(north, 1).and(Part::endorsement("south", "child", 0));
        certified_by(world.and(Part::endorsement("north", "child", 0)), &["child"])
    };
    // The child may endorse for something else only, as north or as south says.
    let grand = |north: u8, own: u8| {
        let world = anchors(north, 2)
            .and(Part::endorsement("north", "child", own))
            .and(scoped("south", "child", 1, &narrow()))
            .and(Part::endorsement("child", "grandchild", 0));
        certified_by(world, &["child", "grandchild"])
    };
    // The order of endorsements is that of their ids, which the serial decides.
    let depths = |one: u8, other: u8| {
        let mut again = Part::endorsement("north", "child", other).named("again");
        again.change(|statement| statement["predicate"]["serial"] = json!(7));
        let world = anchors(2, 0).and(Part::endorsement("north", "child", one)).and(again);
        certified_by(world.and(Part::endorsement("child", "grandchild", 0)), &["child", "grandchild"])
    };
    let two = |scope: Value| {
        let both = format!("require: {{allOf: [{MITIGATED}, WASM_BOUNDS_CHECKED_BY_GUARD_PAGES]}}");
        let world = Scenario::endorsed().with_policy(OWNER, &format!("require: {MITIGATED}"), &both);
        world.with("north-endorses-child", |statement| statement["predicate"]["scope"]["properties"] = scope)
    };
    let outside = "authority-out-of-scope";
    // Nobody has published a list, and nobody that the policy names has endorsed either of the two.
    let each_other = anchors(1, 1)
        .and(Part::endorsement("mallory", "child", 0))
        .and(Part::endorsement("child", "mallory", 0))
        .and(Part::compiler("child"));
    vec![
        untrusted(
            "chn/strangers-without-lists",
            "A-CHN-01",
            "two strangers that endorse each other and publish no lists",
            each_other,
            UNTRUSTED,
            &[],
        )
        .beside("chn/depth-of-two-anchors"),
        Case::allow(
            "chn/depth-of-two-anchors",
            "A-CHN-05",
            "M-CHAIN",
            "two anchors that may endorse",
            by_both(1),
        ),
        untrusted(
            "chn/scope-of-an-anchor",
            "A-CHN-08",
            "a child of an anchor that may not speak about the property",
            of_south,
            outside,
            &[],
        )
        .beside("chn/depth-of-two-anchors"),
        untrusted(
            "chn/depth-of-another-anchor",
            "A-CHN-05",
            "of two anchors one may endorse and the other may speak about the property",
            by_both(0),
            outside,
            &[],
        )
        .beside("chn/depth-of-two-anchors"),
        Case::allow(
            "chn/grandchild-beside",
            "A-CHN-05",
            "M-CHAIN",
            "a chain of the depth it needs",
            grand(2, 1),
        ),
        untrusted(
            "chn/depth-of-another-endorsement",
            "A-CHN-05",
            "of two endorsements one lets a child endorse and the other speak about the property",
            grand(2, 0),
            outside,
            &[],
        )
        .beside("chn/grandchild-beside"),
        Case::allow(
            "chn/endorsement-deeper-than-its-anchor",
            "A-CHN-05",
            "M-CHAIN",
            "a child whose endorsement is deeper than its anchor",
            certified_by(anchors(1, 0).and(Part::endorsement("north", "child", 5)), &["child"]),
        ),
        untrusted(
            "chn/depth-beyond-the-anchor",
            "A-CHN-05",
            "an endorsement that is deeper than its anchor",
            grand(1, 5),
            outside,
            &[],
        )
        .beside("chn/grandchild-beside"),
        Case::allow(
            "chn/two-depths",
            "A-CHN-16",
            "M-CHAIN",
            "two endorsements of one child, the deep one first",
            depths(1, 0),
        ),
        Case::allow(
            "chn/two-depths-turned",
            "A-CHN-16",
            "M-CHAIN",
            "two endorsements of one child, the deep one last",
            depths(0, 1),
        ),
        untrusted(
            "chn/two-depths-beside",
            "A-CHN-16",
            "two endorsements of one child, neither deep enough",
            depths(0, 0),
            UNTRUSTED,
            &[],
        )
        .beside("chn/two-depths"),
        Case::allow(
            "chn/scope-of-both",
            "A-CHN-08",
            "M-CHAIN",
            "a child that may speak about both properties",
            two(json!(["WASM_*"])),
        ),
        untrusted(
            "chn/scope-of-the-first",
            "A-CHN-08",
            "a child that may speak about one of two properties",
            two(json!(["WASM_BOUNDS_*"])),
            outside,
            &[],
        )
        .beside("chn/scope-of-both"),
        untrusted(
            "chn/scope-of-the-second",
            "A-CHN-08",
            "a child that may speak about the other of two properties",
            two(json!(["WASM_SPECTRE_*"])),
            outside,
            &[],
        )
        .beside("chn/scope-of-both"),
    ]
}
