use super::formulas::{ATOMS, PARTS};
use super::*;
use crate::{Configuration, RequiredPrincipal, lint};

const KEYS: [&str; 3] = [
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEh4EIKTJ/detbWc7wwKcipr2mBRBapvLL5j75JC4Z0WUeNOHNBlJlvprSJDqJBRnw5Nsr79CwphCay0nYBrJlNA==",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEm8vOwJ9LpsI2do0RWBw9h0JbVMV0rlMIx8WrJ/CoLE0GUKCPMfAUINSHscW3nutcdv/WjbVvZwhmzP7t6obRPA==",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn/QKIYA5JzEf264BC178k0enC4WP2cy+xSa4yL1sIGj3SvfQaIH3Ch1iQCA0meKCLaPaSwqdv+eIC71M933fcQ==",
];

/// A policy with nothing to be found in it.
const SOUND: &str = "  trust:
    anchors:
      - {name: a, keys: [\"KEY0\"], scope: [WASM_VALIDATED, STEP]}
      - {name: b, keys: [\"KEY1\"], scope: [WASM_VALIDATED, STEP]}
    quorum: {default: 2}
    custody: hardware
    capture: self
    revocation: {maxAge: 7d}
    inputs: linked
  require:
    allOf: [WASM_VALIDATED]
  history:
    complete: {origins: [{key: \"KEY2\", kinds: [source]}]}
";

fn catalogues() -> Catalogues {
    Catalogues::builtin().unwrap()
}

fn document(principal: &str, members: &str) -> String {
    let catalogue = catalogues().base().digest();
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  principal: \
         {principal}\n  rule: default-deny\n  catalogue: \"{catalogue}\"\n{members}"
    );
    (0..3).fold(text, |text, n| text.replace(&format!("KEY{n}"), KEYS[n]))
}

fn findings(members: &str) -> Vec<Finding> {
    let text = document("host", members);
    let policy = Policy::load(text.as_bytes(), &catalogues()).unwrap();
    let lines = Lines::of(text.as_bytes());
    lint(Written { policy: &policy, lines: &lines }, &catalogues(), "2027-01-01T00:00:00Z".parse().unwrap())
}

/// What is found in the sound policy with this text in the place of that.
fn found(from: &str, to: &str) -> Vec<(Level, String, &'static str)> {
    assert!(SOUND.contains(from), "{from}");
    let findings = findings(&SOUND.replacen(from, to, 1));
    findings.into_iter().map(|finding| (finding.level, finding.place, finding.code)).collect()
}

fn one(level: Level, place: &str, code: &'static str) -> Vec<(Level, String, &'static str)> {
    vec![(level, place.to_owned(), code)]
}

use Level::{Error, Note, Warning};

#[test]
fn a_sound_policy_has_no_findings() {
    assert_eq!(found("", ""), []);
}

#[test]
fn what_accepts_everything_is_told() {
    let text = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\nspec: {principal: h, rule: accept-all}\n";
    let policy = Policy::load(text.as_bytes(), &catalogues()).unwrap();
    let lines = Lines::of(text.as_bytes());
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let findings = lint(Written { policy: &policy, lines: &lines }, &catalogues(), now);
    assert!(matches!(
        findings.as_slice(),
        [Finding { level: Warning, code: "accepts-everything", line: Some(4), .. }]
    ));
}

#[test]
fn requirements_that_no_place_can_meet_are_errors() {
    let require = "allOf: [WASM_VALIDATED]";
    let asks = |parts: &str| found(require, &format!("allOf: [WASM_VALIDATED, {parts}]"));
    let two = "{allOf: [LOCATION=a, LOCATION=b]}";
    assert_eq!(asks(two), one(Error, "spec.require.allOf[1]", "requirement-never-met"));
    let least = "{atLeast: 2, of: [LOCATION=a, LOCATION=b, LOCATION=c]}";
    assert_eq!(asks(least), one(Error, "spec.require.allOf[1]", "requirement-never-met"));
    let apart = "LOCATION=a, VM_ISOLATION, LOCATION=b";
    assert_eq!(asks(apart), one(Error, "spec.require.allOf[3]", "requirements-contradict"));
    let never =
        |place: &str| one(Warning, &format!("spec.require.allOf[1].{place}"), "alternative-never-met");
    let either = format!("{{anyOf: [{two}, VM_ISOLATION]}}");
    assert_eq!(asks(&either), never("anyOf[0]"));
    let some = format!("{{atLeast: 2, of: [{two}, VM_ISOLATION, SINGLE_TENANT]}}");
    assert_eq!(asks(&some), never("of[0]"));
    let within = format!("{{anyOf: [VM_ISOLATION, {{allOf: [SINGLE_TENANT, {either}]}}]}}");
    assert_eq!(asks(&within.replace("VM_ISOLATION]", "LOCATION=c]")), never("anyOf[1].allOf[1].anyOf[0]"));
    let later = "allOf: [WASM_VALIDATED, LOCATION=a]\n  requireFrom: [{from: \"2028-01-01T00:00:00Z\", require: LOCATION=b}]";
    assert_eq!(found(require, later), one(Error, "spec.requireFrom[0].require", "requirements-contradict"));
}

#[test]
fn what_asks_for_nothing_more_is_noted() {
    let require = "allOf: [WASM_VALIDATED]";
    let asks = |parts: &str| found(require, &format!("allOf: [WASM_VALIDATED, {parts}]"));
    assert_eq!(asks("WASM_VALIDATED"), one(Note, "spec.require.allOf[1]", "requirement-redundant"));
    let wider = "{anyOf: [VM_ISOLATION, WASM_VALIDATED]}";
    assert_eq!(asks(wider), one(Note, "spec.require.allOf[1]", "requirement-redundant"));
    for (alternatives, covered) in [
        ("VM_ISOLATION, {allOf: [VM_ISOLATION, SINGLE_TENANT]}", 1),
        ("{allOf: [VM_ISOLATION, SINGLE_TENANT]}, VM_ISOLATION", 0),
        ("VM_ISOLATION, VM_ISOLATION", 1),
    ] {
        let place = format!("spec.require.allOf[1].anyOf[{covered}]");
        assert_eq!(
            asks(&format!("{{anyOf: [{alternatives}]}}")),
            one(Note, &place, "alternative-redundant"),
            "{alternatives}"
        );
    }
    let begun =
        "allOf: [WASM_VALIDATED]\n  requireFrom: [{from: \"2026-01-01T00:00:00Z\", require: VM_ISOLATION}]";
    assert_eq!(found(require, begun), one(Note, "spec.requireFrom[0].from", "requirement-has-begun"));
    let later = begun.replace("2026", "2028").replace("VM_ISOLATION", "WASM_VALIDATED");
    assert_eq!(found(require, &later), one(Note, "spec.requireFrom[0].require", "requirement-redundant"));
}

#[test]
fn what_follows_is_looked_for_among_ten_words_and_thirty_two_parts() {
    let notes =
        |parts: &str| found("allOf: [WASM_VALIDATED]", &format!("allOf: [WASM_VALIDATED, {parts}]")).len();
    let locations = |many: usize| {
        let all: Vec<String> = (0..many).map(|n| format!("LOCATION=l{n}")).collect();
        format!("LOCATION=l0, {{anyOf: [{}]}}", all.join(", "))
    };
    assert_eq!((notes(&locations(ATOMS - 1)), notes(&locations(ATOMS))), (1, 0));
    let repeated = |more: usize| vec!["WASM_VALIDATED"; more].join(", ");
    assert_eq!((notes(&repeated(PARTS)), notes(&repeated(PARTS + 1))), (PARTS, 0));
}

#[test]
fn weak_choices_are_said_plainly() {
    let trust = |member: &str| format!("spec.trust.{member}");
    for (from, to, expected) in [
        ("hardware", "software", one(Note, &trust("custody"), "custody-of-software")),
        ("capture: self", "capture: declared", one(Note, &trust("capture"), "capture-declared")),
        ("{maxAge: 7d}", "dangerously-none", one(Warning, &trust("revocation"), "revocation-not-required")),
        ("7d", "40d", one(Note, &trust("revocation"), "revocation-slow")),
        ("inputs: linked", "inputs: by-digest", one(Note, "spec.history.complete", "complete-not-linked")),
        ("{default: 2}", "{default: 1}", one(Note, &trust("quorum"), "quorum-of-one")),
        ("[WASM_VALIDATED, STEP]", "[\"*\"]", one(Note, &trust("anchors[0].scope"), "anchor-of-everything")),
        ("}]}\n", "}], exempt: [headers]}\n", one(Note, "spec.history.complete.exempt", "roles-exempt")),
        (
            "}]}\n",
            "}], summaries: [{verifier: v, key: \"KEY0\", levels: [SLSA_BUILD_LEVEL_3], maxAge: 1d}]}\n",
            one(Note, "spec.history.complete.summaries[0]", "summary-accepted"),
        ),
        (
            "}]}\n",
            "}], depth: [{tool: ld, steps: 2}]}\n",
            one(Note, "spec.history.complete.depth[0]", "history-cut"),
        ),
    ] {
        assert_eq!(found(from, to), expected, "{to}");
    }
    assert_eq!(found("7d", "31d"), []);
    let lower = found("{default: 2}", "{default: 2, STEP: 1}");
    assert_eq!(
        lower,
        [
            one(Warning, &trust("quorum"), "quorum-of-step-lower"),
            one(Note, &trust("quorum"), "quorum-of-one")
        ]
        .concat()
    );
}

#[test]
fn what_nothing_asks_for_is_told() {
    let scope = "[WASM_VALIDATED, STEP]";
    let anchor = "spec.trust.anchors[0].scope[1]";
    for (from, to, expected) in [
        (scope, "[WASM_VALIDATED, WASM_NO_IMPORTS, STEP]", one(Note, anchor, "scope-unused")),
        (scope, "[WASM_VALIDATED, WASM_VALIDATE, STEP]", one(Warning, anchor, "scope-word-unknown")),
        ("{default: 2}", "{default: 2, WASM_NO_IMPORTS: 3}", one(Note, "spec.trust.quorum", "quorum-unused")),
        (
            "custody:",
            "assume: [{property: WASM_NO_IMPORTS, key: \"KEY2\", kind: source}]\n    custody:",
            one(Warning, "spec.trust.assume[0]", "assumption-unused"),
        ),
        (
            "custody:",
            "assume: [{property: WASM_VALIDATED, key: \"KEY2\", kind: source}]\n    custody:",
            one(Note, "spec.trust.assume[0]", "assumption-for-proof"),
        ),
        (
            "quorum:",
            "  - {name: c, keys: [\"KEY2\"], scope: [WASM_NO_IMPORTS]}\n    quorum:",
            [
                one(Warning, "spec.history.complete.origins[0]", "key-in-two-roles"),
                one(Warning, "spec.trust.anchors[2]", "anchor-unused"),
                one(Note, "spec.trust.anchors[2].scope[0]", "scope-unused"),
            ]
            .concat(),
        ),
    ] {
        assert_eq!(found(from, to), expected, "{to}");
    }
    let forbids =
        SOUND.replace("custody", &format!("forbid: {{origins: [\"{}\"]}}\n    custody", "1".repeat(64)));
    let (forbids, _) = forbids.split_once("  history").unwrap();
    let codes: Vec<_> = findings(forbids).iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&"forbid-unused"), "{codes:?}");
    let of_places = SOUND.replace("[WASM_VALIDATED]", "[VM_ISOLATION]");
    let (of_places, _) = of_places.split_once("  history").unwrap();
    let codes: Vec<_> = findings(of_places).iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["trust-unused"]);
    // To ask for a history only, or for a property only, is to ask.
    let (trust, asks) = SOUND.split_once("  require").unwrap();
    let (_, history) = asks.split_once("  history").unwrap();
    let of_history = trust.replace("WASM_VALIDATED, STEP", "STEP");
    assert_eq!(findings(&format!("{of_history}  history{history}")), []);
    let of_code = trust.replace("WASM_VALIDATED, STEP", "WASM_VALIDATED");
    assert_eq!(findings(&format!("{of_code}  require: WASM_VALIDATED\n")), []);
}

#[test]
fn conditions_that_read_nothing_are_told() {
    let with = |condition: &str| format!("stepConditions: [\"{condition}\"]\n    custody:");
    let place = "spec.trust.stepConditions[0]";
    assert_eq!(found("custody:", &with("1 < 2")), one(Warning, place, "step-condition-vacuous"));
    assert_eq!(found("custody:", &with("1 > 2")), one(Error, place, "step-condition-never-holds"));
    assert_eq!(found("custody:", &with("operation.exit == 0")), []);
}

#[test]
fn what_is_given_away_is_noted() {
    let with = |members: &str| format!("{members}\n  require:");
    for (members, expected) in [
        ("acceptAsserted: [host]", one(Note, "spec.acceptAsserted", "own-word-accepted")),
        ("acceptAsserted: [other]", one(Note, "spec.acceptAsserted", "word-of-others-accepted")),
        (
            "grants: {directories: [{name: d, access: read-write}]}",
            one(Note, "spec.grants.directories[0]", "grants-write"),
        ),
        (
            "grants: {directories: [{name: d, access: read}, {name: d, access: read}]}",
            one(Warning, "spec.grants.directories[1]", "granted-twice"),
        ),
    ] {
        assert_eq!(found("require:", with(members).trim_start()), expected, "{members}");
    }
}

#[test]
fn what_no_place_can_have_attested_is_told() {
    let with = |places: &str| {
        found(
            "  require:\n    allOf: [",
            &format!("  places: {places}\n  require:\n    allOf: [VM_ISOLATION, "),
        )
    };
    let told = one(Warning, "spec.places", "attested-nowhere");
    assert_eq!(with("{levels: {VM_ISOLATION: attested}}"), told);
    assert_eq!(with("{level: attested}"), told);
    assert_eq!(with("{level: attested, levels: {VM_ISOLATION: certified}}"), []);
    assert_eq!(with("{levels: {LOCATION: attested}}"), []);
}

/// Asks for one thing of the place.
fn asking(what: &str, more: &str) -> String {
    format!("  require:\n    anyOf:\n      - {what}\n{more}")
}

/// What is found in a configuration of a host and an owner, with these policies.
fn together(host: &str, owner: &str, members: &str) -> Vec<Conflict> {
    required("always", host, owner, members)
}

/// The same, where the owner must agree at these times.
fn required(when: &str, host: &str, owner: &str, members: &str) -> Vec<Conflict> {
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: c}}\nspec:\n  host: \
         host\n  principals:\n    - {{name: host, policy: h, required: always}}\n    - {{name: owner, policy: o, \
         required: {when}}}\n{members}"
    );
    let configuration = Configuration::load(text.as_bytes(), &catalogues()).unwrap();
    let texts = [document("host", host), document("owner", owner)];
    let read =
        |text: &String| (Policy::load(text.as_bytes(), &catalogues()).unwrap(), Lines::of(text.as_bytes()));
    let read: Vec<_> = texts.iter().map(read).collect();
    let voice = |(entry, (policy, lines)): (&'_ RequiredPrincipal, _)| (entry.clone(), policy, lines);
    let parts: Vec<_> = configuration.principals().iter().zip(read).map(voice).collect();
    let voices: Vec<_> = parts
        .iter()
        .map(|(entry, policy, lines)| Voice { entry, written: Written { policy, lines } })
        .collect();
    let described = configuration.environments().iter();
    let places: Vec<_> = described.map(|place| (place.name.to_string(), place.provides.clone())).collect();
    let lines = Lines::of(text.as_bytes());
    conflicts(Setting { configuration: &configuration, lines: &lines, places: &places }, &voices)
}

fn codes(conflicts: &[Conflict]) -> Vec<(Level, &'static str)> {
    conflicts.iter().map(|conflict| (conflict.level, conflict.code)).collect()
}

const HEARS: &str = "  acceptAsserted: [host]\n";

#[test]
fn principals_that_want_different_values_are_shown_with_both_texts() {
    let found = together(&asking("LOCATION=a", ""), &asking("LOCATION=b", HEARS), "");
    assert_eq!(codes(&found), [(Error, "policies-conflict")]);
    let texts: Vec<_> = found[0].texts.iter().map(|text| text.text.trim()).collect();
    assert_eq!(
        texts,
        ["require:\n    anyOf:\n      - LOCATION=a", "require:\n    anyOf:\n      - LOCATION=b"]
    );
    let whose: Vec<_> = found[0].texts.iter().map(|text| text.whose.as_ref().unwrap().to_string()).collect();
    assert_eq!(whose, ["host", "owner"]);
    assert_eq!(together(&asking("LOCATION=a", ""), &asking("LOCATION=a", HEARS), ""), []);
    let rarely = required("when-granted", &asking("LOCATION=a", ""), &asking("LOCATION=b", HEARS), "");
    assert_eq!(codes(&rarely), [(Warning, "policies-conflict")]);
    let by_itself = asking("{allOf: [LOCATION=a, LOCATION=b]}", "");
    assert_eq!(together(&by_itself, &asking("VM_ISOLATION", HEARS), ""), []);
}

#[test]
fn what_no_place_of_the_host_can_give_is_told() {
    let vm = "  environments:\n    - {name: vm, provides: [VM_ISOLATION]}\n";
    let asks_vm = asking("VM_ISOLATION", HEARS);
    assert_eq!(together(&asking("VM_ISOLATION", ""), &asks_vm, vm), []);
    let deaf = together(&asking("VM_ISOLATION", ""), &asking("VM_ISOLATION", ""), vm);
    assert_eq!(codes(&deaf), [(Error, "place-word-not-taken")]);
    // What an anchor's scope has, a certified runtime can supply.
    let believing = SOUND.replace("[WASM_VALIDATED, STEP]", "[WASM_VALIDATED, VM_ISOLATION, STEP]");
    let believing = believing.replace("allOf: [WASM_VALIDATED]", "allOf: [WASM_VALIDATED, VM_ISOLATION]");
    let runtimes = together(&asking("VM_ISOLATION", ""), &believing, vm);
    assert_eq!(codes(&runtimes), [(Note, "place-word-not-taken")]);
    let nowhere = together(&asking("SINGLE_TENANT", ""), &asks_vm, vm);
    assert_eq!(codes(&nowhere), [(Warning, "no-place-for-all")]);
    let one = vm.replace("VM_ISOLATION", "VM_ISOLATION, LOCATION=a");
    assert_eq!(together(&asking("VM_ISOLATION", ""), &asks_vm, &one), []);
    let two = vm.replace("VM_ISOLATION", "VM_ISOLATION, LOCATION=a, LOCATION=b");
    let two = together(&asking("VM_ISOLATION", ""), &asks_vm, &two);
    assert_eq!(codes(&two), [(Warning, "environment-of-two-values")]);
    let code = SOUND.replace("[WASM_VALIDATED]", "[{anyOf: [WASM_VALIDATED, VM_ISOLATION]}]");
    assert_eq!(codes(&together(&code, &asks_vm, vm)), [(Note, "requirement-met-by-place")]);
}

#[test]
fn grants_that_do_not_meet_are_told() {
    let data = "  directories:\n    - {name: data, path: d, owner: owner}\n    - {name: logs, path: l, owner: owner}\n";
    let grants = |text: &str| format!("  grants: {{directories: [{text}]}}\n");
    let vm = |grants: &str| asking("VM_ISOLATION", &format!("{HEARS}{grants}"));
    let (read, write) = ("{name: data, access: read}", "{name: data, access: read-write}");
    let logs = "{name: logs, access: read-write}";
    let refused = together(&vm(""), &vm(&grants(read)), data);
    assert_eq!(codes(&refused), [(Warning, "grants-conflict"), (Note, "directory-never-granted")]);
    assert!(refused[0].message.starts_with("`owner` grants `data` to read, and `host` does not"));
    let both = format!("{write}, {logs}");
    let less = together(&vm(&grants(&format!("{read}, {logs}"))), &vm(&grants(&both)), data);
    assert_eq!(codes(&less), [(Warning, "grants-everything"), (Note, "grants-conflict")]);
    assert!(less[1].message.starts_with("`owner` grants `data` to read-write, and `host` to read"));
    let variables = together(&vm("  grants: {environment: [TZ]}\n"), &vm(""), "");
    assert_eq!(codes(&variables), [(Note, "grants-conflict")]);
    assert!(variables[0].message.starts_with("`host` grants the variable `TZ`, and `owner` does not"));
    // One directory is not everything.
    let (only, _) = data.split_once("    - {name: logs").unwrap();
    assert_eq!(together(&vm(&grants(write)), &vm(&grants(write)), only), []);
    // Whoever must agree to what is its own is asked about that only.
    let of_two = data.replace("path: l, owner: owner", "path: l, owner: host");
    let own = required("when-granted", &vm(&grants(&format!("{read}, {logs}"))), &vm(""), &of_two);
    assert_eq!(codes(&own), [(Warning, "grants-conflict")]);
    assert!(own[0].message.starts_with("`host` grants `data` to read, and `owner` does not"));
}

#[test]
fn an_authority_that_one_forbids_is_told() {
    let key = cdi_envelope::PublicKey::from_info(&serde_json::from_str(&format!("\"{}\"", KEYS[0])).unwrap());
    let id = key.unwrap().key_id();
    let forbids = SOUND.replace(
        "{name: a, keys: [\"KEY0\"], scope: [WASM_VALIDATED, STEP]}",
        "{name: c, keys: [\"KEY2\"], scope: [WASM_VALIDATED, STEP]}",
    );
    let forbids = forbids.replace("custody", &format!("forbid: {{authorities: [\"{id}\"]}}\n    custody"));
    let found = together(SOUND, &forbids, "");
    assert_eq!(codes(&found), [(Note, "authority-disputed")]);
    assert!(found[0].texts[1].text.contains(&id.to_string()), "{found:?}");
}

#[test]
fn others_evidence_that_nothing_asks_for_or_that_says_nothing_is_found() {
    let entry = |condition: &str| {
        format!(
            "    evidence: [{{name: scan, predicateType: \"https://example.com/scan/v1\", keys: [\"{}\"]{condition}}}]\n    custody: hardware",
            KEYS[2]
        )
    };
    let place = "spec.trust.evidence[0]";
    assert_eq!(found("    custody: hardware", &entry("")), one(Warning, place, "evidence-unused"));
    let asks = "allOf: [WASM_VALIDATED, \"evidence:scan\"]";
    let asking = |condition: &str| {
        let text = SOUND.replacen("    custody: hardware", &entry(condition), 1);
        let found = findings(&text.replacen("allOf: [WASM_VALIDATED]", asks, 1));
        found.into_iter().map(|finding| (finding.level, finding.place, finding.code)).collect::<Vec<_>>()
    };
    assert_eq!(asking(""), one(Note, place, "evidence-unconditional"));
    assert_eq!(asking(", condition: predicate.score > 7"), []);
}
