//! What one authority can make an appraisal cost: each kind of work takes steps, so that none of it is without a limit.
//! Beside each world that is over the limit stands the same one with only that kind of work left small.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::{NOW, Part, Scenario, artifact, public_key};
use cdi_types::{ArtifactDigest, Bundle, Clock, Timestamp};
use cdi_verify::{appraise, verify};
use serde_json::{Value, json};

/// The code of the limit that the appraisal of the world is over, if it is.
fn over(world: &Scenario) -> Option<&'static str> {
    let policy = Policy::load(world.policies[0].1.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let provenance = verify(&Bundle::parse(world.bundle()).unwrap(), policy.keyring()).unwrap();
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let clock = Clock::at(Timestamp::parse(NOW).unwrap());
    let facts =
        appraise(&provenance, policy.trust().unwrap(), artifact, &policy.questions(clock.now()), clock);
    facts.err().map(|error| error.code())
}

/// The compiler's certification, so many times.
fn certified(mut world: Scenario, times: u64) -> Scenario {
    for n in 0..times {
        let mut copy = world.part("north-certifies-compiler").clone();
        copy.change(|statement| statement["predicate"]["serial"] = json!(1_000 + n));
        world.parts.push(copy);
    }
    world
}

#[test]
fn what_a_run_records_costs_something_for_each_certification() {
    let recording = |member: &str, more: usize, certifications: u64| {
        let numbers = 0..more;
        let world = Scenario::small().with("compiler-runs", |statement| {
            let operation = &mut statement["predicate"]["operation"];
            match member {
                "inputs" => {
                    let read =
                        |n: usize| json!({ "path": format!("i{n}"), "sha256": artifact(&n.to_string()) });
                    statement["predicate"]["inputs"].as_array_mut().unwrap().extend(numbers.map(read));
                }
                "arguments" => {
                    operation[member].as_array_mut().unwrap().extend(numbers.map(|n| json!(n.to_string())));
                }
                _ => {
                    let value = if member == "settings" { json!("s") } else { json!({ "value": "v" }) };
                    let named = numbers.map(|n| (format!("n{n}"), value.clone()));
                    operation[member].as_object_mut().unwrap().extend(named);
                }
            }
        });
        over(&certified(world, certifications))
    };
    assert_eq!(recording("inputs", 10, 4_000), None);
    for member in ["inputs", "arguments", "settings", "environment"] {
        assert_eq!(recording(member, 30_000, 10), None, "{member}");
        assert_eq!(recording(member, 30_000, 4_000), Some("limit-chain-search"), "{member}");
    }
}

/// So many claims about outputs that the run did not make: each is held against every path of the artifact.
fn claims(property: &str, count: usize) -> Vec<Value> {
    let claim = |n| json!({ "property": property, "effect": "establishes", "invocation": "default", "output": format!("r{n}") });
    (0..count).map(claim).collect()
}

/// The world's artifact under so many paths more.
fn copied(world: Scenario, paths: usize) -> Scenario {
    world.with("compiler-runs", |statement| {
        let digest = artifact("app.cwasm");
        let copy = |n| json!({ "name": format!("c{n}"), "digest": { "sha256": digest } });
        statement["subject"].as_array_mut().unwrap().extend((0..paths).map(copy));
    })
}

#[test]
fn each_claim_costs_something_for_each_path_of_an_artifact() {
    let claiming = |property: &str, count: usize, paths: usize| {
        let world = match property {
            "STEP" => {
                Scenario::history().with_policy("cloud-provider", "  require: WASM_SPECTRE_MITIGATED\n", "")
            }
            _ => Scenario::small(),
        };
        let world = world.with("north-certifies-compiler", |statement| {
            statement["predicate"]["claims"].as_array_mut().unwrap().extend(claims(property, count));
        });
        over(&copied(world, paths))
    };
    for property in ["WASM_SPECTRE_MITIGATED", "STEP"] {
        assert_eq!(claiming(property, 10, 30_000), None, "{property}");
        assert_eq!(claiming(property, 4_000, 10), None, "{property}");
        assert_eq!(claiming(property, 4_000, 30_000), Some("limit-chain-search"), "{property}");
    }
}

/// A run of many variables, held against the many values that a prefix may have: looked up, not looked through.
#[test]
fn values_of_an_environment_are_looked_up() {
    let many = 20_000;
    let values: Vec<String> = (0..many).map(|n| format!("value-{n}")).collect();
    let world = Scenario::small()
        .with("north-certifies-compiler", |statement| {
            let invocation = &mut statement["predicate"]["invocations"]["default"];
            invocation["environment"]["LC_*"] = json!({ "oneOf": values });
        })
        .with("compiler-runs", |statement| {
            let environment = statement["predicate"]["operation"]["environment"].as_object_mut().unwrap();
            for (n, value) in values.iter().enumerate() {
                environment.insert(format!("LC_{n}"), json!({ "value": value }));
            }
        });
    let start = std::time::Instant::now();
    assert_eq!(over(&world), None);
    let time = start.elapsed();
    // 200 million comparisons of texts would take many seconds; looked up it is a tenth of one.
    assert!(time < std::time::Duration::from_secs(5), "{time:?}");
}

/// A run that reads so many files besides, which a supplier lists, held against so many manifests of that supplier.
fn listing(inputs: usize, manifests: usize) -> Scenario {
    let paths: Vec<String> = (0..inputs).map(|n| format!("h{n}")).collect();
    let world = Scenario::small()
        .with("north-certifies-compiler", |statement| {
            let manifest =
                |n| json!({ "key": public_key("vendor"), "kind": "toolchain", "role": format!("r{n}") });
            let all: Vec<Value> = (0..manifests).map(manifest).collect();
            statement["predicate"]["invocations"]["default"]["manifests"] = json!(all);
        })
        .with("compiler-runs", |statement| {
            let read = paths.iter().map(|path| json!({ "path": path, "sha256": artifact(path) }));
            statement["predicate"]["inputs"].as_array_mut().unwrap().extend(read);
        });
    paths.chunks(1_024).enumerate().fold(world, |world, (n, listed)| {
        let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
        world.and(Part::origin("vendor", "toolchain", &listed).named(&format!("headers-{n}")))
    })
}

#[test]
fn each_manifest_costs_something_for_each_input() {
    assert_eq!(over(&listing(30_000, 10)), None);
    assert_eq!(over(&listing(10, 4_000)), None);
    assert_eq!(over(&listing(30_000, 4_000)), Some("limit-chain-search"));
}

/// Conditions are put to runs whose keys somebody with standing has certified, and to what such runs name: anybody can report.
#[test]
fn conditions_cost_nothing_for_what_strangers_report() {
    let terms: Vec<String> = (0..24).map(|n| format!("!('x{n}' in operation.arguments)")).collect();
    let conditions = json!(vec![terms.join(" && "); 16]);
    let conditions = format!("custody: software\n    stepConditions: {conditions}");
    let world = Scenario::small().with_policy("cloud-provider", "custody: software", &conditions);
    let certified_by = |authority: &str| {
        let certified = world.clone().and(Part::linker(authority, "elsewhere"));
        (0..60).fold(certified, |world, n| {
            let mut run =
                Part::linking("elsewhere", &["app.wasm"], "app.cwasm").named(&format!("elsewhere-{n}"));
            run.change(|statement| {
                statement["predicate"]["operation"]["arguments"] = json!(vec![format!("{n}"); 250]);
            });
            world.and(run)
        })
    };
    assert_eq!(over(&certified_by("far-away")), None);
    assert_eq!(over(&certified_by("north")), Some("limit-chain-search"));
}
