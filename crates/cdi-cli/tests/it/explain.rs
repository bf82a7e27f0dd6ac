//! What `cdi explain` says, to the letter, and that its JSON is what docs/schema/explain.v1.json says.

use cdi_testkit::scenario::{NOW, Part, Scenario, artifact, key_id, public_key};
use serde_json::{Value, json};
use snapbox::file;

use crate::deployment::{Deployment, verify};
use crate::policies::{in_mode, waived};

/// A world in which what a scanner says of the artifact is asked for, and one that says so much.
pub(crate) fn scanned(score: f64) -> Scenario {
    let key = public_key("scanner");
    let evidence = format!(
        "custody: software\n    evidence: [{{name: scan, predicateType: \"https://scanner.example/v1\", keys: [\"{key}\"], \
         condition: predicate.score >= 7}}]"
    );
    let world = Scenario::small().with_policy("cloud-provider", "custody: software", &evidence);
    let require = "require: {allOf: [WASM_SPECTRE_MITIGATED, \"evidence:scan\"]}";
    let world = world.with_policy("cloud-provider", "require: WASM_SPECTRE_MITIGATED", require);
    let said = json!({ "score": score, "note": null });
    world.and(Part::foreign("scan", "scanner", "https://scanner.example/v1", "app.cwasm", &said))
}

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
fn what_others_say_is_told_with_whose_word_it_is() {
    let deployment = Deployment::of(&scanned(9.5));
    deployment.says(&explain(""), 0, file!["snapshots/explain-evidence.txt"]);
    deployment.says(&verify("--environment none"), 0, file!["snapshots/evidence-allowed.txt"]);
    deployment.says("policy explain cloud-provider.yaml", 0, file!["snapshots/policy-explain-evidence.txt"]);
    let deployment = Deployment::of(&scanned(6.5));
    deployment.says(&verify("--environment none"), 1, file!["snapshots/evidence-denied.txt"]);
    // What others say of the artifact concerns it, and stays.
    let pruned = deployment.cdi("bundle prune app.cwasm.intoto.jsonl --artifact app.cwasm");
    assert!(pruned.status.success(), "{}", String::from_utf8(pruned.stderr).unwrap());
    let kept = String::from_utf8(deployment.read("app.cwasm.intoto.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), scanned(6.5).lines().len());
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
        let said = Deployment::of(world).command(&explain("")).env("COLUMNS", "80").output().unwrap().stdout;
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
        (Deployment::of(&asking("{anyOf: [STACK_CANARIES, WASM_SPECTRE_MITIGATED]}")), explain(""), 0),
        (
            Deployment::of(&asking("{anyOf: [STACK_CANARIES, WASM_SPECTRE_MITIGATED]}")),
            explain("--property STACK_CANARIES"),
            1,
        ),
        (sharing(), explain("--dir data"), 1),
        (Deployment::of(&waived()), explain(""), 0),
        (Deployment::of(&scanned(9.5)), explain(""), 0),
        (Deployment::of(&scanned(6.5)), explain(""), 1),
        (Deployment::of(&reproduced(true)), explain("--reproduced"), 0),
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

const OWNER: &str = "cloud-provider";

/// The small world, whose policy asks for this.
fn asking(require: &str) -> Scenario {
    Scenario::small().with_policy(OWNER, "require: WASM_SPECTRE_MITIGATED", &format!("require: {require}"))
}

fn said(deployment: &Deployment, line: &str, status: i32) -> String {
    let output = deployment.cdi(line);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(status), "{line}: {text}");
    text
}

#[test]
fn of_a_formula_what_is_not_needed_is_told_as_that() {
    let deployment = Deployment::of(&asking("{anyOf: [STACK_CANARIES, WASM_SPECTRE_MITIGATED]}"));
    said(&deployment, &verify(""), 0);
    deployment.says(&explain(""), 0, file!["snapshots/explain-any-of.txt"]);
    // A word of it that need not hold by itself is not called asked for.
    let text = said(&deployment, &explain("--property STACK_CANARIES"), 1).replace("\n  ", " ");
    assert!(text.contains("whose policy asks for STACK_CANARIES or WASM_SPECTRE_MITIGATED"), "{text}");
    let two = "{atLeast: 2, of: [STACK_CANARIES, WASM_SPECTRE_MITIGATED, NETWORK_ISOLATION]}";
    let deployment = Deployment::of(&asking(two));
    said(&deployment, &verify(""), 0);
    let text = said(&deployment, &explain(""), 0);
    assert!(text.contains("Not shown, and not needed: STACK_CANARIES."), "{text}");
    let deployment = Deployment::of(&asking("{anyOf: [STACK_CANARIES, WASM_VALIDATED]}"));
    said(&deployment, &verify(""), 1);
    let text = said(&deployment, &explain(""), 1);
    assert!(text.contains("this is not met") && text.contains("STACK_CANARIES is not shown."), "{text}");
}

#[test]
fn what_the_program_may_not_get_is_explained_too() {
    let deployment = sharing();
    said(&deployment, &verify("--dir data"), 1);
    let text = said(&deployment, &explain("--dir data"), 1);
    assert!(text.contains("cloud-provider, grants: no") && text.contains("[grant-refused]"), "{text}");
    // Asked for a word alone, it is about the word.
    said(&deployment, &explain("--dir data --property WASM_SPECTRE_MITIGATED"), 0);
}

#[test]
fn what_is_excused_is_explained_with_whose_excuse() {
    let waived = Deployment::of(&waived());
    said(&waived, &verify(""), 0);
    waived.says(&explain(""), 0, file!["snapshots/explain-waived.txt"]);
    said(&waived, &explain("--property WASM_VALIDATED"), 1);
    let warns = Deployment::of(&in_mode("warn"));
    let text = said(&warns, &explain(""), 0);
    assert!(text.contains("EXCUSED: not enforced, since the policy's mode is `warn`."), "{text}");
    said(&Deployment::of(&in_mode("enforce")), &explain(""), 1);
}

/// The small world at a host that has a directory, which its policy gives to nobody.
fn sharing() -> Deployment {
    let granting = "  host: cloud-provider\n  directories: [{name: data, path: ., owner: cloud-provider}]\n";
    Deployment::of(&asking("WASM_SPECTRE_MITIGATED")).with_configuration("  host: cloud-provider\n", granting)
}

/// The small world, whose policy wants two custodians; the second has made the artifact too, or not.
fn reproduced(second: bool) -> Scenario {
    let custodian = |name: &str, key: &str| format!("{{name: {name}, reportKeys: [\"{}\"]}}", key_id(key));
    let custodians = [custodian("builder", "compiler"), custodian("mirror", "rebuilder")].join(", ");
    let require = "require: WASM_SPECTRE_MITIGATED";
    let history = format!("{require}\n  history: {{reproduced: {{by: 2, custodians: [{custodians}]}}}}");
    let world = Scenario::small().with_policy(OWNER, require, &history);
    if !second {
        return world;
    }
    let mut certification = Part::compiler("north").named("certified-again");
    certification.change(|statement| statement["predicate"]["reportKey"] = json!(public_key("rebuilder")));
    let mut run = Part::compiling("app.wasm", "app.cwasm").named("again");
    run.signers = vec!["rebuilder".to_owned()];
    run.change(|statement| statement["predicate"]["issuer"] = json!(key_id("rebuilder")));
    world.and(certification).and(run)
}

#[test]
fn a_reproduction_is_told_in_its_own_words() {
    let line = explain("--reproduced");
    let text = said(&Deployment::of(&reproduced(true)), &line, 0).replace("\n  ", " ");
    assert!(text.contains("`app.cwasm` was reproduced by `builder` and `mirror`, for"), "{text}");
    assert!(text.contains("asks for 2 independent custodians"), "{text}");
    let one = said(&Deployment::of(&reproduced(false)), &line, 1).replace("\n  ", " ");
    assert!(one.contains("Too few have made `app.cwasm` the same way, for cloud-provider"), "{one}");
    let none = said(&Deployment::of(&Scenario::small()), &line, 1).replace("\n  ", " ");
    assert!(none.contains("names no custodians"), "{none}");
    for text in [text, one, none] {
        assert!(!text.contains("complete history") && !text.contains("does not ask for it"), "{text}");
    }
}
