//! A-THR: what counts as a vote.

use serde_json::json;

use super::Case;
use crate::scenario::{
    IN_TOTO, Part, Scenario, dangerously_sign_bare, envelope, executable, key_id, other_s, public_key,
};

const NORTH: &str = "north-certifies-compiler";
const SOUTH: &str = "south-certifies-compiler";
const UNMET: &str = "quorum-unmet";

/// Two anchors, both wanted.
fn two() -> Scenario {
    Scenario::quorum(&["north", "south"], 2)
}

fn unmet(path: &str, attack: &'static str, title: &str, world: Scenario) -> Case {
    Case::deny(path, attack, "M-QUORUM", title, world, UNMET)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::allow("thr/control", "control", "M-QUORUM", "two authorities of two", two()),
        Case::allow(
            "thr/two-of-three",
            "control",
            "M-QUORUM",
            "two authorities of three",
            Scenario::quorum(&["north", "south", "west"], 2).without("west-certifies-compiler"),
        ),
        unmet("thr/one-of-two", "A-THR-01", "one authority of two", two().without(SOUTH)),
    ];
    cases.extend(one_key());
    cases.extend(hints());
    cases.extend(thresholds());
    cases.extend(different());
    cases
}

fn one_key() -> Vec<Case> {
    let alone = two().without(SOUTH);
    let payload = alone.part(NORTH).payload.clone();
    let signature = dangerously_sign_bare("north", cdi_envelope::Pae::new(IN_TOTO, &payload).as_bytes());
    let signed = |signatures: &[(String, Vec<u8>)]| envelope(&payload, IN_TOTO, signatures);
    let (north, south) = (key_id("north"), key_id("south"));
    let same = signed(&[(north.clone(), signature.clone()), (north.clone(), signature.clone())]);
    let distinct = signed(&[(north.clone(), signature.clone()), (north.clone(), other_s(&signature))]);
    let two_hints = signed(&[(north.clone(), signature.clone()), (south.clone(), signature.clone())]);
    let again = Part::compiler("north").named("again");
    let mut renewed = again.clone();
    renewed.change(|statement| statement["predicate"]["serial"] = json!(3));
    let upper = signed(&[(north.to_uppercase(), signature.clone()), (format!("sha256:{north}"), signature)]);
    vec![
        unmet(
            "thr/same-signature-twice",
            "A-THR-01",
            "one signature twice in an envelope",
            alone.clone().with_line(NORTH, |_| same),
        ),
        unmet("thr/same-envelope-twice", "A-THR-01", "one envelope twice", alone.clone().and(again)),
        unmet(
            "thr/two-signatures-of-one-key",
            "A-THR-02",
            "two signatures by one key",
            alone.clone().with_line(NORTH, |_| distinct),
        ),
        unmet(
            "thr/two-statements-of-one-key",
            "A-THR-02",
            "two certifications by one key",
            alone.clone().and(renewed),
        ),
        unmet(
            "thr/one-key-under-two-ids",
            "A-THR-03",
            "one signature under the ids of two keys",
            alone.clone().with_line(NORTH, |_| two_hints),
        ),
        unmet(
            "thr/one-id-in-two-forms",
            "A-THR-03",
            "one key's id in two forms",
            alone.with_line(NORTH, |_| upper),
        ),
        Case::load_error(
            "thr/key-in-two-anchors",
            "A-THR-03",
            "M-ANCHOR",
            "a policy has one key in two anchors",
            two().with_policy("cloud-provider", &public_key("south"), &public_key("north")),
            "anchor-key-twice",
        ),
        Case::load_error(
            "thr/key-twice-in-one-anchor",
            "A-THR-03",
            "M-ANCHOR",
            "a policy has one key twice in an anchor",
            two().with_policy(
                "cloud-provider",
                &format!("keys: [\"{}\"]", public_key("south")),
                &format!("keys: [\"{0}\", \"{0}\"]", public_key("south")),
            ),
            "anchor-key-twice",
        ),
    ]
}

/// Every assignment of three ids to the signatures of three keys.
fn hints() -> Vec<Case> {
    let names = ["north", "south", "west"];
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut cases = Vec::new();
    for order in orders.into_iter().skip(1) {
        let mut world = Scenario::quorum(&names, 3);
        let mut slug = String::new();
        for (signer, hint) in names.into_iter().zip(order) {
            let hint = names.get(hint).copied().unwrap_or_default();
            slug = format!("{slug}-{hint}");
            let part = format!("{signer}-certifies-compiler");
            world = world.with_line(&part, |line| {
                let (head, tail) = line.rsplit_once(&key_id(signer)).unwrap_or_default();
                format!("{head}{}{tail}", key_id(hint))
            });
        }
        let title = format!("hints in another order:{}", slug.replace('-', " "));
        cases.push(Case::allow(&format!("thr/hints{slug}"), "A-THR-04", "F-KEYID", &title, world));
    }
    let alone = two().without(SOUTH);
    let forged = Part::compiler("south").line();
    let forged = String::from_utf8_lossy(&forged).into_owned();
    let sig = |line: &str| line.split("\"sig\":\"").nth(1).unwrap_or_default().to_owned();
    let north = String::from_utf8_lossy(&alone.part(NORTH).line()).into_owned();
    let spoofed = forged.replace(&sig(&forged), &sig(&north));
    let case = unmet(
        "thr/hint-of-another",
        "A-THR-04",
        "a signature by one key under the hint of another",
        alone.and_line("spoofed", spoofed),
    );
    cases.push(case.discards(&["signature-invalid"]));
    cases
}

fn thresholds() -> Vec<Case> {
    let bad = [
        ("zero", "{default: 0}", "quorum-out-of-range"),
        ("six", "{default: 6}", "quorum-out-of-range"),
        ("three-of-two", "{default: 3}", "quorum-beyond-anchors"),
        ("minus-one", "{default: -1}", "yaml-number-range"),
        ("256", "{default: 256}", "policy-malformed"),
        ("65536", "{default: 65536}", "policy-malformed"),
        ("4294967297", "{default: 4294967297}", "policy-malformed"),
        ("18446744073709551617", "{default: 18446744073709551617}", "yaml-number-range"),
        ("text", "{default: \"2\"}", "policy-malformed"),
        ("none", "{}", "policy-malformed"),
        ("zero-for-one", "{default: 2, WASM_SPECTRE_MITIGATED: 0}", "quorum-out-of-range"),
        ("three-for-one", "{default: 2, WASM_SPECTRE_MITIGATED: 3}", "quorum-beyond-anchors"),
    ];
    let mut cases: Vec<Case> = bad
        .into_iter()
        .map(|(name, quorum, code)| {
            let world = two().with_policy("cloud-provider", "{default: 2}", quorum);
            let title = format!("a quorum that nobody can mean: {name}");
            let rule = match code {
                "quorum-out-of-range" => "M-ANCHOR",
                "yaml-number-range" => "P-YAML",
                _ => "P-QUORUM",
            };
            Case::load_error(&format!("thr/quorum-{name}"), "A-THR-06", rule, &title, world, code)
        })
        .collect();
    let mut nobody = two();
    if let Some((_, text)) = nobody.policies.first_mut() {
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("      - {name")).collect();
        *text = kept.join("\n").replace("    anchors:", "    anchors: []") + "\n";
    }
    let title = "a quorum of no anchors";
    cases.push(Case::load_error(
        "thr/quorum-of-nobody",
        "A-THR-06",
        "P-TRUST",
        title,
        nobody,
        "policy-empty-list",
    ));
    cases
}

/// The south speaks about something else.
fn different() -> Vec<Case> {
    let other = executable("other");
    let pointers = [
        ("executable", "/subject/0/digest/sha256", json!(other.clone())),
        ("recorder", "/predicate/recorder", json!(other)),
        ("property", "/predicate/claims/1/property", json!("STACK_CANARIES")),
        ("role", "/predicate/claims/1/output", json!("log")),
        ("effect", "/predicate/claims/1/effect", json!("attests")),
        ("setting", "/predicate/invocations/default/settings/opt-level", json!(["none"])),
        ("argument", "/predicate/invocations/default/arguments/0", json!({ "is": "--out" })),
        ("program", "/predicate/invocations/default/program", json!(["another"])),
        ("exit-status", "/predicate/invocations/default/exitStatus", json!([1])),
        ("report-key", "/predicate/reportKey", json!(public_key("other"))),
    ];
    let cases = pointers.into_iter().map(|(name, pointer, value)| {
        let world = two().with(SOUTH, |statement| {
            let (parent, member) = pointer.rsplit_once('/').unwrap_or_default();
            if let Some(parent) = statement.pointer_mut(parent) {
                match member.parse::<usize>() {
                    Ok(index) => parent[index] = value,
                    Err(_) => parent[member] = value,
                }
            }
        });
        let title = format!("two certifications that differ in one thing: {name}");
        unmet(&format!("thr/different-{name}"), "A-THR-09", &title, world)
    });
    cases.collect()
}
