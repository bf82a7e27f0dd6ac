//! A bundle that passes, changed by operations of which is known what they leave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use arbitrary::{Arbitrary as _, Unstructured};
use cdi_policy::Catalogues;
use cdi_testkit::scenario::{
    Outcome, Part, Scenario, Verdict, artifact, decide_under, envelope, key, key_id,
};
use serde_json::{Value, json};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "operations",
    oracle: "a bundle is allowed as long as sound lines are left of each statement that it needs and of enough of those that can \
             stand for each other, in whatever order, spelling and company, and not any longer; another artifact is never allowed",
    run,
    seeds,
    words: Vec::new,
    most: 256,
};

/// A line: of which statement it is a sound copy, if it still is of any.
#[derive(Clone)]
struct Line {
    sound: Option<usize>,
    text: Vec<u8>,
}

/// A world that passes, its lines, and without which it still does.
struct Base {
    scenario: Scenario,
    lines: Vec<Vec<u8>>,
    /// Those without which it passes not.
    needed: BTreeSet<usize>,
    /// Of the others, each set by which it passes beside them: of a quorum any one can be missing, and not any two.
    enough: BTreeSet<BTreeSet<usize>>,
}

/// How many lines of a world can be dispensed with, at most: what is left of them is tried in all ways.
const DISPENSABLE: usize = 6;

static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::builtin().unwrap());

static BASES: LazyLock<Vec<Base>> = LazyLock::new(|| {
    let worlds = [
        Scenario::small(),
        Scenario::endorsed(),
        Scenario::history(),
        Scenario::full(),
        Scenario::quorum(&["north", "south"], 2),
        Scenario::linked(&["app.wasm", "lib.wasm"], "app", &["app.wasm", "lib.wasm"]),
        Scenario::woven(2, 2).0,
        Scenario::signed(),
    ];
    worlds.into_iter().map(Base::of).collect()
});

impl Base {
    /// A world with what it needs, found by leaving lines out.
    fn of(scenario: Scenario) -> Self {
        let lines = scenario.lines();
        let mut base = Self { scenario, lines, needed: BTreeSet::new(), enough: BTreeSet::new() };
        let all: BTreeSet<usize> = (0..base.lines.len()).collect();
        assert!(base.passes_with(&all));
        let without = |line: usize| all.iter().copied().filter(|other| *other != line).collect();
        base.needed = all.iter().copied().filter(|line| !base.passes_with(&without(*line))).collect();
        let others: Vec<usize> = all.difference(&base.needed).copied().collect();
        assert!(others.len() <= DISPENSABLE, "{others:?} can be dispensed with");
        let chosen = |choice: u32| -> BTreeSet<usize> {
            let picked = others.iter().enumerate().filter(|(n, _)| choice >> n & 1 == 1);
            picked.map(|(_, line)| *line).collect()
        };
        let sets = (0..1_u32 << others.len()).map(chosen);
        base.enough =
            sets.filter(|set| base.passes_with(&set.union(&base.needed).copied().collect())).collect();
        base
    }

    fn passes_with(&self, left: &BTreeSet<usize>) -> bool {
        let lines: Vec<Vec<u8>> = left.iter().map(|line| self.lines[*line].clone()).collect();
        self.decide(&lines, None).verdict == Verdict::Allow
    }

    /// Whether it passes by these of its lines.
    fn is_enough(&self, left: &BTreeSet<usize>) -> bool {
        let others = left.difference(&self.needed).copied().collect();
        self.needed.is_subset(left) && self.enough.contains(&others)
    }

    fn decide(&self, lines: &[Vec<u8>], artifact: Option<&str>) -> Outcome {
        let world = &self.scenario;
        let (parties, artifact) = (world.parties(), artifact.unwrap_or(&world.artifact));
        let bundle = [lines.join(&b'\n'), b"\n".to_vec()].concat();
        decide_under(
            &CATALOGUES,
            &BTreeMap::new(),
            bundle,
            &parties,
            artifact,
            &world.now,
            world.place.as_ref(),
        )
    }
}

fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok(base) = input.choose(&BASES[..]) else { return };
    let lines = base.lines.iter().enumerate();
    let mut lines: Vec<Line> = lines.map(|(n, text)| Line { sound: Some(n), text: text.clone() }).collect();
    // Lines that are no text are beyond what later operations can do with them.
    for _ in 0..12 {
        if lines.is_empty() || operation(&mut input, base, &mut lines).is_err() {
            break;
        }
    }
    let left: BTreeSet<usize> = lines.iter().filter_map(|line| line.sound).collect();
    let texts: Vec<Vec<u8>> = lines.iter().map(|line| line.text.clone()).collect();
    let found = base.decide(&texts, None);
    let (needed, enough) = (&base.needed, &base.enough);
    assert_eq!(
        found.verdict == Verdict::Allow,
        base.is_enough(&left),
        "{found:?}, left {left:?} of {needed:?} and {enough:?}"
    );
    let other = base.decide(&texts, Some(&artifact("nobody made this"))).verdict;
    assert_ne!(other, Verdict::Allow);
}

fn operation(input: &mut Unstructured<'_>, base: &Base, lines: &mut Vec<Line>) -> arbitrary::Result<()> {
    let (kind, at) = (u8::arbitrary(input)? % 18, input.choose_index(lines.len())?);
    let to = input.choose_index(lines.len())?;
    if input.is_empty() {
        return Err(arbitrary::Error::NotEnoughData);
    }
    let line = lines[at].clone();
    match kind {
        0 => lines.swap(at, to),
        1 => lines.insert(to, line),
        2 => lines.insert(at, Line { sound: None, text: noise(input)? }),
        3 => lines.insert(at, stranger(base, input)?),
        4 => drop(lines.remove(at)),
        5 => lines[at].text.push(b'\r'),
        6 => lines[at].text.splice(0..0, b" \t".iter().copied()).for_each(drop),
        7 => change(&mut lines[at], true, |value| value["beside"] = json!({ "payload": "e30=" })),
        8 => change(&mut lines[at], true, |value| each(value, |signature| drop(signature.remove("keyid")))),
        9 => change(&mut lines[at], true, |value| {
            each(value, |signature| drop(signature.insert("keyid".to_owned(), json!(key_id("stranger")))));
        }),
        10 => change(&mut lines[at], true, url_safe),
        11 => change(&mut lines[at], true, countersigned),
        12 => escaped(&mut lines[at]),
        13 => {
            let (byte, bit) = (u16::arbitrary(input)?, u8::arbitrary(input)? % 8);
            change(&mut lines[at], false, |value| flip(&mut value["payload"], byte, bit));
        }
        14 => {
            let (byte, bit) = (u16::arbitrary(input)?, u8::arbitrary(input)? % 8);
            change(&mut lines[at], false, |value| {
                each(value, |signature| flip(signature.get_mut("sig").unwrap(), byte, bit));
            });
        }
        15 => change(&mut lines[at], false, |value| value["payloadType"] = json!("text/plain")),
        16 => exchange_signatures(lines, at, to),
        _ => signed_by_a_stranger(&mut lines[at]),
    }
    Ok(())
}

/// Changes the JSON of a line; a line that is none stays.
fn change(line: &mut Line, keeps: bool, change: impl FnOnce(&mut Value)) {
    // Of what is broken already, a second change could undo the first.
    if !keeps && line.sound.is_none() {
        return;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&line.text) else { return };
    if value["payload"].is_string() && value["signatures"].is_array() {
        change(&mut value);
        line.text = serde_json::to_vec(&value).unwrap();
        line.sound = line.sound.filter(|_| keeps);
    }
}

fn each(value: &mut Value, change: impl FnMut(&mut serde_json::Map<String, Value>)) {
    let signatures = value["signatures"].as_array_mut().into_iter().flatten();
    signatures.filter_map(Value::as_object_mut).for_each(change);
}

fn url_safe(value: &mut Value) {
    let swap = |value: &mut Value| {
        let text = value.as_str().unwrap_or_default();
        *value = json!(text.replace('+', "-").replace('/', "_"));
    };
    swap(&mut value["payload"]);
    each(value, |signature| swap(signature.get_mut("sig").unwrap()));
}

/// A signature more, of somebody who has nothing to say, in front; up to as many as an envelope may have.
fn countersigned(value: &mut Value) {
    let signatures = value["signatures"].as_array_mut().unwrap();
    if signatures.len() < 16 {
        signatures.insert(0, json!({ "keyid": key_id("stranger"), "sig": "AAAA" }));
    }
}

/// The same JSON, its names written by escapes.
fn escaped(line: &mut Line) {
    let Ok(text) = std::str::from_utf8(&line.text) else { return };
    if serde_json::from_str::<Value>(text).is_ok() {
        line.text =
            text.replace("\"payload\"", "\"\\u0070ayload\"").replace("\"sig\"", "\"s\\u0069g\"").into_bytes();
    }
}

/// Flips a bit of what a text is base64 of.
fn flip(text: &mut Value, byte: u16, bit: u8) {
    let plain = text.as_str().unwrap_or_default().replace('-', "+").replace('_', "/");
    let Ok(mut bytes) = base64_simd::STANDARD.decode_to_vec(plain.as_bytes()) else { return };
    let at = usize::from(byte) % bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
    *text = json!(base64_simd::STANDARD.encode_to_string(&bytes));
}

/// Two statements with each other's signatures.
fn exchange_signatures(lines: &mut [Line], at: usize, to: usize) {
    if lines[at].sound.is_none() || lines[to].sound.is_none() || lines[at].sound == lines[to].sound {
        return;
    }
    let read = |line: &Line| {
        serde_json::from_slice::<Value>(&line.text).ok().map(|value| value["signatures"].clone())
    };
    if let (Some(here), Some(there)) = (read(&lines[at]), read(&lines[to])) {
        change(&mut lines[at], false, |value| value["signatures"] = there);
        change(&mut lines[to], false, |value| value["signatures"] = here);
    }
}

/// The statement under the signature of somebody else.
fn signed_by_a_stranger(line: &mut Line) {
    change(line, false, |value| {
        let payload = value["payload"].as_str().unwrap_or_default().replace('-', "+").replace('_', "/");
        let payload = base64_simd::STANDARD.decode_to_vec(payload.as_bytes()).unwrap_or_default();
        let message = cdi_envelope::Pae::new(cdi_envelope::PAYLOAD_TYPE, &payload);
        let signature = cdi_keys::Signer::sign(&key("stranger"), &message).unwrap();
        let sealed = envelope(&payload, cdi_envelope::PAYLOAD_TYPE, &[(key_id("stranger"), signature)]);
        *value = serde_json::from_str(&sealed).unwrap();
    });
}

/// A line that is nothing.
fn noise(input: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let length = usize::from(u8::arbitrary(input)? % 32);
    Ok(input.bytes(length.min(input.len()))?.iter().copied().filter(|byte| *byte != b'\n').collect())
}

/// A statement of somebody whom nobody trusts.
fn stranger(base: &Base, input: &mut Unstructured<'_>) -> arbitrary::Result<Line> {
    let part = match u8::arbitrary(input)? % 4 {
        0 => Part::compiler("stranger"),
        1 => Part::list("stranger", 7, &json!([{ "id": base.scenario.artifact, "reason": "superseded" }])),
        2 => Part::origin("stranger", "source", &["app.wasm"]),
        _ => Part::endorsement("stranger", "north", 0),
    };
    Ok(Line { sound: None, text: part.line() })
}

/// Each operation once by itself, on each world.
fn seeds() -> Vec<Vec<u8>> {
    let worlds = u8::try_from(BASES.len()).unwrap();
    let one = |world: u8, kind: u8| {
        let begin = u32::from(world) * 256 / u32::from(worlds) + 1;
        vec![u8::try_from(begin).unwrap(), kind, kind.wrapping_mul(37), 90, 3, 4, 5, 6]
    };
    (0..worlds).flat_map(|world| (0..18).map(move |kind| one(world, kind))).collect()
}
