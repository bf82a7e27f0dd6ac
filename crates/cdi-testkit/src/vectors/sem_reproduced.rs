//! Runs in independent custody that made the same from the same (rule M-REPRODUCED).

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Part, Scenario, executable, key_id, public_key};

const OWNER: &str = "cloud-provider";
const REPRODUCED: &str = "sem/reproduced";
const MISSING: &str = "reproductions-missing";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = runs();
    cases.extend(custodians());
    cases.extend(documents());
    cases
}

fn deny(name: &str, title: &str, world: Scenario) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", "M-REPRODUCED", title, world, MISSING).beside(REPRODUCED)
}

/// A policy that wants so many of these custodians, each with the names of their report keys.
fn asking(world: Scenario, by: u8, custodians: &[(&str, &[&str])]) -> Scenario {
    let custodian = |(name, keys): &(&str, &[&str])| {
        let keys: Vec<String> = keys.iter().map(|key| format!("\"{}\"", key_id(key))).collect();
        format!("{{name: {name}, reportKeys: [{}]}}", keys.join(", "))
    };
    let custodians: Vec<String> = custodians.iter().map(custodian).collect();
    let history = format!("history: {{reproduced: {{by: {by}, custodians: [{}]}}}}", custodians.join(", "));
    let require = "require: WASM_SPECTRE_MITIGATED";
    world.with_policy(OWNER, require, &format!("{require}\n  {history}"))
}

fn two(world: Scenario) -> Scenario {
    asking(world, 2, &[("farm", &["compiler"]), ("distribution", &["rebuilder"])])
}

/// The compiler's certification and run once more, under a report key that somebody else holds.
fn again(authority: &str) -> [Part; 2] {
    let mut certification = Part::compiler(authority).named("certified-again");
    certification.change(|statement| statement["predicate"]["reportKey"] = json!(public_key("rebuilder")));
    let mut run = Part::compiling("app.wasm", "app.cwasm").named("again");
    run.signers = vec!["rebuilder".to_owned()];
    run.change(|statement| statement["predicate"]["issuer"] = json!(key_id("rebuilder")));
    [certification, run]
}

fn rebuilt() -> Scenario {
    let [certification, run] = again("north");
    Scenario::small().and(certification).and(run)
}

fn runs() -> Vec<Case> {
    let other_tool = |world: Scenario| {
        let change = |statement: &mut Value| {
            let measured = json!({ "path": "/opt/compiler", "sha256": executable("rebuilder") });
            statement["predicate"]["tool"]["executables"] = json!([measured]);
            statement["predicate"]["recorder"] = measured;
        };
        let certify = |statement: &mut Value| {
            statement["subject"][0]["digest"]["sha256"] = json!(executable("rebuilder"));
            statement["predicate"]["recorder"] = json!(executable("rebuilder"));
        };
        world.with("again", change).with("certified-again", certify)
    };
    let no_step = |statement: &mut Value| {
        let claims = statement["predicate"]["claims"].as_array_mut().into_iter();
        claims.for_each(|all| all.retain(|claim| claim["property"] != "STEP"));
    };
    let from_elsewhere = rebuilt().with("again", |statement| {
        statement["predicate"]["inputs"][0]["sha256"] = json!(executable("other code"));
    });
    let no_code = |statement: &mut Value| {
        statement["predicate"]["invocations"]["default"]["arguments"][2] = json!({ "input": "headers" });
    };
    let from_no_code = rebuilt().with("north-certifies-compiler", no_code).with("certified-again", no_code);
    let declared = rebuilt().with("again", |statement| statement["predicate"]["capture"] = json!("declared"));
    let forbidden = two(rebuilt()).with_policy(
        OWNER,
        "custody: software",
        &format!("custody: software\n    forbid: {{reportKeys: [\"{}\"]}}", key_id("rebuilder")),
    );
    let untold = {
        let [certification, run] = again("south");
        let world = Scenario::quorum(&["north", "south"], 1).and(certification).and(run);
        let world = world.without("south-certifies-compiler");
        two(world)
    };
    let title = "two custodians who made the artifact with one executable from one module";
    vec![
        Case::allow(REPRODUCED, "rule", "M-REPRODUCED", title, two(rebuilt())),
        deny("reproduced-once", "an artifact that one custodian made", two(Scenario::small())),
        deny("reproduced-from-other-code", "a second run that read other code", two(from_elsewhere)),
        deny(
            "reproduced-from-no-code",
            "two runs that read no code, and have that in common",
            two(from_no_code),
        ),
        deny(
            "reproduced-by-another-executable",
            "a second run by another executable",
            two(other_tool(rebuilt())),
        ),
        deny(
            "reproduced-as-declared",
            "a second run whose inputs only its invoker vouches for",
            two(declared),
        ),
        deny(
            "reproduced-uncertified",
            "a second run that nobody certified as a step",
            two(rebuilt().with("certified-again", no_step)),
        ),
        deny("reproduced-and-forbidden", "a second run whose report key the policy forbids", forbidden),
        Case::allow(
            "sem/reproduced-by-two-authorities",
            "rule",
            "M-REPRODUCED",
            "two custodians whose runs different authorities certified",
            untold.clone(),
        ),
        Case::unknown(
            "sem/reproduced-without-list",
            "rule",
            "M-REPRODUCED",
            "a second run whose authority has no fresh list",
            untold.without("south-revokes"),
            "revocation-list-stale",
        )
        .beside("sem/reproduced-by-two-authorities"),
    ]
}

fn custodians() -> Vec<Case> {
    let both: &[&str] = &["compiler", "rebuilder"];
    vec![
        deny(
            "reproduced-in-one-hand",
            "two runs whose report keys one custodian holds",
            asking(rebuilt(), 2, &[("farm", both), ("distribution", &["nobody"])]),
        ),
        deny(
            "reproduced-by-a-stranger",
            "a second run under a report key that the policy does not list",
            asking(rebuilt(), 2, &[("farm", &["compiler"]), ("distribution", &["nobody"])]),
        ),
        deny(
            "reproduced-too-rarely",
            "two runs where three are asked for",
            asking(
                rebuilt(),
                3,
                &[("farm", &["compiler"]), ("distribution", &["rebuilder"]), ("third", &["nobody"])],
            ),
        ),
    ]
}

fn documents() -> Vec<Case> {
    let refused = |name: &str, title: &str, world: Scenario, code: &str| {
        Case::load_error(&format!("sem/{name}"), "rule", "P-HISTORY", title, world, code).beside(REPRODUCED)
    };
    let (one, other): (&[&str], &[&str]) = (&["compiler"], &["rebuilder"]);
    let empty = Scenario::small().with_policy(OWNER, "  require:", "  history: {}\n  require:");
    vec![
        refused("history-of-nothing", "a history of which nothing is asked", empty, "policy-malformed"),
        refused(
            "custodians-with-one-key",
            "two custodians who hold one key",
            asking(rebuilt(), 2, &[("farm", one), ("distribution", one)]),
            "custodian-key-twice",
        ),
        refused(
            "custodians-with-one-name",
            "two custodians of one name",
            asking(rebuilt(), 2, &[("farm", one), ("farm", other)]),
            "custodian-name-twice",
        ),
        refused(
            "custodian-without-a-key",
            "a custodian who holds no key",
            asking(rebuilt(), 2, &[("farm", one), ("distribution", &[])]),
            "custodian-without-key",
        ),
        refused(
            "reproduced-by-one",
            "a single run in independent custody",
            asking(rebuilt(), 1, &[("farm", one), ("distribution", other)]),
            "reproduced-out-of-range",
        ),
        refused(
            "reproduced-by-more-than-there-are",
            "more custodians than are listed",
            asking(rebuilt(), 3, &[("farm", one), ("distribution", other)]),
            "reproduced-out-of-range",
        ),
    ]
}
