//! Every signed field of one good bundle, altered in turn: with the old signature and with a new one.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::BTreeMap;
use std::path::Path;

use cdi_testkit::scenario::{Scenario, Verdict};
use serde_json::{Value, json};

/// The statements that are altered: the world needs each.
pub(crate) const PARTS: [&str; 6] = [
    "compiler-runs",
    "inspector-runs",
    "origin",
    "north-certifies-compiler",
    "north-revokes",
    "west-endorses-west-lab",
];

/// What an authentic statement may have otherwise in a bundle that is allowed, each with the reason. A `*` stands for
/// any text.
pub(crate) const UNREAD: [(&str, &str); 27] = [
    ("*  widened", "in-toto statements may have members that nobody knows"),
    ("*/subject/0 widened", "in-toto subjects may have members that nobody knows"),
    ("*/subject/0/digest widened", "a digest set may have more algorithms; SHA-256 alone is read"),
    ("* /predicate/algorithms/*", "for people: the verifier goes by the key and by the length of digests"),
    ("* /predicate/operation/directory *", "where the run was; digests say what it read"),
    ("* /predicate/operation/platform/*", "for people: no claim is about a platform yet"),
    ("* /predicate/recorder/path longer", "where the recorder was; its digest says what it is"),
    ("* /predicate/tool/executables/0/path longer", "where the executable was; its digest says what it is"),
    ("* /predicate/tool/executables doubled", "the same measured executable again is in the closure"),
    ("compiler-runs /predicate/operation/environment/LANG removed", "a described variable need not be there"),
    ("inspector-runs /predicate/findings doubled", "a finding counts once"),
    ("origin /subject doubled", "an origin that lists a file twice lists it"),
    ("origin /subject/0/name *", "a name for people: the digest is the subject"),
    ("north-certifies-compiler /subject/0/name *", "a name for people: the digest is the subject"),
    (
        "north-certifies-compiler /predicate/claims shortened",
        "only STEP goes, for which two of three suffice",
    ),
    (
        "north-certifies-compiler /predicate/invocations/default/arguments/2/input longer",
        "north no longer vouches for what inputs pass on, for which two of three suffice",
    ),
    (
        "north-certifies-compiler /predicate/invocations/default/environment/HOME removed",
        "narrower: the run had no such variable",
    ),
    (
        "north-certifies-compiler /predicate/invocations/default/environment/LANG/oneOf doubled",
        "an allowed value counts once",
    ),
    (
        "north-certifies-compiler /predicate/invocations/default/exitStatus doubled",
        "an allowed status counts once",
    ),
    (
        "north-certifies-compiler /predicate/invocations/default/program doubled",
        "an allowed name counts once",
    ),
    (
        "north-certifies-compiler /predicate/invocations/default/settings/opt-level*",
        "the run had the other allowed value",
    ),
    ("* /predicate/serial raised", "serials order statements of one issuer, and there is one"),
    (
        "north-certifies-compiler /predicate/tool/*",
        "attributes for people: digest and key say which tool it is",
    ),
    ("north-certifies-compiler /predicate/vetting/method longer", "for people"),
    ("west-endorses-west-lab /predicate/name longer", "a name for people: the key is the authority"),
    (
        "west-endorses-west-lab /predicate/scope/depth raised",
        "nobody stands below, and the anchor's depth bounds it",
    ),
    ("west-endorses-west-lab /predicate/scope/properties doubled", "a pattern counts once"),
];

/// One way to alter a value, or none.
type Alteration = (&'static str, fn(&Value) -> Option<Value>);

const ALTERATIONS: [Alteration; 8] = [
    ("longer", |value| value.as_str().map(|text| format!("{text}x").into())),
    ("emptied", |value| match value {
        Value::String(_) => Some(json!("")),
        Value::Array(list) if !list.is_empty() => Some(json!([])),
        _ => None,
    }),
    ("raised", |value| value.as_u64().map(|number| (number + 1).into())),
    ("null", |_| Some(Value::Null)),
    ("of-another-type", |value| Some(if value.is_string() { json!(7) } else { json!("7") })),
    ("shortened", |value| {
        let list = value.as_array()?;
        list.split_last().map(|(_, rest)| rest.to_vec().into())
    }),
    ("doubled", |value| {
        let list = value.as_array().filter(|list| !list.is_empty())?;
        Some(list.iter().chain(list.last()).cloned().collect::<Vec<_>>().into())
    }),
    ("widened", |value| {
        let mut members = value.as_object()?.clone();
        members.insert("unknown".to_owned(), json!(1));
        Some(members.into())
    }),
];

/// Every place in a statement, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

/// Every altered statement, by what was done.
pub(crate) fn altered(statement: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    places(statement, "", &mut found);
    let mut mutants = Vec::new();
    for place in found {
        let value = statement.pointer(&place).unwrap();
        for (name, alter) in ALTERATIONS {
            if let Some(value) = alter(value) {
                let mut mutant = statement.clone();
                *mutant.pointer_mut(&place).unwrap() = value;
                mutants.push((format!("{place} {name}"), mutant));
            }
        }
        if let Some((parent, member)) = place.rsplit_once('/') {
            let mut mutant = statement.clone();
            if let Some(members) = mutant.pointer_mut(parent).unwrap().as_object_mut() {
                members.remove(member);
                mutants.push((format!("{place} removed"), mutant));
            }
        }
    }
    mutants
}

/// The whole world, everything in it sealed.
fn sealed() -> Scenario {
    let mut world = Scenario::full();
    for part in &mut world.parts {
        part.line = Some(part.line());
    }
    world
}

fn told(world: &Scenario) -> String {
    let outcome = world.decide();
    match outcome.verdict {
        Verdict::Allow => "allow".to_owned(),
        verdict => {
            format!("{verdict:?} {} {}", outcome.code.unwrap_or_default(), outcome.discarded.join(" "))
        }
    }
}

#[test]
fn every_altered_field_is_refused_with_the_known_code() {
    let world = sealed();
    assert_eq!(told(&world), "allow");
    let mut snapshot = BTreeMap::new();
    let mut surviving = Vec::new();
    for name in PARTS {
        let sound = world.part(name).clone();
        for (what, mutant) in altered(&sound.statement()) {
            let mut signed = sound.clone();
            signed.line = None;
            signed.change(|statement| *statement = mutant);
            let replaced =
                |line: Vec<u8>| world.clone().with_line(name, |_| String::from_utf8(line).unwrap());
            let old = String::from_utf8(sound.line()).unwrap();
            let (_, signatures) = old.split_once("\",\"payloadType\"").unwrap();
            let payload = base64_simd::STANDARD.encode_to_string(&signed.payload);
            let unsigned =
                told(&replaced(format!("{{\"payload\":\"{payload}\",\"payloadType\"{signatures}").into()));
            assert_ne!(unsigned, "allow", "{name}{what}, under the old signature");
            let signed = told(&replaced(signed.line()));
            let what = format!("{name} {what}");
            if signed == "allow" && !UNREAD.iter().any(|(pattern, _)| fits(&what, pattern)) {
                surviving.push(what.clone());
            }
            snapshot.insert(what, format!("{signed} | {unsigned}"));
        }
    }
    for (pattern, _) in UNREAD {
        let used = snapshot.iter().any(|(what, told)| told.starts_with("allow |") && fits(what, pattern));
        assert!(used, "`{pattern}` is in the list for nothing");
    }
    compare(&snapshot);
    assert!(
        surviving.is_empty(),
        "{} fields that may be otherwise:\n{}",
        surviving.len(),
        surviving.join("\n")
    );
}

/// Whether the pieces of the pattern stand in the text in their order, the first and the last at its ends.
pub(crate) fn fits(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        match rest.find(piece) {
            _ if pieces.peek().is_none() => return rest.ends_with(piece),
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

/// Compares with the committed snapshot, or writes it.
fn compare(snapshot: &BTreeMap<String, String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/mutants.txt");
    let text: String = snapshot.iter().map(|(what, told)| format!("{what}: {told}\n")).collect();
    if std::env::var_os("CDI_WRITE_VECTORS").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(path).unwrap();
    let changed: Vec<&str> =
        text.lines().filter(|line| !committed.lines().any(|known| known == *line)).collect();
    assert!(
        committed == text,
        "`CDI_WRITE_VECTORS=1 cargo test -p cdi-testkit mutants` writes these, look at each: {changed:#?}"
    );
}
