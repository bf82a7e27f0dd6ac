//! Trees: what is said of a folder with all files below it, and that it is never taken for a file of the same digits.
//!
//! `Part` knows files only, so each digest here is turned into that of a tree by hand.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{RUN, discarded, place, put};
use crate::scenario::{MITIGATED, Part, Scenario, artifact};

const OWNER: &str = "cloud-provider";
const LINKER: &str = "linker-runs";
const COMPILER: &str = "compiler-runs";
const CERTIFICATION: &str = "north-certifies-linker";
const SOURCE: &str = "src";
const BUILT: &str = "dag/tree";
const PACKED: &str = "dag/tree-between";

/// Turns the digest of a file into that of a tree of the same digits.
fn as_tree(digests: &mut Value) {
    if let Some(digits) = digests.as_object_mut().and_then(|members| members.remove("sha256")) {
        digests["dirHash1"] = digits;
    }
}

fn input_tree(world: Scenario, part: &str) -> Scenario {
    world.with(part, |report| as_tree(place(report, "/predicate/inputs/0")))
}

fn subject_tree(world: Scenario, part: &str) -> Scenario {
    world.with(part, |statement| as_tree(place(statement, "/subject/0/digest")))
}

fn told(world: Scenario, part: &str, paths: &[&str]) -> Scenario {
    let trees: serde_json::Map<String, Value> =
        paths.iter().map(|path| ((*path).to_owned(), json!({ "files": 2 }))).collect();
    world.with(part, |report| put(report, "/predicate/trees", json!(trees)))
}

/// How the linker is run: its output, then what it reads.
fn described(world: Scenario, rules: Value) -> Scenario {
    world.with(CERTIFICATION, |statement| {
        put(statement, "/predicate/invocations/default/arguments", rules);
    })
}

fn ran(world: Scenario, arguments: &[&str]) -> Scenario {
    world.with(LINKER, |report| put(report, "/predicate/operation/arguments", json!(arguments)))
}

/// A tool builds from a file: the controls of what is no tree.
fn from_a_file() -> Scenario {
    ran(Scenario::linked(&[SOURCE], "app", &[SOURCE]), &["app", SOURCE])
}

/// A tool builds an artifact from a tree that an argument names.
fn read_as_tree() -> Scenario {
    told(input_tree(from_a_file(), LINKER), LINKER, &[SOURCE])
}

fn rules(direction: &str) -> Value {
    json!([{ "output": "code" }, { direction: "code" }])
}

/// All of it: the developer names the tree as well.
fn built() -> Scenario {
    described(subject_tree(read_as_tree(), "origin"), rules("inputTree"))
}

/// A compiler makes a tree, and a linker the artifact from it. The property is the compiler's to establish.
fn packed() -> Scenario {
    let mut world = built().without("origin");
    world.policies = Scenario::small().policies;
    let world = world.and(Part::compiler("north")).and(Part::compiling("app.wasm", SOURCE));
    let world = world.with("north-certifies-compiler", |statement| {
        let rules = json!([{ "is": "-o" }, { "outputTree": "code" }, { "input": "code" }]);
        put(statement, "/predicate/invocations/default/arguments", rules);
    });
    told(subject_tree(world, COMPILER), COMPILER, &[SOURCE])
}

fn deny(path: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(path, "A-DAG-17", "F-TREE", title, world, code)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = kinds();
    cases.extend(arguments());
    cases.extend(by_policies());
    cases.extend(forms());
    cases
}

/// A file whose bytes are the list of a tree has the tree's digits, and is another artifact.
fn kinds() -> Vec<Case> {
    let strange = "origin-not-accepted";
    let of_a_file = described(from_a_file(), rules("input"));
    let made_as_file = || {
        let world = packed().with(COMPILER, |report| {
            let digits = artifact(SOURCE);
            put(report, "/subject/0/digest", json!({ "sha256": digits }));
            put(report, "/predicate/trees", json!({}));
        });
        world.with("north-certifies-compiler", |statement| {
            let rules = json!([{ "is": "-o" }, { "output": "code" }, { "input": "code" }]);
            put(statement, "/predicate/invocations/default/arguments", rules);
        })
    };
    vec![
        Case::allow(
            BUILT,
            "A-DAG-17",
            "F-TREE",
            "a tool builds from a tree that its developer names",
            built(),
        ),
        Case::allow(
            "dag/tree-beside-a-file",
            "A-DAG-17",
            "F-TREE",
            "a tool builds from a file that its developer names",
            of_a_file.clone(),
        ),
        deny(
            "dag/tree-named-as-file",
            "the developer names the file that is the tree's list",
            described(read_as_tree(), rules("inputTree")),
            strange,
        )
        .beside(BUILT),
        deny(
            "dag/file-named-as-tree",
            "the developer names the tree whose list the file is",
            subject_tree(of_a_file, "origin"),
            strange,
        )
        .beside("dag/tree-beside-a-file"),
        Case::allow(
            PACKED,
            "A-DAG-17",
            "F-TREE",
            "a property goes from a tree to what is made of it",
            packed(),
        ),
        deny(
            "dag/tree-made-as-file",
            "what was made is the file that is the tree's list",
            made_as_file(),
            "property-lost",
        )
        .beside(PACKED),
        deny(
            "dag/tree-deployed-as-file",
            "deployed is the file that is the tree's list",
            packed().without(LINKER).deploying(&artifact(SOURCE)),
            "no-report",
        )
        .beside("dag/tree-deployed"),
        Case::allow(
            "dag/tree-deployed",
            "A-DAG-17",
            "F-TREE",
            "deployed is the tree itself",
            packed().without(LINKER).deploying(&format!("dirHash1:{}", artifact(SOURCE))),
        ),
    ]
}

fn arguments() -> Vec<Case> {
    let deny = |path: &str, title: &str, world: Scenario, code: &str| {
        Case::deny(path, "rule", "M-INVOCATION", title, world, code).beside(BUILT)
    };
    let known = json!([{ "output": "code" },
        { "knownInput": { "role": "code", "sha256": [artifact(SOURCE)] } }]);
    vec![
        deny(
            "dag/tree-where-a-file-is-due",
            "the invocation describes a file, the run was given a tree",
            described(built(), rules("input")),
            "invocation-path",
        ),
        deny(
            "dag/file-where-a-tree-is-due",
            "the invocation describes a tree, the run was given a file",
            described(from_a_file(), rules("inputTree")),
            "invocation-path",
        )
        .beside("dag/tree-beside-a-file"),
        deny(
            "dag/tree-where-known-bytes-are-due",
            "the invocation lists the bytes of a file, which are the tree's list",
            described(built(), known),
            "invocation-path",
        ),
        deny(
            "dag/output-tree-where-a-file-is-made",
            "the invocation describes an output that is a tree",
            described(built(), json!([{ "outputTree": "code" }, { "inputTree": "code" }])),
            "invocation-path",
        ),
        Case::allow(
            "dag/tree-named-with-a-slash",
            "rule",
            "M-INVOCATION",
            "an argument names the tree with a slash behind it",
            ran(built(), &["app", "./src/"]),
        ),
        Case::allow(
            "dag/tree-unnamed",
            "rule",
            "M-INVOCATION",
            "no argument names the tree: it is code",
            described(ran(built(), &["app"]), json!([{ "output": "code" }])),
        ),
        deny(
            "dag/tree-below-which-an-argument-names",
            "an argument names a file of the tree, which the report does not",
            ran(built(), &["app", "src/main.c"]),
            "invocation-path",
        ),
    ]
}

fn by_policies() -> Vec<Case> {
    let origins = |digest: String| {
        let world = built().without("origin");
        let accepted = format!("[{{artifact: \"{digest}\"}}");
        world.with_policy(OWNER, "[{key: ", &format!("{accepted}, {{key: "))
    };
    let assumed = |digest: String| {
        let mut world = built().without("origin");
        world.policies = Scenario::small().policies;
        let assume =
            format!("custody: software\n    assume: [{{property: {MITIGATED}, artifact: \"{digest}\"}}]");
        world.with_policy(OWNER, "custody: software", &assume)
    };
    let tree = || format!("dirHash1:{}", artifact(SOURCE));
    let allow = |path: &str, rule, title: &str, world| Case::allow(path, "rule", rule, title, world);
    vec![
        allow("dag/tree-accepted", "M-ORIGIN", "a policy accepts a tree as an origin", origins(tree())),
        Case::deny(
            "dag/tree-accepted-as-file",
            "A-DAG-17",
            "M-ORIGIN",
            "a policy accepts the file that is the tree's list",
            origins(artifact(SOURCE)),
            "origin-not-accepted",
        )
        .beside("dag/tree-accepted"),
        allow("dag/tree-assumed", "M-ASSUME", "a policy assumes a property of a tree", assumed(tree())),
        Case::deny(
            "dag/tree-assumed-as-file",
            "A-DAG-17",
            "M-ASSUME",
            "a policy assumes a property of the file that is the tree's list",
            assumed(artifact(SOURCE)),
            "property-lost",
        )
        .beside("dag/tree-assumed"),
    ]
}

fn forms() -> Vec<Case> {
    let of_report = |name: &str, title: &str, pointer: &str, value: Value, code: &str| {
        let world = Scenario::small().with(RUN, |report| put(report, pointer, value));
        discarded(&format!("dag/{name}"), "rule", "F-TREE", title, RUN, world, code)
    };
    let digits = artifact("app.wasm");
    let malformed = "statement-malformed";
    let input = |digest: Value| {
        let mut input = json!({ "path": "app.wasm" });
        digest.as_object().into_iter().flatten().for_each(|(name, value)| input[name] = value.clone());
        json!([input])
    };
    let prefixed = format!("dirHash1:{digits}");
    let executable = Scenario::small().with("north-certifies-compiler", |statement| {
        as_tree(place(statement, "/subject/0/digest"));
    });
    let key =
        Scenario::small().with("north-revokes", |statement| as_tree(place(statement, "/subject/0/digest")));
    vec![
        of_report(
            "tree-untold",
            "an input is a tree of which nothing is told",
            "/predicate/inputs",
            input(json!({ "dirHash1": digits })),
            "tree-inconsistent",
        ),
        of_report(
            "tree-of-a-file",
            "a file is told of as a tree",
            "/predicate/trees",
            json!({ "app.wasm": { "files": 1 } }),
            "tree-inconsistent",
        ),
        of_report(
            "tree-and-file",
            "an input is a file and a tree",
            "/predicate/inputs",
            input(json!({ "sha256": digits, "dirHash1": digits })),
            malformed,
        ),
        of_report(
            "tree-in-the-place-of-a-file",
            "an input's sha256 is a tree's digest as text",
            "/predicate/inputs",
            input(json!({ "sha256": prefixed })),
            malformed,
        ),
        of_report(
            "tree-of-another-algorithm",
            "an input is identified by a digest that nobody knows",
            "/predicate/inputs",
            input(json!({ "dirHash2": digits })),
            malformed,
        ),
        of_report(
            "tree-subject-and-file",
            "a subject is a file and a tree",
            "/subject/0/digest",
            json!({ "sha256": digits, "dirHash1": digits }),
            malformed,
        ),
        discarded(
            "dag/tree-as-executable",
            "rule",
            "F-CERTIFICATION",
            "a certification is of a tree",
            "north-certifies-compiler",
            executable,
            "predicate-wrong-subject",
        ),
        discarded(
            "dag/tree-as-key",
            "rule",
            "F-REVOCATIONS",
            "a list is about a tree of its key's digits",
            "north-revokes",
            key,
            "predicate-wrong-subject",
        ),
    ]
}
