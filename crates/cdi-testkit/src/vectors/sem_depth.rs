//! How far back a history is asked behind the runs of a tool (rule M-DEPTH).

use serde_json::json;

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, artifact, public_key};

const OWNER: &str = "cloud-provider";
const NONE: &str = "sem/depth-none";
const TWO: &str = "sem/depth-two";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = names();
    cases.extend(counts());
    cases.extend(votes());
    cases.extend(linked());
    cases.extend(documents());
    cases
}

fn allow(path: &str, title: &str, world: Scenario) -> Case {
    Case::allow(path, "rule", "M-DEPTH", title, world)
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", "M-DEPTH", title, world, code).beside(NONE)
}

/// The policy, with these depths.
fn asking(world: Scenario, depth: &str) -> Scenario {
    let from = "kinds: [binary, source]}]";
    world.with_policy(OWNER, from, &format!("{from}, depth: {depth}"))
}

/// A compiled module of which nobody says where it comes from. Only the history is asked for.
fn compiled() -> Scenario {
    Scenario::history().without("origin").with_policy(OWNER, &format!("  require: {MITIGATED}\n"), "")
}

/// `first` makes `b` from `a`, `second` makes `c` from that, `third` makes `d`; nobody says where `a` comes from.
fn chain() -> Scenario {
    let step = |world: Scenario, tool: &str, from: &str, to: &str| {
        world.and(Part::linker("north", tool)).and(Part::linking(tool, &[from], to))
    };
    let world = compiled().without("compiler-runs").without("north-certifies-compiler");
    let world = step(step(step(world, "first", "a", "b"), "second", "b", "c"), "third", "c", "d");
    world.deploying(&artifact("d"))
}

fn names() -> Vec<Case> {
    let other = |depth: &str| asking(compiled(), depth);
    let renamed = compiled()
        .with("north-certifies-compiler", |statement| statement["predicate"]["tool"]["name"] = json!("comp"));
    vec![
        allow(NONE, "a tool of whose inputs no history is asked", other("[{tool: compiler, steps: 0}]")),
        deny(
            "depth-not-asked",
            "the same, where all of a history is asked",
            compiled(),
            "origin-not-accepted",
        ),
        deny("depth-empty", "no tool of whose inputs less is asked", other("[]"), "origin-not-accepted"),
        deny(
            "depth-another-tool",
            "another tool of whose inputs no history is asked",
            other("[{tool: linker, steps: 0}]"),
            "origin-not-accepted",
        ),
        deny(
            "depth-longer-name",
            "a tool whose name only begins as the policy's",
            other("[{tool: comp, steps: 0}]"),
            "origin-not-accepted",
        ),
        deny(
            "depth-another-case",
            "a tool whose name is written in other letters",
            other("[{tool: Compiler, steps: 0}]"),
            "origin-not-accepted",
        ),
        deny(
            "depth-name-by-the-report",
            "a tool that is certified by another name than its executable's",
            asking(renamed, "[{tool: compiler, steps: 0}]"),
            "origin-not-accepted",
        ),
        deny(
            "depth-of-the-artifact",
            "an artifact that no run made",
            other("[{tool: compiler, steps: 0}]").without("compiler-runs"),
            "no-report",
        ),
    ]
}

fn counts() -> Vec<Case> {
    let of = |depth: &str| asking(chain(), depth);
    let round = {
        let again = Part::linking("first", &["d"], "b").named("first-runs-again");
        of("[{tool: third, steps: 2}]").without("first-runs").and(again)
    };
    vec![
        allow(
            TWO,
            "two steps behind a tool, and the second reads what nobody tells of",
            of("[{tool: third, steps: 2}]"),
        ),
        deny(
            "depth-three",
            "three steps, where there are two",
            of("[{tool: third, steps: 3}]"),
            "origin-not-accepted",
        )
        .beside(TWO),
        deny(
            "depth-two-of-one",
            "two steps, the second of which nothing tells of",
            of("[{tool: third, steps: 2}]").without("first-runs"),
            "origin-not-accepted",
        )
        .beside(TWO),
        deny(
            "depth-two-uncertified",
            "two steps, the second by a tool that nobody certifies",
            of("[{tool: third, steps: 2}]").without("north-certifies-first"),
            "origin-not-accepted",
        )
        .discards(&["issuer-key-unknown"])
        .beside(TWO),
        allow(
            "sem/depth-one",
            "one step behind a tool",
            of("[{tool: third, steps: 1}]").without("first-runs"),
        ),
        allow(
            "sem/depth-of-the-first",
            "no history behind the first step, and all of it behind the others",
            of("[{tool: first, steps: 0}]"),
        ),
        allow(
            "sem/depth-never-longer",
            "a tool further back of whose inputs more is asked than is left",
            of("[{tool: third, steps: 2}, {tool: second, steps: 16}]"),
        ),
        allow(
            "sem/depth-shorter-further-back",
            "a tool further back of whose inputs less is asked than is left",
            of("[{tool: third, steps: 16}, {tool: second, steps: 1}]"),
        ),
        allow("sem/depth-round", "steps that go round, of which two are asked", round.clone()),
        deny(
            "depth-round-and-all",
            "steps that go round, all of which are asked",
            round.with_policy(OWNER, "steps: 2", "steps: 16").with_policy(OWNER, "tool: third", "tool: none"),
            "input-incomplete",
        )
        .beside("sem/depth-round"),
    ]
}

/// Each vote counts with the depth of the tool that its own certification names.
fn votes() -> Vec<Case> {
    let world = |name: &str| {
        let anchor = |name: &str| {
            let key = public_key(name);
            format!("      - {{name: {name}, keys: [\"{key}\"], scope: [\"*\"], depth: 0}}\n")
        };
        let mut second = Part::compiler("south");
        second.change(|statement| statement["predicate"]["tool"]["name"] = json!(name));
        let world = asking(compiled(), "[{tool: compiler, steps: 0}]")
            .with_policy(OWNER, "{default: 1}", "{default: 2}")
            .with_policy(OWNER, &anchor("north"), &format!("{}{}", anchor("north"), anchor("south")));
        world.and(second).and(Part::empty_list("south"))
    };
    vec![
        allow("sem/depth-by-two", "two authorities that give the tool one name", world("compiler")),
        deny(
            "depth-by-one-of-two",
            "two authorities, one of which gives the tool a name that the policy does not know",
            world("cc"),
            "quorum-unmet",
        )
        .beside("sem/depth-by-two"),
    ]
}

fn linked() -> Vec<Case> {
    let world = |steps: u8| {
        let asked = asking(chain(), &format!("[{{tool: third, steps: {steps}}}]"));
        asked.with_policy(OWNER, "custody: software", "custody: software\n    inputs: linked")
    };
    vec![
        allow(
            "sem/depth-none-linked",
            "inputs that are to be linked, and of which no history is asked",
            world(0),
        ),
        deny(
            "depth-one-linked",
            "inputs that are to be linked, of which a step is asked, and nothing names one",
            world(1),
            "input-not-linked",
        )
        .beside("sem/depth-none-linked"),
    ]
}

fn documents() -> Vec<Case> {
    let error = |name: &str, title: &str, depth: &str, code: &str| {
        let world = asking(compiled(), depth);
        Case::load_error(&format!("sem/{name}"), "rule", "P-HISTORY", title, world, code).beside(NONE)
    };
    vec![
        error(
            "depth-twice",
            "two depths of one tool",
            "[{tool: compiler, steps: 0}, {tool: compiler, steps: 0}]",
            "depth-tool-twice",
        ),
        error(
            "depth-seventeen",
            "more steps than can be counted",
            "[{tool: compiler, steps: 17}]",
            "depth-out-of-range",
        ),
        error("depth-of-nobody", "a depth of no tool", "[{steps: 0}]", "policy-malformed"),
        error("depth-of-all", "a depth of a tool without a number", "[{tool: compiler}]", "policy-malformed"),
        error(
            "depth-unknown-member",
            "a depth with another member",
            "[{tool: compiler, steps: 0, version: '1'}]",
            "policy-malformed",
        ),
    ]
}
