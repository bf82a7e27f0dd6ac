//! A-FMT-01 to 11: envelopes, statements and what stands around them.

use super::Case;
use crate::scenario::{Part, Scenario, dangerously_sign_bare, envelope, key_id};

const RUN: &str = "compiler-runs";

/// What is done to a payload's base64.
type Rewrite = fn(String) -> String;
/// What stands before a payload of this length when it is signed.
type Header = fn(usize) -> String;

/// A report that nobody can use.
fn unusable(
    path: &str,
    attack: &'static str,
    rule: &'static str,
    title: &str,
    world: Scenario,
    code: &str,
) -> Case {
    Case::deny(path, attack, rule, title, world, "no-report").discards(&[code])
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases =
        vec![Case::allow("fmt/control", "control", "F-ENVELOPE", "a sound bundle", Scenario::small())];
    cases.extend(duplicates_in_envelopes());
    cases.extend(duplicates_in_statements());
    cases.extend(names_of_members());
    cases.extend(trailing_data());
    cases.extend(text());
    cases.extend(base64());
    cases.extend(types());
    cases.extend(encodings());
    cases
}

fn duplicates_in_envelopes() -> Vec<Case> {
    let other = [("payload", "\"e30=\""), ("payloadType", "\"text/plain\""), ("signatures", "[]")];
    let cases = other.into_iter().flat_map(|(member, value)| {
        ["first", "last"].into_iter().map(move |position| {
            let world = Scenario::small().with_line(RUN, |line| {
                let inner =
                    line.strip_prefix('{').and_then(|line| line.strip_suffix('}')).unwrap_or_default();
                match position {
                    "first" => format!("{{{inner},\"{member}\":{value}}}"),
                    _ => format!("{{\"{member}\":{value},{inner}}}"),
                }
            });
            let path = format!("fmt/envelope-duplicate-{}-good-{position}", member.to_lowercase());
            let title = format!("an envelope has `{member}` twice, the good one {position}");
            unusable(&path, "A-FMT-01", "F-JSON", &title, world, "json-duplicate-member")
        })
    });
    cases.collect()
}

fn duplicates_in_statements() -> Vec<Case> {
    let places = [
        ("predicatetype", r#""predicateType":"#, r#""predicateType":"x","predicateType":"#),
        ("subject", r#""subject":"#, r#""subject":[],"subject":"#),
        ("issuer", r#""issuer":"#, r#""issuer":"x","issuer":"#),
        ("escaped-issuer", r#""issuer":"#, r#""\u0069ssuer":"x","issuer":"#),
        ("arguments", r#""arguments":"#, r#""arguments":[],"arguments":"#),
        ("setting", r#""opt-level":"#, r#""opt-level":"none","opt-level":"#),
        (
            "in-annotations",
            r#""algorithms":"#,
            r#""annotations":{"a":[{"b":{"c":[{"x":1,"x":2}]}}]},"algorithms":"#,
        ),
    ];
    let cases = places.into_iter().map(|(place, from, to)| {
        let title = format!("a signed report has a member twice: {place}");
        let world = Scenario::small().with_text(RUN, from, to);
        let path = format!("fmt/statement-duplicate-{place}");
        unusable(&path, "A-FMT-02", "F-JSON", &title, world, "json-duplicate-member")
    });
    cases.collect()
}

fn names_of_members() -> Vec<Case> {
    let line = [
        ("payload", "Payload"),
        ("payloadType", "PayloadType"),
        ("signatures", "Signatures"),
        ("sig", "Sig"),
    ];
    let lines = line.into_iter().map(|(name, variant)| {
        let world =
            Scenario::small().with_line_text(RUN, &format!("\"{name}\":"), &format!("\"{variant}\":"));
        let path = format!("fmt/envelope-case-{}", name.to_lowercase());
        let title = format!("an envelope says `{variant}` for `{name}`");
        unusable(&path, "A-FMT-04", "F-ENVELOPE", &title, world, "envelope-malformed")
    });
    let payload = [
        ("_type", "_Type", "statement-malformed"),
        ("predicateType", "predicatetype", "statement-malformed"),
        ("subject", "Subject", "statement-without-subject"),
        ("predicate", "Predicate", "statement-malformed"),
        ("exit", "Exit", "statement-malformed"),
        ("startedAt", "started_at", "statement-malformed"),
    ];
    let payloads = payload.into_iter().map(|(name, variant, code)| {
        let world = Scenario::small().with_text(RUN, &format!("\"{name}\":"), &format!("\"{variant}\":"));
        let path = format!("fmt/statement-case-{}", name.to_lowercase().replace('_', ""));
        unusable(
            &path,
            "A-FMT-04",
            "F-STATEMENT",
            &format!("a report says `{variant}` for `{name}`"),
            world,
            code,
        )
    });
    let mut cases: Vec<Case> = lines.chain(payloads).collect();
    let hint = Scenario::small().with_line_text(RUN, "\"keyid\":", "\"keyId\":");
    let title = "a signature's hint has another name, and is no hint";
    cases.push(Case::allow("fmt/envelope-case-keyid", "A-FMT-04", "F-KEYID", title, hint));
    cases
}

fn trailing_data() -> Vec<Case> {
    let trailing = [("object", "{}"), ("nul", "\0"), ("comment", "// fine"), ("word", "x"), ("comma", ",")];
    let lines = trailing.into_iter().map(|(name, tail)| {
        let world = Scenario::small().with_line(RUN, |line| line + tail);
        let path = format!("fmt/trailing-{name}-in-line");
        unusable(
            &path,
            "A-FMT-05",
            "F-JSON",
            &format!("a {name} follows an envelope"),
            world,
            "json-trailing-data",
        )
    });
    let payloads = trailing.into_iter().take(2).map(|(name, tail)| {
        let world = Scenario::small().with_payload(RUN, |mut payload| {
            payload.extend_from_slice(tail.as_bytes());
            payload
        });
        let path = format!("fmt/trailing-{name}-in-payload");
        let title = format!("a {name} follows a signed statement");
        unusable(&path, "A-FMT-05", "F-JSON", &title, world, "json-trailing-data")
    });
    let mut cases: Vec<Case> = lines.chain(payloads).collect();
    let spaces = Scenario::small().with_line(RUN, |line| format!(" {line}\t \r"));
    let title = "white space stands around an envelope";
    cases.push(Case::allow("fmt/trailing-spaces", "A-FMT-05", "F-JSON", title, spaces));
    cases
}

fn text() -> Vec<Case> {
    let bad: [(&str, &[u8], &str); 6] = [
        ("byte-ff", b"\xff", "json-not-utf8"),
        ("overlong", b"\xc0\xaf", "json-not-utf8"),
        ("cesu-8", b"\xed\xa0\xbd\xed\xb8\x80", "json-not-utf8"),
        ("truncated", b"\xe2\x82", "json-not-utf8"),
        ("lone-surrogate", b"\\ud800", "json-lone-surrogate"),
        ("swapped-surrogates", b"\\udc00\\ud800", "json-lone-surrogate"),
    ];
    let mut cases: Vec<Case> = bad
        .into_iter()
        .map(|(name, bytes, code)| {
            let world = Scenario::small().with_payload(RUN, |payload| splice(&payload, b"\"/build", bytes));
            let title = format!("a signed report has text that is none: {name}");
            unusable(&format!("fmt/text-{name}"), "A-FMT-07", "F-JSON", &title, world, code)
        })
        .collect();
    let mut world = Scenario::small();
    let line = splice(&world.part(RUN).line(), b"\"application", b"\xff");
    world = world.without(RUN).and_line(RUN, line);
    let title = "an envelope has a byte that is no text";
    cases.push(unusable("fmt/text-byte-ff-in-line", "A-FMT-07", "F-JSON", title, world, "json-not-utf8"));
    cases
}

/// `bytes` with `more` after the first `mark`.
fn splice(bytes: &[u8], mark: &[u8], more: &[u8]) -> Vec<u8> {
    let at = bytes.windows(mark.len()).position(|window| window == mark).map_or(0, |at| at + mark.len());
    let (before, after) = bytes.split_at(at);
    [before, more, after].concat()
}

/// A report whose payload takes `left` bytes over a multiple of three, and needs both of base64's odd digits.
fn padded(left: usize) -> Scenario {
    let world = |pad: &str| {
        let annotations = format!(r#""annotations":{{"pad":"???~~~>>>{pad}"}},"algorithms":"#);
        Scenario::small().with_text(RUN, r#""algorithms":"#, &annotations)
    };
    let fits = ["", "x", "xx"].into_iter().map(world).find(|world| world.part(RUN).payload.len() % 3 == left);
    fits.unwrap_or_else(Scenario::small)
}

fn base64() -> Vec<Case> {
    let change = |left: usize, change: fn(String) -> String| {
        padded(left).with_line(RUN, |line| {
            let (head, rest) = line.split_once("\"payload\":\"").unwrap_or_default();
            let (payload, tail) = rest.split_once('"').unwrap_or_default();
            format!("{head}\"payload\":\"{}\"{tail}", change(payload.to_owned()))
        })
    };
    let refused: [(&str, usize, Rewrite); 8] = [
        ("no-padding", 1, |text| text.trim_end_matches('=').to_owned()),
        ("half-padding", 1, |text| text.trim_end_matches('=').to_owned() + "="),
        ("extra-padding", 0, |text| text + "="),
        ("newline", 0, |text| text.replacen("eyJ", "eyJ\\n", 1)),
        ("space", 0, |text| text + " "),
        ("mixed-alphabets", 0, |text| text.replacen('/', "_", 1)),
        ("junk-at-end", 0, |text| text + "!"),
        ("trailing-bits", 1, |text| text.replacen("fQ==", "fR==", 1)),
    ];
    let refused = refused.into_iter().map(|(name, left, how)| {
        let title = format!("a payload is not strict base64: {name}");
        let path = format!("fmt/base64-{name}");
        unusable(&path, "A-FMT-08", "F-BASE64", &title, change(left, how), "envelope-base64")
    });
    let mut cases: Vec<Case> = refused.collect();
    let url_safe = change(1, |text| text.replace('+', "-").replace('/', "_"));
    let title = "a payload in the alphabet that is safe in URLs";
    cases.push(Case::allow("fmt/base64-url-safe", "A-FMT-08", "F-BASE64", title, url_safe));
    cases
}

fn types() -> Vec<Case> {
    let payload = [
        ("space", "application/vnd.in-toto+json "),
        ("upper-case", "application/vnd.in-toto+JSON"),
        ("parameter", "application/vnd.in-toto+json; charset=utf-8"),
        ("suffix", "application/vnd.in-toto+jsonx"),
        ("plain-json", "application/json"),
        ("empty", ""),
        ("not-ascii", "application/vnd.in-toto+js\u{00f6}n"),
    ];
    let payload_types = payload.into_iter().map(|(name, text)| {
        let mut world = Scenario::small();
        world.parts = world.parts.into_iter().map(|part| typed(part, text)).collect();
        let title = format!("the payload type that is signed is nearly right: {name}");
        let path = format!("fmt/payload-type-{name}");
        unusable(&path, "A-FMT-09", "F-PAYLOADTYPE", &title, world, "envelope-payload-type")
    });
    let report = "code-deployment-integrity.io/report/v1";
    let unknown = "predicate-type-unknown";
    let predicate = [
        ("evil", format!("https://{report}evil"), unknown),
        ("v10", format!("https://{report}0"), unknown),
        ("v2", format!("https://{}2", report.trim_end_matches('1')), unknown),
        ("slash", format!("https://{report}/"), unknown),
        ("space", format!("https://{report} "), unknown),
        ("query", format!("https://{report}?"), unknown),
        ("upper-case", format!("https://{}", report.to_uppercase()), "statement-no-evidence"),
        ("http", format!("http://{report}"), "statement-no-evidence"),
        ("elsewhere", format!("https://example.com/{report}"), "statement-no-evidence"),
        ("empty", String::new(), "statement-no-evidence"),
    ];
    let predicate_types = predicate.into_iter().map(|(name, text, code)| {
        let world = Scenario::small().with(RUN, |statement| statement["predicateType"] = text.into());
        let title = format!("the predicate type is nearly right: {name}");
        unusable(&format!("fmt/predicate-type-{name}"), "A-FMT-10", "F-TYPE", &title, world, code)
    });
    let statement = [
        ("v0.1", "https://in-toto.io/Statement/v0.1"),
        ("slash", "https://in-toto.io/Statement/v1/"),
        ("empty", ""),
    ];
    let statement_types = statement.into_iter().map(|(name, text)| {
        let world = Scenario::small().with(RUN, |statement| statement["_type"] = text.into());
        let title = format!("the statement's type is nearly right: {name}");
        unusable(&format!("fmt/type-{name}"), "A-FMT-10", "F-TYPE", &title, world, "statement-wrong-type")
    });
    payload_types.chain(predicate_types).chain(statement_types).collect()
}

/// The report under another payload type; everything else as it was.
fn typed(part: Part, text: &str) -> Part {
    let payload_type = if part.name == RUN { text.to_owned() } else { part.payload_type.clone() };
    Part { payload_type, ..part }
}

fn encodings() -> Vec<Case> {
    let encode: [(&str, Header); 5] = [
        ("leading-zero", |len| format!("DSSEv1 028 application/vnd.in-toto+json 0{len} ")),
        ("sign", |len| format!("DSSEv1 +28 application/vnd.in-toto+json +{len} ")),
        ("other-version", |len| format!("DSSEv2 28 application/vnd.in-toto+json {len} ")),
        ("no-lengths", |_| "DSSEv1 application/vnd.in-toto+json ".to_owned()),
        ("empty-type", |len| format!("DSSEv1 0  {len} ")),
    ];
    let cases = encode.into_iter().map(|(name, head)| {
        let world = Scenario::small();
        let payload = world.part(RUN).payload.clone();
        let message = [head(payload.len()).as_bytes(), &payload].concat();
        let signature = dangerously_sign_bare("compiler", &message);
        let line = envelope(&payload, crate::scenario::IN_TOTO, &[(key_id("compiler"), signature)]);
        let world = world.without(RUN).and_line(RUN, line);
        let title = format!("a signature over an encoding that is not the right one: {name}");
        unusable(&format!("fmt/pae-{name}"), "A-FMT-11", "F-ENVELOPE", &title, world, "signature-invalid")
    });
    cases.collect()
}
