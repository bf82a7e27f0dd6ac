//! A-TIM: what is revoked, by whom, and with which lists.

use serde_json::{Value, json};

use super::Case;
use super::discarded::LIST;
use crate::scenario::{Part, Scenario, key_id};

const OWNER: &str = "cloud-provider";
/// The largest serial that can be written.
const LAST: u64 = (1 << 53) - 1;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = objects();
    cases.extend(levels());
    cases.extend(shards());
    cases.extend(versions());
    cases.extend(poison());
    cases.extend(signers());
    cases.extend(successors());
    cases
}

fn entry(id: &Value) -> Value {
    json!([{ "id": id, "reason": "unspecified", "date": "2026-05-01T00:00:00Z" }])
}

/// The entry in an authority's list.
fn revoking(world: Scenario, authority: &str, id: &Value) -> Scenario {
    let list = format!("{authority}-revokes");
    world.with(&list, |statement| statement["predicate"]["revoked"] = entry(id))
}

/// A-TIM-07: each kind of object, by its id and by its key.
fn objects() -> Vec<Case> {
    let world = Scenario::endorsed;
    let objects = [
        ("certification", "child", json!({ "certification": world().id("child-certifies-compiler") })),
        ("report-key", "child", json!({ "key": key_id("compiler") })),
        ("report", "child", json!({ "report": world().id("compiler-runs") })),
        ("endorsement", "north", json!({ "endorsement": world().id("north-endorses-child") })),
        ("authority", "north", json!({ "key": key_id("child") })),
        ("anchor", "north", json!({ "key": key_id("north") })),
        ("authority-itself", "child", json!({ "key": key_id("child") })),
    ];
    let case = |(name, by, id): (&str, &str, Value)| {
        let title = format!("a revoked {name}").replace('-', " ");
        let world = revoking(world(), by, &id);
        Case::deny(&format!("tim/revoked-{name}"), "A-TIM-07", "M-REVOKE", &title, world, "revoked")
    };
    objects.into_iter().map(case).collect()
}

const LEVELS: [&str; 4] = ["north", "child", "grandchild", "third"];

/// A chain of four authorities; the last certifies.
fn deep() -> Scenario {
    let mut world = Scenario::small()
        .without("north-certifies-compiler")
        .with_policy(OWNER, "depth: 0", "depth: 3")
        .and(Part::compiler("third"));
    for (depth, pair) in (0..3).rev().zip(LEVELS.windows(2)) {
        world = world.and(Part::endorsement(pair[0], pair[1], depth)).and(Part::empty_list(pair[1]));
    }
    world
}

/// A-TIM-10: whatever falls on a chain, all below it falls.
fn levels() -> Vec<Case> {
    let mut cases = vec![Case::allow(
        "tim/four-levels",
        "A-TIM-10",
        "M-REVOKE",
        "a chain of four authorities, of whom none is revoked",
        deep(),
    )];
    for (place, name) in LEVELS.iter().enumerate() {
        let own = json!({ "key": key_id(name) });
        let by_itself = (format!("tim/level-{name}-itself"), (*name).to_owned(), own.clone());
        let above = place.checked_sub(1).and_then(|above| LEVELS.get(above));
        let by_parent = above.map(|above| (format!("tim/level-{name}"), (*above).to_owned(), own));
        for (path, by, id) in by_parent.into_iter().chain([by_itself]) {
            let title = format!("{name}, revoked by {by}, on a chain of four authorities");
            let world = revoking(deep(), &by, &id);
            let case = Case::deny(&path, "A-TIM-10", "M-REVOKE", &title, world, "revoked");
            cases.push(case.beside("tim/four-levels"));
        }
    }
    cases
}

/// North's list of this serial, from this day on for a week.
fn list(serial: u64, from: &str, until: &str, revoked: &Value) -> Part {
    let mut list = Part::list("north", serial, revoked).named(&format!("list-{serial}"));
    list.change(|statement| {
        let predicate = &mut statement["predicate"];
        (predicate["notBefore"], predicate["notAfter"]) = (json!(from), json!(until));
    });
    list
}

const FRESH: (&str, &str) = ("2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z");
const OLD: (&str, &str) = ("2026-05-01T00:00:00Z", "2026-05-08T00:00:00Z");

fn world() -> Scenario {
    Scenario::small().without(LIST)
}

fn of_compiler() -> Value {
    entry(&json!({ "key": key_id("compiler") }))
}

/// A-TIM-11: an entry in any list of several, and a fresh list among several.
fn shards() -> Vec<Case> {
    let none = json!([]);
    let three = |at: usize| {
        let lists = (0_usize..3).map(|place| {
            let (from, until) = if place == 0 { FRESH } else { OLD };
            let revoked = if place == at { of_compiler() } else { none.clone() };
            list(place as u64, from, until, &revoked)
        });
        lists.fold(world(), Scenario::and)
    };
    let deny = |name: &str, at, title: &str| {
        Case::deny(&format!("tim/shard-{name}"), "A-TIM-11", "M-REVOKE", title, three(at), "revoked")
            .beside("tim/shards")
    };
    vec![
        Case::allow("tim/shards", "A-TIM-11", "M-FRESH", "three lists of which one is fresh", three(9)),
        deny("first", 0, "an entry in the first of three lists"),
        deny("second", 1, "an entry in the second of three lists, which is old"),
        deny("third", 2, "an entry in the third of three lists, which is old"),
        Case::unknown(
            "tim/shard-fresh-missing",
            "A-TIM-11",
            "M-FRESH",
            "three lists without the one that is fresh",
            three(9).without("list-0"),
            "revocation-list-stale",
        )
        .beside("tim/shards"),
    ]
}

/// A-TIM-12 and 13: a list that is not there, comes from before, stays for ever, or is there in two versions.
fn versions() -> Vec<Case> {
    let none = json!([]);
    let fresh = |serial, revoked: &Value| list(serial, FRESH.0, FRESH.1, revoked);
    let old = |serial, revoked: &Value| list(serial, OLD.0, OLD.1, revoked);
    let unknown = |name: &str, attack, title: &str, world| {
        Case::unknown(&format!("tim/{name}"), attack, "M-FRESH", title, world, "revocation-list-stale")
            .beside("tim/list-skipped")
    };
    vec![
        Case::allow(
            "tim/list-skipped",
            "A-TIM-13",
            "M-FRESH",
            "list 7 after list 2: those between were never seen",
            world().and(old(2, &none)).and(fresh(7, &none)),
        ),
        unknown("list-unreachable", "A-TIM-12", "no list at all", world()),
        unknown(
            "list-past-its-end",
            "A-TIM-12",
            "the only list is over",
            world().and(list(7, FRESH.0, "2026-06-01T12:00:00Z", &none)),
        ),
        unknown(
            "list-frozen",
            "A-TIM-13",
            "the same list again, with a long window, when it is too old for the policy",
            world().and(list(7, "2026-05-30T00:00:00Z", "2026-06-30T00:00:00Z", &none)),
        ),
        Case::deny(
            "tim/list-rolled-back",
            "A-TIM-13",
            "M-REVOKE",
            "a fresh list of a lower serial does not take back what a higher one says",
            world().and(fresh(6, &none)).and(old(7, &of_compiler())),
            "revoked",
        )
        .beside("tim/list-skipped"),
        Case::deny(
            "tim/list-in-two-versions",
            "A-TIM-13",
            "M-FRESH",
            "two lists of one serial",
            world().and(fresh(7, &none)).and(old(7, &none).named("other")),
            "revocation-lists-contradict",
        )
        .beside("tim/list-skipped"),
    ]
}

/// A-TIM-14: serials do not make lists fresh, so the last one blocks nothing; who contradicts itself needs a new key.
fn poison() -> Vec<Case> {
    let none = json!([]);
    let fresh = |serial| list(serial, FRESH.0, FRESH.1, &none);
    let silenced = || {
        let contradiction = Part::list("child", 0, &of_compiler()).named("contradiction");
        Scenario::endorsed().and(contradiction)
    };
    let renewed = silenced()
        .and(Part::endorsement("north", "child-anew", 0))
        .and(Part::compiler("child-anew"))
        .and(Part::empty_list("child-anew"));
    vec![
        Case::allow(
            "tim/serial-after-the-last",
            "A-TIM-14",
            "M-FRESH",
            "a fresh list after one that took the last serial",
            world().and(list(LAST, OLD.0, OLD.1, &none)).and(fresh(3)),
        ),
        Case::deny(
            "tim/serial-last-and-revoking",
            "A-TIM-14",
            "M-REVOKE",
            "an entry of a list that took the last serial still acts",
            world().and(list(LAST, OLD.0, OLD.1, &of_compiler())).and(fresh(3)),
            "revoked",
        )
        .beside("tim/serial-after-the-last"),
        Case::unknown(
            "tim/serial-over-the-last",
            "A-TIM-14",
            "F-JSON",
            "a list with a serial over the last is no list",
            world().and(fresh(LAST + 1)),
            "revocation-list-stale",
        )
        .discards(&["json-unsafe-number"])
        .beside("tim/serial-after-the-last"),
        Case::deny(
            "tim/silenced",
            "A-TIM-14",
            "M-FRESH",
            "an authority whose stolen key has signed a second list of one serial",
            silenced(),
            "revocation-lists-contradict",
        )
        .beside("tim/silenced-and-renewed"),
        Case::allow(
            "tim/silenced-and-renewed",
            "A-TIM-14",
            "M-CHAIN",
            "the same authority with a new key that its parent has endorsed: its serials begin anew",
            renewed,
        ),
    ]
}

/// A-TIM-16: who may revoke what, and that nobody can take it back.
fn signers() -> Vec<Case> {
    let beside = || Scenario::endorsed().and(Part::endorsement("north", "sibling", 0));
    let of_certification = json!({ "certification": beside().id("child-certifies-compiler") });
    let by = |signer: &str| beside().and(Part::list(signer, 1, &entry(&of_certification)).named("further"));
    let of_parent = Part::list("child", 1, &entry(&json!({ "key": key_id("north") }))).named("further");
    let taken_back = revoking(beside(), "child", &of_certification)
        .and(Part::list("child", 1, &json!([])).named("further"));
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("tim/{name}"), "A-TIM-16", "M-REVOKE", title, world)
    };
    let deny = |name: &str, title: &str, world| {
        Case::deny(&format!("tim/{name}"), "A-TIM-16", "M-REVOKE", title, world, "revoked")
            .beside("tim/revoked-by-a-sibling")
    };
    vec![
        allow("revoked-by-a-sibling", "a certification that a sibling of its author revokes", by("sibling")),
        allow(
            "parent-revoked-by-its-child",
            "an anchor whose child revokes its key",
            beside().and(of_parent),
        ),
        allow("revoked-by-a-stranger", "a certification that a stranger revokes", by("mallory"))
            .discards(&["issuer-key-unknown"]),
        deny("revoked-by-its-author", "a certification that its author revokes", by("child")),
        deny("revoked-from-above", "a certification that the anchor above revokes", by("north")),
        deny("revocation-taken-back", "a revocation that a later list leaves out", taken_back),
    ]
}

/// A successor in a list is a hint: only an endorsement, a certification or a policy gives trust.
fn successors() -> Vec<Case> {
    let of_child = json!([{
        "id": { "key": key_id("child") }, "reason": "authority-compromise", "date": "2026-05-01T00:00:00Z",
        "successor": key_id("successor"),
    }]);
    let world = || {
        let world = Scenario::endorsed().and(Part::compiler("successor")).and(Part::empty_list("successor"));
        world.with(LIST, |statement| statement["predicate"]["revoked"] = of_child.clone())
    };
    let endorsed = world().and(Part::endorsement("north", "successor", 0));
    vec![
        Case::allow(
            "tim/successor-endorsed",
            "rule",
            "M-REVOKE",
            "a revoked authority whose successor the anchor has endorsed",
            endorsed,
        ),
        Case::deny(
            "tim/successor-named",
            "rule",
            "M-REVOKE",
            "a revoked authority whose successor is named in the list, and nowhere else",
            world(),
            "revoked",
        )
        .discards(&["issuer-key-unknown", "issuer-key-unknown"])
        .beside("tim/successor-endorsed"),
    ]
}
