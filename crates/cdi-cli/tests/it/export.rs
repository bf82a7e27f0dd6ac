//! What is exported says what was shown, in the forms of others, and nothing besides.

use std::collections::BTreeSet;

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_testkit::scenario::{MITIGATED, NOW, Scenario, artifact};
use cdi_types::{AnyStatement, parse_statement};
use serde_json::Value;

use crate::deployment::Deployment;
use crate::policies::{in_mode, waived};

const BUNDLE: &str = "app.cwasm.intoto.jsonl";
const URIS: &str = "--verifier https://example.com/cdi --resource https://example.com/app.cwasm --unsigned";
const SVR: &str = "svr app.cwasm --verifier https://example.com/cdi --unsigned";
const PROVIDER: &str = "--principal cloud-provider --unsigned";

fn full() -> Deployment {
    Deployment::of(&Scenario::full())
}

/// What `cdi export` prints, line by line, and what it says besides; it must end so.
fn export(deployment: &Deployment, line: &str, status: i32) -> (Vec<Value>, String) {
    let output = deployment.cdi(&format!("export {line}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{line}: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), said)
}

fn statements(deployment: &Deployment, line: &str, status: i32) -> Vec<Value> {
    export(deployment, &format!("{line} --at {NOW}"), status).0
}

/// That `cdi export` ends so, says this code and prints nothing.
fn refused(deployment: &Deployment, line: &str, status: i32, code: &str) {
    let (lines, said) = export(deployment, line, status);
    assert!(said.contains(&format!("[{code}]")), "{line}: {said}");
    assert_eq!(lines, <[Value; 0]>::default(), "{line}");
}

fn texts(values: &Value, member: &str) -> BTreeSet<String> {
    let all = values.as_array().unwrap().iter();
    all.map(|one| if member.is_empty() { one } else { &one[member] }.as_str().unwrap().to_owned()).collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn attributes_are_what_the_report_shows_and_name_by_what() {
    let (deployment, scenario) = (full(), Scenario::full());
    let found = statements(&deployment, &format!("scai app.cwasm {PROVIDER}"), 0);
    let [statement] = found.as_slice() else { panic!("{found:#?}") };
    let predicate = &statement["predicate"];
    let shown = texts(&predicate["attributes"], "attribute");
    let established = ["WASM_BOUNDS_CHECKED_BY_GUARD_PAGES", "WASM_SPECTRE_MITIGATED"];
    assert!(shown.is_superset(&set(&established)), "{shown:?}");
    assert!(!shown.contains("STEP"));
    let report = scenario.id("compiler-runs");
    for attribute in predicate["attributes"].as_array().unwrap() {
        assert_eq!(attribute["evidence"]["digest"]["sha256"], report);
        assert_eq!(attribute["conditions"]["principal"], "cloud-provider");
        assert_eq!(attribute["conditions"]["quorum"], 3);
        assert_eq!(attribute["conditions"]["certifications"].as_array().unwrap().len(), 3);
        assert_eq!(attribute.get("target"), None, "the one subject is the target");
    }
    assert_eq!(statement["subject"][0]["digest"]["sha256"], scenario.artifact);
    // An inspection's report is about something else, and is asked for by name.
    let inspected = scenario.id("inspector-runs");
    let line = format!("scai app.cwasm {PROVIDER} --report {}", inspected.get(..12).unwrap());
    let found = statements(&deployment, &line, 0);
    let expected = set(&["WASM_NO_NETWORK_IMPORTS", "WASM_VALIDATED"]);
    assert_eq!(texts(&found[0]["predicate"]["attributes"], "attribute"), expected);
    assert_eq!(found[0]["subject"][0]["name"], "app.wasm");
}

#[test]
fn what_does_not_count_is_not_exported() {
    let without = Scenario::full().without("north-certifies-compiler");
    let deployment = Deployment::of(&without);
    // Two of three vouch: enough for the developer, and for the provider nothing is shown.
    for form in ["scai", "slsa-provenance"] {
        assert_eq!(
            statements(&deployment, &format!("{form} app.cwasm --principal developer --unsigned"), 0).len(),
            1
        );
        refused(&deployment, &format!("{form} app.cwasm {PROVIDER} --at {NOW}"), 1, "export-nothing-shown");
        let late = format!("{form} app.cwasm --principal developer --unsigned --at 2027-06-01T12:00:00Z");
        refused(&deployment, &late, 1, "export-nothing-shown");
    }
    let provider = "cyclonedx app.cwasm --principal cloud-provider";
    refused(&deployment, &format!("{provider} --at {NOW}"), 1, "export-nothing-shown");
    // Nobody's view is taken for somebody's.
    refused(&deployment, &format!("scai app.cwasm --unsigned --at {NOW}"), 2, "export-several-policies");
    refused(
        &deployment,
        &format!("scai app.cwasm --principal nobody --unsigned --at {NOW}"),
        2,
        "principal-not-required",
    );
    let unknown = format!("scai app.cwasm {PROVIDER} --report 0123456789ab --at {NOW}");
    refused(&deployment, &unknown, 2, "statement-not-there");
}

#[test]
fn provenance_is_the_report_and_claims_no_level() {
    let (deployment, scenario) = (full(), Scenario::full());
    let found = statements(&deployment, &format!("slsa-provenance app.cwasm {PROVIDER}"), 0);
    let [statement] = found.as_slice() else { panic!("{found:#?}") };
    let (definition, run) =
        (&statement["predicate"]["buildDefinition"], &statement["predicate"]["runDetails"]);
    assert_eq!(
        definition["externalParameters"]["arguments"],
        serde_json::json!(["-o", "app.cwasm", "app.wasm"])
    );
    assert_eq!(definition["internalParameters"]["settings"]["opt-level"], "speed");
    assert_eq!(definition["resolvedDependencies"][0]["name"], "app.wasm");
    assert_eq!(run["metadata"]["invocationId"], scenario.id("compiler-runs"));
    assert!(run["builder"]["id"].as_str().unwrap().ends_with("/software/self"));
    let named = format!("slsa-provenance app.cwasm {PROVIDER} --builder https://example.com/builders/1");
    let named = statements(&deployment, &named, 0);
    assert_eq!(named[0]["predicate"]["runDetails"]["builder"]["id"], "https://example.com/builders/1");
    let inspection =
        format!("slsa-provenance app.cwasm {PROVIDER} --report {} --at {NOW}", scenario.id("inspector-runs"));
    refused(&deployment, &inspection, 1, "export-nothing-shown");
}

#[test]
fn summaries_say_what_each_principal_verified_and_are_read_by_cdi() {
    let deployment = full();
    let found = statements(&deployment, &format!("vsa app.cwasm {URIS} --environment embedded"), 0);
    assert_eq!(found.len(), 3, "one for each principal");
    for statement in &found {
        let (_, read) = parse_statement(&serde_json::to_vec(statement).unwrap()).unwrap();
        let AnyStatement::Summary(read) = read else { panic!("no summary") };
        assert!(read.is_passed());
        assert!(read.levels.iter().all(|level| level.starts_with("CDI_")), "{:?}", read.levels);
    }
    let levels = |n: usize| texts(&found[n]["predicate"]["verifiedLevels"], "");
    let provider = [
        "CDI_POLICY_MET_AT_PLACE",
        "CDI_PROPERTY_WASM_BOUNDS_CHECKED_BY_GUARD_PAGES",
        "CDI_PROPERTY_WASM_SPECTRE_MITIGATED",
    ];
    assert_eq!(levels(0), set(&provider), "what the place adds is not the artifact's");
    assert!(
        levels(1).contains("CDI_POLICY_MET") && levels(1).contains("CDI_HISTORY_COMPLETE"),
        "{:?}",
        levels(1)
    );
    let uri = |n: usize| found[n]["predicate"]["policy"]["uri"].as_str().unwrap();
    assert_eq!(uri(2), "https://code-deployment-integrity.io/policy/v1#data-owner");
    let results = format!("{SVR} --environment embedded --principal developer");
    let results = statements(&deployment, &results, 0);
    assert_eq!(texts(&results[0]["predicate"]["properties"], ""), levels(1));
    assert_eq!(results[0]["predicate"]["verifier"]["policies"][0]["name"], "developer");
}

#[test]
fn of_a_refusal_no_summary_says_that_anything_passed() {
    let deployment = full();
    // Without a place two of three are not satisfied, and the third one's word alone would be taken for the decision.
    let found = statements(&deployment, &format!("vsa app.cwasm {URIS}"), 1);
    assert_eq!(found.len(), 2);
    for statement in &found {
        assert_eq!(statement["predicate"]["verificationResult"], "FAILED");
        assert_eq!(statement["predicate"]["verifiedLevels"], serde_json::json!(["FAILED"]));
    }
    refused(&deployment, &format!("{SVR} --at {NOW}"), 1, "not-allowed");
    // What could not be told has neither passed nor failed.
    let stale = format!("vsa app.cwasm {URIS} --environment embedded --at 2026-06-09T12:00:00Z");
    refused(&deployment, &stale, 2, "not-allowed");
}

#[test]
fn what_was_excused_or_never_asked_for_is_left_out() {
    for scenario in [waived(), in_mode("audit")] {
        let deployment = Deployment::of(&scenario);
        refused(
            &deployment,
            &format!("vsa app.cwasm {URIS} --environment embedded --at {NOW}"),
            1,
            "export-excused",
        );
    }
    let deployment = full();
    let accepts = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: all}\nspec: {principal: developer, rule: accept-all}\n";
    deployment.write("developer.yaml", accepts.as_bytes());
    let (found, said) =
        export(&deployment, &format!("vsa app.cwasm {URIS} --environment embedded --at {NOW}"), 0);
    assert_eq!(found.len(), 2);
    assert!(said.contains("[export-asks-nothing]"), "{said}");
}

#[test]
fn nothing_is_written_unsigned_by_accident_nor_over_a_file() {
    let deployment = full();
    let bare = deployment.cdi(&format!("export scai app.cwasm --principal developer --at {NOW}"));
    assert_eq!(bare.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bare.stderr).contains("--unsigned"));
    deployment.cdi("key generate --out export.pem");
    let signed = format!("scai app.cwasm --principal developer --key export.pem --at {NOW}");
    let (found, _) = export(&deployment, &signed, 0);
    let line = serde_json::to_vec(&found[0]).unwrap();
    let envelope = Envelope::parse(&line).unwrap().into_untrusted();
    let key = PublicKey::from_pem(std::str::from_utf8(&deployment.read("export.pub.pem")).unwrap()).unwrap();
    assert_eq!(envelope.verify_by(&key, &mut Budget::new(1)), Ok(()));
    refused(&deployment, &format!("{signed} --out cdi.yaml"), 2, "file-exists");
    for bad in ["", "example.com", "https:", "https://a\u{e9}"] {
        let mut command =
            deployment.command(&format!("export vsa app.cwasm --unsigned --resource x:y --at {NOW}"));
        assert_eq!(command.args(["--verifier", bad]).output().unwrap().status.code(), Some(2), "{bad}");
    }
}

#[test]
fn a_bill_of_materials_lists_the_chain_and_says_whether_all_of_it() {
    let deployment = full();
    let line = "cyclonedx app.cwasm --principal";
    let provider = statements(&deployment, &format!("{line} cloud-provider"), 0).remove(0);
    let developer = statements(&deployment, &format!("{line} developer"), 0).remove(0);
    assert_eq!(provider["metadata"]["component"]["name"], "app.cwasm");
    assert_eq!(texts(&provider["components"], "name"), set(&["app.wasm"]));
    assert_eq!(provider["compositions"][0]["aggregate"], "unknown", "this policy names no origins");
    assert_eq!(developer["compositions"][0]["aggregate"], "complete");
    let workflows = developer["formulation"][0]["workflows"].as_array().unwrap();
    let types: BTreeSet<&str> = workflows.iter().map(|one| one["taskTypes"][0].as_str().unwrap()).collect();
    assert_eq!(types, ["build", "scan"].into());
    assert_eq!(texts(&developer["formulation"][0]["components"], "name"), set(&["compiler", "inspector"]));
    assert_ne!(provider["serialNumber"], developer["serialNumber"]);
    assert_eq!(
        statements(&deployment, &format!("{line} developer"), 0)[0]["serialNumber"],
        developer["serialNumber"]
    );
}

/// The small world, whose principal also takes something as given.
fn assuming(property: &str, of: &str) -> Scenario {
    let assume =
        format!("custody: software\n    assume: [{{property: {property}, artifact: \"{}\"}}]", artifact(of));
    let both = format!("require: {{allOf: [{MITIGATED}, {property}]}}");
    Scenario::small().with_policy("cloud-provider", "custody: software", &assume).with_policy(
        "cloud-provider",
        &format!("require: {MITIGATED}"),
        &both,
    )
}

#[test]
fn what_a_policy_assumes_is_said_by_no_record() {
    let deployment = Deployment::of(&assuming("STACK_CANARIES", "app.cwasm"));
    let words = set(&["CDI_POLICY_MET", &format!("CDI_PROPERTY_{MITIGATED}")]);
    let vsa = statements(&deployment, &format!("vsa app.cwasm {URIS}"), 0).remove(0);
    assert_eq!(texts(&vsa["predicate"]["verifiedLevels"], ""), words);
    let svr = statements(&deployment, SVR, 0).remove(0);
    assert_eq!(texts(&svr["predicate"]["properties"], ""), words);
}

#[test]
fn what_is_preserved_from_an_assumption_says_so() {
    let deployment = Deployment::of(&assuming("WASM_NO_IMPORTS", "app.wasm"));
    let found = statements(&deployment, &format!("scai app.cwasm {PROVIDER}"), 0).remove(0);
    let attributes = found["predicate"]["attributes"].as_array().unwrap();
    let assumed: Vec<(&str, &Value)> = attributes
        .iter()
        .map(|one| (one["attribute"].as_str().unwrap(), &one["conditions"]["assumedOf"]))
        .filter(|(_, assumed)| !assumed.is_null())
        .collect();
    let of = serde_json::json!([artifact("app.wasm")]);
    assert_eq!(assumed, [("WASM_NO_IMPORTS", &of)]);
    let bom = statements(&deployment, "cyclonedx app.cwasm --principal cloud-provider", 0).remove(0);
    let words = texts(&bom["metadata"]["component"]["properties"], "value");
    assert!(words.contains(MITIGATED) && !words.contains("WASM_NO_IMPORTS"), "{words:?}");
}

#[test]
fn a_history_that_is_cut_is_not_called_complete() {
    let line = "cyclonedx app.cwasm --principal cloud-provider";
    let cut = |world: Scenario| {
        let origins = "{complete: {origins: ";
        let depth = "{complete: {depth: [{tool: compiler, steps: 0}], origins: ";
        world.with_policy("cloud-provider", origins, depth)
    };
    for (world, aggregate) in
        [(Scenario::history(), "complete"), (cut(Scenario::history().without("origin")), "unknown")]
    {
        let deployment = Deployment::of(&world);
        let bom = statements(&deployment, line, 0).remove(0);
        assert_eq!(bom["compositions"][0]["aggregate"], aggregate);
        let vsa = statements(&deployment, &format!("vsa app.cwasm {URIS}"), 0).remove(0);
        let words = texts(&vsa["predicate"]["verifiedLevels"], "");
        assert_eq!(words.contains("CDI_HISTORY_COMPLETE"), aggregate == "complete", "{words:?}");
    }
}

#[test]
fn sigstore_bundles_have_one_signature_and_the_same_payload_and_come_back() {
    let (deployment, scenario) = (full(), Scenario::full());
    let (all, _) = export(&deployment, &format!("sigstore-bundle {BUNDLE}"), 0);
    assert_eq!(all.len(), scenario.parts.len());
    let id = scenario.id("compiler-runs");
    let out = format!("sigstore-bundle {BUNDLE} --id {} --out report.sigstore.json", id.get(..12).unwrap());
    export_to(&deployment, &out);
    let text = deployment.read("report.sigstore.json");
    let envelope = Envelope::of_sigstore(&text).unwrap().unwrap().into_untrusted();
    assert_eq!(cdi_types::StatementId::of(envelope.payload()).to_string(), id);
    export_to(&deployment, &format!("sigstore-bundle {BUNDLE} --into each"));
    assert_eq!(std::fs::read_dir(deployment.folder.path().join("each")).unwrap().count(), all.len());
    // What was wrapped can be put into a bundle again, on one line or laid out; an envelope laid out as well.
    let value: Value = serde_json::from_slice(&text).unwrap();
    deployment.write("laid-out.json", serde_json::to_string_pretty(&value).unwrap().as_bytes());
    deployment
        .write("envelope.json", serde_json::to_string_pretty(&value["dsseEnvelope"]).unwrap().as_bytes());
    for (source, added) in [
        ("report.sigstore.json", "1 line added"),
        ("laid-out.json", "0 lines added"),
        ("envelope.json", "0 lines added"),
    ] {
        let said = deployment.cdi(&format!("bundle add again.intoto.jsonl {source}")).stdout;
        assert!(
            String::from_utf8_lossy(&said).starts_with(added),
            "{source}: {}",
            String::from_utf8_lossy(&said)
        );
    }
    refused(&deployment, &format!("sigstore-bundle {BUNDLE} --into each"), 2, "file-exists");
    refused(&deployment, "sigstore-bundle cdi.yaml", 2, "bundle-none");
    refused(&deployment, &format!("sigstore-bundle {BUNDLE} --id 0123456789ab"), 2, "statement-not-there");
}

fn export_to(deployment: &Deployment, line: &str) {
    let output = deployment.cdi(&format!("export {line}"));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn no_text_of_the_evidence_steers_a_terminal() {
    let scenario = Scenario::full().with("compiler-runs", |statement| {
        statement["predicate"]["operation"]["directory"] = "/a\u{202e}\u{1b}[2J".into();
    });
    let deployment = Deployment::of(&scenario);
    let output = deployment.cdi(&format!("export slsa-provenance app.cwasm {PROVIDER} --at {NOW}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\\u202e") && !text.contains('\u{202e}'), "{text}");
    let value: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let directory = &value["predicate"]["buildDefinition"]["externalParameters"]["directory"];
    assert_eq!(directory, "/a\u{202e}\u{1b}[2J");
}
