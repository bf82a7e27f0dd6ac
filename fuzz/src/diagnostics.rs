//! What people are told of a refusal, where others chose the texts.

use std::sync::LazyLock;

use cdi_policy::{Case, Catalogues, Decision, Excused, Failure, InForce, Policy, Request, decide};
use cdi_testkit::scenario::{NOW, Scenario};
use cdi_types::{ArtifactDigest, Bundle, Clock, Timestamp};
use cdi_verify::{Vantage, appraise, verify};
use serde_json::Value;

use crate::{Target, shown};

pub(crate) const TARGET: Target = Target {
    name: "diagnostics",
    oracle: "whatever texts a tool, an authority or a stranger signs: each message and hint is bounded, and has no character that a \
             terminal obeys or that steers a display",
    run,
    seeds,
    words,
    most: 400,
};

static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::builtin().unwrap());

fn run(bytes: &[u8]) {
    let Some(world) = hostile(bytes) else { return };
    world.policies.iter().for_each(|(_, document)| told(&world, document));
}

/// A world in which somebody chose a text: which text of which statement, and what is put in its place or behind it.
pub(crate) fn hostile(bytes: &[u8]) -> Option<Scenario> {
    let [part, place, way, text @ ..] = bytes else { return None };
    let text = String::from_utf8_lossy(text);
    let world = if way % 2 == 0 { Scenario::full() } else { Scenario::history() };
    let parts = world.parts.len();
    let name = world.parts[usize::from(*part) % parts].name.clone();
    Some(world.with(&name, |statement| {
        let mut texts = Vec::new();
        places(statement, String::new(), &mut texts);
        let at = &texts[usize::from(*place) % texts.len()];
        let found = statement.pointer_mut(at).unwrap();
        let kept = found.as_str().unwrap_or_default();
        *found = Value::from(if way & 2 == 0 { text.clone().into_owned() } else { format!("{kept}{text}") });
    }))
}

/// Where there are texts.
fn places(value: &Value, at: String, texts: &mut Vec<String>) {
    match value {
        Value::String(_) => texts.push(at),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, value)| places(value, format!("{at}/{n}"), texts))
        }
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            places(value, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), texts);
        }),
        _ => {}
    }
}

fn told(world: &Scenario, document: &str) {
    let policy = Policy::load(document.as_bytes(), &CATALOGUES).unwrap();
    let bundle = Bundle::parse(world.bundle()).unwrap();
    let provenance = verify(&bundle, policy.keyring()).unwrap();
    for discarded in provenance.get().discarded() {
        shown::told(discarded.code, &discarded.reason);
    }
    let clock = Clock::at(Timestamp::parse(NOW).unwrap());
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let (trust, questions) = (policy.trust().unwrap(), policy.questions(clock.now()));
    let facts = appraise(&provenance, trust, artifact, &questions, Vantage::from(clock)).unwrap();
    let policy = InForce::unsigned(policy);
    let case = Case::of(&policy, Some(Ok(&facts)));
    let principals = match decide(Request::bare(artifact), &[case], clock.now()) {
        Decision::Allow(_) => return,
        Decision::Deny(denial) | Decision::Unknown(denial) => denial.principals,
    };
    for findings in principals {
        findings.failures.iter().for_each(failure);
        findings.excused.iter().for_each(|Excused { failure: excused, .. }| failure(excused));
    }
}

fn failure(failure: &Failure) {
    shown::told(failure.code, &failure.message);
    shown::harmless(&failure.requirement);
    failure.hint.iter().for_each(|hint| shown::harmless(hint));
    for (question, obstacles) in &failure.causes {
        shown::harmless(question);
        assert!(obstacles.len() <= 64);
        obstacles.iter().for_each(|obstacle| shown::told(obstacle.code(), obstacle));
    }
}

const HOSTILE: [&str; 6] =
    ["\u{1b}[2J\u{7}", "\u{202e}\u{2066}", "a\nb\rc", "\u{3164}\u{2800}\u{34f}", "`\u{0}`", "e\u{301}"];

/// Each text of the first statements once.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let one = |part: u8, place: u8| {
        let hostile = HOSTILE[usize::from(place) % HOSTILE.len()];
        [&[part, place, part ^ place], hostile.as_bytes()].concat()
    };
    (0..8).flat_map(|part| (0..24).map(move |place| one(part, place))).collect()
}

fn words() -> Vec<Vec<u8>> {
    HOSTILE.iter().map(|text| text.as_bytes().to_vec()).collect()
}
