//! A-CHN-08 to 17: scopes, times and principals.

use serde_json::json;

use super::Case;
use super::chn::{UNTRUSTED, untrusted};
use crate::scenario::{Part, Scenario, key_id};

const EDGE: &str = "north-endorses-child";
const CERTIFICATION: &str = "child-certifies-compiler";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = scopes();
    cases.extend(times());
    cases.extend(principals());
    cases
}

fn scopes() -> Vec<Case> {
    let narrow = |world: Scenario, edge: &str, patterns: serde_json::Value| {
        world.with(edge, |statement| statement["predicate"]["scope"]["properties"] = patterns)
    };
    let grand = || {
        Scenario::endorsed()
            .without(CERTIFICATION)
            .with_policy("cloud-provider", "depth: 1", "depth: 2")
            .with(EDGE, |statement| statement["predicate"]["scope"]["depth"] = json!(1))
            .and(Part::endorsement("child", "grandchild", 0))
            .and(Part::compiler("grandchild"))
            .and(Part::empty_list("grandchild"))
    };
    let outside = "authority-out-of-scope";
    let twice = |first: serde_json::Value, second: serde_json::Value| {
        let mut world = narrow(Scenario::endorsed(), EDGE, first);
        let mut other = Part::endorsement("north", "child", 0).named("again");
        other.change(|statement| {
            statement["predicate"]["serial"] = json!(7);
            statement["predicate"]["scope"]["properties"] = second;
        });
        world.parts.insert(0, other);
        world
    };
    vec![
        untrusted(
            "chn/scope-of-another",
            "A-CHN-08",
            "a child certifies outside its scope",
            narrow(Scenario::endorsed(), EDGE, json!(["STACK_CANARIES"])),
            outside,
            &[],
        ),
        untrusted(
            "chn/scope-prefix",
            "A-CHN-08",
            "a child's scope begins alike and is another",
            narrow(Scenario::endorsed(), EDGE, json!(["WASM_SPECTRE"])),
            outside,
            &[],
        ),
        untrusted(
            "chn/scope-widened",
            "A-CHN-08",
            "a grandchild is given what its parent does not have",
            narrow(grand(), EDGE, json!(["STACK_CANARIES"])),
            outside,
            &[],
        ),
        Case::allow(
            "chn/scope-narrowed",
            "A-CHN-08",
            "M-CHAIN",
            "a grandchild is given less than its parent has",
            narrow(grand(), "child-endorses-grandchild", json!(["WASM_S*"])),
        ),
        Case::allow(
            "chn/two-endorsements",
            "A-CHN-16",
            "M-CHAIN",
            "two endorsements of one child, the narrow one first",
            twice(json!(["WASM_*"]), json!(["STACK_CANARIES"])),
        ),
        Case::allow(
            "chn/two-endorsements-turned",
            "A-CHN-16",
            "M-CHAIN",
            "two endorsements of one child, the wide one first",
            twice(json!(["STACK_CANARIES"]), json!(["WASM_*"])),
        ),
        untrusted(
            "chn/two-endorsements-beside",
            "A-CHN-16",
            "two endorsements of one child, neither wide enough",
            twice(json!(["STACK_*"]), json!(["STACK_CANARIES"])),
            outside,
            &[],
        ),
    ]
}

/// Each check on the direct path and on the one through an endorsement (A-CHN-17).
fn times() -> Vec<Case> {
    let mut cases = Vec::new();
    let paths = [
        ("anchor", Scenario::small(), "north-certifies-compiler", "A-CHN-17"),
        ("child", Scenario::endorsed(), CERTIFICATION, "A-CHN-17"),
        ("endorsement", Scenario::endorsed(), EDGE, "A-CHN-13"),
    ];
    for (name, world, part, attack) in paths {
        let set = |member: &'static str, value: &str| {
            world.clone().with(part, |s| s["predicate"][member] = value.into())
        };
        let bounds = [
            ("expired-now", "notAfter", "2026-06-01T12:00:00Z", Some("expired")),
            ("expires-next-second", "notAfter", "2026-06-01T12:00:01Z", None),
            ("starts-after-the-skew", "notBefore", "2026-06-01T12:02:01Z", Some("not-yet-valid")),
            ("starts-within-the-skew", "notBefore", "2026-06-01T12:02:00Z", None),
        ];
        for (bound, member, value, code) in bounds {
            let (path, title) = (format!("chn/{name}-{bound}"), format!("{part}: {bound}").replace('-', " "));
            cases.push(match code {
                Some(code) => Case::deny(&path, attack, "F-WINDOW", &title, set(member, value), code),
                None => Case::allow(&path, attack, "F-WINDOW", &title, set(member, value)),
            });
        }
        let authority = if name == "child" { "child" } else { "north" };
        let kind = if name == "endorsement" { "endorsement" } else { "certification" };
        let entry = json!([{ "id": { kind: world.id(part) }, "reason": "unspecified", "date": "2026-05-01T00:00:00Z" }]);
        let list = format!("{authority}-revokes");
        let revoked = world.clone().with(&list, |statement| statement["predicate"]["revoked"] = entry);
        cases.push(Case::deny(
            &format!("chn/{name}-revoked"),
            attack,
            "M-REVOKE",
            &format!("{part}: revoked"),
            revoked,
            "revoked",
        ));
        let stale = world.clone().without(&list);
        cases.push(Case::unknown(
            &format!("chn/{name}-without-list"),
            attack,
            "M-FRESH",
            &format!("{part}: its issuer has no list"),
            stale,
            "revocation-list-stale",
        ));
        let other = world.clone().and(Part::list(authority, 0, &json!([])).named("contradiction")).with(
            "contradiction",
            |statement| {
                statement["predicate"]["notAfter"] = json!("2026-06-09T00:00:00Z");
            },
        );
        cases.push(Case::deny(
            &format!("chn/{name}-two-lists"),
            attack,
            "M-FRESH",
            &format!("{part}: its issuer signed two lists of one serial"),
            other,
            "revocation-lists-contradict",
        ));
    }
    cases
}

fn principals() -> Vec<Case> {
    let owner = Scenario::quorum(&["owner"], 1)
        .policies
        .into_iter()
        .map(|(_, text)| ("data-owner".to_owned(), text.replace("cloud-provider", "data-owner")));
    let mut world = Scenario::small();
    world.policies.extend(owner);
    let mut turned = world.clone();
    turned.policies.reverse();
    let mut both = world.clone().and(Part::compiler("owner")).and(Part::empty_list("owner"));
    let title = "each of two principals has an authority of its own";
    let allowed = Case::allow("chn/two-principals", "A-CHN-14", "P-DECIDE", title, both.clone());
    both.parts.retain(|part| part.name != "north-certifies-compiler");
    let title = "an authority that one principal trusts and the other does not";
    vec![
        allowed,
        untrusted("chn/trust-of-another", "A-CHN-14", title, world, UNTRUSTED, &[]).by("data-owner"),
        untrusted("chn/trust-of-another-turned", "A-CHN-14", title, turned, UNTRUSTED, &[]).by("data-owner"),
        untrusted("chn/trust-of-the-other", "A-CHN-14", title, both, UNTRUSTED, &[]),
        Case::allow(
            "chn/key-hint-of-nobody",
            "A-CHN-03",
            "F-KEYID",
            "a signature without a hint",
            Scenario::small().with_line_text(
                "compiler-runs",
                &format!("\"keyid\":\"{}\",", key_id("compiler")),
                "",
            ),
        ),
    ]
}
