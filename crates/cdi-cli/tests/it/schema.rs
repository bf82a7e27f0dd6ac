//! What commands print with `--output json` is what docs/schema says, and nothing else is.

use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use cdi_testkit::scenario::Scenario;
use serde_json::{Value, json};

use crate::deployment::{Deployment, verify};
use crate::explain;
use crate::policies::{in_mode, waived};
use crate::verdicts::granting;

const VERDICT: &str = "verdict.v1.json";
const EXPLAIN: &str = "explain.v1.json";

/// A schema of docs/schema.
pub(crate) struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// The schema of this name; it may refer to its siblings.
    pub(crate) fn published(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let at = |name: &str| format!("https://code-deployment-integrity.io/schema/{name}");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let known = at(&path.file_name().unwrap().to_string_lossy());
            compiler.add_resource(&known, serde_json::from_str(&text).unwrap()).unwrap();
        }
        let index = compiler.compile(&at(name), &mut schemas).unwrap();
        Self { schemas, index }
    }

    pub(crate) fn allows(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_ok()
    }

    pub(crate) fn hold(&self, document: &Value) {
        let held = self.schemas.validate(document, self.index);
        assert!(held.is_ok(), "{:#}\n{document:#}", held.unwrap_err());
    }
}

/// A document for each way in which a decision comes out, each held to its exit status.
fn documents() -> Vec<Value> {
    let full = || Deployment::of(&Scenario::full());
    let lacking = Scenario::full().without("inspector-runs").without("north-certifies-compiler");
    let unreadable = Deployment::of(&Scenario::full().and_line("garbage", "{]"));
    let lone = full();
    std::fs::remove_file(lone.folder.path().join("app.cwasm.intoto.jsonl")).unwrap();
    let cases = [
        (full(), verify(""), 0),
        (unreadable, verify(""), 0),
        (full(), verify("--environment embedded-software-checks"), 1),
        (full(), verify("--environment none"), 1),
        (granting(), verify("--dir transactions:rw --env TZ=UTC"), 1),
        (Deployment::of(&lacking), verify(""), 1),
        (Deployment::of(&waived()), verify(""), 0),
        (Deployment::of(&explain::scanned(9.5)), verify(""), 0),
        (Deployment::of(&explain::scanned(6.5)), verify(""), 1),
        (Deployment::of(&in_mode("audit")), verify(""), 0),
        (Deployment::of(&in_mode("enforce")), verify(""), 1),
        (Deployment::of(&Scenario::signed().without("edition-3")), verify(""), 1),
        (lone, verify(""), 1),
        (full(), "verify app.cwasm --at 2026-06-03T12:00:00Z".to_owned(), 2),
    ];
    let document = |(deployment, line, status): &(Deployment, String, i32)| {
        let output = deployment.cdi(&format!("{line} --output json"));
        assert_eq!(
            output.status.code(),
            Some(*status),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    };
    cases.iter().map(document).collect()
}

/// Asserts that what is printed is of the published form, and what differs from it anywhere is not.
fn assert_published(name: &str, documents: &[Value]) {
    let schema = Schema::published(name);
    for document in documents {
        schema.hold(document);
        for pointer in pointers(document, String::new()) {
            let node = |document: &mut Value, value: Value| *document.pointer_mut(&pointer).unwrap() = value;
            let mut altered = document.clone();
            node(&mut altered, Value::Null);
            assert!(!schema.allows(&altered), "null at `{pointer}`");
            if let Some(members) = document.pointer(&pointer).unwrap().as_object() {
                let mut members = members.clone();
                members.insert("extra".to_owned(), json!(1));
                node(&mut altered, Value::Object(members));
                assert!(!schema.allows(&altered), "a member more at `{pointer}`");
            }
        }
    }
}

#[test]
fn every_verdict_is_of_the_published_form_and_nothing_else_is() {
    assert_published(VERDICT, &documents());
}

#[test]
fn every_explanation_is_of_the_published_form_and_nothing_else_is() {
    assert_published(EXPLAIN, &explain::documents());
}

#[test]
fn an_answer_without_its_reason_is_not_of_the_published_form() {
    let schema = Schema::published(EXPLAIN);
    for document in explain::documents() {
        for pointer in pointers(&document, String::new()) {
            let reasons = ["/proof", "/misses", "/parts", "/place", "/repair", "/trail"];
            if let Some((parent, member)) = pointer.rsplit_once('/')
                && reasons.iter().any(|reason| *reason == format!("/{member}"))
            {
                let mut altered = document.clone();
                altered.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
                assert!(!schema.allows(&altered), "without `{pointer}`");
            }
        }
    }
}

#[test]
fn an_allow_with_a_failure_is_not_of_the_published_form() {
    let schema = Schema::published(VERDICT);
    let denials = documents().into_iter().filter(|document| document["verdict"] != "allow");
    for mut document in denials {
        document["verdict"] = json!("allow");
        assert!(!schema.allows(&document), "{document:#}");
        document["verdict"] = json!("maybe");
        assert!(!schema.allows(&document));
    }
}

/// The places of all values in a document, itself included.
pub(crate) fn pointers(value: &Value, here: String) -> Vec<String> {
    let below: Vec<String> = match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| pointers(value, format!("{here}/{name}"))).collect()
        }
        Value::Array(parts) => {
            parts.iter().enumerate().flat_map(|(n, value)| pointers(value, format!("{here}/{n}"))).collect()
        }
        _ => Vec::new(),
    };
    [here].into_iter().chain(below).collect()
}
