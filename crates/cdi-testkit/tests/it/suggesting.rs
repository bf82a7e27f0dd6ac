//! The policy that is suggested from one good bundle allows that bundle, and refuses what is any less.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

use cdi_envelope::PublicKey;
use cdi_policy::{Catalogues, Good, Pins, SuggestError, Wanted, suggest};
use cdi_testkit::driver::{Core, Names, Sealed, expressible};
use cdi_testkit::generate::generate;
use cdi_testkit::model::world::{OriginRule, Principal};
use cdi_testkit::scenario::{Part, Scenario, Verdict, artifact, public_key};
use cdi_types::{ArtifactDigest, Bundle, Clock, Name, Timestamp};
use cdi_verify::{KnownKey, verify};
use serde_json::{Value, json};

use crate::mutants::{PARTS, UNREAD, altered, fits};

/// Whom the principal names.
struct Trusting<'a> {
    anchors: &'a [&'a str],
    origins: &'a [&'a str],
    pins: Pins,
}

const ALL: Trusting<'_> =
    Trusting { anchors: &["north", "south", "west"], origins: &["developer"], pins: Pins::Keys };

fn public(name: &str) -> PublicKey {
    PublicKey::from_info(&serde_json::from_value(public_key(name).into()).unwrap()).unwrap()
}

/// What is suggested from a world's bundle.
fn suggested(world: &Scenario, trusting: &Trusting<'_>) -> Result<String, SuggestError> {
    let name = |name: &&str| Name::parse(name).unwrap();
    let wanted = Wanted {
        principal: name(&"provider"),
        anchors: trusting.anchors.iter().map(|anchor| (name(anchor), public(anchor))).collect(),
        origins: trusting.origins.iter().map(|origin| public(origin)).collect(),
        pins: trusting.pins,
    };
    let keys: Vec<_> = wanted.anchors.iter().map(|(_, key)| key).chain(&wanted.origins).collect();
    let known: Vec<KnownKey> = keys.into_iter().cloned().map(KnownKey::from).collect();
    let provenance = verify(&Bundle::parse(world.bundle()).unwrap(), &known).unwrap();
    let catalogues = Catalogues::builtin().unwrap();
    let good = Good {
        provenance: &provenance,
        artifact: ArtifactDigest::parse(&world.artifact).unwrap(),
        clock: Clock::at(Timestamp::parse(&world.now).unwrap()),
        catalogues: &catalogues,
    };
    suggest(good, &wanted)
}

/// The world under a document alone.
fn under(world: &Scenario, document: &str) -> Scenario {
    let policies = vec![("provider".to_owned(), document.to_owned())];
    Scenario { policies, signing: Vec::new(), place: None, ..world.clone() }
}

/// The whole world, with keys in hardware, observed runs, and reports that name their certifications.
fn best() -> Scenario {
    let authorities = ["north", "south", "west-lab"];
    let mut world = Scenario::full();
    for authority in authorities {
        for tool in ["compiler", "inspector"] {
            world = world.with(&format!("{authority}-certifies-{tool}"), |statement| {
                statement["predicate"]["custody"] = "hardware".into();
            });
        }
    }
    for tool in ["compiler", "inspector"] {
        let named: Vec<Value> =
            authorities.iter().map(|name| world.id(&format!("{name}-certifies-{tool}")).into()).collect();
        world = world.with(&format!("{tool}-runs"), |statement| {
            statement["predicate"]["capture"] = "traced".into();
            statement["predicate"]["certifications"] = named.into();
        });
    }
    world
}

/// The worlds, each with whom its principal names, and what must stand in the suggestion.
fn worlds() -> Vec<(Scenario, Trusting<'static>, &'static [&'static str])> {
    let north = |origins| Trusting { anchors: &["north"], origins, pins: Pins::Keys };
    vec![
        (
            best(),
            ALL,
            &[
                "quorum: {default: 3}",
                "custody: hardware",
                "capture: traced",
                "revocation: {maxAge: 1d}",
                "certifications: named",
                "inputs: linked",
                "operation.exit == 0",
                "operation.program == 'compiler' || operation.program == 'inspector'",
                "kinds: [binary]",
                "- WASM_VALIDATED",
                "- WASM_NO_NETWORK_IMPORTS",
                "- WASM_SPECTRE_MITIGATED",
                "- WASM_BOUNDS_CHECKED_BY_GUARD_PAGES",
            ],
        ),
        (best(), Trusting { pins: Pins::Digests, origins: &[], ..ALL }, &["- artifact: "]),
        (Scenario::history(), north(&["developer"]), &["quorum: {default: 1}", "capture: self"]),
        (Scenario::endorsed(), north(&[]), &["depth: 1", "# of the history nothing is asked"]),
        (
            Scenario::quorum(&["north", "south"], 1),
            Trusting { anchors: &["north", "south", "west"], origins: &[], pins: Pins::Keys },
            &["quorum: {default: 2}"],
        ),
    ]
}

#[test]
fn a_suggested_policy_allows_its_bundle_and_says_what_it_showed() {
    for (world, trusting, expected) in worlds() {
        let document = suggested(&world, &trusting).unwrap();
        let outcome = under(&world, &document).decide();
        assert_eq!(outcome.verdict, Verdict::Allow, "{document}{outcome:?}");
        for text in expected {
            assert!(document.contains(text), "`{text}` is not in\n{document}");
        }
        // An anchor that vouched for nothing is not in it.
        assert_eq!(document.contains("west"), trusting.anchors.contains(&"west") && world.parts.len() > 10);
    }
}

#[test]
fn a_suggested_policy_asks_for_more_where_there_is_more() {
    let two = Trusting { anchors: &["north", "south"], origins: &[], pins: Pins::Keys };
    let plain = Scenario::quorum(&["north", "south"], 1);
    let document = |world: &Scenario| suggested(world, &two).unwrap();
    let countersigned = document(&plain.clone().signed_by("compiler-runs", &["compiler", "south"]));
    assert!(countersigned.contains("countersigned: {default: 1}"), "{countersigned}");
    assert!(!document(&plain).contains("countersigned"));
    let of_one = plain.clone().with("south-certifies-compiler", |statement| {
        drop(statement["predicate"]["claims"].as_array_mut().unwrap().remove(0));
    });
    let of_one = document(&of_one);
    assert!(of_one.contains("quorum: {default: 1, WASM_SPECTRE_MITIGATED: 2}"), "{of_one}");
    let old = Scenario::small().with("north-revokes", |statement| {
        statement["predicate"]["notBefore"] = json!("2026-05-29T12:00:00Z");
        statement["predicate"]["notAfter"] = json!("2026-06-05T12:00:00Z");
    });
    assert!(document(&old).contains("revocation: {maxAge: 7d}"));
    // What would end a text within a condition is put into none.
    let odd = Scenario::small().with("compiler-runs", |statement| {
        statement["predicate"]["operation"]["program"] = json!("a compiler");
    });
    let odd = odd.with("north-certifies-compiler", |statement| {
        statement["predicate"]["invocations"]["default"]["program"] = json!(["a compiler"]);
    });
    assert!(!document(&odd).contains("operation.program"));
}

/// What is dropped was used: an origin signed by nobody who is named is not.
#[test]
fn a_suggested_policy_refuses_its_bundle_without_any_line() {
    for (world, trusting, _) in worlds() {
        let document = suggested(&world, &trusting).unwrap();
        for part in &world.parts {
            let unused = part.name == "origin" && trusting.origins.is_empty();
            let outcome = under(&world, &document).without(&part.name).decide();
            assert_eq!(outcome.verdict == Verdict::Allow, unused, "without {}", part.name);
        }
    }
}

/// A change of one statement, signed anew.
type Change = (&'static str, &'static str, Value);

fn weaker() -> Vec<Change> {
    vec![
        ("north-certifies-compiler", "/predicate/custody", json!("isolated-process")),
        ("south-certifies-inspector", "/predicate/custody", json!("software")),
        ("compiler-runs", "/predicate/capture", json!("self")),
        ("inspector-runs", "/predicate/capture", json!("declared")),
        ("compiler-runs", "/predicate/operation/settings/opt-level", json!("none")),
        ("compiler-runs", "/predicate/operation/exit/code", json!(1)),
        ("compiler-runs", "/predicate/operation/program", json!("cc")),
        ("compiler-runs", "/predicate/operation/arguments/0", json!("-O")),
        ("compiler-runs", "/predicate/operation/environment/LANG/value", json!("de")),
        ("compiler-runs", "/predicate/inputs/0/sha256", json!(artifact("other.wasm"))),
        ("compiler-runs", "/predicate/recorder/sha256", json!(artifact("recorder"))),
        ("compiler-runs", "/predicate/certifications", json!([])),
        ("inspector-runs", "/predicate/findings/0/property", json!("WASM_NO_IMPORTS")),
        ("north-certifies-compiler", "/predicate/claims/0/property", json!("WASM_NO_IMPORTS")),
        ("west-lab-certifies-inspector", "/predicate/claims/1/property", json!("WASM_NO_IMPORTS")),
        ("west-endorses-west-lab", "/predicate/scope/properties", json!(["WASM_VALIDATED"])),
        ("west-endorses-west-lab", "/predicate/notAfter", json!("2026-05-01T00:00:00Z")),
        ("south-revokes", "/predicate/notBefore", json!("2026-05-20T00:00:00Z")),
        ("origin", "/predicate/kind", json!("source")),
        ("origin", "/subject/0/digest/sha256", json!(artifact("other.wasm"))),
    ]
}

#[test]
fn a_suggested_policy_refuses_what_is_any_weaker() {
    let world = best();
    let document = suggested(&world, &ALL).unwrap();
    for (part, place, value) in weaker() {
        let changed = world.clone().with(part, |statement| {
            let member = statement.pointer_mut(place);
            *member.unwrap_or_else(|| panic!("{part} has no {place}")) = value.clone();
        });
        let verdict = under(&changed, &document).decide().verdict;
        assert_ne!(verdict, Verdict::Allow, "{part} with {place} = {value}");
    }
    let stranger = world.clone().without("origin").and(Part::origin("stranger", "binary", &["app.wasm"]));
    assert_ne!(under(&stranger, &document).decide().verdict, Verdict::Allow, "another origin's signer");
    let deeper = world.without("west-lab-certifies-compiler").and(Part::endorsement("west-lab", "deep", 0));
    let deeper = deeper.and(Part::compiler("deep")).and(Part::empty_list("deep"));
    assert_ne!(under(&deeper, &document).decide().verdict, Verdict::Allow, "an authority below another");
}

/// The mutants of the good bundle: what is refused by the world's own policies is refused by the suggested one too.
#[test]
fn a_suggested_policy_refuses_the_mutants_of_its_bundle() {
    let mut world = Scenario::full();
    for part in &mut world.parts {
        part.line = Some(part.line());
    }
    let document = suggested(&world, &ALL).unwrap();
    let sound = under(&world, &document);
    for name in PARTS {
        for (what, mutant) in altered(&world.part(name).statement()) {
            let mut part = world.part(name).clone();
            part.line = None;
            part.change(|statement| *statement = mutant);
            let line = String::from_utf8(part.line()).unwrap();
            let verdict = sound.clone().with_line(name, |_| line).decide().verdict;
            let what = format!("{name} {what}");
            let unread = UNREAD
                .iter()
                .any(|(pattern, reason)| fits(&what, pattern) && !reason.contains("two of three"));
            assert!(verdict != Verdict::Allow || unread, "{what} is allowed");
        }
    }
}

/// Whom a random principal trusts, each key by itself, and whose origins it accepts.
fn named(principal: &Principal, names: Names) -> Wanted {
    let keys = principal.anchors.iter().flat_map(|anchor| &anchor.keys).enumerate();
    let anchors =
        keys.map(|(n, key)| (Name::parse(&format!("a{n}")).unwrap(), names.public_key(key).unwrap()));
    let origins = principal.complete.iter().flatten().filter_map(|rule| match rule {
        OriginRule::Key(key, _) => Some(names.public_key(key).unwrap()),
        OriginRule::Digest(_) => None,
    });
    let (anchors, origins) = (anchors.collect(), origins.collect());
    Wanted { principal: Name::parse("provider").unwrap(), anchors, origins, pins: Pins::Keys }
}

/// A suggestion is decided by before it is given out; no world makes one that would refuse its own bundle.
#[test]
fn what_is_suggested_in_random_worlds_allows_them() {
    let (names, catalogues, mut made) = (Names::salted(0), Core::catalogues().unwrap(), 0);
    for seed in 0..300 {
        let (world, _) = expressible(&generate(seed));
        let core = Core::of(&world, names).unwrap();
        let provenance = core.verify(&Sealed::world(&world, names).unwrap()).unwrap();
        for principal in world.principals.iter().filter(|principal| !principal.anchors.is_empty()) {
            let clock = Clock::at(Timestamp::from_unix(world.time));
            let artifact = names.artifact(&world.artifact);
            let good = Good { provenance: &provenance, artifact, clock, catalogues };
            match suggest(good, &named(principal, names)) {
                Ok(document) => made += usize::from(document.contains("custody")),
                Err(error) => {
                    let known = ["suggest-nothing-shown", "suggest-without-lists"];
                    assert!(known.contains(&error.code()), "seed {seed}: {error}");
                }
            }
        }
    }
    assert!(made > 100, "{made}");
}

#[test]
fn nothing_is_suggested_without_trust_or_proof() {
    let code = |world: &Scenario, anchors| {
        suggested(world, &Trusting { anchors, origins: &[], pins: Pins::Keys }).unwrap_err().code()
    };
    let world = Scenario::small();
    assert_eq!(code(&world, &[]), "suggest-without-anchor");
    assert_eq!(code(&world, &["stranger"]), "suggest-nothing-shown");
    assert_eq!(code(&world.clone().deploying(&artifact("other")), &["north"]), "suggest-nothing-shown");
    assert_eq!(code(&world.without("north-revokes"), &["north"]), "suggest-without-lists");
    assert_eq!(code(&Scenario::small(), &["north", "north"]), "anchor-name-twice");
}
