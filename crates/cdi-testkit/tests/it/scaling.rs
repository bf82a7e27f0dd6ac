//! A-DOS-04: of each thing that somebody else can make much of, twice as much takes little more than twice the time.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

use std::time::Duration;

use cdi_testkit::scenario::{Part, Scenario, artifact};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

/// What a decision about the world takes of the processor: the least of nine.
fn takes(world: &Scenario) -> Duration {
    let (bundle, parties) = (world.bundle(), world.parties());
    let once = || {
        let bundle = bundle.clone();
        let begun = spent();
        let outcome = cdi_testkit::scenario::decide(bundle, &parties, &world.artifact, &world.now, None);
        assert!(outcome.failures.iter().all(|(_, code)| !code.starts_with("limit-")), "{outcome:?}");
        spent().checked_sub(begun).unwrap()
    };
    (0..9).map(|_| once()).min().unwrap()
}

fn spent() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

type Grown = fn(usize) -> Scenario;

/// Each thing with how much of it there is at first.
const THINGS: [(&str, usize, Grown); 9] = [
    ("members of an annotation", 4_000, |n| {
        annotated(&Value::Object((0..n).map(|i| (format!("m{i}"), json!(i))).collect::<Map<_, _>>()))
    }),
    ("elements of an annotation", 40_000, |n| annotated(&json!(vec![1; n]))),
    ("inputs of a report", 3_000, |n| {
        Scenario::small().with("compiler-runs", |statement| {
            let read = (0..n).map(|i| json!({ "path": format!("i{i}"), "sha256": artifact(&i.to_string()) }));
            statement["predicate"]["inputs"].as_array_mut().unwrap().extend(read);
        })
    }),
    ("subjects of a report", 3_000, |n| {
        Scenario::small().with("compiler-runs", |statement| {
            let made = (0..n).map(
                |i| json!({ "name": format!("s{i}"), "digest": { "sha256": artifact(&i.to_string()) } }),
            );
            statement["subject"].as_array_mut().unwrap().extend(made);
        })
    }),
    ("variables of a report", 3_000, |n| {
        Scenario::small().with("compiler-runs", |statement| {
            let environment = statement["predicate"]["operation"]["environment"].as_object_mut().unwrap();
            environment.extend((0..n).map(|i| (format!("V{i}"), json!({ "value": "x" }))));
        })
    }),
    ("reports of a tool", 300, |n| {
        let more = (0..n).map(|i| Part::linking("compiler", &["app.wasm"], &format!("x{i}")));
        more.fold(Scenario::small(), Scenario::and)
    }),
    ("reports of strangers", 1_000, |n| {
        let more = (0..n).map(|i| Part::linking("stranger", &["app.wasm"], &format!("x{i}")));
        more.fold(Scenario::small(), Scenario::and)
    }),
    ("entries of a list", 1_500, |n| {
        let entry = |i: usize| json!({ "id": { "report": artifact(&i.to_string()) }, "reason": "unspecified", "date": "2026-05-01T00:00:00Z" });
        let entries: Vec<Value> = (0..n).map(entry).collect();
        Scenario::small()
            .with("north-revokes", |statement| statement["predicate"]["revoked"] = json!(entries))
    }),
    ("authorities that an anchor endorsed", 150, |n| {
        let names: Vec<String> = (0..n).map(|i| format!("child-{i}")).collect();
        let parts = names.iter().flat_map(|name| {
            [Part::endorsement("north", name, 0), Part::compiler(name), Part::empty_list(name)]
        });
        parts.fold(Scenario::endorsed(), Scenario::and)
    }),
];

fn annotated(value: &Value) -> Scenario {
    Scenario::small()
        .with("compiler-runs", |statement| statement["predicate"]["annotations"] = json!({ "a": value }))
}

#[test]
fn twice_of_anything_takes_little_more_than_twice_the_time() {
    for (thing, count, grown) in THINGS {
        let (once, twice) = (takes(&grown(count)), takes(&grown(2 * count)));
        let ratio = twice.as_secs_f64() / once.as_secs_f64();
        eprintln!("{thing}: {count} in {once:?}, {} in {twice:?}, {ratio:.2}", 2 * count);
        // The square of two is four; a machine that does other work adds some.
        assert!(ratio < 3.0, "{thing}: {count} in {once:?}, twice as many in {twice:?}");
    }
}
