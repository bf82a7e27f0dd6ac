//! A-FMT-12 to 20: fields that move, numbers, types and members of signed statements.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, LIST, RUN, discarded, place, put};
use crate::scenario::{IN_TOTO, Scenario, artifact, dangerously_sign_bare, envelope, key_id};

const ENDORSEMENT: &str = "north-endorses-child";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = splits();
    cases.extend(digests());
    cases.extend(unknown_members());
    cases.extend(bytes());
    cases
}

/// The authors' own prototype signed fields one after the other, without lengths.
fn splits() -> Vec<Case> {
    let kinds = [
        ("certification", "A-FMT-12", "north", CERTIFICATION, "compiler", "not:CODE_SANDBOXING"),
        ("report", "A-FMT-13", "compiler", RUN, "--opt-level=3 --bounds-checks=0", "0123abcd"),
    ];
    let cases = kinds.into_iter().flat_map(|(kind, attack, signer, part, one, two)| {
        let bare = format!("{one}{two}");
        let signature = dangerously_sign_bare(signer, bare.as_bytes());
        let world = Scenario::small();
        let signatures = [(key_id(signer), signature)];
        let payload = envelope(bare.as_bytes(), IN_TOTO, &signatures);
        let moved = envelope(&world.part(part).payload, IN_TOTO, &signatures);
        let title = |what: &str| format!("a signature over undelimited fields of a {kind}, {what}");
        let path = |what: &str| format!("fmt/undelimited-{kind}-{what}");
        let swap = |line: String| replaced(&world, part, line);
        [
            discarded(
                &path("payload"),
                attack,
                "F-ENVELOPE",
                &title("which are the payload"),
                part,
                swap(payload),
                "json-syntax",
            ),
            discarded(
                &path("moved"),
                attack,
                "F-ENVELOPE",
                &title("under a sound statement"),
                part,
                swap(moved),
                "signature-invalid",
            ),
        ]
    });
    cases.collect()
}

/// The world with a line in the place of a part's.
fn replaced(world: &Scenario, part: &str, line: String) -> Scenario {
    world.clone().with_line(part, |_| line)
}

fn digests() -> Vec<Case> {
    let good = artifact("app.wasm");
    let places = [
        ("subject", "/subject/0/digest/sha256"),
        ("input", "/predicate/inputs/0/sha256"),
        ("executable", "/predicate/tool/executables/0/sha256"),
        ("recorder", "/predicate/recorder/sha256"),
        ("issuer", "/predicate/issuer"),
    ];
    let at = |world: Scenario, pointer: &'static str, text: String| {
        world.with(RUN, |statement| *place(statement, pointer) = text.into())
    };
    let mut cases: Vec<Case> = places
        .into_iter()
        .map(|(name, pointer)| {
            let world = at(Scenario::small(), pointer, format!("--bounds-checks=0{good}"));
            let title = format!("a flag hides in a digest: {name}");
            let path = format!("fmt/digest-with-flag-{name}");
            discarded(&path, "A-FMT-14", "F-DIGEST", &title, RUN, world, "statement-malformed")
        })
        .collect();
    let texts = [
        ("empty", String::new()),
        ("one-digit", "a".to_owned()),
        ("62-digits", good.chars().take(62).collect()),
        ("63-digits", good.chars().take(63).collect()),
        ("65-digits", format!("{good}0")),
        ("66-digits", format!("{good}00")),
        ("upper-case", good.to_uppercase()),
        ("prefixed", format!("sha256:{good}")),
        ("space", format!("{good} ")),
        ("base64", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
    ];
    cases.extend(texts.into_iter().map(|(name, text)| {
        let world = at(Scenario::small(), "/predicate/inputs/0/sha256", text);
        let title = format!("a digest that is not 64 lower-case digits: {name}");
        discarded(
            &format!("fmt/digest-{name}"),
            "A-FMT-25",
            "F-DIGEST",
            &title,
            RUN,
            world,
            "statement-malformed",
        )
    }));
    cases
}

fn unknown_members() -> Vec<Case> {
    let places = [
        ("certification", CERTIFICATION, "/predicate/critical"),
        ("empty-critical-list", CERTIFICATION, "/predicate/crit"),
        ("tool", CERTIFICATION, "/predicate/tool/variant"),
        ("claim", CERTIFICATION, "/predicate/claims/1/unless"),
        ("invocation", CERTIFICATION, "/predicate/invocations/default/condition"),
        ("argument", CERTIFICATION, "/predicate/invocations/default/arguments/0/unless"),
        ("vetting", CERTIFICATION, "/predicate/vetting/expires"),
        ("report", RUN, "/predicate/properties"),
        ("operation", RUN, "/predicate/operation/network"),
        ("exit", RUN, "/predicate/operation/exit/signal"),
        ("input", RUN, "/predicate/inputs/0/optional"),
        ("list", LIST, "/predicate/delta"),
    ];
    let mut cases: Vec<Case> = places
        .into_iter()
        .map(|(name, part, pointer)| {
            let value = if name == "empty-critical-list" { json!([]) } else { json!(1) };
            let world = Scenario::small().with(part, |statement| put(statement, pointer, value));
            let title = format!("a member that this version does not know: {name}");
            let path = format!("fmt/unknown-member-{name}");
            discarded(&path, "A-FMT-17", "F-STATEMENT", &title, part, world, "statement-malformed")
        })
        .collect();
    for (name, pointer) in [("endorsement", "/predicate/unless"), ("scope", "/predicate/scope/except")] {
        let world = Scenario::endorsed().with(ENDORSEMENT, |statement| put(statement, pointer, json!([])));
        let title = format!("a member that this version does not know: {name}");
        let path = format!("fmt/unknown-member-{name}");
        let case = Case::deny(&path, "A-FMT-17", "F-STATEMENT", &title, world, "report-key-uncertified");
        cases.push(case.discards(&["statement-malformed", "issuer-key-unknown", "issuer-key-unknown"]));
    }
    let outside = Scenario::small().with_line_text(RUN, "{\"payload\"", "{\"extra\":[1],\"payload\"");
    let title = "an envelope has a member that nobody knows";
    cases.push(Case::allow("fmt/unknown-member-envelope", "A-FMT-17", "F-ENVELOPE", title, outside));
    let around = Scenario::small().with(RUN, |statement| statement["extra"] = json!(1));
    let title = "a statement has a member beside its predicate that nobody knows";
    cases.push(Case::allow("fmt/unknown-member-statement", "A-FMT-17", "F-STATEMENT", title, around));
    cases
}

fn bytes() -> Vec<Case> {
    let other = Scenario::small().with(RUN, |statement| {
        statement["subject"][0]["digest"]["sha256"] = json!(artifact("other.cwasm"));
    });
    let good = String::from_utf8_lossy(&Scenario::small().part(RUN).payload).into_owned();
    let members = good.strip_suffix('}').unwrap_or_default();
    let copies = [
        ("statement", format!("{{\"statement\":{good},\"payload\"")),
        ("members", format!("{members},\"payload\"")),
    ];
    let mut cases = Vec::new();
    for (name, head) in copies {
        let world = other.clone().with_line_text(RUN, "{\"payload\"", &head);
        let title = format!("an envelope has an unsigned copy that would do: {name}");
        let path = format!("fmt/unsigned-copy-{name}");
        cases.push(Case::deny(&path, "A-FMT-19", "F-ENVELOPE", &title, world, "no-report"));
    }
    let pretty = |payload: Vec<u8>| {
        let value: Value = serde_json::from_slice(&payload).unwrap_or_default();
        format!("{value:#}").into_bytes()
    };
    let world = Scenario::small().with_payload(RUN, pretty);
    cases.push(Case::allow(
        "fmt/bytes-pretty",
        "A-FMT-20",
        "F-ID",
        "a signed statement with line breaks",
        world,
    ));
    let reversed = |payload: Vec<u8>| {
        let value: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let members = value.as_object().into_iter().flatten();
        let mut members: Vec<String> = members
            .map(|(name, value)| format!("{}:{}", json!(name), crate::scenario::compact(value)))
            .collect();
        members.sort_by(|a, b| b.cmp(a));
        format!("{{{}}}", members.join(",")).into_bytes()
    };
    let world = Scenario::small().with_payload(RUN, reversed);
    cases.push(Case::allow(
        "fmt/bytes-reversed",
        "A-FMT-20",
        "F-ID",
        "a signed statement in another order",
        world,
    ));
    let line = Scenario::small().with_text(RUN, "{\"_type\"", "{ \"_type\"").part(RUN).payload.clone();
    let world = Scenario::small().with_line(RUN, |sound| {
        let (_, tail) = sound.split_once("\",\"payloadType\"").unwrap_or_default();
        format!("{{\"payload\":\"{}\",\"payloadType\"{tail}", base64_simd::STANDARD.encode_to_string(line))
    });
    let title = "a space that was not there when the statement was signed";
    cases.push(discarded("fmt/bytes-space", "A-FMT-20", "F-ID", title, RUN, world, "signature-invalid"));
    cases
}
