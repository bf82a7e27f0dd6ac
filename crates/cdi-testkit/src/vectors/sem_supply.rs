//! What a runtime supplies to the code that it runs (rule M-SUPPLY).

use cdi_types::{Libraries, Runtime};
use serde_json::json;

use super::Case;
use crate::scenario::{Part, Place, Scenario, acme, catalogue_digest, executable, measured, sha256};

const OWNER: &str = "cloud-provider";
const ASKED: &str = "require: WASM_SPECTRE_MITIGATED";
const SUPPLIED: &str = "sem/supplied";
const UNMET: &str = "residual-unmet";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = controls();
    cases.extend(runtimes());
    cases.extend(authorities());
    cases.extend(claims());
    cases.extend(quorums());
    cases.extend(extended());
    cases
}

fn deny(name: &str, title: &str, world: Scenario) -> Case {
    Case::deny(&format!("sem/supplied-{name}"), "rule", "M-SUPPLY", title, world, UNMET).beside(SUPPLIED)
}

/// The host's runtime as it is certified.
fn runtime() -> Runtime {
    Runtime {
        libraries: Libraries::Measured(vec![measured("libc")]),
        arguments: vec!["--serve".to_owned()],
        settings: [("guard-size".to_owned(), "32".to_owned())].into(),
        ..crate::scenario::runtime("host-runtime")
    }
}

/// The authority's certification of it.
fn certified(authority: &str) -> Part {
    let supplies =
        |property: &str| json!({ "property": property, "effect": "supplies", "invocation": "default" });
    let claims = json!([supplies("VM_ISOLATION"), supplies("GUARD_PAGES=WASMTIME_4GIB_32MIB")]);
    let mut part = Part::certification(authority, "host-runtime", &claims, &json!([{ "is": "--serve" }]));
    part.change(|statement| {
        let predicate = &mut statement["predicate"];
        predicate["linkage"] = json!("dynamic");
        predicate["closure"] = json!([{ "name": "libc", "sha256": executable("libc") }]);
        predicate["invocations"]["default"]["settings"] = json!({ "guard-size": ["32", "64"] });
    });
    part
}

/// The small world with this requirement, at a place of which nobody says anything and whose runtime is this.
fn asking(require: &str, runtime: Option<Runtime>) -> Scenario {
    let mut world = Scenario::small().with_policy(OWNER, ASKED, &format!("require: {require}"));
    let (name, asserted_by) = ("host".to_owned(), OWNER.to_owned());
    world.place = Some(Place { name, provides: Vec::new(), asserted_by, runtime, node: None });
    world
}

pub(super) fn supplied() -> Scenario {
    asking("VM_ISOLATION", Some(runtime())).and(certified("north"))
}

/// The same with the runtime changed.
fn running(change: impl FnOnce(&mut Runtime)) -> Scenario {
    let mut runtime = runtime();
    change(&mut runtime);
    asking("VM_ISOLATION", Some(runtime)).and(certified("north"))
}

fn certifying(change: impl FnOnce(&mut serde_json::Value)) -> Scenario {
    let mut part = certified("north");
    part.change(change);
    asking("VM_ISOLATION", Some(runtime())).and(part)
}

fn controls() -> Vec<Case> {
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("sem/{name}"), "control", "M-SUPPLY", title, world)
    };
    let valued = |property: &str| asking(property, Some(runtime())).and(certified("north"));
    let statically = running(|runtime| runtime.libraries = Libraries::Unmeasured).with(
        "north-certifies-host-runtime",
        |statement| {
            statement["predicate"]["linkage"] = json!("static");
        },
    );
    vec![
        allow("supplied", "a runtime that is certified to supply what a policy wants of a place", supplied()),
        allow(
            "supplied-value",
            "a runtime that supplies a property with the value that is asked for",
            valued("GUARD_PAGES=WASMTIME_4GIB_32MIB"),
        ),
        allow(
            "supplied-for-a-tag",
            "code of which nothing is shown, in a runtime that supplies what a tag wants of a place",
            valued("CODE_SANDBOXING"),
        ),
        allow("supplied-static", "a static runtime whose libraries were not measured", statically),
        deny("value-of-another", "a property of another value", valued("GUARD_PAGES=WASMTIME_1GIB"))
            .beside("sem/supplied-value"),
    ]
}

fn runtimes() -> Vec<Case> {
    let setting = |value: &str| {
        let value = value.to_owned();
        running(|runtime| drop(runtime.settings.insert("guard-size".to_owned(), value)))
    };
    let forbidding = |file: &str| {
        let forbid = format!("custody: software\n    forbid: {{tools: [{}]}}", executable(file));
        supplied().with_policy(OWNER, "custody: software", &forbid)
    };
    let mut nowhere = supplied();
    nowhere.place = None;
    vec![
        deny("unmeasured", "a place whose runtime was not looked at", {
            asking("VM_ISOLATION", None).and(certified("north"))
        }),
        deny("nowhere", "no place at all", nowhere),
        deny("executable", "another executable than the certified one", {
            running(|runtime| runtime.executable = measured("host-runtime-2").sha256)
        }),
        deny("library", "a library that is not in the closure", {
            running(|runtime| {
                runtime.libraries = Libraries::Measured(vec![measured("libc"), measured("libx")])
            })
        }),
        deny("libraries-unmeasured", "libraries that were not measured, of a dynamic runtime", {
            running(|runtime| runtime.libraries = Libraries::Unmeasured)
        }),
        deny("program", "a runtime that was called by another name", {
            running(|runtime| runtime.program = "sh".to_owned())
        }),
        deny("argument", "a runtime with an argument that is not described", {
            running(|runtime| runtime.arguments.push("--no-guard".to_owned()))
        }),
        deny("variable", "a runtime with a variable that is not described", {
            running(|runtime| {
                let value = cdi_types::EnvironmentValue::Value("x".to_owned());
                runtime.environment.insert("LD_PRELOAD".to_owned(), value);
            })
        }),
        deny("setting", "a runtime with a setting of another value", setting("0")),
        deny("setting-missing", "a runtime without a setting that is described", {
            running(|runtime| runtime.settings.clear())
        }),
        deny("forbidden", "a runtime that the policy forbids", forbidding("host-runtime")),
        deny("library-forbidden", "a runtime with a library that the policy forbids", forbidding("libc")),
    ]
}

fn authorities() -> Vec<Case> {
    let revoking = |id: serde_json::Value| {
        let entry = json!([{ "id": id, "date": "2026-05-01T00:00:00Z", "reason": "superseded" }]);
        supplied().without("north-revokes").and(Part::list("north", 1, &entry))
    };
    let certification = supplied().id("north-certifies-host-runtime");
    let two = |certifiers: &[&str]| {
        let mut world =
            Scenario::quorum(&["north", "south"], 2).with_policy(OWNER, ASKED, "require: VM_ISOLATION");
        world.place = supplied().place;
        certifiers.iter().fold(world, |world, name| world.and(certified(name)))
    };
    let narrow = supplied().with_policy(OWNER, "scope: [\"*\"]", "scope: [WASM_*]");
    vec![
        Case::allow(
            "sem/supplied-by-two",
            "control",
            "M-SUPPLY",
            "a runtime that two authorities have certified",
            two(&["north", "south"]),
        ),
        deny("by-one-of-two", "a runtime that one of two authorities has certified", two(&["north"]))
            .beside("sem/supplied-by-two"),
        deny("by-one-twice", "a runtime that one authority has certified twice", {
            let mut again = certified("north").named("again");
            again.change(|statement| statement["predicate"]["serial"] = json!(9));
            two(&["north"]).and(again)
        })
        .beside("sem/supplied-by-two"),
        deny("by-nobody", "a runtime that nobody has certified", asking("VM_ISOLATION", Some(runtime()))),
        deny("by-a-stranger", "a runtime certified by an authority to which no chain is deep enough", {
            let parts =
                [Part::endorsement("north", "child", 0), certified("child"), Part::empty_list("child")];
            parts.into_iter().fold(asking("VM_ISOLATION", Some(runtime())), Scenario::and)
        }),
        deny("by-a-key-of-nobody", "a runtime that a key has certified which nobody brought", {
            asking("VM_ISOLATION", Some(runtime())).and(certified("mallory")).and(Part::empty_list("mallory"))
        })
        .discards(&["issuer-key-unknown", "issuer-key-unknown"]),
        deny("out-of-scope", "a runtime certified by an authority that may not speak about places", narrow),
        deny("revoked", "a runtime whose certification was revoked", {
            revoking(json!({ "certification": certification }))
        }),
        deny("expired", "a runtime whose certification has expired", {
            certifying(|statement| statement["predicate"]["notAfter"] = json!("2026-02-01T00:00:00Z"))
        }),
        Case::unknown(
            "sem/supplied-without-list",
            "rule",
            "M-SUPPLY",
            "a runtime certified by an authority of which no list is fresh",
            supplied().without("north-revokes"),
            UNMET,
        )
        .beside(SUPPLIED),
    ]
}

fn claims() -> Vec<Case> {
    let effect =
        |effect: &str| certifying(|statement| statement["predicate"]["claims"][0]["effect"] = json!(effect));
    let adding = |member: &str, value: serde_json::Value| {
        certifying(|statement| statement["predicate"]["claims"][0][member] = value)
    };
    let malformed = |name: &str, title: &str, world: Scenario| {
        Case::deny(&format!("sem/supplied-{name}"), "rule", "F-CERTIFICATION", title, world, UNMET)
            .beside(SUPPLIED)
            .discards(&["claim-impossible"])
    };
    let of_code = Scenario::small().without("compiler-runs").and(certified("north"));
    vec![
        deny(
            "established",
            "a tool that establishes what a place would have to provide",
            effect("establishes"),
        ),
        deny("attested", "an inspector that attests what a place would have to provide", effect("attests")),
        malformed("conditionally", "a runtime that supplies on a condition", {
            adding("condition", json!("true"))
        }),
        malformed("of-capture", "a runtime that supplies at a capture level", {
            adding("lowestCapture", json!("self"))
        }),
        malformed("of-an-output", "a runtime that supplies to an output", adding("output", json!("log"))),
        malformed("step", "a runtime that supplies a whole step", adding("property", json!("STEP"))),
        malformed("everything", "a runtime that supplies everything", adding("property", json!("*"))),
        Case::deny(
            "sem/supplied-code",
            "rule",
            "M-SUPPLY",
            "a runtime that supplies a property of code, which no run has shown",
            {
                let mut world = of_code.with("north-certifies-host-runtime", |statement| {
                    statement["predicate"]["claims"][0]["property"] = json!("WASM_SPECTRE_MITIGATED");
                });
                world.place = supplied().place;
                world
            },
            "no-report",
        )
        .beside(SUPPLIED),
    ]
}

/// A number that a policy gives for a property of places holds for it, by its own name or that of a tag.
fn quorums() -> Vec<Case> {
    let asked = |require: &str, quorum: &str, certifiers: &[&str]| {
        let mut world = Scenario::quorum(&["north", "south"], 1)
            .with_policy(OWNER, ASKED, &format!("require: {require}"))
            .with_policy(OWNER, "quorum: {default: 1}", &format!("quorum: {{default: 1, {quorum}}}"));
        world.place = supplied().place;
        certifiers.iter().fold(world, |world, name| world.and(certified(name)))
    };
    let own = |certifiers: &[&str]| asked("VM_ISOLATION", "VM_ISOLATION: 2", certifiers);
    let of_tag = |certifiers: &[&str]| asked("CODE_SANDBOXING", "CODE_SANDBOXING: 2", certifiers);
    let valued = |certifiers: &[&str]| {
        let guards = "GUARD_PAGES=WASMTIME_4GIB_32MIB";
        asked(guards, &format!("\"{guards}\": 2"), certifiers)
    };
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("sem/supplied-{name}"), "control", "P-QUORUM", title, world)
    };
    let deny = |name: &str, title: &str, world, beside: &str| {
        let (path, beside) = (format!("sem/supplied-{name}"), format!("sem/supplied-{beside}"));
        Case::deny(&path, "rule", "P-QUORUM", title, world, UNMET).beside(&beside)
    };
    let both = ["north", "south"];
    vec![
        allow("quorum-of-a-place", "a property of places that wants two authorities, by two", own(&both)),
        deny(
            "quorum-of-a-place-by-one",
            "a property of places that wants two authorities, by one",
            own(&["north"]),
            "quorum-of-a-place",
        ),
        allow("quorum-of-a-tag", "a tag that wants two authorities, for its place by two", of_tag(&both)),
        deny(
            "quorum-of-a-tag-by-one",
            "a tag that wants two authorities, for its place by one",
            of_tag(&["north"]),
            "quorum-of-a-tag",
        ),
        allow("quorum-of-a-value", "a property with a value that wants two, by two", valued(&both)),
        deny(
            "quorum-of-a-value-by-one",
            "a property with a value that wants two, by one",
            valued(&["north"]),
            "quorum-of-a-value",
        ),
    ]
}

/// A word that an extension adds is supplied under a catalogue that has it.
fn extended() -> Vec<Case> {
    let under = |catalogue: &str| {
        let mut part = certified("north");
        part.change(|statement| {
            statement["predicate"]["catalogue"] = json!(catalogue);
            statement["predicate"]["claims"][0]["property"] = json!("ACME_RACK=r1");
        });
        let mut world =
            Scenario::reviewed().with_policy(OWNER, "require: ACME_REVIEWED", "require: ACME_RACK=r1");
        world.place = supplied().place;
        world.and(part)
    };
    vec![
        Case::allow(
            "sem/supplied-extension",
            "control",
            "P-EXTENSION",
            "a runtime that supplies what an extension names, certified under it",
            under(&sha256(acme())),
        ),
        Case::deny(
            "sem/supplied-extension-elsewhere",
            "rule",
            "P-EXTENSION",
            "a runtime that supplies what an extension names, certified under a catalogue without it",
            under(&catalogue_digest()),
            UNMET,
        )
        .beside("sem/supplied-extension"),
    ]
}
