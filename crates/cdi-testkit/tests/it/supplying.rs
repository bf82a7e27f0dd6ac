//! Why a runtime is not shown to supply what a policy asks of its place (rule M-SUPPLY): the closest miss of each vector.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

use std::sync::Arc;

use cdi_policy::{Atom, Catalogues, Formula, Heard, PlatformProperty, Policy, Provision};
use cdi_testkit::vectors::{Vector, all};
use cdi_types::{ArtifactDigest, Bundle, Clock, Runtime, Timestamp};
use cdi_verify::{Answer, Facts, Question, appraise, verify};

/// The vectors of runtimes that are refused, and the code that is nearest to a proof.
const NEAREST: [(&str, &str); 18] = [
    ("by-nobody", "runtime-uncertified"),
    ("executable", "runtime-uncertified"),
    ("forbidden", "forbidden-tool"),
    ("library-forbidden", "forbidden-tool"),
    ("by-a-stranger", "authority-untrusted"),
    ("established", "property-not-claimed"),
    ("value-of-another", "property-not-claimed"),
    ("library", "tool-closure"),
    ("libraries-unmeasured", "tool-libraries-unmeasured"),
    ("program", "invocation-program"),
    ("argument", "invocation-arguments"),
    ("variable", "invocation-environment"),
    ("setting", "invocation-settings"),
    ("setting-missing", "invocation-settings"),
    ("by-one-of-two", "quorum-unmet"),
    ("by-one-twice", "quorum-unmet"),
    ("out-of-scope", "authority-out-of-scope"),
    ("expired", "expired"),
];

/// What the vector's policy asks of the place's runtime, and what is known of that.
fn asked(vector: &Vector) -> (Policy, Arc<Runtime>, Question, Facts) {
    let text = vector.policies[0].document.as_ref().unwrap();
    let policy = Policy::load(text.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let lines: Vec<Vec<u8>> = vector.bundle.iter().map(|line| line.bytes().unwrap()).collect();
    let provenance = verify(&Bundle::parse(lines.join(&b'\n')).unwrap(), policy.keyring()).unwrap();
    let runtime = Arc::new(vector.environment.clone().unwrap().runtime.unwrap());
    let now = Timestamp::parse(&vector.time).unwrap();
    let questions = policy.questions_of(&runtime, now);
    let artifact = ArtifactDigest::parse(&vector.artifact).unwrap();
    let facts = appraise(&provenance, policy.trust().unwrap(), artifact, &questions, Clock::at(now)).unwrap();
    let question = questions.first().unwrap().clone();
    assert!(matches!(&question, Question::Supplied(of, _) if *of == runtime));
    (policy, runtime, question, facts)
}

/// The code of the closest obstacle to it.
fn nearest(vector: &Vector) -> String {
    let (_, _, question, facts) = asked(vector);
    let Some(Answer::NotShown(obstacles)) = facts.answer(&question) else { return "none".to_owned() };
    obstacles.iter().next().unwrap().code().to_owned()
}

#[test]
fn what_a_runtime_does_not_supply_is_told_with_the_reasons() {
    let vectors = all();
    let told = |name: &str| {
        let (policy, runtime, question, facts) = asked(&vectors[name]);
        let Question::Supplied(_, property) = &question else { panic!("{question:?}") };
        let supplies =
            facts.answers().of_runtimes().map(|(of, answer)| (of.clone(), answer.clone())).collect();
        let (runtime, places) = (Some(&runtime), &policy.places());
        let place = Provision { provides: &[], heard: Heard::NotTaken, places, runtime, supplies: &supplies };
        let asked = Formula::Atom(Atom::Platform(property.clone()));
        let elsewhere = Provision { runtime: None, ..place };
        assert_eq!(elsewhere.unsupplied(&asked), [], "{name}");
        let causes = place.unsupplied(&asked);
        assert!(causes.iter().all(|(of, _)| *of == question), "{name}");
        causes
            .into_iter()
            .flat_map(|(_, obstacles)| obstacles)
            .map(|obstacle| obstacle.code())
            .collect::<Vec<_>>()
    };
    assert_eq!(told("sem/supplied"), Vec::<&str>::new());
    for (name, code) in NEAREST {
        assert_eq!(told(&format!("sem/supplied-{name}")).first(), Some(&code), "{name}");
    }
}

#[test]
fn the_closest_miss_of_a_runtime_is_named() {
    let vectors = all();
    for (name, code) in NEAREST {
        let vector = &vectors[&format!("sem/supplied-{name}")];
        assert_eq!(nearest(vector), code, "{name}");
    }
}

#[test]
fn a_policy_that_trusts_nobody_asks_nothing_of_runtimes() {
    let vector = &all()["sem/supplied"];
    let text = vector.policies[0].document.as_ref().unwrap();
    let catalogues = Catalogues::builtin().unwrap();
    let (trust, rest) = (text.find("  trust:").unwrap(), text.find("  require:").unwrap());
    let bare = format!("{}{}", &text[..trust], &text[rest..]);
    let runtime = Arc::new(vector.environment.clone().unwrap().runtime.unwrap());
    let now = Timestamp::parse(&vector.time).unwrap();
    let asked = |text: &str| Policy::load(text.as_bytes(), &catalogues).unwrap().questions_of(&runtime, now);
    let property = PlatformProperty::parse("VM_ISOLATION").unwrap();
    assert_eq!(asked(text), [Question::Supplied(Arc::clone(&runtime), property)].into());
    assert!(asked(&bare).is_empty());
}
