//! What others say in statements of their own types, as far as a policy asks for it (rules F-FOREIGN, V-EVIDENCE, M-EVIDENCE,
//! P-EVIDENCE).

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, artifact, public_key};

const OWNER: &str = "cloud-provider";
const EVIDENCE: &str = "sem/evidence";
const TYPE: &str = "https://scanner.example/scan/v1";
const CONDITION: &str = "predicate.score >= 7 && predicate.findings.all(f, f.severity != 'high')";
const MISSING: &str = "evidence-missing";
const UNMET: &str = "evidence-condition-unmet";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = said();
    cases.extend(by_whom());
    cases.extend(about_what());
    cases.extend(forms());
    cases.extend(formulas());
    cases.extend(documents());
    cases
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("sem/{name}"), "rule", "M-EVIDENCE", title, world)
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", "M-EVIDENCE", title, world, code).beside(EVIDENCE)
}

/// The small world, whose principal describes evidence so and asks for this.
fn asking(entries: &str, require: &str) -> Scenario {
    let evidence = format!("custody: software\n    evidence: [{entries}]");
    Scenario::small().with_policy(OWNER, "custody: software", &evidence).with_policy(
        OWNER,
        &format!("require: {MITIGATED}"),
        &format!("require: {require}"),
    )
}

/// An entry for the scanner's word.
fn entry(name: &str, condition: &str) -> String {
    let (scanner, second) = (public_key("scanner"), public_key("second-scanner"));
    let condition =
        if condition.is_empty() { String::new() } else { format!(", condition: \"{condition}\"") };
    format!("{{name: {name}, predicateType: \"{TYPE}\", keys: [\"{scanner}\", \"{second}\"]{condition}}}")
}

fn asked() -> Scenario {
    asking(&entry("scan", CONDITION), &format!("{{allOf: [{MITIGATED}, \"evidence:scan\"]}}"))
}

fn scan(path: &str) -> Part {
    let predicate = json!({
        "scanner": { "uri": "https://scanner.example", "version": "1.2" },
        "score": 9.5, "runs": 18_446_744_073_709_551_615_u64, "note": null,
        "findings": [{ "severity": "low", "cvss": 1.5 }],
    });
    Part::foreign("scan", "scanner", TYPE, path, &predicate)
}

/// The world with a scan that is changed in one point.
fn with(change: impl FnOnce(&mut Value)) -> Scenario {
    let mut part = scan("app.cwasm");
    part.change(change);
    asked().and(part)
}

/// The same, of a policy that sets no condition.
fn at_all(change: impl FnOnce(&mut Value)) -> Scenario {
    let mut part = scan("app.cwasm");
    part.change(change);
    asking(&entry("scan", ""), &format!("{{allOf: [{MITIGATED}, \"evidence:scan\"]}}")).and(part)
}

fn said() -> Vec<Case> {
    let predicate = |change: fn(&mut Value)| with(|said| change(&mut said["predicate"]));
    let both = predicate(|said| said["score"] = json!(1)).and(scan("app.cwasm").named("again"));
    vec![
        allow("evidence", "what the policy asks for, said by whom it names", with(|_| {})),
        allow("evidence-and-worse", "a statement that says worse beside one that says enough", both),
        allow(
            "evidence-of-a-whole-number",
            "a whole number where a fraction could stand",
            predicate(|said| said["score"] = json!(7)),
        ),
        deny("evidence-none", "nobody says anything", asked(), MISSING),
        deny(
            "evidence-false",
            "a number that is too low",
            predicate(|said| said["score"] = json!(6.99)),
            UNMET,
        ),
        deny(
            "evidence-of-one-finding",
            "one element of many for which the condition is false",
            predicate(|said| said["findings"] = json!([{ "severity": "low" }, { "severity": "high" }])),
            UNMET,
        ),
        deny(
            "evidence-without-the-member",
            "a member that the condition reads is not there",
            predicate(|said| drop(said.as_object_mut().map(|members| members.remove("score")))),
            UNMET,
        ),
        deny(
            "evidence-of-a-text",
            "a text where a number is compared",
            predicate(|said| said["score"] = json!("9.5")),
            UNMET,
        ),
        deny(
            "evidence-of-null",
            "`null` where a number is compared",
            predicate(|said| said["score"] = Value::Null),
            UNMET,
        ),
        deny(
            "evidence-inside-a-text",
            "an object in the text of one member whose name a JSON library uses for itself",
            predicate(|said| {
                *said = json!({ "$serde_json::private::RawValue": said.to_string() });
            }),
            UNMET,
        ),
        deny(
            "evidence-of-no-findings-in-a-text",
            "an empty list in the text of one such member, in the place of a list",
            predicate(|said| {
                said["findings"] = json!({ "$serde_json::private::RawValue": "[]" });
            }),
            UNMET,
        ),
        deny(
            "evidence-of-a-number-in-a-text",
            "a number in the text of one such member, in the place of a number",
            predicate(|said| said["score"] = json!({ "$serde_json::private::Number": "9.5" })),
            UNMET,
        ),
        allow(
            "evidence-beside-such-a-member",
            "such a member beside what the condition reads",
            predicate(|said| said["$serde_json::private::RawValue"] = json!("{\"score\":1}")),
        ),
        deny(
            "evidence-of-too-much",
            "more values than a condition is put to",
            predicate(|said| said["findings"] = json!(vec![json!(1); 1_024])),
            UNMET,
        ),
        deny(
            "evidence-of-a-list",
            "a predicate that is no object",
            with(|said| said["predicate"] = json!([])),
            "evidence-unreadable",
        ),
        deny(
            "evidence-of-nothing",
            "no predicate",
            with(|said| drop(said.as_object_mut().map(|members| members.remove("predicate")))),
            "evidence-unreadable",
        ),
        allow("evidence-at-all", "a predicate that nothing is asked of", at_all(|_| {})),
        deny(
            "evidence-of-nothing-at-all",
            "no predicate, where nothing is asked of it",
            at_all(|said| drop(said.as_object_mut().map(|members| members.remove("predicate")))),
            "evidence-unreadable",
        )
        .beside("sem/evidence-at-all"),
    ]
}

fn by_whom() -> Vec<Case> {
    let signed = |signers: &[&str]| with(|_| {}).signed_by("scan", signers);
    let unsigned = |name, title, world: Scenario| {
        let case = Case::deny(&format!("sem/{name}"), "A-CRY-15", "V-EVIDENCE", title, world, MISSING);
        case.beside(EVIDENCE).discards(&["signature-invalid"])
    };
    let of_another_entry = {
        let key = public_key("mallory");
        let other = format!(
            "{{name: other, predicateType: \"https://scanner.example/other/v1\", keys: [\"{key}\"]}}"
        );
        let both = format!("{other}, {}", entry("scan", CONDITION));
        let world = asking(&both, "{allOf: [\"evidence:scan\"]}");
        world.and(scan("app.cwasm")).signed_by("scan", &["mallory"])
    };
    let two = {
        let both = format!("{}, {}", entry("scan", CONDITION), entry("scan-at-all", ""));
        asking(&both, "{allOf: [\"evidence:scan\", \"evidence:scan-at-all\"]}").and(scan("app.cwasm"))
    };
    let forbidden = {
        let world = with(|_| {});
        let forbid = format!("custody: software\n    forbid: {{origins: [\"{}\"]}}", world.id("scan"));
        world.with_policy(OWNER, "custody: software", &forbid)
    };
    vec![
        allow("evidence-by-the-second-key", "the other key that is named", signed(&["second-scanner"])),
        allow("evidence-by-others-too", "others who have signed it as well", signed(&["mallory", "scanner"])),
        allow("evidence-under-two-names", "one key and one statement for two names", two),
        unsigned("evidence-by-another-key", "a key that is not named", signed(&["mallory"])),
        unsigned("evidence-by-a-tool", "the report key of a certified tool", signed(&["compiler"])),
        unsigned("evidence-by-an-authority", "the key of an anchor", signed(&["north"])),
        unsigned("evidence-by-the-key-of-another", "a key that is named for another type", of_another_entry),
        deny("evidence-forbidden", "a statement that the policy forbids", forbidden, "evidence-forbidden"),
    ]
}

fn about_what() -> Vec<Case> {
    let subject =
        |digest: Value| with(|said| said["subject"] = json!([{ "name": "app.cwasm", "digest": digest }]));
    let sha256 = artifact("app.cwasm");
    let many = with(|said| {
        said["subject"] =
            json!([{ "digest": { "sha256": artifact("other") } }, { "digest": { "sha256": sha256 } }]);
    });
    vec![
        allow(
            "evidence-of-two-digests",
            "a second digest beside the SHA-256",
            subject(json!({ "sha512": "00", "sha256": sha256 })),
        ),
        allow("evidence-of-many", "the artifact among others", many),
        deny("evidence-of-an-input", "what was said of an input", asked().and(scan("app.wasm")), MISSING),
        deny(
            "evidence-of-another-digest",
            "a digest of another algorithm alone",
            subject(json!({ "sha512": sha256 })),
            MISSING,
        ),
        deny(
            "evidence-of-capitals",
            "the digest in capital letters",
            subject(json!({ "sha256": sha256.to_uppercase() })),
            MISSING,
        ),
        deny("evidence-of-no-subject", "no subject", with(|said| said["subject"] = json!([])), MISSING),
    ]
}

fn forms() -> Vec<Case> {
    let of_type = |text: &str| with(|said| said["predicateType"] = json!(text));
    let discarded = |name: &str, attack, rule, title, world, code| {
        let case = Case::deny(&format!("sem/{name}"), attack, rule, title, world, MISSING);
        case.beside(EVIDENCE).discards(&[code])
    };
    let none =
        |name, title, world| discarded(name, "A-FMT-10", "F-TYPE", title, world, "statement-no-evidence");
    let old = |said: &mut Value| said["_type"] = json!("https://in-toto.io/Statement/v0.1");
    let own = {
        let world = Scenario::small().with("compiler-runs", old);
        Case::deny(
            "sem/evidence-own-under-v0.1",
            "A-FMT-10",
            "F-FOREIGN",
            "a report under the older statement",
            world,
            "no-report",
        )
    };
    vec![
        Case::allow("sem/evidence-v0.1", "rule", "F-FOREIGN", "a statement of the older version", with(old)),
        own.beside(EVIDENCE).discards(&["statement-wrong-type"]),
        discarded(
            "evidence-v0.2",
            "A-FMT-10",
            "F-FOREIGN",
            "a version that nobody knows",
            with(|said| said["_type"] = json!("https://in-toto.io/Statement/v0.2")),
            "statement-wrong-type",
        ),
        none(
            "evidence-of-a-longer-type",
            "a type that only begins as the named one",
            of_type(&format!("{TYPE}/2")),
        ),
        none(
            "evidence-of-a-shorter-type",
            "a type with which the named one begins",
            of_type("https://scanner.example/scan/v"),
        ),
        none(
            "evidence-of-a-type-in-capitals",
            "a type in other letters",
            of_type("https://Scanner.example/scan/v1"),
        ),
        discarded(
            "evidence-with-a-member-twice",
            "A-FMT-02",
            "F-JSON",
            "a member of a foreign predicate that is there twice",
            with(|_| {}).with_text("scan", "\"score\":", "\"score\":1,\"score\":"),
            "json-duplicate-member",
        ),
        discarded(
            "evidence-of-nan",
            "A-FMT-15",
            "F-JSON",
            "a number that is none",
            with(|_| {}).with_text("scan", "\"score\":9.5", "\"score\":NaN"),
            "json-syntax",
        ),
        deny(
            "evidence-of-an-endless-number",
            "a number that no double comes near",
            with(|_| {}).with_text("scan", "\"score\":9.5", "\"score\":1e400"),
            UNMET,
        ),
    ]
}

fn formulas() -> Vec<Case> {
    let scanner = entry("scan", CONDITION);
    let either = |require: &str| asking(&scanner, require);
    vec![
        allow(
            "evidence-or-a-property",
            "a property in the place of evidence",
            either(&format!("{{anyOf: [\"evidence:scan\", {MITIGATED}]}}")),
        ),
        allow(
            "evidence-alone",
            "evidence, and nothing that anybody certifies",
            either("\"evidence:scan\"").and(scan("app.cwasm")).without("compiler-runs"),
        ),
        deny(
            "evidence-is-no-property",
            "evidence that names a property",
            either(MITIGATED).without("compiler-runs").and({
                let mut part = scan("app.cwasm");
                part.change(|said| said["predicate"]["property"] = json!(MITIGATED));
                part
            }),
            "no-report",
        ),
    ]
}

fn documents() -> Vec<Case> {
    let error = |name: &str, title: &str, entries: &str, require: &str, code: &str| {
        let world = asking(entries, require).and(scan("app.cwasm"));
        Case::load_error(&format!("sem/{name}"), "rule", "P-EVIDENCE", title, world, code).beside(EVIDENCE)
    };
    let (scanner, asks) = (entry("scan", CONDITION), "\"evidence:scan\"");
    let many = |count: usize| {
        let others = (1..count).map(|n| entry(&format!("scan-{n}"), "")).collect::<Vec<_>>().join(", ");
        format!("{scanner}, {others}")
    };
    let most = asking(&many(32), asks).and(scan("app.cwasm"));
    let key = public_key("scanner");
    let of_type = |found: &str| scanner.replace(TYPE, found);
    vec![
        Case::allow("sem/evidence-of-most-kinds", "rule", "P-EVIDENCE", "as many kinds as are read", most),
        error("evidence-of-too-many-kinds", "one kind more than is read", &many(33), asks, "limit-evidence")
            .beside("sem/evidence-of-most-kinds"),
        error(
            "evidence-undescribed",
            "a name that the policy does not describe",
            &scanner,
            "\"evidence:scam\"",
            "evidence-unknown",
        ),
        error("evidence-unnamed", "no name", &scanner, "\"evidence:\"", "evidence-unknown"),
        error(
            "evidence-in-capitals",
            "the name in capital letters",
            &scanner,
            "\"evidence:SCAN\"",
            "evidence-unknown",
        ),
        error(
            "evidence-of-a-known-word",
            "a word in small letters",
            &scanner,
            "\"Evidence:scan\"",
            "word-unknown",
        ),
        error(
            "evidence-twice",
            "one name for two",
            &format!("{scanner}, {scanner}"),
            asks,
            "evidence-name-twice",
        ),
        error(
            "evidence-by-nobody",
            "no key",
            &format!("{{name: scan, predicateType: \"{TYPE}\", keys: []}}"),
            asks,
            "evidence-without-key",
        ),
        error("evidence-of-no-type", "an empty type", &of_type(""), asks, "evidence-type"),
        error(
            "evidence-of-cdi",
            "a type of CDI's own",
            &of_type("https://code-deployment-integrity.io/report/v1"),
            asks,
            "evidence-type",
        ),
        error(
            "evidence-of-a-summary",
            "a type that is read in another way",
            &of_type("https://slsa.dev/verification_summary/v1"),
            asks,
            "evidence-type",
        ),
        error(
            "evidence-on-a-run",
            "a condition about runs",
            &entry("scan", "operation.exit == 0"),
            asks,
            "condition-malformed",
        ),
        error("evidence-on-nothing", "an empty condition", &entry("scan", " "), asks, "condition-malformed"),
        error(
            "evidence-with-a-member-more",
            "a member that nobody knows",
            &format!("{{name: scan, predicateType: \"{TYPE}\", keys: [\"{key}\"], subject: input}}"),
            asks,
            "policy-malformed",
        ),
        error(
            "evidence-by-no-key",
            "a key that is none",
            &format!("{{name: scan, predicateType: \"{TYPE}\", keys: [\"AAAA\"]}}"),
            asks,
            "policy-key",
        ),
    ]
}
