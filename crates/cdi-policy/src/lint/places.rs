//! What a policy gives away, and whose word about places it takes.

use std::collections::BTreeSet;

use super::Findings;
use crate::formula::Atom;
use crate::grants::Access;
use crate::places::PlaceLevel;
use crate::policy::Policy;

pub(super) fn of(policy: &Policy, all: &mut Findings<'_>) {
    let Some(demands) = &policy.demands else { return };
    for name in &demands.accept_asserted {
        if name == policy.principal() {
            let message = format!("`{name}` takes its own word about places anyway");
            all.note("spec.acceptAsserted", "own-word-accepted", message, "leave it out");
        } else {
            let message = format!("what `{name}` says of a place is believed");
            let hint =
                "keep it if that principal is to be trusted with every property that places are asked for";
            all.note("spec.acceptAsserted", "word-of-others-accepted", message, hint);
        }
    }
    attested(policy, all);
    for (n, grant) in demands.grants.directories.iter().enumerate() {
        if grant.access == Access::ReadWrite {
            let message = format!("programs may write in `{}`", grant.name);
            let hint = "`access: read` is enough for programs that only read";
            all.note(format!("spec.grants.directories[{n}]"), "grants-write", message, hint);
        }
        let twice = demands.grants.directories.iter().take(n).any(|other| other.name == grant.name);
        if twice {
            let message = format!("`{}` is granted twice: the greater access counts", grant.name);
            all.warning(format!("spec.grants.directories[{n}]"), "granted-twice", message, "leave one out");
        }
    }
}

/// What is asked of places and wanted attested: no place has it, whatever it provides.
fn attested(policy: &Policy, all: &mut Findings<'_>) {
    let places = policy.places();
    let atoms = policy.requirements().iter().flat_map(|demand| demand.expanded.atoms());
    let wanted: BTreeSet<String> = atoms
        .filter_map(|atom| match atom {
            Atom::Platform(property) => Some(property),
            Atom::Code(_) | Atom::Evidence(_) => None,
        })
        .filter(|property| places.stated(&property.name) == Some(PlaceLevel::Attested))
        .map(|property| format!("`{property}`"))
        .collect();
    if !wanted.is_empty() {
        let wanted: Vec<String> = wanted.into_iter().collect();
        let message = format!("{} must be attested, and no evidence can be verified yet", wanted.join(", "));
        all.warning("spec.places", "attested-nowhere", message, "ask for `certified` until it can");
    }
}
