//! Policies that a bundle brings (rule P-CARRIED), what a configuration may say of them (P-CONFIG), and requirements that
//! begin later (P-LATER).

use serde_json::json;

use super::Case;
use super::pol_signed::{filed, signed, strict};
use crate::scenario::{MITIGATED, Part, Party, Scenario, SeenBefore, key_id, sha256};

const OWNER: &str = "cloud-provider";
const KEY: &str = "cloud-policy";
const LOST: &str = "property-lost";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = added();
    cases.extend(beside_the_file());
    cases.extend(super::pol_seen::cases());
    cases.extend(configurations());
    cases.extend(later());
    cases
}

/// The small world, and a developer who must agree if its policy is carried.
fn with_developer() -> Scenario {
    let mut world = Scenario::small();
    let mut party = Party::signing("developer", "developer-policy");
    party.required = Some("when-carried".to_owned());
    world.signing.push(party);
    world
}

fn developers(document: &str) -> Part {
    let document = document.replace("principal: cloud-provider", "principal: developer");
    Part::edition("developer-policy", "developer", 2, &document)
}

fn added() -> Vec<Case> {
    let (lax, strict) = (super::pol_signed::document(), strict());
    let carrying = |document: &str| with_developer().and(developers(document));
    let changed = |member: &str, value: serde_json::Value| {
        carrying(&strict).with("edition-2", |statement| statement["predicate"][member] = value)
    };
    let mut rolled_back = carrying(&lax);
    rolled_back.signing.iter_mut().for_each(|party| {
        party.seen = Some(SeenBefore { version: 3, document: sha256("newer") });
    });
    let mut below_least = carrying(&lax);
    below_least.signing.iter_mut().for_each(|party| party.at_least = Some(3));
    let allow = |name: &str, title: &str, world: Scenario| {
        Case::allow(&format!("pol/carried-{name}"), "A-POL-05", "P-CARRIED", title, world)
    };
    let deny = |name: &str, title: &str, world: Scenario, code: &str| {
        let path = format!("pol/carried-{name}");
        Case::deny(&path, "A-POL-05", "P-CARRIED", title, world, code)
            .by("developer")
            .beside("pol/carried-lax")
    };
    let mut lax_alone = carrying(&lax).without("compiler-runs");
    lax_alone.parts.rotate_right(1);
    vec![
        allow("not", "nobody carries the developer's policy", with_developer()),
        allow("lax", "a carried policy that is satisfied", carrying(&lax)),
        deny("strict", "a carried policy that is not satisfied", carrying(&strict), LOST),
        deny(
            "unreadable",
            "a carried policy that cannot be read",
            carrying(&lax.replace("quorum:", "qourum:")),
            "policy-malformed",
        ),
        deny(
            "rolled-back",
            "a carried policy that is older than one that was seen",
            rolled_back,
            "policy-rolled-back",
        ),
        deny(
            "below-least",
            "a carried policy of a version below the configured one",
            below_least,
            "policy-rolled-back",
        ),
        Case::deny(
            "pol/carried-for-no-evidence",
            "A-POL-05",
            "P-CARRIED",
            "a carried policy takes no requirement away",
            lax_alone,
            "no-report",
        )
        .beside("pol/carried-lax"),
        allow("ended", "a carried policy that has ended", changed("notAfter", json!("2026-05-01T00:00:00Z"))),
        allow(
            "not-yet",
            "a carried policy that has not begun",
            changed("notBefore", json!("2026-07-01T00:00:00Z")),
        ),
        allow(
            "for-another-decider",
            "a carried policy for another decider",
            changed("audience", json!(["test-host"])),
        ),
        allow(
            "of-another-principal",
            "a carried policy in another principal's name",
            changed("principal", json!("data-owner")),
        ),
        allow(
            "by-a-stranger",
            "a carried policy by a key that nobody knows",
            with_developer().and(Part::edition("stranger", "developer", 9, &strict)),
        )
        .discards(&["issuer-key-unknown"]),
        allow(
            "in-the-hosts-name",
            "a carried policy in the name of a principal that has a document",
            Scenario::small().and(Part::edition("stranger", OWNER, 9, &strict)),
        )
        .discards(&["issuer-key-unknown"]),
        allow(
            "by-an-authority",
            "a carried policy by an authority's key",
            with_developer().and(Part::edition("north", "developer", 9, &strict)),
        ),
    ]
}

fn beside_the_file() -> Vec<Case> {
    let lax = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: lax}\nspec: {principal: \
               cloud-provider, rule: accept-all}\n";
    let edition = |version: u64, document: &str| Part::edition(KEY, OWNER, version, document);
    let strictly_filed = |document: &str| {
        let line = String::from_utf8_lossy(&edition(3, document).line()).into_owned();
        let mut world = filed();
        world.signing.iter_mut().for_each(|party| party.document = Some(line.clone()));
        world
    };
    let deny = |name: &str, attack: &'static str, title: &str, world: Scenario, code: &str| {
        Case::deny(&format!("pol/filed-{name}"), attack, "P-CARRIED", title, world, code)
            .beside("pol/signed-in-a-file")
    };
    let allow = |name: &str, title: &str, world: Scenario| {
        Case::allow(&format!("pol/filed-{name}"), "A-POL-09", "P-CARRIED", title, world)
    };
    let ended = {
        let mut part = edition(3, &super::pol_signed::document());
        part.change(|statement| statement["predicate"]["notAfter"] = json!("2026-05-01T00:00:00Z"));
        let line = String::from_utf8_lossy(&part.line()).into_owned();
        let mut world = signed();
        world.signing.iter_mut().for_each(|party| party.document = Some(line.clone()));
        world
    };
    let mut empty = filed();
    empty.signing.iter_mut().for_each(|party| party.document = Some(String::new()));
    let empty = empty.and(edition(4, &super::pol_signed::document()));
    vec![
        deny(
            "and-stricter",
            "A-POL-05",
            "a newer, stricter edition is carried",
            filed().and(edition(4, &strict())),
            LOST,
        ),
        deny(
            "strict-and-laxer",
            "A-POL-05",
            "a newer, laxer edition is carried",
            strictly_filed(&strict()).and(edition(4, lax)),
            LOST,
        ),
        allow("and-older", "an older, stricter edition is carried", filed().and(edition(2, &strict()))),
        deny(
            "strict-and-older",
            "A-POL-09",
            "an older, laxer edition is carried",
            strictly_filed(&strict()).and(edition(2, lax)),
            LOST,
        ),
        allow(
            "and-the-same",
            "the same edition is carried",
            filed().and(edition(3, &super::pol_signed::document())),
        ),
        deny(
            "and-contradiction",
            "A-POL-09",
            "another document of the same version is carried",
            filed().and(edition(3, lax)),
            "policy-versions-contradict",
        ),
        deny(
            "ended",
            "A-POL-09",
            "the edition in the file has ended, a carried one has not",
            ended,
            "policy-expired",
        ),
        deny("empty", "A-POL-01", "the file has no edition, a carried one is good", empty, "policy-missing"),
    ]
}

fn configurations() -> Vec<Case> {
    let world = |change: &dyn Fn(&mut Party)| {
        let mut world = signed();
        world.signing.iter_mut().for_each(change);
        world
    };
    let refused = |name: &str, attack: &'static str, title: &str, world: Scenario, code: &str| {
        Case::load_error(&format!("pol/configuration-{name}"), attack, "P-CONFIG", title, world, code)
            .beside("pol/signed")
    };
    let mut twice = signed();
    twice.signing.push(Party::signing("developer", KEY));
    vec![
        refused(
            "no-policy",
            "A-POL-04",
            "a principal with neither policy nor key",
            world(&|party| party.key = None),
            "configuration-no-policy",
        ),
        refused(
            "version-without-key",
            "A-POL-09",
            "a lowest version of what nobody signs",
            world(&|party| {
                (party.key, party.at_least, party.document) =
                    (None, Some(1), Some(super::pol_signed::document()))
            }),
            "configuration-no-key",
        ),
        refused(
            "carried-without-key",
            "A-POL-07",
            "a carried policy that nobody signs",
            world(&|party| (party.key, party.required) = (None, Some("when-carried".to_owned()))),
            "configuration-nobody-required",
        ),
        refused(
            "carried-only",
            "A-POL-01",
            "everybody agrees only when asked",
            world(&|party| party.required = Some("when-carried".to_owned())),
            "configuration-nobody-required",
        ),
        refused(
            "key-twice",
            "A-POL-08",
            "one policy key of two principals",
            twice,
            "configuration-key-twice",
        ),
        refused(
            "key-unusable",
            "A-POL-03",
            "a policy key that is none",
            world(&|party| party.key = Some("AAAA".to_owned())),
            "key-not-spki",
        ),
        refused(
            "key-is-an-id",
            "A-CRY-19",
            "the id of a key in its place",
            world(&|party| party.key = Some(key_id(KEY))),
            "key-not-spki",
        ),
        refused(
            "key-empty",
            "A-POL-03",
            "an empty policy key",
            world(&|party| party.key = Some(String::new())),
            "configuration-malformed",
        ),
        refused(
            "misspelt-when",
            "A-POL-02",
            "a misspelt occasion",
            world(&|party| party.required = Some("when-carryed".to_owned())),
            "configuration-malformed",
        ),
        Case::load_error(
            "pol/configuration-carried-file",
            "A-POL-04",
            "P-CONFIG",
            "a policy that is to be carried, and stands in a file",
            {
                let mut world = with_developer();
                world.signing.iter_mut().for_each(|party| party.document = Some(String::new()));
                world
            },
            "configuration-carried-file",
        )
        .beside("pol/carried-not"),
        Case::load_error(
            "pol/configuration-carried-no-key",
            "A-POL-07",
            "P-CONFIG",
            "a policy that is to be carried, and that nobody signs",
            {
                let mut world = with_developer();
                world.signing.iter_mut().for_each(|party| party.key = None);
                world
            },
            "configuration-no-key",
        )
        .beside("pol/carried-not"),
    ]
}

fn later() -> Vec<Case> {
    let require = format!("require: {MITIGATED}");
    let world = |later: &str| {
        Scenario::small().with_policy(OWNER, &require, &format!("{require}\n  requireFrom:\n    - {later}"))
    };
    let from = |time: &str, word: &str| world(&format!("{{from: \"{time}\", require: {word}}}"));
    let only = Scenario::small().with_policy(
        OWNER,
        &require,
        "requireFrom: [{from: \"2026-06-01T12:00:00Z\", require: WASM_VALIDATED}]",
    );
    let lax = Scenario::small().with_policy(OWNER, "rule: default-deny", "rule: accept-all");
    let mut lax = lax;
    if let Some((_, text)) = lax.policies.first_mut() {
        *text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: lax}}\nspec:\n  principal: {OWNER}\n  rule: accept-all\n  requireFrom: [{{from: \"2026-06-01T12:00:00Z\", require: WASM_VALIDATED}}]\n"
        );
    }
    let refused = |name: &str, title: &str, world: Scenario, code: &str| {
        Case::load_error(&format!("pol/later-{name}"), "A-POL-02", "P-LATER", title, world, code)
            .beside("pol/later")
    };
    vec![
        Case::allow("pol/later", "rule", "P-LATER", "a requirement that begins in a second", from("2026-06-01T12:00:01Z", "WASM_VALIDATED")),
        Case::deny("pol/later-now", "rule", "P-LATER", "a requirement that begins at this second", from("2026-06-01T12:00:00Z", "WASM_VALIDATED"), LOST).beside("pol/later"),
        Case::deny("pol/later-since", "rule", "P-LATER", "a requirement that began long ago", from("2026-01-01T00:00:00Z", "WASM_VALIDATED"), LOST).beside("pol/later"),
        Case::allow("pol/later-met", "rule", "P-LATER", "a requirement that began, and is met", from("2026-01-01T00:00:00Z", MITIGATED)),
        Case::deny("pol/later-by-the-clock", "rule", "P-LATER", "the same policy a second later", from("2026-06-01T12:00:01Z", "WASM_VALIDATED").at("2026-06-01T12:00:01Z"), LOST).beside("pol/later"),
        refused("empty", "an empty list of later requirements", Scenario::small().with_policy(OWNER, &require, &format!("{require}\n  requireFrom: []")), "policy-empty-list"),
        refused("unknown-word", "an unknown word in a later requirement", from("2027-01-01T00:00:00Z", "NEWER_PROPERTY"), "word-unknown"),
        refused("beyond", "a later requirement beyond the anchors", from("2027-01-01T00:00:00Z", "WASM_VALIDATED").with_policy(OWNER, "scope: [\"*\"]", &format!("scope: [{MITIGATED}]")), "quorum-beyond-anchors"),
        refused("without-from", "a later requirement without its time", world("{require: WASM_VALIDATED}"), "policy-malformed"),
        refused("date", "a later requirement with a day in the place of its time", from("2027-01-01", "WASM_VALIDATED"), "policy-malformed"),
        refused("only", "nothing is required before the time", only, "policy-requires-nothing"),
        refused("accept-all", "an accept-all policy that asks for something later", lax, "policy-accepts-all-but"),
        refused("unknown-member", "a later requirement with an end", world("{from: \"2026-01-01T00:00:00Z\", until: \"2027-01-01T00:00:00Z\", require: WASM_VALIDATED}"), "policy-malformed"),
        Case::deny("pol/later-stricter", "rule", "P-LATER", "a later requirement stands beside the first", Scenario::small().with_policy(OWNER, &require, &format!("require: WASM_VALIDATED\n  requireFrom:\n    - {{from: \"2026-01-01T00:00:00Z\", require: {MITIGATED}}}")), LOST).beside("pol/later-met"),
    ]
}
