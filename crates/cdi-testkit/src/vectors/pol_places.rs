//! Whose nodes a policy accepts, and at which level it takes what a place provides (rules P-NODES, P-LEVEL).

use serde_json::{Value, json};

use super::Case;
use super::sem_supply;
use crate::scenario::{LIST_START, Part, Place, PlaceNode, Scenario, key_id, public_key};

const OWNER: &str = "cloud-provider";
const REQUIRE: &str = "  require: WASM_SPECTRE_MITIGATED";
const NODE: &str = "edge-node";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = nodes();
    cases.extend(revoked());
    cases.extend(levels());
    cases
}

/// The small world with this in its policy, at a node of which somebody says that it is a virtual machine.
fn at(places: &str, require: &str, node: Option<PlaceNode>, asserted_by: &str) -> Scenario {
    let mut world =
        Scenario::small().with_policy(OWNER, REQUIRE, &format!("  {places}\n  require: {require}"));
    world.place = Some(Place {
        name: "embedded".to_owned(),
        provides: vec!["VM_ISOLATION".to_owned()],
        asserted_by: asserted_by.to_owned(),
        runtime: None,
        node,
    });
    world
}

fn fleet() -> Option<PlaceNode> {
    Some(PlaceNode::Fleet(key_id(NODE)))
}

fn stranger() -> Option<PlaceNode> {
    Some(PlaceNode::Stranger(key_id(NODE)))
}

fn by_key(name: &str) -> String {
    format!("nodes: {{keys: [{{name: {NODE}, key: \"{}\"}}]}}", public_key(name))
}

fn nodes() -> Vec<Case> {
    let code = "WASM_SPECTRE_MITIGATED";
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("pol/node-{name}"), "rule", "P-NODES", title, world)
    };
    let deny = |name: &str, title: &str, world, beside: &str| {
        let case =
            Case::deny(&format!("pol/node-{name}"), "rule", "P-NODES", title, world, "node-not-accepted");
        case.beside(&format!("pol/node-{beside}"))
    };
    let by_keys = |key: &str| format!("places: {{{}}}", by_key(key));
    vec![
        allow(
            "configured",
            "a node that the configuration lists, for a policy that accepts those",
            at("places: {nodes: configured}", code, fleet(), OWNER),
        ),
        deny(
            "unlisted",
            "a node that the configuration does not list, for a policy that accepts those that it lists",
            at("places: {nodes: configured}", code, stranger(), OWNER),
            "configured",
        ),
        deny(
            "unspoken",
            "a node of the fleet, for a policy that says nothing of nodes, and code that leaves nothing open",
            at("places: {}", code, fleet(), OWNER),
            "configured",
        ),
        allow("by-key", "a node by its key", at(&by_keys(NODE), code, stranger(), OWNER)),
        deny(
            "by-another-key",
            "a node of another key under the name that the policy has",
            at(&by_keys("another-node"), code, stranger(), OWNER),
            "by-key",
        ),
    ]
}

/// At a node that the configuration lists, for a policy that leaves everything to the place and takes its word. Lists may be a
/// day old.
fn revoked() -> Vec<Case> {
    const LIST: &str = "north-revokes";
    let deny = |name: &str, title: &str, world| {
        Case::deny(&format!("pol/node-{name}"), "rule", "M-NODE", title, world, "node-revoked")
    };
    let unknown = |name: &str, title: &str, world| {
        let path = format!("pol/node-{name}");
        Case::unknown(&path, "rule", "M-NODE", title, world, "node-revocation-unknown")
            .beside("pol/node-unrevoked")
    };
    let asked = || at("places: {nodes: configured}", "VM_ISOLATION", fleet(), OWNER);
    let unasked = || asked().with_policy(OWNER, "{maxAge: 24h}", "dangerously-none");
    let revoking = |world: Scenario, key: &str| {
        let entry = json!([{ "id": { "key": key_id(key) }, "reason": "key-compromise", "date": LIST_START }]);
        world.with(LIST, |statement| statement["predicate"]["revoked"] = entry)
    };
    let stale = |statement: &mut Value| statement["predicate"]["notBefore"] = json!("2026-05-31T12:00:00Z");
    let child =
        asked().with_policy(OWNER, "depth: 0", "depth: 1").and(Part::endorsement("north", "child", 0));
    vec![
        Case::allow("pol/node-unrevoked", "rule", "M-NODE", "a node that nobody has revoked", asked()),
        deny("revoked", "a node that an anchor has revoked", revoking(asked(), NODE))
            .beside("pol/node-unrevoked"),
        unknown("unlisted-anchor", "a node of which an anchor says nothing", asked().without(LIST)),
        unknown(
            "stale-anchor",
            "a node of which an anchor has said nothing for a day",
            asked().with(LIST, stale),
        ),
        Case::allow(
            "pol/node-unasked",
            "rule",
            "M-NODE",
            "a node, for a policy that asks for no lists",
            unasked().without(LIST),
        ),
        deny(
            "revoked-unasked",
            "an entry acts, also for a policy that asks for no list",
            revoking(unasked(), NODE),
        )
        .beside("pol/node-unasked"),
        Case::allow(
            "pol/node-unlisted-child",
            "rule",
            "M-NODE",
            "a node of which one says nothing who only rests on an endorsement",
            child,
        ),
        Case::allow(
            "pol/node-another-revoked",
            "rule",
            "M-NODE",
            "a node beside one that an anchor has revoked",
            revoking(asked(), "another-node"),
        ),
    ]
}

fn levels() -> Vec<Case> {
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("pol/level-{name}"), "rule", "P-LEVEL", title, world)
    };
    let deny = |name: &str, title: &str, world, code: &str, beside: &str| {
        let case = Case::deny(&format!("pol/level-{name}"), "rule", "P-LEVEL", title, world, code);
        case.beside(&format!("pol/level-{beside}"))
    };
    let (vm, unmet) = ("VM_ISOLATION", "residual-unmet");
    let heard = |places: &str| at(places, vm, None, OWNER);
    let keyed =
        |level: &str| at(&format!("places: {{{}, {level}}}", by_key(NODE)), vm, stranger(), "operator");
    let listed = |accept: &str| {
        at(&format!("{accept}places: {{nodes: configured, level: asserted}}"), vm, fleet(), "operator")
    };
    let hosts = |level: &str| at(&format!("places: {{{}{level}}}", by_key(NODE)), vm, stranger(), OWNER);
    let supplied = |level: &str| {
        sem_supply::supplied().with_policy(
            OWNER,
            "  require:",
            &format!("  places: {{level: {level}}}\n  require:"),
        )
    };
    let unavailable = "attestation-unavailable";
    vec![
        allow("unstated", "one's own word about a place, no level being stated", heard("places: {}")),
        deny(
            "certified",
            "one's own word about a place, for a policy that wants it certified",
            heard("places: {level: certified}"),
            unmet,
            "unstated",
        ),
        allow(
            "asserted",
            "one's own word about a place, at the level asserted",
            heard("places: {level: asserted}"),
        ),
        deny(
            "certified-by-name",
            "a word for a property that the policy wants certified, others not",
            heard("places: {level: asserted, levels: {VM_ISOLATION: certified}}"),
            unmet,
            "asserted",
        ),
        allow(
            "asserted-by-key",
            "the word of a node whose key the policy names, at the level asserted",
            keyed("level: asserted"),
        ),
        deny(
            "unstated-by-key",
            "the word of a node whose key the policy names, no level being stated",
            keyed("levels: {LOCATION: asserted}"),
            unmet,
            "asserted-by-key",
        ),
        allow(
            "asserted-by-key-host",
            "the word of a node that only the policy's key list has, laid into the principal's own mouth, at the level asserted",
            hosts(", level: asserted"),
        ),
        deny(
            "unstated-by-key-host",
            "the word of a node that only the policy's key list has, laid into the principal's own mouth, no level being stated",
            hosts(""),
            unmet,
            "asserted-by-key-host",
        ),
        allow(
            "asserted-by-operator",
            "the word of a node of the fleet whose operator the principal hears",
            listed("acceptAsserted: [operator]\n  "),
        ),
        deny(
            "asserted-by-nobody-heard",
            "the word of a node of the fleet whose operator the principal does not hear",
            listed(""),
            unmet,
            "asserted-by-operator",
        ),
        allow("supplied", "a certified runtime, for a policy that wants it certified", supplied("certified")),
        deny(
            "attested",
            "a certified runtime, for a policy that wants it attested",
            supplied("attested"),
            unavailable,
            "supplied",
        ),
        deny(
            "attested-by-word",
            "one's own word about a place, for a policy that wants it attested",
            heard("places: {levels: {VM_ISOLATION: attested}}"),
            unavailable,
            "unstated",
        ),
    ]
}
