//! The schemas of configurations and policies say what their readers say.

use std::collections::BTreeSet;
use std::path::Path;

use cdi_policy::{Catalogue, Catalogues, Configuration, Policy, yaml_to_json};
use cdi_testkit::vectors::all;
use serde_json::{Value, json};

use crate::schema::{Schema, pointers};

const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEh4EIKTJ/detbWc7wwKcipr2mBRBapvLL5j75JC4Z0WUeNOHNBlJlvprSJDqJBRnw5Nsr79CwphCay0nYBrJlNA==";

/// A configuration with every member that one can have.
fn configuration() -> Value {
    json!({
        "apiVersion": "code-deployment-integrity.io/v1", "kind": "Configuration", "metadata": { "name": "host" },
        "spec": {
            "host": "me",
            "principals": [
                { "name": "me", "policy": "me.yaml", "required": "always", "sha256": "00".repeat(32) },
                { "name": "you", "policy": "you.yaml", "required": "when-granted" },
            ],
            "directories": [ { "name": "data", "path": "data", "owner": "you" } ],
            "environments": [
                { "name": "vm", "provides": ["VM_ISOLATION", "LOCATION=eu-de"] },
                { "name": "iwasm", "provides": [], "runtime": {
                    "program": "/usr/bin/iwasm",
                    "arguments": [["--map-dir", "{directory}"], "{module}", "{arguments}"],
                    "version": ["--version"], "inside": "gvisor", "modules": "precompiled",
                } },
            ],
            "nodes": [ { "name": "edge", "key": KEY, "operator": "you", "class": "large" } ],
            "catalogues": [ { "path": "acme.yaml", "sha256": "00".repeat(32) } ],
            "limits": { "memoryBytes": 1, "time": "30s" },
        },
    })
}

/// A policy with every member that one can have.
fn policy() -> Value {
    let digest = "00".repeat(32);
    json!({
        "apiVersion": "code-deployment-integrity.io/v1", "kind": "Policy", "metadata": { "name": "me-1" },
        "spec": {
            "principal": "me", "rule": "default-deny",
            "catalogue": Catalogue::builtin().unwrap().digest().to_string(),
            "trust": {
                "anchors": [ { "name": "acme", "keys": [KEY], "scope": ["*", "WASM_*", "STEP"], "depth": 1 } ],
                "sameControl": [ ["acme", digest] ],
                "quorum": { "default": 1, "WASM_VALIDATED": 1 },
                "countersigned": { "default": 0, "WASM_VALIDATED": 1 },
                "custody": "software", "capture": "declared", "revocation": { "maxAge": "7d" },
                "assume": [
                    { "property": "WASM_VALIDATED", "artifact": digest },
                    { "property": "WASM_VALIDATED", "key": KEY, "kind": "source" },
                ],
                "forbid": { "tools": [digest], "reportKeys": [digest], "authorities": [digest], "origins": [digest], "originKeys": [digest] },
                "evidence": [ { "name": "scan", "predicateType": "https://s.example/v1", "keys": [KEY],
                    "condition": "predicate.score > 7" } ],
                "stepConditions": ["true"], "certifications": "named", "inputs": "linked",
            },
            "require": { "allOf": [ "WASM_VALIDATED", { "anyOf": ["VM_ISOLATION", "CODE_SANDBOXING"] },
                { "atLeast": 1, "of": ["WASM_VALIDATED", "VM_ISOLATION"] } ] },
            "history": { "complete": { "origins": [ { "key": KEY, "kinds": ["source"] }, { "artifact": digest } ],
                "exempt": ["headers"], "depth": [ { "tool": "ld", "steps": 2 } ],
                "summaries": [ { "verifier": "https://v.example", "key": KEY, "levels": ["SLSA_BUILD_LEVEL_3"],
                    "policies": ["https://p.example"], "maxAge": "30d" } ] },
                "reproduced": { "by": 2, "custodians": [
                    { "name": "one", "reportKeys": [digest] }, { "name": "two", "reportKeys": ["11".repeat(32)] } ] } },
            "acceptAsserted": ["me"],
            "places": { "nodes": { "keys": [ { "name": "edge", "key": KEY } ] }, "level": "asserted",
                "levels": { "LOCATION": "attested", "VM_ISOLATION": "certified" } },
            "grants": { "directories": [ { "name": "data", "access": "read" } ], "environment": ["TZ"] },
        },
    })
}

fn read_configuration(document: &Value) -> Result<(), &'static str> {
    let read = Configuration::load(document.to_string().as_bytes(), &Catalogues::builtin().unwrap());
    read.map(drop).map_err(|error| error.code())
}

fn read_policy(document: &Value) -> Result<(), &'static str> {
    let read = Policy::load(document.to_string().as_bytes(), &Catalogues::builtin().unwrap());
    read.map(drop).map_err(|error| error.code())
}

/// The document with one thing changed, at each place and in each way.
fn mutants(document: &Value) -> Vec<(String, Value)> {
    let others = [json!(null), json!("?"), json!("x"), json!(0), json!(7), json!(true), json!([]), json!({})];
    let mut mutants = Vec::new();
    for pointer in pointers(document, String::new()) {
        for other in &others {
            let mut mutant = document.clone();
            *mutant.pointer_mut(&pointer).unwrap() = other.clone();
            mutants.push((format!("{pointer} = {other}"), mutant));
        }
        let mut mutant = document.clone();
        if let Some(members) = mutant.pointer_mut(&pointer).unwrap().as_object_mut() {
            members.insert("extra".to_owned(), json!(1));
            mutants.push((format!("{pointer}/extra"), mutant));
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        let mut mutant = document.clone();
        match mutant.pointer_mut(parent) {
            Some(Value::Object(members)) => drop(members.remove(name)),
            Some(Value::Array(items)) => drop(name.parse().map(|index: usize| items.remove(index))),
            _ => continue,
        }
        mutants.push((format!("without {pointer}"), mutant));
    }
    mutants
}

/// What no schema can say: that a number is at most the length of a list, that a text is the name of something.
const NOT_SAID: [&str; 3] = ["/atLeast = 7", "/sameControl/0/", "/anchors/0/name = "];

/// Where schema and reader part: what the reader takes and the schema does not; and what is of the wrong form for the
/// reader and not for the schema, with the code.
fn held(
    schema: &Schema,
    documents: &[(String, Value)],
    read: fn(&Value) -> Result<(), &'static str>,
) -> [usize; 2] {
    let form = [
        "policy-malformed",
        "configuration-malformed",
        "workload-malformed",
        "catalogue-malformed",
        "cost-model-malformed",
        "policy-wrong-kind",
        "policy-empty-list",
        "policy-requires-nothing",
        "policy-accepts-all-but",
        "configuration-nobody-required",
        "anchor-without-key",
        "quorum-out-of-range",
    ];
    let (mut taken, mut refused) = (0, 0);
    let mut apart = BTreeSet::new();
    for (change, document) in documents {
        match (read(document), schema.allows(document)) {
            (Ok(()), true) => taken += 1,
            (Ok(()), false) => drop(apart.insert(format!("{change}: the reader takes it"))),
            (Err(code), true)
                if form.contains(&code) && !NOT_SAID.iter().any(|part| change.contains(part)) =>
            {
                apart.insert(format!("{change}: the reader says {code}"));
            }
            (Err(_), _) => refused += 1,
        }
    }
    assert_eq!(apart, BTreeSet::new());
    [taken, refused]
}

#[test]
fn the_schema_of_configurations_is_that_of_their_reader() {
    let schema = Schema::published("configuration.v1.json");
    assert_eq!(read_configuration(&configuration()), Ok(()));
    schema.hold(&configuration());
    let [taken, refused] = held(&schema, &mutants(&configuration()), read_configuration);
    assert!(taken > 20 && refused > 150, "{taken} {refused}");
}

#[test]
fn the_schema_of_policies_is_that_of_their_reader() {
    let schema = Schema::published("policy.v1.json");
    assert_eq!(read_policy(&policy()), Ok(()));
    schema.hold(&policy());
    let mut documents = mutants(&policy());
    let mut accept_all = policy();
    accept_all["spec"] = json!({ "principal": "me", "rule": "accept-all" });
    documents.extend(mutants(&accept_all));
    let [taken, refused] = held(&schema, &documents, read_policy);
    assert!(taken > 50 && refused > 300, "{taken} {refused}");
}

#[test]
fn the_policies_of_all_vectors_are_of_the_published_form_if_they_can_be_read() {
    let schema = Schema::published("policy.v1.json");
    let texts: BTreeSet<String> = all()
        .into_values()
        .flat_map(|vector| vector.policies)
        .filter(|policy| policy.key.is_none())
        .filter_map(|policy| policy.document)
        .filter(|text| Policy::load(text.as_bytes(), &Catalogues::builtin().unwrap()).is_ok())
        .collect();
    assert!(texts.len() > 50, "{}", texts.len());
    for text in texts {
        schema.hold(&serde_json::from_str(&yaml_to_json(text.as_bytes()).unwrap()).unwrap());
    }
}

#[test]
fn the_documents_of_the_examples_are_of_the_published_form() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/demo");
    let mut held = 0;
    let policies = std::fs::read_dir(examples.join("policies")).unwrap().map(|entry| entry.unwrap().path());
    for path in policies.chain([examples.join("cdi.yaml")]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("<catalogue>", &"00".repeat(32));
        // Keys that the demo makes stand in angle brackets.
        let text: String = text
            .split('<')
            .enumerate()
            .map(|(n, part)| match (n, part.split_once('>')) {
                (0, _) | (_, None) => part.to_owned(),
                (_, Some((_, rest))) => format!("{KEY}{rest}"),
            })
            .collect();
        let name = if path.ends_with("cdi.yaml") { "configuration.v1.json" } else { "policy.v1.json" };
        Schema::published(name).hold(&serde_json::from_str(&yaml_to_json(text.as_bytes()).unwrap()).unwrap());
        held += 1;
    }
    assert!(held >= 4);
}
