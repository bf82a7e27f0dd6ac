//! Certifications and policies under catalogues that extend one another (rules M-VOTE, P-EXTENSION).

use serde_json::json;

use super::Case;
use super::pol_catalogues::further;
use super::sem_steps::{allow, deny};
use crate::scenario::{MITIGATED, Part, Scenario, acme, artifact, catalogue_digest, sha256};

const OWNER: &str = "cloud-provider";
const INSPECTOR: &str = "north-certifies-inspector";
const STRIP: &str = "north-certifies-strip";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = named();
    cases.extend(every());
    cases
}

/// A certification under this catalogue.
fn under(world: Scenario, certification: &str, digest: &str) -> Scenario {
    world.with(certification, |statement| statement["predicate"]["catalogue"] = json!(digest))
}

/// A property of an extension, found by an inspector.
fn named() -> Vec<Case> {
    let base = catalogue_digest();
    let next = further(&sha256(acme()));
    let mut knowing_more = Scenario::reviewed();
    knowing_more.catalogues.push(next.clone());
    let other = acme().replace("Two people", "Nobody");
    vec![
        allow(
            "extension",
            "M-VOTE",
            "a property of an extension, under the same catalogue",
            Scenario::reviewed(),
        ),
        deny(
            "extension-claimed-under-the-base",
            "M-VOTE",
            "a property of an extension, claimed under the catalogue that has no such word",
            under(Scenario::reviewed(), INSPECTOR, &base),
            "property-not-claimed",
            "extension",
        ),
        deny(
            "extension-claimed-under-another-of-its-name",
            "M-VOTE",
            "a property of an extension, claimed under another that means something else by the name",
            under(Scenario::reviewed(), INSPECTOR, &sha256(&other)),
            "property-not-claimed",
            "extension",
        ),
        allow(
            "extension-claimed-under-the-next",
            "M-VOTE",
            "a property of an extension, claimed under one that extends it",
            under(knowing_more, INSPECTOR, &sha256(&next)),
        ),
        deny(
            "extension-claimed-under-an-unknown-next",
            "M-VOTE",
            "a property of an extension, claimed under one that the decider does not know",
            under(Scenario::reviewed(), INSPECTOR, &sha256(&next)),
            "property-not-claimed",
            "extension-claimed-under-the-next",
        ),
    ]
}

/// What `*` is about: a compiler establishes a property, and a tool behind it preserves everything.
fn every() -> Vec<Case> {
    let base = catalogue_digest();
    let acmes = sha256(acme());
    let stripped = || {
        let (tool, run) =
            (Part::linker("north", "strip"), Part::linking("strip", &["app.cwasm"], "app.stripped"));
        Scenario::small().and(tool).and(run).deploying(&artifact("app.stripped"))
    };
    let knowing = |mut world: Scenario| {
        world.catalogues.push(acme());
        world
    };
    let under_acme = |property: &str| {
        let world = knowing(stripped()).with_policy(OWNER, &base, &acmes);
        world.with_policy(OWNER, &format!("require: {MITIGATED}"), &format!("require: {property}"))
    };
    let made = |world: Scenario| {
        let world = under(world, "north-certifies-compiler", &acmes);
        world.with("north-certifies-compiler", |statement| {
            statement["predicate"]["claims"][1]["property"] = json!("ACME_REVIEWED");
        })
    };
    vec![
        allow(
            "every-property-of-the-base",
            "M-VOTE",
            "`*` of what the policy's catalogue extends",
            under_acme(MITIGATED),
        ),
        allow(
            "every-property-of-the-extension",
            "M-VOTE",
            "`*` of the extension, about a word of its own",
            under(made(under_acme("ACME_REVIEWED")), STRIP, &acmes),
        ),
        deny(
            "every-property-of-the-base-and-no-more",
            "M-VOTE",
            "`*` of what the policy's catalogue extends, about a word of the extension",
            made(under_acme("ACME_REVIEWED")),
            "property-not-claimed",
            "every-property-of-the-extension",
        ),
        allow(
            "every-property-of-an-extension",
            "M-VOTE",
            "`*` of a catalogue that extends the policy's",
            under(knowing(stripped()), STRIP, &acmes),
        ),
        deny(
            "every-property-of-an-unknown-extension",
            "M-VOTE",
            "`*` of a catalogue that extends the policy's, and that the decider does not know",
            under(stripped(), STRIP, &acmes),
            "property-not-claimed",
            "every-property-of-an-extension",
        ),
    ]
}
