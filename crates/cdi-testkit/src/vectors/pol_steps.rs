//! What a policy asks of every run, and of the certifications that may speak for one (rules M-STEPS, M-NAMED).

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, RUN};
use crate::scenario::{Part, Scenario, executable, public_key};

const OWNER: &str = "cloud-provider";
const HELD: &str = "pol/step-condition";
const NAMED: &str = "pol/named";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = conditions();
    cases.extend(documents());
    cases.extend(named());
    cases.extend(renewed());
    cases.extend(not_renewed());
    cases.extend(revoked());
    cases
}

fn with_trust(world: Scenario, member: &str) -> Scenario {
    world.with_policy(OWNER, "custody: software", &format!("custody: software\n    {member}"))
}

fn asking(conditions: &str) -> Scenario {
    with_trust(Scenario::small(), &format!("stepConditions: {conditions}"))
}

fn conditions() -> Vec<Case> {
    let rule = "M-STEPS";
    let allow =
        |name: &str, title: &str, world| Case::allow(&format!("pol/{name}"), "rule", rule, title, world);
    let deny = |name: &str, title: &str, world| {
        Case::deny(&format!("pol/{name}"), "rule", rule, title, world, "step-condition-unmet").beside(HELD)
    };
    let linux = "operation.platform.os == 'linux'";
    let signalled = asking("[\"operation.exit != 1\"]").with(RUN, |statement| {
        statement["predicate"]["operation"]["exit"] = json!({ "signal": 9 });
    });
    // Another run made the same bytes, and meets the condition.
    let again = |world: Scenario| {
        let mut other = world.part(RUN).clone();
        "compiler-runs-again".clone_into(&mut other.name);
        other.change(|statement| {
            statement["predicate"]["operation"]["platform"]["architecture"] = json!("aarch64");
        });
        world.and(other)
    };
    let inspected = {
        let world = Scenario::small().and(Part::inspector("north")).and(Part::inspecting("app.wasm"));
        let world = world.with_policy(OWNER, "require: WASM_SPECTRE_MITIGATED", "require: WASM_VALIDATED");
        with_trust(world, "stepConditions: [\"operation.program != 'inspector'\"]")
    };
    vec![
        allow("step-condition", "a condition that every run meets", asking(&format!("[\"{linux}\"]"))),
        allow(
            "step-condition-one-run-left",
            "one of two runs meets the condition",
            again(asking("[\"operation.platform.architecture == 'aarch64'\"]")),
        ),
        deny(
            "step-condition-false",
            "a condition that the run does not meet",
            asking("[\"operation.platform.os == 'plan9'\"]"),
        ),
        deny(
            "step-condition-second",
            "the second of two conditions that the run does not meet",
            asking(&format!("[\"{linux}\", \"operation.exit == 1\"]")),
        ),
        deny(
            "step-condition-error",
            "a condition that reads what the run does not record",
            asking("[\"operation.settings.lto == 'on'\"]"),
        ),
        deny(
            "step-condition-after-a-signal",
            "a condition on the code of a run that a signal ended",
            signalled,
        ),
        deny(
            "step-condition-committed",
            "a condition on a variable whose value is not told",
            asking("[\"operation.environment.HOME == '/'\"]").with(RUN, |statement| {
                statement["predicate"]["operation"]["environment"]["HOME"] =
                    json!({ "commitment": executable("any") });
            }),
        ),
        deny("step-condition-of-inspections", "an inspection that does not meet the condition", inspected),
    ]
}

fn documents() -> Vec<Case> {
    let load = |name: &str, title: &str, world: Scenario, code: &str| {
        Case::load_error(&format!("pol/{name}"), "rule", "P-TRUST", title, world, code).beside(HELD)
    };
    let many = |count: usize| format!("[{}]", vec!["\"true\""; count].join(", "));
    vec![
        Case::allow(
            "pol/step-conditions",
            "rule",
            "P-TRUST",
            "as many conditions as are read",
            asking(&many(16)),
        ),
        load(
            "step-conditions-too-many",
            "one condition too many",
            asking(&many(17)),
            "limit-step-conditions",
        ),
        load(
            "step-condition-malformed",
            "a condition that is not CEL",
            asking("[\"operation.exit ==\"]"),
            "condition-malformed",
        ),
        load(
            "step-condition-computes",
            "a condition that calls what there is not",
            asking("[\"operation.program.matches('.*')\"]"),
            "condition-malformed",
        ),
        load(
            "certifications-unknown",
            "another word for which certifications may vote",
            with_trust(Scenario::small(), "certifications: all"),
            "policy-malformed",
        ),
    ]
}

/// Only certifications that the report names vote, and it names these.
fn naming(world: Scenario, named: &[&str]) -> Scenario {
    let ids: Vec<String> =
        named.iter().map(|name| cdi_types::StatementId::of(&world.part(name).payload).to_string()).collect();
    with_trust(world, "certifications: named")
        .with(RUN, |statement| statement["predicate"]["certifications"] = json!(ids))
}

fn named_case(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("pol/{name}"), "rule", "M-NAMED", title, world)
}

fn unnamed_case(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("pol/{name}"), "rule", "M-NAMED", title, world, code).beside(NAMED)
}

fn named() -> Vec<Case> {
    let other = || {
        let mut other = Part::compiler("north");
        "other".clone_into(&mut other.name);
        other.change(|statement| statement["predicate"]["serial"] = json!(9));
        Scenario::small().and(other)
    };
    let only_in_name = other().without(CERTIFICATION);
    vec![
        named_case(
            "named",
            "the certification that the report names",
            naming(Scenario::small(), &[CERTIFICATION]),
        ),
        named_case("named-not-asked", "a report that names none, and nobody asks", Scenario::small()),
        unnamed_case(
            "named-none",
            "a report that names none",
            naming(Scenario::small(), &[]),
            "certification-not-named",
        ),
        named_case("named-among-others", "one of two is named", naming(other(), &[CERTIFICATION])),
        unnamed_case(
            "named-another",
            "another certification than the named one is there",
            naming(other(), &["other"]).without("other"),
            "certification-not-named",
        ),
        named_case("named-the-other", "the other of two is named", naming(only_in_name, &["other"])),
    ]
}

/// The certification expired, and what renews it.
fn renewal(change: impl FnOnce(&mut Value)) -> Scenario {
    let mut world = Scenario::small().with(CERTIFICATION, |statement| {
        statement["predicate"]["notAfter"] = json!("2026-05-20T00:00:00Z");
    });
    world = naming(world, &[CERTIFICATION]);
    let older = world.part(CERTIFICATION);
    let id = cdi_types::StatementId::of(&older.payload).to_string();
    let mut newer = older.clone();
    "renewal".clone_into(&mut newer.name);
    newer.change(|statement| {
        let predicate = &mut statement["predicate"];
        predicate["serial"] = json!(9);
        predicate["notAfter"] = json!("2027-01-01T00:00:00Z");
        predicate["renews"] = json!(id);
        change(statement);
    });
    world.and(newer)
}

fn renewed() -> Vec<Case> {
    let without_a_claim = renewal(|statement| {
        if let Some(claims) = statement["predicate"]["claims"].as_array_mut() {
            claims.remove(0);
        }
    });
    let twice = {
        let world = renewal(|statement| {
            statement["predicate"]["notAfter"] = json!("2026-05-25T00:00:00Z");
        });
        let older = world.part("renewal").clone();
        let mut newest = older.clone();
        "newest".clone_into(&mut newest.name);
        newest.change(|statement| {
            statement["predicate"]["notAfter"] = json!("2027-01-01T00:00:00Z");
            statement["predicate"]["renews"] = json!(cdi_types::StatementId::of(&older.payload).to_string());
        });
        world.and(newest)
    };
    vec![
        named_case("renewed", "what renews the named certification", renewal(|_| ())),
        named_case("renewed-twice", "what renews what renews the named one", twice.clone()),
        named_case("renewed-with-less", "a renewal that claims less", without_a_claim),
        unnamed_case(
            "renewed-gap",
            "the renewal between the two is not there",
            twice.without("renewal"),
            "expired",
        )
        .beside("pol/renewed-twice"),
        unnamed_case(
            "renewed-nothing",
            "a renewal of what is not there",
            renewal(|_| ()).without(CERTIFICATION),
            "certification-not-named",
        ),
    ]
}

fn not_renewed() -> Vec<Case> {
    let unnamed = |name: &str, title: &str, change: fn(&mut Value)| {
        // The newest that may speak is expired, or is no renewal.
        Case::deny(&format!("pol/{name}"), "rule", "M-NAMED", title, renewal(change), "expired")
            .beside("pol/renewed")
    };
    vec![
        unnamed("renewed-with-another-claim", "a renewal that claims more", |statement| {
            if let Some(claims) = statement["predicate"]["claims"].as_array_mut() {
                claims.push(
                    json!({ "property": "STACK_CANARIES", "effect": "establishes", "invocation": "default" }),
                );
            }
        }),
        unnamed(
            "renewed-with-another-invocation",
            "a renewal whose invocation describes more",
            |statement| {
                statement["predicate"]["invocations"]["default"]["exitStatus"] = json!([0, 1]);
            },
        ),
        unnamed("renewed-with-another-file", "a renewal with one more file in the closure", |statement| {
            statement["predicate"]["closure"] = json!([{ "name": "helper", "sha256": executable("helper") }]);
        }),
        unnamed("renewed-with-another-recorder", "a renewal with another recorder", |statement| {
            statement["predicate"]["recorder"] = json!(executable("another"));
        }),
        unnamed("renewed-of-another-key", "a renewal for another report key", |statement| {
            statement["predicate"]["reportKey"] = json!(public_key("another"));
        }),
        unnamed("renewed-of-another-executable", "a renewal of another executable", |statement| {
            statement["subject"][0]["digest"]["sha256"] = json!(executable("another"));
        }),
        unnamed("renewed-of-another-catalogue", "a renewal under another catalogue", |statement| {
            statement["predicate"]["catalogue"] = json!(executable("another"));
        }),
    ]
}

fn revoked() -> Vec<Case> {
    let revoking = |world: Scenario, part: &str| {
        let id = cdi_types::StatementId::of(&world.part(part).payload).to_string();
        world.with("north-revokes", |statement| {
            statement["predicate"]["revoked"] = json!([{
                "id": { "certification": id }, "reason": "vetting-withdrawn", "date": "2026-05-01T00:00:00Z"
            }]);
        })
    };
    let by_another = {
        // South renews what north certified.
        let world = renewal(|_| ());
        let mut newer = world.part("renewal").clone();
        let (north, south) = (public_key("north"), public_key("south"));
        newer.change(|statement| statement["predicate"]["issuer"] = json!(crate::scenario::key_id("south")));
        newer.signers = vec!["south".to_owned()];
        let line = format!("      - {{name: north, keys: [\"{north}\"], scope: [\"*\"], depth: 0}}\n");
        let both = format!("{line}      - {{name: south, keys: [\"{south}\"], scope: [\"*\"], depth: 0}}\n");
        world.without("renewal").and(newer).and(Part::empty_list("south")).with_policy(OWNER, &line, &both)
    };
    vec![
        unnamed_case(
            "renewed-although-revoked",
            "a renewal of a certification that its issuer has revoked",
            revoking(renewal(|_| ()), CERTIFICATION),
            "revoked",
        )
        .beside("pol/renewed"),
        unnamed_case(
            "renewal-revoked",
            "a renewal that its issuer has revoked",
            revoking(renewal(|_| ()), "renewal"),
            "revoked",
        )
        .beside("pol/renewed"),
        unnamed_case("renewed-by-another", "a renewal by another authority", by_another, "expired")
            .beside("pol/renewed"),
    ]
}
