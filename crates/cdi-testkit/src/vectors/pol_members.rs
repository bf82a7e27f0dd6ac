//! Members of a policy that contradict each other, or of which the stricter counts (rules P-POLICY, P-QUORUM, P-TRUST).

use super::Case;
use crate::scenario::{MITIGATED, Scenario, artifact, public_key};

const OWNER: &str = "cloud-provider";
const REQUIRE: &str = "  require: WASM_SPECTRE_MITIGATED\n";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = accepting_all();
    cases.extend(quorums());
    cases.extend(halves());
    cases
}

/// `accept-all` beside each member that would suggest a demand.
fn accepting_all() -> Vec<Case> {
    let (_, sound) = Scenario::small().policies.remove(0);
    let trust =
        sound.split("  trust:\n").nth(1).and_then(|rest| rest.split(REQUIRE).next()).unwrap_or_default();
    let catalogue = sound.lines().find(|line| line.starts_with("  catalogue:")).unwrap_or_default();
    let origins = format!("{{complete: {{origins: [{{artifact: \"{}\"}}]}}}}", artifact("app.wasm"));
    let members = [
        ("catalogue", format!("{catalogue}\n")),
        ("trust", format!("  trust:\n{trust}")),
        ("require", REQUIRE.to_owned()),
        ("history", format!("  history: {origins}\n")),
        ("accept-asserted", "  acceptAsserted: [data-owner]\n".to_owned()),
        ("grants", "  grants: {environment: [LANG]}\n".to_owned()),
    ];
    let head = sound.split("  rule:").next().unwrap_or_default();
    let case = |(name, member): (&str, String)| {
        let mut world = Scenario::small();
        world.policies = vec![(OWNER.to_owned(), format!("{head}  rule: accept-all\n{member}"))];
        let path = format!("pol/accepts-all-but-{name}");
        let title = format!("a policy that accepts everything and has {}", name.replace('-', " "));
        Case::load_error(&path, "A-POL-05", "P-POLICY", &title, world, "policy-accepts-all-but")
    };
    members.into_iter().map(case).collect()
}

/// Of the quorums of a property and of a tag that it stands in the greatest counts.
fn quorums() -> Vec<Case> {
    let world = |tag: u8, property: u8| {
        let quorum = format!("{{default: 1, SPECULATION_HARDENING: {tag}, {MITIGATED}: {property}}}");
        Scenario::quorum(&["north", "south"], 1).with_policy(OWNER, "{default: 1}", &quorum)
    };
    let alone = |world: Scenario| world.without("south-certifies-compiler");
    let short = |path: &str, title: &str, world| {
        let case = Case::deny(path, "rule", "P-QUORUM", title, alone(world), "quorum-unmet");
        case.beside("pol/quorums-of-two")
    };
    vec![
        Case::allow("pol/quorums-of-two", "rule", "P-QUORUM", "two authorities for a tag", world(2, 1)),
        short("pol/quorum-of-the-tag", "a tag wants more authorities than its property", world(2, 1)),
        short("pol/quorum-of-the-property", "a property wants more authorities than its tag", world(1, 2)),
        Case::load_error(
            "pol/quorum-of-a-step",
            "rule",
            "P-QUORUM",
            "more authorities for a step than there are",
            Scenario::history().with_policy(OWNER, "{default: 1}", "{default: 1, STEP: 2}"),
            "quorum-beyond-anchors",
        ),
    ]
}

/// What is said by half, or in two ways at once.
fn halves() -> Vec<Case> {
    let assuming = {
        let (of, key) = (artifact("app.cwasm"), public_key("developer"));
        let both = format!("artifact: \"{of}\", key: \"{key}\", kind: library");
        let given = format!("custody: software\n    assume: [{{property: {MITIGATED}, {both}}}]");
        Scenario::small().with_policy(OWNER, "custody: software", &given)
    };
    let no_kinds = Scenario::history().with_policy(OWNER, "kinds: [binary, source]", "kinds: []");
    let mut no_trust = Scenario::history().with_policy(OWNER, REQUIRE, "  require: VM_ISOLATION\n");
    if let Some((_, text)) = no_trust.policies.first_mut() {
        let cut = |(before, rest): (&str, &str)| {
            let after = rest.split_once("  require:").map_or("", |(_, after)| after);
            format!("{before}  require:{after}")
        };
        *text = text.split_once("  trust:\n").map(cut).unwrap_or_default();
    }
    let error = |path: &str, rule, title: &str, world, code| {
        Case::load_error(&format!("pol/{path}"), "rule", rule, title, world, code)
    };
    vec![
        error(
            "assumed-of-both",
            "P-TRUST",
            "one assumption of an artifact and of an origin",
            assuming,
            "policy-malformed",
        ),
        error("origin-of-no-kind", "P-TRUST", "an origin of no kind", no_kinds, "policy-malformed"),
        error(
            "history-without-trust",
            "P-POLICY",
            "a history without anybody who is trusted",
            no_trust,
            "policy-without-trust",
        ),
    ]
}
