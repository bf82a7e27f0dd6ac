//! `cdi report`: the page of a decision, and that what it supposes is what `cdi verify` says of what remains.

use std::collections::BTreeSet;

use cdi_testkit::scenario::{MITIGATED, NOW, Part, Scenario, key_id, public_key, sha256};
use serde_json::{Value, json};

use crate::deployment::{Deployment, verify};
use crate::policies::{in_mode, waived};
use crate::support::{Ended, ended};

const BUNDLE: &str = "app.cwasm.intoto.jsonl";

fn report(rest: &str) -> String {
    format!("report app.cwasm --at {NOW} --out page.html {rest}").trim_end().to_owned()
}

/// The page that a command writes which ends so.
fn page(deployment: &Deployment, rest: &str, status: i32) -> String {
    let Ended { status: found, stdout, stderr } = ended(&deployment.cdi(&report(rest)));
    assert_eq!(found, status, "{stdout}{stderr}");
    let page = String::from_utf8(deployment.read("page.html")).unwrap();
    std::fs::remove_file(deployment.folder.path().join("page.html")).unwrap();
    page
}

/// What the page's script reads.
fn supposed(page: &str) -> Value {
    let (_, data) = page.split_once("id=\"what-if-data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

fn lacking() -> Scenario {
    Scenario::full().without("inspector-runs").without("north-certifies-compiler")
}

#[test]
fn the_status_is_that_of_verify_and_the_page_is_there_all_the_same() {
    for (world, status, said) in [
        (Scenario::full(), 0, "Allowed"),
        (lacking(), 1, "Denied"),
        (Scenario::signed().without("edition-3"), 1, "Denied"),
        (waived(), 0, "Allowed"),
        (in_mode("warn"), 0, "Allowed"),
    ] {
        let deployment = Deployment::of(&world);
        let page = page(&deployment, "", status);
        assert!(page.contains(&format!("<span class=\"verdict\">{said}</span>")), "{said}");
    }
    let deployment = Deployment::of(&Scenario::full());
    let line = "report app.cwasm --at 2026-06-03T12:00:00Z --out page.html";
    let output = ended(&deployment.cdi(line));
    assert_eq!(output.status, 2, "{}", output.stderr);
    assert_eq!(output.stdout, "verdict: unknown; the page is `page.html`\n");
    let page = String::from_utf8(deployment.read("page.html")).unwrap();
    assert!(page.contains("Not decided"), "{page}");
}

#[test]
fn what_verify_and_explain_say_is_on_the_page() {
    let deployment = Deployment::of(&lacking());
    let page = page(&deployment, "", 1);
    let line = format!("explain app.cwasm --at {NOW} --output json");
    let explained: Value = serde_json::from_slice(&deployment.cdi(&line).stdout).unwrap();
    let mut told = 0;
    let mut rest: Vec<&Value> = explained["principals"].as_array().unwrap().iter().collect();
    while let Some(value) = rest.pop() {
        for nested in ["answers", "parts"] {
            rest.extend(value[nested].as_array().into_iter().flatten());
        }
        for miss in value["misses"].as_array().into_iter().flatten() {
            let repair = miss["repair"]["do"].as_str().unwrap();
            let repair = repair.replace('`', "&#96;");
            assert!(page.contains(&repair[1..]), "{repair}");
            assert!(page.contains(&format!(">{}</code>", miss["code"].as_str().unwrap())));
            told += 1;
        }
    }
    assert!(told > 3);
    // Every line of the bundle is there, as it was received.
    for line in String::from_utf8(deployment.read(BUNDLE)).unwrap().lines() {
        assert!(page.contains(line), "{line}");
    }
}

#[test]
fn the_picture_is_on_the_page_and_its_style_is_allowed() {
    let deployment = Deployment::of(&Scenario::full());
    let page = page(&deployment, "", 0);
    assert_eq!(page.matches("<svg xmlns").count(), 1);
    assert_eq!(page.matches("<style>").count(), 2);
    let (_, policy) = page.split_once("style-src ").unwrap();
    assert_eq!(policy.split_once(';').unwrap().0.matches("'sha256-").count(), 2);
    // What stands behind its nodes can be found.
    for id in [Scenario::full().id("compiler-runs"), key_id("north")] {
        assert!(page.contains(&format!("data-id=\"{id}\"")), "{id}");
        assert!(page.contains(&format!("id=\"s-{id}\"")) || page.contains(&format!("{id} ")), "{id}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let deployment = Deployment::of(&Scenario::full());
    assert_eq!(page(&deployment, "", 0), page(&deployment, "", 0));
}

#[test]
fn nothing_is_ever_replaced() {
    let deployment = Deployment::of(&Scenario::full());
    for name in ["app.cwasm", BUNDLE, "cdi.yaml", "developer.yaml"] {
        let before = deployment.read(name);
        let output = ended(&deployment.cdi(&format!("report app.cwasm --at {NOW} --out {name}")));
        assert_eq!(output.status, 2);
        assert!(output.stderr.contains("[file-exists]"), "{}", output.stderr);
        assert_eq!(deployment.read(name), before);
    }
    let output = ended(&deployment.cdi(&format!("report app.cwasm --at {NOW} --out no/page.html")));
    assert_eq!(output.status, 2);
    // Whoever cannot read the evidence leaves no page behind.
    let output = ended(&deployment.cdi("report missing --out page.html"));
    assert_eq!(output.status, 2);
    assert!(!deployment.folder.path().join("page.html").exists());
}

#[test]
fn nothing_is_remembered() {
    let deployment = Deployment::of(&Scenario::full());
    page(&deployment, "", 0);
    assert!(!deployment.folder.path().join(".state").exists());
}

#[test]
fn values_of_variables_are_not_on_the_page() {
    let deployment = Deployment::of(&Scenario::full());
    let page = page(&deployment, "--env TOKEN=s3cr3t-value", 1);
    assert!(page.contains("TOKEN") && !page.contains("s3cr3t-value"));
}

#[test]
fn hostile_evidence_becomes_no_markup() {
    let said = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\"'";
    let world = Scenario::full().with("compiler-runs", |statement| {
        statement["predicate"]["operation"]["arguments"][0] = json!(said);
    });
    let page = page(&Deployment::of(&world.and_line("junk", said)), "", 1);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
}

#[test]
fn ten_megabytes_of_evidence_make_a_page_that_opens() {
    let world = (0..12).fold(Scenario::full(), |world, at| {
        world.and_line(&format!("big-{at}"), format!("{{\"{at}\":\"{}\"}}", "<".repeat(1 << 20)))
    });
    let page = page(&Deployment::of(&world), "", 0);
    assert!(page.len() < 8 << 20, "{}", page.len());
    assert!(page.contains("more bytes are left out here"));
}

/// Whether a line goes with an authority's key, or with a certification: by its members, as somebody would do it by hand.
fn goes(line: &str, id: &str) -> bool {
    let Ok(envelope) = serde_json::from_str::<Value>(line) else { return false };
    let Some(payload) = envelope["payload"].as_str().and_then(decoded) else { return false };
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    let endorses = statement["predicateType"].as_str().unwrap().ends_with("/endorsement/v1")
        && statement["subject"][0]["digest"]["sha256"] == id;
    sha256(&payload) == id || statement["predicate"]["issuer"] == id || endorses
}

fn decoded(base64: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = base64
        .bytes()
        .filter(|digit| *digit != b'=')
        .map(|digit| {
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            alphabet.iter().position(|known| *known == digit).map(|at| u32::try_from(at).unwrap())
        })
        .collect();
    let bytes = digits?
        .chunks(4)
        .flat_map(|four| {
            let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
            bits.to_be_bytes()[1..four.len()].to_vec()
        })
        .collect();
    Some(bytes)
}

/// Asserts that each of these combinations comes out as `cdi verify` says where the lines are really taken away.
fn assert_decided_so(deployment: &Deployment, data: &Value, some: impl Fn(usize) -> bool) -> usize {
    let bundle = String::from_utf8(deployment.read(BUNDLE)).unwrap();
    let ids: Vec<&str> = data["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let combinations = data["combinations"].as_object().unwrap();
    let mut different = BTreeSet::new();
    for (_, (key, outcome)) in combinations.iter().enumerate().filter(|(at, _)| some(*at)) {
        let off: Vec<&str> =
            key.split(',').filter(|at| !at.is_empty()).map(|at| ids[at.parse::<usize>().unwrap()]).collect();
        let rest = bundle.lines().filter(|line| !off.iter().any(|id| goes(line, id)));
        let rest: String = rest.map(|line| format!("{line}\n")).collect();
        deployment.write("rest.jsonl", rest.as_bytes());
        let line = verify("--bundle rest.jsonl --output json");
        let decided: Value = serde_json::from_slice(&deployment.cdi(&line).stdout).unwrap();
        let supposed = &data["outcomes"][usize::try_from(outcome.as_u64().unwrap()).unwrap()];
        assert_eq!(supposed["verdict"], decided["verdict"], "without {key}");
        let principals: Vec<Value> = decided["principals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|principal| {
                let failures = principal["failures"].as_array().unwrap().iter();
                let failures: Vec<Value> =
                    failures.map(|failed| json!([failed["requirement"], failed["code"]])).collect();
                json!({ "name": principal["name"], "verdict": principal["verdict"], "failures": failures })
            })
            .collect();
        assert_eq!(supposed["principals"], json!(principals), "without {key}");
        different.insert(supposed["verdict"].as_str().unwrap().to_owned());
    }
    different.len()
}

#[test]
fn what_is_supposed_is_what_verify_decides_without_these_lines() {
    for world in [
        Scenario::small(),
        Scenario::endorsed(),
        Scenario::history(),
        Scenario::quorum(&["north", "south", "east"], 2),
    ] {
        let deployment = Deployment::of(&world);
        let data = supposed(&page(&deployment, "", 0));
        let count = data["ids"].as_array().unwrap().len();
        assert_eq!(data["combinations"].as_object().unwrap().len(), 1 << count, "{count}");
        assert!(assert_decided_so(&deployment, &data, |at| at < 70) > 1);
    }
}

#[test]
fn of_many_switches_every_one_and_every_two_are_computed() {
    let anchors = ["a", "b", "c", "d", "e", "f"];
    let deployment = Deployment::of(&Scenario::quorum(&anchors, 5));
    let whole = page(&deployment, "", 0);
    let data = supposed(&whole);
    let count = data["ids"].as_array().unwrap().len();
    assert_eq!(count, 12);
    assert_eq!(data["combinations"].as_object().unwrap().len(), 1 + 12 + 66);
    assert!(whole.contains("combinations; no others."));
    assert!(assert_decided_so(&deployment, &data, |at| at % 4 == 0) > 1);
    // Whoever wants three at once names them.
    let ids: Vec<&str> = data["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let three: String = ids[..3].iter().map(|id| format!(" --what-if {}", &id[..12])).collect();
    let chosen = supposed(&page(&deployment, &three, 0));
    assert_eq!(chosen["ids"], json!(ids[..3]));
    assert_eq!(chosen["combinations"].as_object().unwrap().len(), 8);
    assert!(assert_decided_so(&deployment, &chosen, |_| true) > 1);
}

#[test]
fn several_keys_of_one_anchor_are_one_authority() {
    let world = Scenario::quorum(&["north", "south"], 1);
    let (_, policy) = world.policies.first().unwrap();
    let anchors = policy.find("anchors:").unwrap();
    assert!(policy[anchors..].contains("north"), "{policy}");
    let data = supposed(&page(&Deployment::of(&world), "", 0));
    let ids: Vec<&str> = data["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(ids.contains(&key_id("north").as_str()) && ids.contains(&key_id("south").as_str()));
}

#[test]
fn an_authority_that_is_off_has_countersigned_nothing() {
    let deployment = Deployment::of(&Scenario::small());
    let done = |line: &str| {
        let output = ended(&deployment.cdi(line));
        assert_eq!(output.status, 0, "{line}: {}", output.stderr);
        output.stdout
    };
    done(&format!("authority create lab --name Laboratory --at {NOW}"));
    let shown: Value = serde_json::from_str(&done("key show lab/public.pem --output json")).unwrap();
    let (key, id) = (shown["publicKey"].as_str().unwrap(), shown["keyId"].as_str().unwrap());
    let policy = String::from_utf8(deployment.read("cloud-provider.yaml")).unwrap();
    let anchor = format!("    anchors:\n      - {{name: lab, keys: [\"{key}\"], scope: [\"*\"]}}");
    let policy = cdi_testkit::scenario::swap(&policy, "    anchors:", &anchor);
    let asking = "custody: software\n    countersigned: {WASM_SPECTRE_MITIGATED: 1}";
    let policy = cdi_testkit::scenario::swap(&policy, "custody: software", asking);
    deployment.write("cloud-provider.yaml", policy.as_bytes());
    let report = Scenario::small().id("compiler-runs");
    done(&format!("authority countersign lab {BUNDLE} --report {report}"));
    let bundles = format!("--bundle {BUNDLE} --bundle lab/revocations.intoto.jsonl");
    assert_eq!(code_without(&deployment, &bundles, id), "countersignatures-missing");
    // A member that no envelope has, with a number that no double comes near, and a signature that only names the authority.
    let junk = format!(",{{\"keyid\":\"{id}\",\"sig\":\"AAAA\"}}],\"x\":1e999}}");
    let bundle = String::from_utf8(deployment.read(BUNDLE)).unwrap();
    let spoilt: Vec<String> = bundle.lines().map(|line| line.replacen("]}", &junk, 1)).collect();
    assert!(spoilt.iter().all(|line| line.ends_with("1e999}")), "{spoilt:#?}");
    deployment.write(BUNDLE, spoilt.join("\n").as_bytes());
    assert_eq!(code_without(&deployment, &bundles, id), "countersignatures-missing");
}

/// The code of the first failure of the first principal where this alone is off; `null` if nothing fails.
fn code_without(deployment: &Deployment, rest: &str, id: &str) -> Value {
    let data = supposed(&page(deployment, rest, 0));
    let at = data["ids"].as_array().unwrap().iter().position(|known| known == id).unwrap();
    let outcome = data["combinations"][at.to_string()].as_u64().unwrap();
    data["outcomes"][usize::try_from(outcome).unwrap()]["principals"][0]["failures"][0][1].clone()
}

#[test]
fn an_authority_that_is_off_has_said_nothing_whatever_its_signature_is_called() {
    let evidence = format!(
        "custody: software\n    evidence: [{{name: scan, predicateType: \"https://scanner.example/scan/v1\", keys: [\"{}\"]}}]",
        public_key("north")
    );
    let scan = Part::foreign("scan", "north", "https://scanner.example/scan/v1", "app.cwasm", &json!({}));
    let world = Scenario::small()
        .with_policy("cloud-provider", "custody: software", &evidence)
        .with_policy("cloud-provider", &format!("require: {MITIGATED}"), "require: \"evidence:scan\"")
        .and(scan);
    let unnamed = |line: String| {
        let (before, rest) = line.split_once("\"keyid\":\"").unwrap();
        format!("{before}{}", rest.split_once("\",").unwrap().1)
    };
    for world in [world.clone(), world.with_line("scan", unnamed)] {
        assert_eq!(code_without(&Deployment::of(&world), "", &key_id("north")), "evidence-missing");
    }
}

/// Whoever adds lines that nobody has signed does not keep the rest from being computed, nor make it slow.
#[test]
fn lines_that_say_nothing_are_in_no_combination() {
    let deployment = Deployment::of(&Scenario::small());
    let whole = supposed(&page(&deployment, "", 0));
    let bundle = String::from_utf8(deployment.read(BUNDLE)).unwrap();
    let nobody = bundle.lines().next().unwrap().replace("\"sig\":\"ME", "\"sig\":\"MF");
    let junk = "{}\n".repeat(20_000)
        + &"{\"payload\":\"MQ==\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"AA==\"}]}\n".repeat(20_000)
        + &format!("{nobody}\n").repeat(2_000);
    deployment.write(BUNDLE, format!("{bundle}\n{junk}").as_bytes());
    assert_eq!(supposed(&page(&deployment, "", 0))["combinations"], whole["combinations"]);
}

#[test]
fn an_id_that_has_no_switch_is_an_error() {
    let deployment = Deployment::of(&Scenario::full());
    let output = ended(&deployment.cdi(&report("--what-if 0123456789ab")));
    assert_eq!(output.status, 2);
    assert!(output.stderr.contains("[what-if-unknown]"), "{}", output.stderr);
    assert!(!deployment.folder.path().join("page.html").exists());
}
