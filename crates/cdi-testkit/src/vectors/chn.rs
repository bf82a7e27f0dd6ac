//! A-CHN: who may speak, and through whom.

use serde_json::json;

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, public_key};

/// No chain leads to the certifier.
pub(super) const UNTRUSTED: &str = "authority-untrusted";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::allow(
            "chn/control",
            "control",
            "M-CHAIN",
            "a certification through one endorsement",
            Scenario::endorsed(),
        ),
        Case::allow(
            "chn/control-direct",
            "control",
            "M-CHAIN",
            "a certification by an anchor",
            Scenario::small(),
        ),
    ];
    cases.extend(roots());
    cases.extend(loops_and_lengths());
    cases.extend(roles());
    cases
}

/// A certification that nothing makes an authority's.
pub(super) fn untrusted(
    path: &str,
    attack: &'static str,
    title: &str,
    world: Scenario,
    code: &str,
    discards: &[&str],
) -> Case {
    let rule = match path {
        "chn/issuer-by-name" => "F-ISSUER",
        "chn/self-endorsed" | "chn/depth-six" => "F-ENDORSEMENT",
        _ => "M-CHAIN",
    };
    Case::deny(path, attack, rule, title, world, code).discards(discards)
}

/// The small world, certified by somebody whom nobody trusts.
fn foreign(certifier: &str) -> Scenario {
    Scenario::small()
        .without("north-certifies-compiler")
        .and(Part::compiler(certifier))
        .and(Part::empty_list(certifier))
}

fn roots() -> Vec<Case> {
    let unknown =
        foreign("mallory").and(Part::endorsement("root", "mallory", 0)).and(Part::empty_list("root"));
    let own = foreign("mallory").and(Part::endorsement("mallory", "mallory", 5));
    let mutual = foreign("mallory")
        .and(Part::endorsement("root", "mallory", 5))
        .and(Part::endorsement("mallory", "root", 5))
        .and(Part::empty_list("root"));
    let chain = |value: serde_json::Value| {
        foreign("mallory")
            .and(Part::endorsement("south", "mallory", 0))
            .with("mallory-certifies-compiler", |statement| statement["predicate"]["chain"] = value)
    };
    let unused = foreign("mallory")
        .and(Part::endorsement("root", "mallory", 0))
        .and(Part::linker("north", "linker"))
        .and(Part::linking("linker", &["app.wasm"], "other.cwasm"));
    let root_unknown = ["issuer-key-unknown"; 2];
    vec![
        untrusted(
            "chn/unknown-root",
            "A-CHN-01",
            "a whole chain under a root that nobody trusts",
            unknown,
            UNTRUSTED,
            &root_unknown,
        ),
        untrusted(
            "chn/self-endorsed",
            "A-CHN-02",
            "a root that the bundle brings and that endorses itself",
            own,
            "report-key-uncertified",
            &["issuer-key-unknown", "issuer-key-unknown", "predicate-own-key"],
        ),
        untrusted(
            "chn/mutual-roots",
            "A-CHN-02",
            "two roots that the bundle brings and that endorse each other",
            mutual,
            UNTRUSTED,
            &[],
        ),
        untrusted(
            "chn/empty-chain",
            "A-CHN-03",
            "a certification whose chain is an empty list",
            chain(json!([])),
            UNTRUSTED,
            &["issuer-key-unknown"],
        ),
        untrusted(
            "chn/null-chain",
            "A-CHN-03",
            "a certification whose chain is null",
            chain(json!(null)),
            "no-report",
            &["issuer-key-unknown", "statement-malformed", "issuer-key-unknown"],
        ),
        untrusted(
            "chn/chain-of-nothing",
            "A-CHN-03",
            "a certification whose chain is of empty objects",
            chain(json!([{}])),
            "no-report",
            &["issuer-key-unknown", "statement-malformed", "issuer-key-unknown"],
        ),
        untrusted(
            "chn/unused-chain",
            "A-CHN-11",
            "a good chain for another tool beside a bad one for this",
            unused,
            UNTRUSTED,
            &["issuer-key-unknown"],
        ),
        untrusted(
            "chn/anchor-removed",
            "A-CHN-15",
            "an anchor that the policy no longer has",
            Scenario::small().with_policy("cloud-provider", &public_key("north"), &public_key("south")),
            "report-key-uncertified",
            &root_unknown,
        ),
    ]
}

fn loops_and_lengths() -> Vec<Case> {
    let ring = |length: usize, mut world: Scenario| {
        let name = |index: usize| format!("ring-{}", index % length);
        world.parts.extend((0..length).map(|index| Part::endorsement(&name(index), &name(index + 1), 5)));
        world.parts.extend((0..length).map(|index| Part::empty_list(&name(index))));
        world
    };
    let mut cases = Vec::new();
    for length in [2, 3, 8] {
        let mut world = ring(length, Scenario::small().without("north-certifies-compiler"));
        world.parts.push(Part::compiler("ring-0"));
        let title = format!("{length} authorities that endorse each other in a ring");
        cases.push(untrusted(&format!("chn/ring-of-{length}"), "A-CHN-04", &title, world, UNTRUSTED, &[]));
    }
    let below = ring(3, Scenario::small().without("north-certifies-compiler"));
    cases.push(untrusted(
        "chn/ring-below-the-depth",
        "A-CHN-04",
        "a ring that an anchor endorses which may not endorse",
        below.and(Part::endorsement("north", "ring-0", 5)).and(Part::compiler("ring-0")),
        UNTRUSTED,
        &[],
    ));
    let beside = ring(3, Scenario::endorsed()).and(Part::endorsement("child", "ring-0", 5));
    cases.push(Case::allow("chn/ring-beside", "A-CHN-04", "M-CHAIN", "a ring beside a good chain", beside));
    // A chain of `keys` keys, the anchor's included, each endorsement of the depth that is still needed or of `depth`.
    let chain = |keys: usize, anchor: u8, depth: Option<usize>| {
        let mut world = Scenario::small().without("north-certifies-compiler").with_policy(
            "cloud-provider",
            "depth: 0",
            &format!("depth: {anchor}"),
        );
        let name = |index: usize| if index == 0 { "north".to_owned() } else { format!("link-{index}") };
        for index in 1..keys {
            let left = depth.unwrap_or(keys - 1 - index);
            let left = u8::try_from(left).unwrap_or(u8::MAX);
            world.parts.push(Part::endorsement(&name(index - 1), &name(index), left));
            world.parts.push(Part::empty_list(&name(index)));
        }
        world.and(Part::compiler(&name(keys - 1)))
    };
    cases.push(Case::allow("chn/six-keys", "A-CHN-05", "M-CHAIN", "a chain of six keys", chain(6, 5, None)));
    cases.push(untrusted(
        "chn/seven-keys",
        "A-CHN-05",
        "a chain of seven keys",
        chain(7, 5, Some(5)),
        UNTRUSTED,
        &[],
    ));
    cases.push(untrusted(
        "chn/depth-zero-anchor",
        "A-CHN-05",
        "an anchor that may not endorse",
        chain(2, 0, None),
        UNTRUSTED,
        &[],
    ));
    cases.push(untrusted(
        "chn/depth-zero-endorsement",
        "A-CHN-05",
        "a child that may not endorse",
        chain(3, 5, Some(0)),
        UNTRUSTED,
        &[],
    ));
    let title = "an endorsement deeper than any chain";
    cases.push(untrusted(
        "chn/depth-six",
        "A-CHN-05",
        title,
        chain(2, 5, Some(6)),
        "report-key-uncertified",
        &["limit-authority-chain", "issuer-key-unknown", "issuer-key-unknown"],
    ));
    let title = "an anchor deeper than any chain";
    cases.push(Case::load_error(
        "chn/anchor-depth-six",
        "A-CHN-05",
        "M-ANCHOR",
        title,
        chain(2, 6, None),
        "anchor-scope",
    ));
    let mut decoys = Scenario::endorsed().with_policy("cloud-provider", "depth: 1", "depth: 5");
    for (layer, next) in [(0, 1), (1, 2)] {
        for (from, to) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            decoys.parts.push(Part::endorsement(&format!("d{layer}{from}"), &format!("d{next}{to}"), 5));
        }
    }
    decoys.parts.extend(["d00", "d01"].map(|name| Part::endorsement("north", name, 5)));
    cases.push(Case::allow(
        "chn/decoys",
        "A-CHN-06",
        "M-CHAIN",
        "layers of decoys beside a good chain",
        decoys,
    ));
    cases
}

fn roles() -> Vec<Case> {
    let tool_certifies = Scenario::small()
        .without("compiler-runs")
        .and(Part::linker("compiler", "linker"))
        .and(Part::empty_list("compiler"))
        .and(Part::linking("linker", &["app.wasm"], "app.cwasm"))
        .with("compiler-certifies-linker", |statement| {
            statement["predicate"]["claims"][0] =
                json!({ "property": MITIGATED, "effect": "establishes", "invocation": "default" });
        });
    let tool_endorses = foreign("mallory")
        .and(Part::linker("north", "linker"))
        .and(Part::endorsement("linker", "mallory", 0))
        .and(Part::empty_list("linker"));
    let by_name = Scenario::small().signed_by("north-certifies-compiler", &["mallory"]);
    let namesake = {
        let world = foreign("mallory").and(Part::endorsement("south", "mallory", 0));
        world.with("south-endorses-mallory", |statement| statement["predicate"]["name"] = json!("north"))
    };
    vec![
        untrusted(
            "chn/tool-certifies",
            "A-CHN-07",
            "a certified tool certifies another",
            tool_certifies,
            UNTRUSTED,
            &[],
        ),
        untrusted(
            "chn/tool-endorses",
            "A-CHN-07",
            "a certified tool endorses an authority",
            tool_endorses,
            UNTRUSTED,
            &[],
        ),
        untrusted(
            "chn/issuer-by-name",
            "A-CHN-10",
            "a certification names one issuer and is signed by another",
            by_name,
            "report-key-uncertified",
            &["signature-invalid"],
        ),
        untrusted(
            "chn/namesake",
            "A-CHN-10",
            "an authority bears an anchor's name",
            namesake,
            UNTRUSTED,
            &["issuer-key-unknown"],
        ),
        Case::load_error(
            "chn/key-in-two-anchors",
            "A-CHN-18",
            "M-ANCHOR",
            "one key is two anchors",
            Scenario::quorum(&["north", "south"], 1).with_policy(
                "cloud-provider",
                &public_key("south"),
                &public_key("north"),
            ),
            "anchor-key-twice",
        ),
    ]
}
