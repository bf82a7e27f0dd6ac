//! A-FMT-21 to 28: names, keys, digests and policies as text.

use serde_json::json;

use super::Case;
use crate::scenario::{Scenario, artifact, key, key_id, public_key};
use cdi_keys::Signer;

const RUN: &str = "compiler-runs";
const CERTIFICATION: &str = "north-certifies-compiler";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = names();
    cases.extend(keys());
    cases.extend(weak_digests());
    cases.extend(policies());
    cases
}

fn names() -> Vec<Case> {
    let named = |name: &str| {
        Scenario::small()
            .with(CERTIFICATION, |statement| statement["predicate"]["tool"]["name"] = name.into())
    };
    let bad = [
        ("nfd", "A-FMT-21", "cafe\u{301}"),
        ("right-to-left-override", "A-FMT-21", "compiler\u{202e}"),
        ("isolate", "A-FMT-23", "\u{2066}compiler"),
        ("line-feed", "A-FMT-23", "compiler\nALLOW"),
        ("carriage-return", "A-FMT-23", "compiler\rALLOW"),
        ("escape", "A-FMT-23", "\u{1b}[2Kcompiler"),
        ("c1-control", "A-FMT-23", "\u{9b}2Kcompiler"),
        ("nul", "A-FMT-23", "compiler\0"),
        ("empty", "A-FMT-21", ""),
    ];
    let mut cases: Vec<Case> = bad
        .into_iter()
        .map(|(what, attack, name)| {
            let title = format!("a tool's name is not plain text: {what}");
            Case::deny(&format!("fmt/name-{what}"), attack, "F-NAME", &title, named(name), "no-report")
                .discards(&["issuer-key-unknown", "statement-malformed"])
        })
        .collect();
    let title = "a tool's name looks like another's, which decides nothing";
    cases.push(Case::allow("fmt/name-homoglyph", "A-FMT-21", "F-NAME", title, named("c\u{43e}mpiler")));
    for (what, argument) in [("line-feed", "x\nALLOW"), ("escape", "\u{1b}[2K")] {
        let world = Scenario::small()
            .with(RUN, |statement| statement["predicate"]["operation"]["arguments"][0] = argument.into());
        let title = format!("a recorded argument that would write on a terminal: {what}");
        let path = format!("fmt/argument-{what}");
        cases.push(Case::deny(&path, "A-FMT-23", "M-INVOCATION", &title, world, "invocation-arguments"));
    }
    cases
}

fn keys() -> Vec<Case> {
    let der = key("compiler").public_key().info().der().to_vec();
    let (head, point) = der.split_at(26);
    let (x, y) = point.split_at(point.len().min(33));
    let sign = if y.last().is_some_and(|last| last % 2 == 1) { 3 } else { 2 };
    let mut compressed = [head, &[sign], x.get(1..).unwrap_or_default()].concat();
    if let [_, outer, ..] = compressed.as_mut_slice() {
        *outer = 0x39;
    }
    if let Some(inner) = compressed.get_mut(24) {
        *inner = 0x22;
    }
    let variants = [
        ("trailing-byte", [der.as_slice(), &[0]].concat(), "key-trailing-bytes"),
        ("compressed", compressed, "key-compressed-point"),
        ("bare-point", point.to_vec(), "key-not-spki"),
        ("empty-sequence", vec![0x30, 0], "key-not-spki"),
    ];
    let mut cases = Vec::new();
    for (name, bytes, code) in variants {
        let id = crate::scenario::sha256(&bytes);
        let text = base64_simd::STANDARD.encode_to_string(&bytes);
        let world = Scenario::small()
            .with(CERTIFICATION, |statement| statement["predicate"]["reportKey"] = text.clone().into())
            .with(RUN, |statement| statement["predicate"]["issuer"] = id.into());
        let title = format!("a report key in another text form: {name}");
        let path = format!("fmt/key-{name}");
        cases.push(Case::deny(&path, "A-FMT-24", "F-KEYID", &title, world, "no-report").discards(&[code]));
        let world = Scenario::small().with_policy("cloud-provider", &public_key("north"), &text);
        let title = format!("an anchor's key in another text form: {name}");
        let path = format!("fmt/anchor-key-{name}");
        cases.push(Case::load_error(&path, "A-FMT-24", "F-KEYID", &title, world, "policy-key"));
    }
    cases
}

fn weak_digests() -> Vec<Case> {
    let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let weak = [
        ("sha1", json!({ "sha1": sha1 })),
        ("md5", json!({ "md5": "d41d8cd98f00b204e9800998ecf8427e" })),
        ("git-commit", json!({ "gitCommit": sha1 })),
        ("unknown", json!({ "sha3_256": artifact("app.cwasm") })),
        ("case-variant", json!({ "SHA256": artifact("app.cwasm") })),
        ("none", json!({})),
    ];
    let with = |digest| Scenario::small().with(RUN, |statement| statement["subject"][0]["digest"] = digest);
    let mut cases: Vec<Case> = weak
        .into_iter()
        .map(|(name, digest)| {
            let title = format!("a subject without a SHA-256: {name}");
            let path = format!("fmt/weak-digest-{name}");
            Case::deny(&path, "A-FMT-27", "F-SUBJECT", &title, with(digest), "no-report")
                .discards(&["subject-without-sha256"])
        })
        .collect();
    let both = with(json!({ "sha1": sha1, "sha256": artifact("app.cwasm") }));
    let title = "a weak digest beside the right one";
    cases.push(Case::allow("fmt/weak-digest-beside", "A-FMT-27", "F-SUBJECT", title, both));
    cases
}

fn policies() -> Vec<Case> {
    let owner = "cloud-provider";
    let swaps = [
        ("anchor", "custody: software", "custody: &c software", "yaml-not-allowed"),
        ("alias", "custody: software", "custody: *c", "yaml-syntax"),
        ("tag", "custody: software", "custody: !!str software", "yaml-not-allowed"),
        ("merge", "    custody: software", "    <<: {custody: software}", "yaml-ambiguous"),
        (
            "duplicate",
            "    custody: software",
            "    custody: hardware\n    custody: software",
            "yaml-duplicate-member",
        ),
        (
            "escaped-duplicate",
            "    custody: software",
            "    \"cust\\u006fdy\": hardware\n    custody: software",
            "yaml-duplicate-member",
        ),
        ("word-no", "custody: software", "custody: no", "yaml-ambiguous"),
        ("word-on", "custody: software", "custody: on", "yaml-ambiguous"),
        ("null", "custody: software", "custody: ~", "yaml-ambiguous"),
        ("hexadecimal", "{default: 1}", "{default: 0x1}", "yaml-ambiguous"),
        ("octal", "{default: 1}", "{default: 0o1}", "yaml-ambiguous"),
        ("underscore", "{default: 1}", "{default: 1_0}", "yaml-ambiguous"),
        ("sexagesimal", "{default: 1}", "{default: 1:30}", "yaml-ambiguous"),
        ("float", "{default: 1}", "{default: 1.0}", "yaml-ambiguous"),
        ("two-documents", "spec:\n", "spec: {}\n---\nspec:\n", "yaml-not-one-document"),
    ];
    let mut cases: Vec<Case> = swaps
        .into_iter()
        .map(|(name, from, to, code)| {
            let world = Scenario::small().with_policy(owner, from, to);
            let title = format!("a policy that YAML readers disagree about: {name}");
            Case::load_error(&format!("fmt/policy-{name}"), "A-FMT-28", "P-YAML", &title, world, code)
        })
        .collect();
    let bomb = "metadata:\n  name: &a [x, x]\n  b: &b [*a, *a]\n  c: [*b, *b]\nspec:";
    let world = Scenario::small().with_policy(owner, "metadata:\n  name: cloud-provider\nspec:", bomb);
    let title = "a policy that grows when it is read";
    cases.push(Case::load_error("fmt/policy-bomb", "A-FMT-28", "P-YAML", title, world, "yaml-not-allowed"));
    let mut world = Scenario::small();
    if let Some((_, text)) = world.policies.first_mut() {
        let catalogue = text.split('"').nth(1).unwrap_or_default();
        *text = json!({
            "apiVersion": "code-deployment-integrity.io/v1", "kind": "Policy",
            "metadata": { "name": owner },
            "spec": {
                "principal": owner, "rule": "default-deny", "catalogue": catalogue,
                "require": crate::scenario::MITIGATED,
                "trust": {
                    "anchors": [{ "name": "north", "keys": [public_key("north")], "scope": ["*"] }],
                    "quorum": { "default": 1 }, "custody": "software", "revocation": { "maxAge": "24h" },
                },
            },
        })
        .to_string();
    }
    cases.push(Case::allow("fmt/policy-in-json", "A-FMT-28", "P-YAML", "a policy written as JSON", world));
    let short = key_id("north").chars().take(8).collect::<String>();
    let world = Scenario::small().with_line_text(RUN, &key_id("compiler"), &short);
    cases.push(Case::allow(
        "fmt/keyid-hint-short",
        "A-CRY-19",
        "F-KEYID",
        "a hint that hints at nothing",
        world,
    ));
    cases
}
