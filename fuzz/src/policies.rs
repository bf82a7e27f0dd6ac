//! Documents that people write: policies, configurations, workloads, catalogues, tests (rules P-...).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cdi_import::Json;
use cdi_policy::{
    Catalogue, Catalogues, Configuration, Lines, Policy, PolicyTest, Rule, WorkloadDocument, Written, lint,
    load_spec, yaml_to_json,
};
use cdi_testkit::scenario::{NOW, Party, Scenario, Verdict, decide_under};
use cdi_types::Timestamp;

use crate::{Target, reference, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "policies",
    oracle: "a document that cannot be read is an error, and then nothing is allowed under it; what no evidence speaks for is \
             allowed by no policy that asks for anything; as JSON a policy says what it says as YAML; lints change nothing",
    run,
    seeds,
    words,
    most: 4_096,
};

static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::builtin().unwrap());

fn run(bytes: &[u8]) {
    let catalogues = &*CATALOGUES;
    tell(Catalogue::load(bytes), |error| error.code());
    tell(WorkloadDocument::load(bytes), |error| error.code());
    tell(PolicyTest::load(bytes), |error| error.code());
    tell(Configuration::load(bytes, catalogues), |error| error.code());
    if let Some(json) = tell(yaml_to_json(bytes), |error| error.code()) {
        assert!(reference::strict_json(json.as_bytes()).is_some());
    }
    let policy = tell(Policy::load(bytes, catalogues), |error| error.code());
    decided(bytes, policy.as_ref());
    if let Some(policy) = policy {
        as_json(bytes, &policy);
    }
}

/// What was read, if it was.
fn tell<T, E: std::fmt::Display>(read: Result<T, E>, code: impl Fn(&E) -> &'static str) -> Option<T> {
    read.map_err(|error| shown::told(code(&error), &error)).ok()
}

/// Decides under the document, and nothing that speaks for the artifact.
fn decided(bytes: &[u8], policy: Option<&Policy>) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let principal = policy.map_or("cloud-provider", |policy| policy.principal().as_str());
    if !principal.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return;
    }
    let parties = [Party::unsigned(principal, text)];
    let (artifact, nothing) = (Scenario::small().artifact, BTreeMap::new());
    let outcome = decide_under(&CATALOGUES, &nothing, b"\n".to_vec(), &parties, &artifact, NOW, None);
    match policy {
        None => assert_eq!(outcome.verdict, Verdict::LoadError),
        Some(policy) if outcome.verdict == Verdict::Allow => {
            assert!(asks_for_nothing(policy, text), "{outcome:?}")
        }
        Some(_) => {}
    }
    if let Some(policy) = policy {
        let lines = Lines::of(bytes);
        let findings = lint(Written { policy, lines: &lines }, &CATALOGUES, Timestamp::parse(NOW).unwrap());
        findings.iter().for_each(|finding| shown::told(finding.code, &finding.message));
        assert_eq!(policy.digest(), cdi_types::PolicyDigest::of(bytes));
    }
}

/// Whether a policy admits what nothing is known of: because it says so, has nothing in force, or takes things for granted.
fn asks_for_nothing(policy: &Policy, text: &str) -> bool {
    let now = Timestamp::parse(NOW).unwrap();
    let none_in_force = !policy.requirements().iter().any(|demand| demand.is_in_force(now));
    let history = policy.asked_of_history().next().is_some();
    policy.rule() == Rule::AcceptAll || (none_in_force && !history) || text.contains("assume")
}

/// The same document as JSON, which is YAML too.
fn as_json(bytes: &[u8], policy: &Policy) {
    let spec: Json = load_spec(bytes, "Policy").unwrap();
    let spec = serde_json::to_string(&spec).unwrap();
    let name = serde_json::to_string(policy.name()).unwrap();
    let document = format!(
        r#"{{"apiVersion":"code-deployment-integrity.io/v1","kind":"Policy","metadata":{{"name":{name}}},"spec":{spec}}}"#
    );
    let again =
        Policy::load(document.as_bytes(), &CATALOGUES).unwrap_or_else(|error| panic!("{document}: {error}"));
    assert_eq!(said(&again), said(policy));
}

/// All of a policy but the digest of its bytes.
fn said(policy: &Policy) -> String {
    format!("{policy:?}").replace(&format!("{:?}", policy.digest()), "")
}

fn seeds() -> Vec<Vec<u8>> {
    let mut documents = std::collections::BTreeSet::new();
    for vector in seeds::vectors() {
        let policies = vector["policies"].as_array().into_iter().flatten();
        documents.extend(policies.filter_map(|policy| policy["document"].as_str()).map(str::to_owned));
    }
    let documents: Vec<String> = documents.into_iter().filter(|text| text.len() < TARGET.most).collect();
    let step = documents.len().div_ceil(96).max(1);
    documents.into_iter().step_by(step).map(String::into_bytes).collect()
}

fn words() -> Vec<Vec<u8>> {
    const MARKS: [&str; 26] = [
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "\n  ",
        "\n    ",
        "&a ",
        "*a",
        "!!str ",
        "!!int ",
        "<<: ",
        "? ",
        "| \n",
        ">-\n",
        "--- ",
        "\n...\n",
        "# ",
        "~",
        "null",
        "0x1f",
        "\"\\u202e\"",
        "%YAML 1.2\n",
        "'",
    ];
    let mut words: std::collections::BTreeSet<String> = MARKS.iter().map(|&mark| mark.to_owned()).collect();
    for seed in seeds() {
        let text = String::from_utf8(seed).unwrap();
        let all = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        words.extend(all.filter(|word| (3..32).contains(&word.len())).map(str::to_owned));
    }
    words.into_iter().take(400).map(String::into_bytes).collect()
}
