//! What becomes of the small world when one of its statements cannot be used.

use serde_json::Value;

use super::Case;
use crate::scenario::Scenario;

pub(super) const RUN: &str = "compiler-runs";
pub(super) const CERTIFICATION: &str = "north-certifies-compiler";
pub(super) const LIST: &str = "north-revokes";

/// What becomes of the small world when one of its statements is discarded with this code.
pub(super) fn discarded(
    path: &str,
    attack: &'static str,
    rule: &'static str,
    title: &str,
    part: &str,
    world: Scenario,
    code: &str,
) -> Case {
    // A certification that cannot be read brings no report key; one that nobody signed does, and no trust.
    let (verdict, codes): (&str, Vec<&str>) = match (part, code) {
        (CERTIFICATION, "signature-invalid") => ("report-key-uncertified", vec![code]),
        (CERTIFICATION, _) => ("no-report", vec!["issuer-key-unknown", code]),
        _ => ("no-report", vec![code]),
    };
    match part {
        LIST => Case::unknown(path, attack, rule, title, world, "revocation-list-stale").discards(&[code]),
        _ => Case::deny(path, attack, rule, title, world, verdict).discards(&codes),
    }
}

/// The value at a pointer that must be there.
pub(super) fn place<'v>(statement: &'v mut Value, pointer: &str) -> &'v mut Value {
    statement.pointer_mut(pointer).unwrap_or_else(|| panic!("the statement has no `{pointer}`"))
}

/// Puts a value where it may not have been before.
pub(super) fn put(statement: &mut Value, pointer: &str, value: Value) {
    let (parent, member) = pointer.rsplit_once('/').unwrap_or_default();
    let parent = place(statement, parent);
    match member.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[member] = value,
    }
}
