//! What programs may be given.

use super::{Topic, listed};
use crate::grants::Access;
use crate::policy::Policy;

pub(super) fn of(policy: &Policy) -> Vec<(Topic, String)> {
    let Some(demands) = &policy.demands else { return Vec::new() };
    let grants = &demands.grants;
    let mut said = Vec::new();
    for (access, may) in [(Access::Read, "read in"), (Access::ReadWrite, "read and write in")] {
        let such = grants.directories.iter().filter(|grant| grant.access == access);
        let names: Vec<_> = such.map(|grant| &grant.name).collect();
        if !names.is_empty() {
            said.push(format!("A program may {may} {}.", listed(names)));
        }
    }
    if !grants.environment.is_empty() {
        let names = grants.environment.iter().map(|name| name.escape_debug().to_string());
        said.push(format!("A program may be given the variables {}.", listed(names)));
    }
    said.push(match said.as_slice() {
        [] => "A program may be given no directory and no variable.".to_owned(),
        _ => "Whoever asks for more to be given is refused.".to_owned(),
    });
    said.into_iter().map(|sentence| (Topic::Grants, sentence)).collect()
}
