//! What `cdi explain` says, to the letter, and that its JSON is what docs/schema/explain.v1.json says.

use cdi_testkit::scenario::{NOW, Part, Scenario, artifact, public_key};
use serde_json::{Value, json};
use snapbox::file;

use crate::deployment::{Deployment, verify};

/// `cdi explain` at the fixed time.
fn explain(rest: &str) -> String {
    format!("explain app.cwasm --at {NOW} {rest}").trim_end().to_owned()
}

/// The whole world, in which the compiler's run is all there is, and one of its certifiers is silent.
fn lacking() -> Scenario {
    Scenario::full().without("inspector-runs").without("north-certifies-compiler")
}

/// A world in which what is asked rests on an assumption and on an origin that is accepted by its digest.
fn assuming() -> Scenario {
    let assumed = format!(
        "    assume: [{{property: WASM_VALIDATED, artifact: {}}}]\n    anchors:",
        artifact("app.wasm")
    );
    let by_digest = format!("origins: [{{artifact: {}}}]", artifact("app.wasm"));
    let world = Scenario::full().without("inspector-runs");
    let world = world.with_policy("developer", "    anchors:", &assumed);
    let policies = world.policies.iter().cloned().map(|(name, text)| {
        let start = text.find("origins: [");
        let changed = match (name.as_str(), start) {
            ("developer", Some(start)) => {
                let end = start + text[start..].find("}]").unwrap() + 2;
                format!("{}{by_digest}{}", &text[..start], &text[end..])
            }
            _ => text.clone(),
        };
        (name, changed)
    });
    Scenario { policies: policies.collect(), ..world.clone() }
}

#[test]
fn a_property_that_is_there_is_derived_step_by_step() {
    let deployment = Deployment::of(&Scenario::full());
    let line = explain("--principal developer --property WASM_VALIDATED --complete");
    deployment.says(&line, 0, file!["snapshots/explain-has.txt"]);
    deployment.says(&format!("{line} --output json"), 0, file!["snapshots/explain-has.json"]);
}

#[test]
fn without_a_word_all_that_is_asked_for_is_explained() {
    let deployment = Deployment::of(&Scenario::full());
    deployment.says(&explain("--principal cloud-provider"), 0, file!["snapshots/explain-tags.txt"]);
}

#[test]
fn what_is_missing_is_told_with_where_and_what_would_repair_it() {
    let deployment = Deployment::of(&lacking());
    deployment.says(&explain(""), 1, file!["snapshots/explain-has-not.txt"]);
    let json = "--principal developer --property WASM_VALIDATED --output json";
    deployment.says(&explain(json), 1, file!["snapshots/explain-has-not.json"]);
}

#[test]
fn a_word_that_no_policy_asks_for_is_explained_all_the_same() {
    let deployment = Deployment::of(&Scenario::full());
    let words = "--principal data-owner --property WASM_SPECTRE_MITIGATED --property STACK_CANARIES \
                 --property VM_ISOLATION --complete";
    deployment.says(&explain(words), 1, file!["snapshots/explain-unasked.txt"]);
}

#[test]
fn assumptions_and_origins_are_always_shown() {
    let deployment = Deployment::of(&assuming());
    deployment.says(&explain("--principal developer"), 0, file!["snapshots/explain-assumed.txt"]);
}

#[test]
fn where_a_history_is_cut_is_always_told() {
    let from = "kinds: [binary, source]}]";
    let world = Scenario::history().without("origin");
    let world =
        world.with_policy("cloud-provider", from, &format!("{from}, depth: [{{tool: compiler, steps: 0}}]"));
    let deployment = Deployment::of(&world);
    deployment.says(&explain("--complete"), 0, file!["snapshots/explain-cut.txt"]);
    deployment.says(&explain("--complete --output json"), 0, file!["snapshots/explain-cut.json"]);
    deployment.says(&verify("--environment none"), 0, file!["snapshots/history-cut.txt"]);
}

#[test]
fn what_a_verifier_stood_in_for_is_always_told() {
    let from = "kinds: [binary, source]}]";
    let verifier = format!(
        "{from}, summaries: [{{verifier: \"https://verifier.example/gate\", key: \"{}\", levels: \
         [SLSA_BUILD_LEVEL_2], maxAge: 13h}}]",
        public_key("verifier")
    );
    let predicate = json!({
        "verifier": { "id": "https://verifier.example/gate" }, "timeVerified": "2026-06-01T00:00:00Z",
        "resourceUri": "https://example.com/app.wasm", "policy": { "uri": "https://verifier.example/policy" },
        "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
    });
    let summary = "https://slsa.dev/verification_summary/v1";
    let world = Scenario::history().without("origin").with_policy("cloud-provider", from, &verifier);
    let world = world.and(Part::foreign("summary", "verifier", summary, "app.wasm", &predicate));
    let deployment = Deployment::of(&world);
    deployment.says(&explain("--complete"), 0, file!["snapshots/explain-summary.txt"]);
    deployment.says(&explain("--complete --output json"), 0, file!["snapshots/explain-summary.json"]);
    deployment.says(&verify("--environment none"), 0, file!["snapshots/history-summary.txt"]);
    deployment.says("inspect app.cwasm.intoto.jsonl", 0, file!["snapshots/inspect-summary.txt"]);
    let later = deployment.cdi("verify app.cwasm --at 2026-06-01T14:00:00Z");
    let later = String::from_utf8(later.stdout).unwrap();
    assert!(later.contains("[summary-too-old]"), "{later}");
    // What a verifier said concerns the artifact, and stays.
    let pruned = deployment.cdi("bundle prune app.cwasm.intoto.jsonl --artifact app.cwasm");
    assert!(pruned.status.success(), "{}", String::from_utf8(pruned.stderr).unwrap());
    let kept = String::from_utf8(deployment.read("app.cwasm.intoto.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), world.lines().len());
}

#[test]
fn what_could_not_be_looked_up_is_not_called_missing() {
    let deployment = Deployment::of(&Scenario::full());
    let line = "explain app.cwasm --at 2026-06-03T12:00:00Z --principal developer";
    deployment.says(line, 2, file!["snapshots/explain-not-told.txt"]);
}

#[test]
fn a_run_that_is_not_as_certified_is_told_what_to_change() {
    let world = Scenario::small();
    let world = world.with("compiler-runs", |statement| {
        statement["predicate"]["operation"]["exit"] = json!({ "code": 1 });
    });
    Deployment::of(&world).says(&explain(""), 1, file!["snapshots/explain-invocation.txt"]);
}

#[test]
fn whoever_trusts_nobody_is_told_so() {
    let world = Scenario::small();
    let policies = world.policies.iter().map(|(name, text)| {
        let head = text.split("\nspec:").next().unwrap();
        (name.clone(), format!("{head}\nspec:\n  principal: {name}\n  rule: accept-all\n"))
    });
    let deployment = Deployment::of(&Scenario { policies: policies.collect(), ..world.clone() });
    deployment.says(&explain(""), 0, file!["snapshots/explain-accepts-all.txt"]);
    deployment.says(&explain("--property WASM_VALIDATED"), 1, file!["snapshots/explain-nobody.txt"]);
}

#[test]
fn misspelt_words_and_names_are_told_with_what_was_meant() {
    let deployment = Deployment::of(&Scenario::full());
    deployment.says(&explain("--property WASM_VALIDTED"), 2, file!["snapshots/explain-word.txt"]);
    deployment.says(&explain("--principal developr"), 2, file!["snapshots/explain-principal.txt"]);
}

#[test]
fn no_sentence_is_wider_than_a_terminal() {
    let worlds = [Scenario::full(), lacking(), assuming(), Scenario::small()];
    for line in worlds.iter().flat_map(|world| {
        let said = Deployment::of(world).cdi(&explain("")).stdout;
        String::from_utf8(said).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    }) {
        assert!(line.chars().count() <= 80 || !line.trim_start().contains(' '), "{line}");
    }
}

#[test]
fn hostile_names_reach_no_terminal_raw() {
    let said = "\u{1b}[2Jx\u{202e}y";
    let world = Scenario::full().with("compiler-runs", |statement| {
        statement["predicate"]["operation"]["arguments"][0] = json!(said);
    });
    let deployment = Deployment::of(&world);
    for rest in ["", "--output json"] {
        let output = deployment.cdi(&explain(rest));
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains("invocation-arguments") && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
}

/// A document for each way in which an explanation comes out.
pub(crate) fn documents() -> Vec<Value> {
    let cases = [
        (Deployment::of(&Scenario::full()), explain(""), 0),
        (Deployment::of(&Scenario::full().and_line("garbage", "{]")), explain("--complete"), 1),
        (Deployment::of(&lacking()), explain(""), 1),
        (Deployment::of(&lacking()), explain("--environment none --property VM_ISOLATION"), 1),
        (Deployment::of(&assuming()), explain("--principal developer"), 0),
        (Deployment::of(&Scenario::full()), "explain app.cwasm --at 2026-06-03T12:00:00Z".to_owned(), 2),
    ];
    let document = |(deployment, line, status): &(Deployment, String, i32)| {
        let output = deployment.cdi(&format!("{line} --output json"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(*status), "{line}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    cases.iter().map(document).collect()
}

#[test]
fn a_shown_answer_names_what_suffices_for_it() {
    let world = Scenario::full();
    let output = Deployment::of(&world).cdi(&explain("--principal cloud-provider --output json")).stdout;
    let text = String::from_utf8(output).unwrap();
    let named = world.parts.iter().filter(|part| {
        let id = world.id(&part.name);
        text.contains(&id) || String::from_utf8_lossy(&part.payload).contains("revocations/v1")
    });
    let only = Scenario { parts: named.cloned().collect::<Vec<Part>>(), ..world.clone() };
    assert!(only.parts.len() < world.parts.len());
    assert_eq!(Deployment::of(&only).cdi(&explain("--principal cloud-provider")).status.code(), Some(0));
}
