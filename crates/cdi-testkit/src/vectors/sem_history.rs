//! Where a history begins and what makes a step of it (rules M-ORIGIN, M-COMPLETE, M-ASSUME).

use serde_json::json;

use super::Case;
use super::sem_steps::{allow, deny};
use crate::scenario::{MITIGATED, Part, Scenario, artifact, key_id, public_key};

const OWNER: &str = "cloud-provider";
const RUN: &str = "compiler-runs";
const REQUIRE: &str = "  require: WASM_SPECTRE_MITIGATED\n";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = histories();
    cases.extend(exemptions());
    cases.extend(assumptions());
    cases
}

/// Only a complete history is asked for, so that nothing else denies.
fn histories() -> Vec<Case> {
    let world = || Scenario::history().with_policy(OWNER, REQUIRE, "");
    let listing = |path: &str| {
        let mut origin = Part::origin("developer", "binary", &[path]);
        origin.change(|statement| statement["predicate"]["annotations"] = json!({ "n": 1 }));
        world().without("origin").without(RUN).and(origin)
    };
    let by_north = {
        let mut world = world();
        for part in &mut world.parts {
            if part.name == "origin" {
                part.change(|s| s["predicate"]["issuer"] = json!(key_id("north")));
                part.signers = vec!["north".to_owned()];
            }
        }
        world
    };
    let by_product = world().with(RUN, |statement| {
        let log = json!({ "name": "app.log", "digest": { "sha256": artifact("app.log") } });
        if let Some(subject) = statement["subject"].as_array_mut() {
            subject.push(log);
        }
    });
    let steps = |quorum: &str| {
        let mut world = world().with_policy(OWNER, "{default: 1}", quorum);
        let (north, south) = (public_key("north"), public_key("south"));
        let line = format!("      - {{name: north, keys: [\"{north}\"], scope: [\"*\"], depth: 0}}\n");
        let both = format!("{line}      - {{name: south, keys: [\"{south}\"], scope: [\"*\"], depth: 0}}\n");
        world = world.with_policy(OWNER, &line, &both);
        world.and(Part::empty_list("south"))
    };
    vec![
        allow("history", "M-COMPLETE", "a history and nothing else", world()),
        deny(
            "history-of-the-artifact",
            "M-ORIGIN",
            "the artifact itself, listed by its developer",
            listing("app.cwasm"),
            "no-report",
            "history",
        ),
        deny(
            "origin-by-an-authority",
            "M-ORIGIN",
            "an origin by somebody whose key is known, and whom the policy does not name for it",
            by_north,
            "origin-not-accepted",
            "history",
        ),
        allow("history-of-code", "M-COMPLETE", "a step with a by-product", by_product.clone()),
        deny(
            "history-of-a-by-product",
            "M-COMPLETE",
            "the by-product of a step",
            by_product.deploying(&artifact("app.log")),
            "output-role",
            "history-of-code",
        ),
        allow("one-for-a-step", "M-COMPLETE", "one authority for a step, two for the rest", {
            steps("{default: 2, STEP: 1}")
        }),
        deny(
            "two-for-a-step",
            "M-COMPLETE",
            "two authorities for a step, one for the rest",
            steps("{default: 1, STEP: 2}"),
            "quorum-unmet",
            "one-for-a-step",
        ),
    ]
}

/// A step from code and a list of which nobody says where it comes from.
fn exemptions() -> Vec<Case> {
    let world = |exempt: &str, arguments: serde_json::Value, called: serde_json::Value| {
        let world = Scenario::linked(&["a.wasm", "a.list"], "a.out", &["a.wasm"]);
        let described = world.with("north-certifies-linker", |statement| {
            statement["predicate"]["invocations"]["default"]["arguments"] = arguments;
        });
        let ran = described
            .with("linker-runs", |statement| statement["predicate"]["operation"]["arguments"] = called);
        ran.with_policy(
            OWNER,
            "kinds: [binary, source]}]",
            &format!("kinds: [binary, source]}}], exempt: {exempt}"),
        )
    };
    let as_list = |exempt: &str| {
        let arguments = json!([{ "output": "code" }, { "input": "code" }, { "input": "list" }]);
        world(exempt, arguments, json!(["a.out", "a.wasm", "a.list"]))
    };
    let unnamed =
        world("[list]", json!([{ "output": "code" }, { "input": "code" }]), json!(["a.out", "a.wasm"]));
    let of_the_code = world(
        "[list]",
        json!([{ "output": "code" }, { "input": "list" }, { "input": "list" }]),
        json!(["a.out", "a.wasm", "a.list"]),
    );
    let rule = "M-COMPLETE";
    vec![
        allow("exempt", rule, "an input of a role that needs no history", as_list("[list]")),
        deny(
            "exempt-none",
            rule,
            "an input of a role that needs one",
            as_list("[]"),
            "origin-not-accepted",
            "exempt",
        ),
        deny(
            "exempt-another",
            rule,
            "an input of another role than the one that needs no history",
            as_list("[data]"),
            "origin-not-accepted",
            "exempt",
        ),
        deny(
            "exempt-unnamed",
            rule,
            "an input that no argument names, and that is code for that",
            unnamed,
            "origin-not-accepted",
            "exempt",
        ),
        deny(
            "exempt-everything",
            rule,
            "a step all of whose inputs need no history",
            of_the_code,
            "step-without-code",
            "exempt",
        ),
        Case::load_error(
            "sem/exempt-code",
            "rule",
            "P-TRUST",
            "a policy to which code needs no history",
            as_list("[code, list]"),
            "exempt-code",
        )
        .beside("sem/exempt"),
    ]
}

fn assumptions() -> Vec<Case> {
    let world = |property: &str, of: &str| {
        let given = format!("custody: software\n    assume: [{{property: {property}, {of}}}]");
        Scenario::small().without(RUN).with_policy(OWNER, "custody: software", &given)
    };
    let of_artifact = format!("artifact: \"{}\"", artifact("app.cwasm"));
    let of_origin = format!("key: \"{}\", kind: library", public_key("developer"));
    let origin = || Part::origin("developer", "library", &["app.cwasm"]);
    let by_north = {
        let mut part = origin();
        part.change(|statement| statement["predicate"]["issuer"] = json!(key_id("north")));
        part.signers = vec!["north".to_owned()];
        part
    };
    vec![
        deny(
            "another-assumed",
            "M-ASSUME",
            "another property assumed of the artifact",
            world("STACK_CANARIES", &of_artifact),
            "no-report",
            "assumed",
        ),
        deny(
            "another-assumed-of-origin",
            "M-ASSUME",
            "another property assumed of what a supplier lists",
            world("STACK_CANARIES", &of_origin).and(origin()),
            "no-report",
            "assumed-of-origin",
        ),
        deny(
            "assumed-of-a-known-signer",
            "M-ASSUME",
            "an origin of somebody else whose key is known",
            world(MITIGATED, &of_origin).and(by_north),
            "no-report",
            "assumed-of-origin",
        ),
    ]
}
