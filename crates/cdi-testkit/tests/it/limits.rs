//! Each limit at the limit and one over, through the production core. Limits with such a test beside them are in
//! `vectors/README.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::time::{Duration, Instant};

use cdi_envelope::{PAYLOAD_TYPE, Pae, write_line};
use cdi_keys::{Signer, SoftwareKey};
use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::{Outcome, Part, Scenario, Verdict, artifact, envelope, key, key_id};
use cdi_types::{Bundle, KeyId, limits};
use cdi_verify::{Patience, verify_editions};
use serde_json::Value;

/// A signer who makes neither its key nor its report's frame anew for each line.
struct Recorder {
    key: SoftwareKey,
    nobody: KeyId,
    frame: String,
}

impl Recorder {
    fn new() -> Self {
        let frame = String::from_utf8(Part::linking("limits", &[], "@to").payload).unwrap();
        Self { key: key("limits"), nobody: key("nobody").public_key().key_id(), frame }
    }

    /// A run of the tool `limits`, which joins what it is given.
    fn run(&self, from: &[String], to: &str) -> Vec<u8> {
        let input = |path: &String| format!("{{\"path\":\"{path}\",\"sha256\":\"{}\"}}", artifact(path));
        let inputs = from.iter().map(input).collect::<Vec<_>>().join(",");
        let payload = self.frame.replace(&artifact("@to"), &artifact(to)).replace("@to", to);
        let payload = payload.replace("\"inputs\":[]", &format!("\"inputs\":[{inputs}]"));
        self.sealed(payload.as_bytes(), 0)
    }

    /// The payload under the key's signature, after so many that are none.
    fn sealed(&self, payload: &[u8], before: usize) -> Vec<u8> {
        let signature = self.key.sign(&Pae::new(PAYLOAD_TYPE, payload)).unwrap();
        let mut signatures = vec![(self.nobody, Vec::new()); before];
        signatures.push((self.nobody, signature));
        write_line(payload, &signatures)
    }
}

/// A world in which `limits` is a certified tool, with these lines more.
fn world(lines: Vec<Vec<u8>>, origins: &[&str], deployed: &str) -> Scenario {
    let mut world =
        Scenario::linked(&["x"], "y", origins).without("linker-runs").without("north-certifies-linker");
    world = world.and(Part::linker("north", "limits")).deploying(&artifact(deployed));
    for line in lines {
        world.parts.push(Part { line: Some(line), ..Part::new("", "", &Value::Null) });
    }
    world
}

fn assert_allowed(outcome: &Outcome, what: &str) {
    assert_eq!(outcome.verdict, Verdict::Allow, "{what}: {:?}", outcome.failures);
}

fn assert_refused(outcome: &Outcome, code: &str) {
    assert_ne!(outcome.verdict, Verdict::Allow, "{code}");
    assert_eq!(outcome.code.as_deref(), Some(code));
}

#[test]
fn sixteen_signatures_are_read_and_seventeen_are_not() {
    let recorder = Recorder::new();
    let payload =
        |line: &[u8]| cdi_envelope::Envelope::parse(line).unwrap().into_untrusted().payload().to_vec();
    let payload = payload(&recorder.run(&["a".to_owned()], "b"));
    let with = |before| world(vec![recorder.sealed(&payload, before)], &["a"], "b").decide();
    assert_allowed(&with(limits::ENVELOPE_SIGNATURES - 1), "the last of sixteen is the right one");
    let over = with(limits::ENVELOPE_SIGNATURES);
    assert_refused(&over, "no-report");
    assert_eq!(over.discarded, ["limit-envelope-signatures"]);
}

#[test]
fn json_is_read_to_its_depth_and_no_deeper() {
    // The annotations are the third level.
    let nested = |depth: usize| {
        let inner = depth - 3;
        let value = format!("{}1{}", "[".repeat(inner), "]".repeat(inner));
        let text = format!("\"annotations\":{{\"a\":{value}}},\"algorithms\":");
        Scenario::small().with_text("compiler-runs", "\"algorithms\":", &text).decide()
    };
    assert_allowed(&nested(limits::JSON_DEPTH), "nested to the limit");
    let over = nested(limits::JSON_DEPTH + 1);
    assert_eq!(over.discarded, ["json-too-deep"]);
}

#[test]
fn so_many_reports_are_considered_and_no_more() {
    let recorder = Recorder::new();
    let mut lines: Vec<Vec<u8>> =
        (1..limits::REPORTS).map(|n| recorder.run(&["a".to_owned()], &format!("x{n}"))).collect();
    lines.push(recorder.run(&["a".to_owned()], "b"));
    let at = world(lines.clone(), &["a"], "b").decide();
    assert_allowed(&at, "as many reports as are considered");
    // What a stranger reports besides is counted by itself.
    let stranger = Part::linking("elsewhere", &["a"], "b");
    let besides = world(lines.clone(), &["a"], "b").and(Part::linker("far-away", "elsewhere")).and(stranger);
    let besides = besides.and(Part::endorsement("nowhere", "far-away", 0)).decide();
    assert_allowed(&besides, "as many reports, and a stranger's");
    lines.push(recorder.run(&["a".to_owned()], "one-more"));
    assert_refused(&world(lines, &["a"], "b").decide(), "limit-reports");
}

#[test]
fn reports_by_nobody_count_for_nothing() {
    let stranger = Recorder { key: key("stranger"), ..Recorder::new() };
    let frame = stranger.frame.replace(
        &key("limits").public_key().key_id().to_string(),
        &key("stranger").public_key().key_id().to_string(),
    );
    let stranger = Recorder { frame, ..stranger };
    let mut lines: Vec<Vec<u8>> =
        (0..=limits::REPORTS).map(|n| stranger.run(&["a".to_owned()], &format!("x{n}"))).collect();
    lines.push(Recorder::new().run(&["a".to_owned()], "b"));
    let outcome = world(lines, &["a"], "b").decide();
    assert_allowed(&outcome, "more reports by nobody than are considered");
    assert_eq!(outcome.discarded.len(), limits::REPORTS + 1);
    let by_nobody = |line: &&String| *line == "issuer-key-unknown";
    assert_eq!(outcome.discarded.iter().filter(by_nobody).count(), limits::STRANGERS);
    assert!(outcome.discarded.iter().all(|code| code == "issuer-key-unknown" || code == "limit-strangers"));
}

#[test]
fn a_key_may_come_after_all_that_it_signed() {
    // More than is kept in memory until the key is known.
    let recorder = Recorder::new();
    let long = |n: usize| {
        let text = String::from_utf8(Part::linking("limits", &["a"], "b").payload).unwrap();
        let padding = format!("\"annotations\":{{\"n\":\"{n}{}\"}},\"algorithms\":", "x".repeat(2 << 20));
        recorder.sealed(text.replacen("\"algorithms\":", &padding, 1).as_bytes(), 0)
    };
    let mut last = world((0..12).map(long).collect(), &["a"], "b");
    last.parts.reverse();
    let outcome = last.decide();
    assert_allowed(&outcome, "the certification is the last line but one");
    assert!(outcome.discarded.is_empty());
}

#[test]
fn so_many_inputs_are_considered_and_no_more() {
    let recorder = Recorder::new();
    let inputs: Vec<String> = (0..4_096).map(|n| format!("i{n}")).collect();
    let mut lines: Vec<Vec<u8>> =
        (1..limits::EDGES / 4_096).map(|n| recorder.run(&inputs, &format!("x{n}"))).collect();
    lines.push(recorder.run(&inputs, "b"));
    let origins: Vec<&str> = inputs.iter().map(String::as_str).collect();
    assert_allowed(&world(lines.clone(), &origins, "b").decide(), "as many inputs as are considered");
    lines.push(recorder.run(&["i0".to_owned()], "one-more"));
    assert_refused(&world(lines, &origins, "b").decide(), "limit-edges");
}

#[test]
fn so_many_signatures_are_verified_and_no_more() {
    let recorder = Recorder::new();
    let per_line = limits::ENVELOPE_SIGNATURES;
    let payload = |n: usize| {
        let text = String::from_utf8(Part::linking("limits", &["a"], "b").payload).unwrap();
        text.replacen("\"algorithms\":", &format!("\"annotations\":{{\"n\":{n}}},\"algorithms\":"), 1)
            .into_bytes()
    };
    let lines = |count: usize| -> Vec<Vec<u8>> {
        (0..count).map(|n| recorder.sealed(&payload(n), per_line - 1)).collect()
    };
    // The certification, the list and the origin take one each: sixteen less than a whole line more.
    let full = lines(limits::SIGNATURE_VERIFICATIONS / per_line - 1);
    let at =
        world([full.clone(), vec![recorder.sealed(&payload(99_999), per_line - 4)]].concat(), &["a"], "b");
    let outcome = at.decide();
    assert_allowed(&outcome, "as many verifications as are done");
    assert_eq!(outcome.verifications, limits::SIGNATURE_VERIFICATIONS);
    let over = world([full, vec![recorder.sealed(&payload(99_999), per_line - 3)]].concat(), &["a"], "b");
    assert_refused(&over.decide(), "limit-signature-verifications");
}

/// Where others wait for a decision, what shows nothing new is bounded by itself: signatures that nobody made, and statements that are
/// there again in other envelopes.
#[test]
fn so_many_signatures_are_verified_in_vain_where_others_wait_and_no_more() {
    let (recorder, honest) = (Recorder::new(), world(Vec::new(), &["a"], "b"));
    let catalogues = Catalogues::builtin().unwrap();
    let (_, document) = honest.policies.first().unwrap();
    let policy = Policy::load(document.as_bytes(), &catalogues).unwrap();
    let code = |lines: Vec<Vec<u8>>, patience| {
        let bundle = Bundle::parse(world(lines, &["a"], "b").bundle()).unwrap();
        let found = verify_editions(&bundle, policy.keyring(), &mut |_| Vec::new(), patience);
        found.map(|_| "ok").unwrap_or_else(|error| error.code())
    };
    let run = recorder.run(&["a".to_owned()], "b");
    let broken = |n: usize| {
        let mut line = recorder.run(&["a".to_owned()], &format!("x{n}"));
        // Another payload under the signature of the first one.
        let (from, to) = (
            run.windows(7).position(|w| w == b"\"sig\":\"").unwrap(),
            line.windows(7).position(|w| w == b"\"sig\":\"").unwrap(),
        );
        line.truncate(to);
        line.extend_from_slice(&run[from..]);
        line
    };
    let again = |n: usize| {
        let payload = cdi_envelope::Envelope::parse(&run).unwrap().into_untrusted().payload().to_vec();
        let mut junk = format!("junk {n}").into_bytes();
        junk.resize(64, 0);
        let signature = recorder.key.sign(&Pae::new(PAYLOAD_TYPE, &payload)).unwrap();
        write_line(&payload, &[(key("limits").public_key().key_id(), signature), (recorder.nobody, junk)])
    };
    let most = limits::VERIFICATIONS_IN_VAIN;
    let lines = |line: &dyn Fn(usize) -> Vec<u8>, many: usize| (0..many).map(line).collect::<Vec<_>>();
    assert_eq!(code(lines(&broken, most), Patience::Little), "ok");
    assert_eq!(code(lines(&broken, most + 1), Patience::Little), "limit-signature-verifications");
    assert_eq!(code(lines(&broken, most + 1), Patience::Whole), "ok");
    assert_eq!(code(lines(&again, most + 2), Patience::Little), "limit-signature-verifications");
    assert_eq!(code(lines(&again, most + 2), Patience::Whole), "ok");
    let same = |_: usize| run.clone();
    assert_eq!(code(lines(&same, most + 1), Patience::Little), "ok");
    assert_eq!(code(lines(&same, most + 2), Patience::Little), "limit-signature-verifications");
    // What shows something is not in vain.
    let runs = (0..2 * most).map(|n| recorder.run(&["a".to_owned()], &format!("y{n}"))).collect();
    assert_eq!(code(runs, Patience::Little), "ok");
}

/// A signature that names somebody known, and is not theirs, is in vain beside the issuer's.
#[test]
fn countersignatures_that_nobody_made_are_verified_in_vain() {
    let recorder = Recorder::new();
    let (_, document) = world(Vec::new(), &["a"], "b").policies.remove(0);
    let policy = Policy::load(document.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let forged = |n: usize| {
        let run = recorder.run(&["a".to_owned()], &format!("x{n}"));
        let payload = cdi_envelope::Envelope::parse(&run).unwrap().into_untrusted().payload().to_vec();
        let signature = recorder.key.sign(&Pae::new(PAYLOAD_TYPE, &payload)).unwrap();
        let (own, north) = (key("limits").public_key().key_id(), key("north").public_key().key_id());
        write_line(&payload, &[(own, signature.clone()), (north, signature)])
    };
    let code = |many: usize| {
        let bundle = Bundle::parse(world((0..many).map(forged).collect(), &["a"], "b").bundle()).unwrap();
        let found = verify_editions(&bundle, policy.keyring(), &mut |_| Vec::new(), Patience::Little);
        found.map(|_| "ok").unwrap_or_else(|error| error.code())
    };
    assert_eq!(code(16), "ok");
    assert_eq!(code(limits::VERIFICATIONS_IN_VAIN), "limit-signature-verifications");
}

#[test]
fn statements_of_others_that_are_there_again_are_verified_in_vain() {
    let vectors = cdi_testkit::vectors::all();
    for (path, says) in [("sem/evidence", "scanner.example"), ("sem/summary", "verification_summary")] {
        let vector = &vectors[path];
        let document = vector.policies[0].document.as_ref().unwrap();
        let policy = Policy::load(document.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
        let lines: Vec<Vec<u8>> = vector.bundle.iter().map(|line| line.bytes().unwrap()).collect();
        let payload =
            |line: &[u8]| cdi_envelope::Envelope::parse(line).unwrap().into_untrusted().payload().to_vec();
        let it = lines.iter().find(|line| String::from_utf8(payload(line)).unwrap().contains(says)).unwrap();
        let code = |more: usize| {
            let all = [lines.clone(), vec![it.clone(); more]].concat();
            let bundle = Bundle::parse(all.join(&b'\n')).unwrap();
            let found = verify_editions(&bundle, policy.keyring(), &mut |_| Vec::new(), Patience::Little);
            found.map(|_| "ok").unwrap_or_else(|error| error.code())
        };
        assert_eq!(code(16), "ok", "{path}");
        assert_eq!(code(limits::VERIFICATIONS_IN_VAIN + 1), "limit-signature-verifications", "{path}");
    }
}

#[test]
fn so_many_bytes_of_strangers_are_looked_at_and_no_more() {
    let recorder = Recorder::new();
    let sized = |n: usize, bytes: usize| {
        let text = String::from_utf8(Part::linking("limits", &["a"], &format!("s{n}")).payload).unwrap();
        let with = |padding: usize| {
            let more = format!("\"annotations\":{{\"n\":\"{}\"}},\"algorithms\":", "x".repeat(padding));
            text.replacen("\"algorithms\":", &more, 1)
        };
        recorder.sealed(with(bytes - with(0).len()).as_bytes(), 0)
    };
    let not_heard = |more: usize| {
        let mut world = Scenario::small();
        for n in 0..8 {
            let line = Some(sized(n, limits::STRANGERS_BYTES / 8 + if n == 0 { more } else { 0 }));
            world.parts.push(Part { line, ..Part::new("", "", &Value::Null) });
        }
        let outcome = world.decide();
        assert_allowed(&outcome, "what strangers sign besides");
        outcome.discarded.iter().filter(|code| *code == "limit-strangers").count()
    };
    assert_eq!((not_heard(0), not_heard(1)), (0, 1));
}

#[test]
fn so_many_lines_of_strangers_are_looked_at_and_no_more() {
    let recorder = Recorder::new();
    let discarded = |count: usize| {
        let mut world = Scenario::small();
        for n in 0..count {
            let line = Some(recorder.run(&[], &format!("s{n}")));
            world.parts.push(Part { line, ..Part::new("", "", &Value::Null) });
        }
        let outcome = world.decide();
        assert_allowed(&outcome, "what strangers sign besides");
        let not_heard = outcome.discarded.iter().filter(|code| *code == "limit-strangers").count();
        (outcome.discarded.len(), not_heard)
    };
    assert_eq!(discarded(limits::STRANGERS), (limits::STRANGERS, 0));
    assert_eq!(discarded(limits::STRANGERS + 1), (limits::STRANGERS + 1, 1));
}

/// Five thousand lines with sixteen signatures each, of a key that strangers bring: all of them would be over the limit.
#[test]
fn strangers_never_use_up_the_verifications() {
    let recorder = Recorder::new();
    let mut world = Scenario::small().and(Part::linker("elsewhere", "limits"));
    world = world.and(Part::endorsement("far-away", "elsewhere", 0));
    for n in 0..5_000 {
        let payload = Part::linking("limits", &["a"], &format!("b{n}")).payload;
        let line = Some(recorder.sealed(&payload, limits::ENVELOPE_SIGNATURES - 1));
        world.parts.push(Part { line, ..Part::new("", "", &Value::Null) });
    }
    let outcome = world.decide();
    assert_allowed(&outcome, "what strangers sign besides");
    // The world's own statements aside, of which there are some.
    assert!(outcome.verifications <= limits::STRANGERS + 16, "{}", outcome.verifications);
}

#[test]
fn the_deepest_chain_is_decided_on_a_small_stack() {
    let recorder = Recorder::new();
    let chain = |depth: usize| {
        let run = |n: usize| recorder.run(&[format!("s{}", n - 1)], &format!("s{n}"));
        world((1..=depth).map(run).collect(), &["s0"], &format!("s{depth}"))
    };
    let (at, over) = (chain(limits::GRAPH_DEPTH), chain(limits::GRAPH_DEPTH + 1));
    let decide = move || (at.decide(), over.decide());
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(decide).unwrap();
    let (at, over) = thread.join().unwrap();
    assert_allowed(&at, "the deepest chain");
    assert_refused(&over, "limit-graph-depth");
}

#[test]
fn what_an_inspection_read_besides_has_no_part_in_the_chain() {
    let recorder = Recorder::new();
    let deep = limits::GRAPH_DEPTH;
    let run = |n: usize| recorder.run(&[format!("s{}", n - 1)], &format!("s{n}"));
    let mut lines: Vec<Vec<u8>> = (1..=deep).map(run).collect();
    lines.push(recorder.run(&["a".to_owned()], "b"));
    let read = format!("s{deep}");
    let inspection = Part::report("inspector", "inspection", &["b"], &["b", &read], &["b"]);
    let outcome = world(lines, &["a"], "b").and(Part::inspector("north")).and(inspection).decide();
    assert_allowed(&outcome, "an inspection that read what has the deepest chain");
    assert!(outcome.discarded.is_empty(), "{:?}", outcome.discarded);
}

#[test]
fn a_policy_is_read_to_its_size_and_no_further() {
    let padded = |size: usize| {
        let mut world = Scenario::small();
        let text = &mut world.policies[0].1;
        text.push_str("# ");
        text.push_str(&"x".repeat(size - text.len()));
        world.decide()
    };
    assert_allowed(&padded(limits::POLICY_BYTES), "a policy of the largest size");
    assert_refused(&padded(limits::POLICY_BYTES + 1), "limit-policy-bytes");
}

#[test]
fn diamonds_are_allowed_in_time() {
    let recorder = Recorder::new();
    for (layers, width) in [(40, 2), (200, 2), (40, 16), (200, 16)] {
        let name = |layer: usize, n: usize| format!("l{layer}n{n}");
        let below = |layer: usize| (0..width).map(|n| name(layer - 1, n)).collect::<Vec<_>>();
        let lines = (1..=layers).flat_map(|layer| {
            let below = below(layer);
            (0..width).map(|n| recorder.run(&below, &name(layer, n))).collect::<Vec<_>>()
        });
        let origins = below(1);
        let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
        let world = world(lines.collect(), &origins, &name(layers, 0));
        let start = Instant::now();
        let outcome = world.decide();
        let time = start.elapsed();
        assert_allowed(&outcome, "a diamond");
        // Under a second where it is built for use; a machine that does other work and an unoptimised build get more.
        assert!(time < Duration::from_secs(10), "{layers} layers of {width} took {time:?}");
    }
}

#[test]
fn decoys_never_hide_a_chain() {
    for width in [2, 8] {
        let mut world = Scenario::endorsed().with_policy("cloud-provider", "depth: 1", "depth: 5");
        let name = |layer: usize, n: usize| format!("decoy-{layer}-{n}");
        for layer in 0..4 {
            for n in 0..width {
                for m in 0..if layer == 0 { 1 } else { width } {
                    let parent = if layer == 0 { "north".to_owned() } else { name(layer - 1, m) };
                    world.parts.push(Part::endorsement(&parent, &name(layer, n), 5));
                }
                world.parts.push(Part::empty_list(&name(layer, n)));
            }
        }
        assert_allowed(&world.decide(), "decoys beside a good chain");
    }
}

/// Anybody can sign that a run of theirs made the artifact from much, and that another made all of that from as much again.
#[test]
fn what_strangers_made_much_from_much_costs_little() {
    let many: Vec<String> = (0..15_000).map(|n| format!("f{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut world = Scenario::linked(&["app.wasm"], "app", &["app.wasm"]);
    let mut brings = Part::endorsement("north", "stranger", 0);
    brings.line =
        Some(envelope(&brings.payload, &brings.payload_type, &[(key_id("north"), Vec::new())]).into());
    world.parts.extend([
        brings,
        Part::linker("stranger", "foreign"),
        Part::report("foreign", "transform", &["app"], &many, &["app"]),
        Part::report("foreign", "transform", &["app"], &many, &many),
    ]);
    let start = Instant::now();
    let outcome = world.decide();
    let time = start.elapsed();
    assert_allowed(&outcome, "an honest history beside that of a stranger");
    assert!(
        outcome.discarded.is_empty() || outcome.discarded == ["signature-invalid"],
        "{:?}",
        outcome.discarded
    );
    // A tenth of a second where it is built for use. To look at each of the 225 million pairs takes many.
    assert!(time < Duration::from_secs(5), "{time:?}");
}
