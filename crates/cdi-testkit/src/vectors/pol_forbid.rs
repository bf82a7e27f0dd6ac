//! What a policy forbids is removed before anything is derived (rule M-FORBID).

use serde_json::json;

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, artifact, executable, key_id, public_key};

const OWNER: &str = "cloud-provider";
const RULE: &str = "M-FORBID";
const SOUND: &str = "pol/forbid";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = tools();
    cases.extend(authorities());
    cases.extend(origins());
    cases.extend(documents());
    cases
}

fn forbidding(world: Scenario, forbid: &str) -> Scenario {
    world.with_policy(OWNER, "custody: software", &format!("custody: software\n    forbid: {forbid}"))
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("pol/{name}"), "rule", RULE, title, world, code).beside(SOUND)
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("pol/{name}"), "rule", RULE, title, world)
}

fn tools() -> Vec<Case> {
    let file = |name: &str| json!({ "path": format!("/lib/{name}"), "sha256": executable(name) });
    // A run in which a helper ran and a library was loaded, recorded by a program of its own.
    let world = || {
        let certified = Scenario::small().with("north-certifies-compiler", |statement| {
            let named = |name: &str| json!({ "name": name, "sha256": executable(name) });
            let predicate = &mut statement["predicate"];
            predicate["closure"] = json!([named("helper"), named("library")]);
            predicate["recorder"] = json!(executable("recorder"));
        });
        certified.with("compiler-runs", |statement| {
            let predicate = &mut statement["predicate"];
            predicate["recorder"] = file("recorder");
            predicate["tool"]["libraries"] = json!({ "measured": [file("library")] });
            if let Some(executables) = predicate["tool"]["executables"].as_array_mut() {
                executables.push(file("helper"));
            }
        })
    };
    let tool = |name: &str| forbidding(world(), &format!("{{tools: [\"{}\"]}}", executable(name)));
    let key = |name: &str| forbidding(world(), &format!("{{reportKeys: [\"{}\"]}}", key_id(name)));
    let unmeasured = forbidding(Scenario::small(), &format!("{{tools: [\"{}\"]}}", executable("library")));
    vec![
        allow("forbid", "a tool that took no part is forbidden", tool("another")),
        deny("forbid-entry", "the tool that ran is forbidden", tool("compiler"), "forbidden-tool"),
        deny("forbid-helper", "a tool that it called is forbidden", tool("helper"), "forbidden-tool"),
        deny("forbid-library", "a library that it loaded is forbidden", tool("library"), "forbidden-tool"),
        deny("forbid-recorder", "the recorder is forbidden", tool("recorder"), "forbidden-tool"),
        allow("forbid-unmeasured", "a library is forbidden, and libraries were not measured", unmeasured),
        deny("forbid-key", "the key of the report is forbidden", key("compiler"), "forbidden-report-key"),
        allow("forbid-another-key", "a key that signed no report is forbidden", key("north")),
        deny(
            "forbid-among-others",
            "one of three forbidden tools ran",
            forbidding(
                world(),
                &format!("{{tools: [\"{}\", \"{}\"]}}", executable("another"), executable("helper")),
            ),
            "forbidden-tool",
        ),
    ]
}

fn authorities() -> Vec<Case> {
    let authority =
        |name: &str, world| forbidding(world, &format!("{{authorities: [\"{}\"]}}", key_id(name)));
    let two = || {
        let world = Scenario::endorsed();
        let also =
            [Part::endorsement("north", "other", 0), Part::compiler("other"), Part::empty_list("other")];
        also.into_iter().fold(world, Scenario::and)
    };
    let revoking = two().with("child-revokes", |statement| {
        statement["predicate"]["revoked"] = json!([{
            "id": { "key": key_id("compiler") }, "reason": "key-compromise", "date": "2026-05-01T00:00:00Z"
        }]);
    });
    vec![
        allow(
            "forbid-another-authority",
            "an authority on no chain is forbidden",
            authority("south", Scenario::endorsed()),
        ),
        deny(
            "forbid-authority",
            "the authority that certified is forbidden",
            authority("child", Scenario::endorsed()),
            "forbidden-authority",
        )
        .beside("pol/forbid-another-authority"),
        allow(
            "forbid-one-of-two",
            "one of two authorities that certified is forbidden",
            authority("child", two()),
        ),
        deny(
            "forbid-who-revoked",
            "a forbidden authority says that a report key was compromised",
            authority("child", revoking),
            "report-key-compromised",
        )
        .beside("pol/forbid-one-of-two"),
    ]
}

fn origins() -> Vec<Case> {
    let forbid = |world: Scenario, id: &str| forbidding(world, &format!("{{origins: [\"{id}\"]}}"));
    let own = |world: Scenario| {
        let id = world.id("origin");
        forbid(world, &id)
    };
    let keys =
        |world: Scenario, name: &str| forbidding(world, &format!("{{originKeys: [\"{}\"]}}", key_id(name)));
    let again = || {
        let mut again = Part::origin("developer", "binary", &["app.wasm", "readme"]).named("again");
        again.change(|statement| {
            statement["predicate"]["annotations"] = json!({ "note": "signed once more" })
        });
        Scenario::history().and(again)
    };
    // Nothing is known of what a developer signed but that the policy takes its property as given.
    let assumed = || {
        let origin = Part::origin("developer", "binary", &["app.cwasm"]);
        let developer = public_key("developer");
        let assume = format!("[{{property: {MITIGATED}, key: \"{developer}\", kind: binary}}]");
        Scenario::small().without("compiler-runs").and(origin).with_policy(
            OWNER,
            "custody: software",
            &format!("custody: software\n    assume: {assume}"),
        )
    };
    let load = |name: &str, title: &str, world: Scenario, sibling: &str| {
        let world = keys(world, "developer");
        Case::load_error(&format!("pol/{name}"), "rule", "P-TRUST", title, world, "origin-key-forbidden")
            .beside(sibling)
    };
    let (other, other_assumed, other_key) =
        ("pol/forbid-another-origin", "pol/forbid-another-origin-assumed", "pol/forbid-another-origin-key");
    vec![
        allow(
            "forbid-another-origin",
            "an origin that is not there is forbidden",
            forbid(Scenario::history(), &artifact("another")),
        ),
        deny(
            "forbid-origin",
            "the origin at which the history begins is forbidden",
            own(Scenario::history()),
            "forbidden-origin",
        )
        .beside(other),
        allow(
            "forbid-one-origin-of-two",
            "one of two origins that list the module is forbidden",
            own(again()),
        ),
        deny(
            "forbid-origins-of-both",
            "both origins that list the module are forbidden",
            forbidding(
                again(),
                &format!("{{origins: [\"{}\", \"{}\"]}}", again().id("origin"), again().id("again")),
            ),
            "forbidden-origin",
        )
        .beside("pol/forbid-one-origin-of-two"),
        allow(
            "forbid-another-origin-assumed",
            "a property is assumed of what an origin lists, and another origin is forbidden",
            forbid(assumed(), &artifact("another")),
        ),
        deny(
            "forbid-origin-assumed",
            "a property is assumed of what an origin lists, and that origin is forbidden",
            own(assumed()),
            "forbidden-origin",
        )
        .beside(other_assumed),
        allow(
            "forbid-another-origin-key",
            "the origins of a key are forbidden of which nothing is accepted",
            keys(Scenario::history(), "north"),
        ),
        load(
            "forbid-origin-key-accepted",
            "the policy accepts origins of a key and forbids them",
            Scenario::history(),
            other_key,
        ),
        load(
            "forbid-origin-key-assumed",
            "the policy assumes something of a key's origins and forbids them",
            assumed(),
            other_assumed,
        ),
    ]
}

fn documents() -> Vec<Case> {
    let load = |name: &str, title: &str, forbid: &str, code: &str| {
        let world = forbidding(Scenario::small(), forbid);
        Case::load_error(&format!("pol/{name}"), "rule", "P-TRUST", title, world, code).beside(SOUND)
    };
    let anchor = format!("{{authorities: [\"{}\"]}}", key_id("north"));
    vec![
        load("forbid-anchor", "an anchor that is also forbidden", &anchor, "anchor-forbidden"),
        load("forbid-digest-malformed", "a tool by half a digest", "{tools: [\"00ff\"]}", "policy-malformed"),
        load("forbid-unknown-member", "a member that is not described", "{tool: []}", "policy-malformed"),
    ]
}
