//! What a policy gives away, and whose word about places it takes.

use super::Findings;
use crate::grants::Access;
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
