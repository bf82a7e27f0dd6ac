//! What runs read that no argument names, and what a certification takes it for because a supplier lists it (rule
//! M-MANIFEST).

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, artifact, key_id, public_key};

const OWNER: &str = "cloud-provider";
const RULE: &str = "M-MANIFEST";
const CERTIFICATION: &str = "north-certifies-linker";
const RUN: &str = "linker-runs";
const HEADERS: &str = "headers";
const HEADER: &str = "std.h";
const KEPT: &str = "sem/manifest";
const WHOLE: &str = "sem/manifest-history";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = kept();
    cases.extend(statements());
    cases.extend(forbidden());
    cases.extend(arguments());
    cases.extend(histories());
    cases.extend(forms());
    cases.extend(unnamed_are_listed());
    cases
}

/// All that a run reads is named, or listed.
fn listed_only(world: Scenario) -> Scenario {
    world.with(CERTIFICATION, |statement| {
        statement["predicate"]["invocations"]["default"]["unnamed"] = json!("listed");
        for claim in statement["predicate"]["claims"].as_array_mut().into_iter().flatten() {
            claim["lowestCapture"] = json!("self");
        }
    })
}

fn unnamed_are_listed() -> Vec<Case> {
    let (listed, unlisted) = ("sem/all-listed", "invocation-manifest");
    let deny = |name: &str, title: &str, world: Scenario| {
        Case::deny(&format!("sem/{name}"), "A-CAP-08", "M-LISTED", title, world, unlisted).beside(listed)
    };
    let read = |world: Scenario| {
        world.with(RUN, |statement| {
            let file = json!({ "path": "lib/specs", "sha256": artifact("specs") });
            statement["predicate"]["inputs"]
                .as_array_mut()
                .into_iter()
                .for_each(|all| all.push(file.clone()));
        })
    };
    let whole = || listed_only(keeping());
    let form = |name: &str, title: &str, change: fn(&mut Value), code: &'static str| {
        let world = whole().with(CERTIFICATION, change);
        let path = format!("sem/all-listed-{name}");
        Case::deny(&path, "rule", "F-FILES", title, world, "no-report").beside(listed).discards(&[
            code,
            "issuer-key-unknown",
            "issuer-key-unknown",
        ])
    };
    vec![
        Case::allow(listed, "A-CAP-08", "M-LISTED", "all that was read is named, or listed", whole()),
        deny("all-listed-but-one", "a file was read that no argument names and nobody lists", read(whole())),
        deny("all-listed-by-nobody", "nobody lists the header", whole().without(HEADERS)),
        form(
            "at-any-level",
            "a claim about runs of which nobody knows what they read",
            |statement| {
                for claim in statement["predicate"]["claims"].as_array_mut().into_iter().flatten() {
                    claim.as_object_mut().into_iter().for_each(|claim| drop(claim.remove("lowestCapture")));
                }
            },
            "invocation-ambiguous",
        ),
        form(
            "without-manifests",
            "all is to be listed, and no manifest is named",
            |statement| {
                statement["predicate"]["invocations"]["default"]["manifests"] = json!([]);
            },
            "predicate-empty-list",
        ),
    ]
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("sem/{name}"), "rule", RULE, title, world)
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", RULE, title, world, code).beside(KEPT)
}

fn manifest(role: &str) -> Value {
    json!({ "key": public_key("vendor"), "kind": "toolchain", "role": role })
}

fn listing(signer: &str, kind: &str, paths: &[&str]) -> Part {
    Part::origin(signer, kind, paths).named(HEADERS)
}

/// A compiler that reads a source, which an argument names, and a header, which none names.
fn compiled() -> Scenario {
    let world = Scenario::linked(&["main.c", HEADER], "main.o", &["main.c"]);
    let world = described(world, &json!([{ "output": "code" }, { "input": "code" }]));
    ran(world, &["main.o", "main.c"]).and(listing("vendor", "toolchain", &["start.o", HEADER]))
}

fn described(world: Scenario, arguments: &Value) -> Scenario {
    world.with(CERTIFICATION, |statement| {
        let invocation = &mut statement["predicate"]["invocations"]["default"];
        invocation["arguments"] = arguments.clone();
        invocation["manifests"] = json!([manifest("header")]);
    })
}

fn ran(world: Scenario, arguments: &[&str]) -> Scenario {
    world.with(RUN, |statement| statement["predicate"]["operation"]["arguments"] = json!(arguments))
}

fn manifests(world: Scenario, all: &Value) -> Scenario {
    world.with(CERTIFICATION, |statement| {
        statement["predicate"]["invocations"]["default"]["manifests"] = all.clone();
    })
}

/// The policy asks for a complete history, in which headers need none.
fn whole() -> Scenario {
    compiled().with_policy(OWNER, "kinds: [binary, source]}]", "kinds: [binary, source]}], exempt: [header]")
}

/// The policy asks for a property, which it takes as given of this file.
fn kept_of(path: &str) -> Scenario {
    let mut world = compiled();
    let assume = format!("[{{property: {MITIGATED}, artifact: \"{}\"}}]", artifact(path));
    world.policies = Scenario::small().policies;
    world.with_policy(OWNER, "custody: software", &format!("custody: software\n    assume: {assume}"))
}

fn keeping() -> Scenario {
    kept_of("main.c").without("origin")
}

/// A run that names nothing that it reads, and a supplier who lists all of it.
fn all_listed(world: Scenario) -> Scenario {
    let world = ran(described(world, &json!([{ "output": "code" }])), &["main.o"]);
    world.without(HEADERS).and(listing("vendor", "toolchain", &["main.c", HEADER]))
}

fn kept() -> Vec<Case> {
    let lost = "property-lost";
    let everything = "sem/manifest-of-everything";
    let rule = json!([{ "output": "code" }, { "input": "code" }, { "input": "code" }]);
    let over = || {
        let arguments = json!([{ "output": "code" }, { "input": "code" }, { "output": "log" }]);
        ran(described(keeping(), &arguments), &["main.o", "main.c", HEADER])
    };
    let written = |path: &'static str, world: Scenario| {
        world.with(RUN, |statement| {
            let file = json!({ "name": path, "digest": { "sha256": artifact("log") } });
            statement["subject"].as_array_mut().into_iter().for_each(|all| all.push(file.clone()));
        })
    };
    vec![
        allow("manifest", "a property is kept although a header that a supplier lists lacks it", keeping()),
        deny("manifest-of-code", "the source lacks the property", kept_of("other").without("origin"), lost),
        deny("manifest-of-none", "the invocation knows no manifests", manifests(keeping(), &json!([])), lost)
            .discards(&["issuer-key-unknown"]),
        deny(
            "manifest-of-a-named-input",
            "an argument names the header, as code",
            ran(described(keeping(), &rule), &["main.o", "main.c", HEADER]),
            lost,
        ),
        deny(
            "manifest-of-what-is-written",
            "an argument names the header's path, as that of a log",
            written(HEADER, over()),
            lost,
        )
        .beside("sem/manifest-beside-what-is-written"),
        allow(
            "manifest-beside-what-is-written",
            "an argument names a log beside the header",
            written("log", ran(over(), &["main.o", "main.c", "log"])),
        ),
        allow(
            everything.trim_start_matches("sem/"),
            "all is listed, and the source has it",
            all_listed(keeping()),
        ),
        deny(
            "manifest-of-everything-without-code",
            "all is listed, and nothing of it has the property",
            all_listed(kept_of("other").without("origin")),
            lost,
        )
        .beside(everything),
        allow(
            "manifest-and-another-role",
            "the header is listed for two roles",
            manifests(keeping(), &json!([manifest("data"), manifest("header")])),
        ),
    ]
}

fn statements() -> Vec<Case> {
    let lost = "property-lost";
    let listed = |part: Part| keeping().without(HEADERS).and(part);
    let mut other = listing("vendor", "toolchain", &[HEADER]);
    other.change(|statement| statement["subject"][0]["digest"]["sha256"] = json!(artifact("other")));
    vec![
        deny("manifest-absent", "nobody lists the header", keeping().without(HEADERS), lost),
        deny(
            "manifest-by-another-key",
            "somebody else lists it",
            listed(listing("north", "toolchain", &[HEADER])),
            lost,
        ),
        deny(
            "manifest-by-a-stranger",
            "somebody lists it whose key nobody brings",
            listed(listing("stranger", "toolchain", &[HEADER])),
            lost,
        )
        .discards(&["issuer-key-unknown"]),
        deny(
            "manifest-of-another-kind",
            "the supplier lists it as a library",
            listed(listing("vendor", "library", &[HEADER])),
            lost,
        ),
        deny("manifest-of-other-bytes", "the supplier lists other bytes under its name", listed(other), lost),
        deny(
            "manifest-of-another-file",
            "the supplier lists another file",
            listed(listing("vendor", "toolchain", &["start.o"])),
            lost,
        ),
        allow(
            "manifest-of-two-statements",
            "the supplier lists it in the second of two statements",
            keeping()
                .without(HEADERS)
                .and(listing("vendor", "toolchain", &["start.o"]))
                .and(listing("vendor", "toolchain", &[HEADER]).named("more")),
        ),
    ]
}

fn forbidden() -> Vec<Case> {
    let forbidding = |forbid: &str| {
        let forbid = format!("custody: software\n    forbid: {forbid}");
        keeping().with_policy(OWNER, "custody: software", &forbid)
    };
    let origin = |id: &str| forbidding(&format!("{{origins: [\"{id}\"]}}"));
    let signer = |name: &str| forbidding(&format!("{{originKeys: [\"{}\"]}}", key_id(name)));
    vec![
        allow("manifest-beside-a-forbidden-one", "another origin is forbidden", origin(&artifact("another"))),
        deny(
            "manifest-forbidden",
            "the policy forbids the statement that lists the header",
            origin(&keeping().id(HEADERS)),
            "forbidden-origin",
        )
        .beside("sem/manifest-beside-a-forbidden-one"),
        allow("manifest-beside-a-forbidden-key", "another signer is forbidden", signer("north")),
        deny(
            "manifest-of-a-forbidden-key",
            "the policy forbids what the supplier signs",
            signer("vendor"),
            "forbidden-origin",
        )
        .beside("sem/manifest-beside-a-forbidden-key"),
    ]
}

fn arguments() -> Vec<Case> {
    let rule = json!([{ "output": "code" }, { "input": "code" }, { "manifestInput": manifest("header") }]);
    let named = || ran(described(keeping(), &rule), &["main.o", "main.c", HEADER]);
    let listed = |part: Part| named().without(HEADERS).and(part);
    let sound = "sem/manifest-input";
    let deny = |name: &str, title: &str, world: Scenario| {
        deny(name, title, world, "invocation-manifest").beside(sound)
    };
    vec![
        allow("manifest-input", "an argument names a header that the supplier lists", named()),
        deny("manifest-input-absent", "nobody lists the header", named().without(HEADERS)),
        deny(
            "manifest-input-by-another-key",
            "somebody else lists it",
            listed(listing("north", "toolchain", &[HEADER])),
        ),
        deny(
            "manifest-input-of-another-kind",
            "the supplier lists it as a library",
            listed(listing("vendor", "library", &[HEADER])),
        ),
        deny(
            "manifest-input-of-another-file",
            "the supplier lists another file",
            listed(listing("vendor", "toolchain", &["start.o"])),
        ),
    ]
}

fn histories() -> Vec<Case> {
    let deny = |name: &str, title: &str, world: Scenario| {
        deny(name, title, world, "origin-not-accepted").beside(WHOLE)
    };
    let linked = |world: Scenario| {
        world.with_policy(OWNER, "custody: software", "custody: software\n    inputs: linked")
    };
    let generating = |world: Scenario| {
        world.with(CERTIFICATION, |statement| {
            statement["predicate"]["invocations"]["default"]["generates"] = json!(true);
        })
    };
    let of_nothing =
        || all_listed(whole()).without("origin").and(Part::origin("developer", "binary", &["other"]));
    let everything = "sem/manifest-history-of-everything";
    let roles = json!([manifest("data"), manifest("header")]);
    vec![
        allow("manifest-history", "a history in which the supplier's headers need none", whole()),
        deny("manifest-history-absent", "nobody lists the header", whole().without(HEADERS)),
        deny("manifest-history-not-exempt", "the policy exempts no headers", compiled()),
        deny(
            "manifest-history-of-another-role",
            "the invocation takes it for something that is not exempt",
            manifests(whole(), &json!([manifest("data")])),
        ),
        allow("manifest-history-of-either-role", "one of two roles is exempt", manifests(whole(), &roles)),
        allow(
            everything.trim_start_matches("sem/"),
            "all is listed, and the source is an origin",
            all_listed(whole()),
        ),
        deny("manifest-history-of-nothing", "all is listed, and nothing has a history", of_nothing())
            .beside(everything),
        allow(
            "manifest-history-generated",
            "all is listed, and the invocation needs no code",
            generating(of_nothing()),
        ),
        allow("manifest-history-linked", "inputs must be linked, and headers need not be", linked(whole())),
        Case::deny(
            "sem/manifest-history-not-linked",
            "rule",
            RULE,
            "inputs must be linked, and the header is not exempt",
            linked(manifests(whole(), &json!([manifest("data")]))),
            "input-not-linked",
        )
        .beside("sem/manifest-history-linked"),
    ]
}

/// Certifications that are refused when they are read, and with them all that hangs on their keys.
fn forms() -> Vec<Case> {
    let unknown = "issuer-key-unknown";
    let refused = |name: &str, title: &str, all: &Value, code: &str| {
        let world = manifests(keeping(), all);
        Case::deny(&format!("sem/{name}"), "rule", "F-MANIFEST", title, world, "no-report")
            .beside(KEPT)
            .discards(&[code, unknown, unknown])
    };
    let own = json!({ "key": public_key("linker"), "kind": "toolchain", "role": "header" });
    vec![
        refused(
            "manifest-for-code",
            "a manifest gives the role `code`",
            &json!([manifest("code")]),
            "manifest-code",
        ),
        refused(
            "manifest-twice",
            "a manifest is there twice",
            &json!([manifest("header"), manifest("header")]),
            "predicate-duplicate",
        ),
        refused(
            "manifest-by-the-tool",
            "the tool's own key signs the manifest",
            &json!([own]),
            "manifest-own-key",
        ),
    ]
}
