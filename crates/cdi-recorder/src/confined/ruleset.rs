//! The kernel's own wall (Landlock): the run opens nothing by itself, executes what is within reach, and makes folders where it
//! may write.

use std::os::fd::{AsFd as _, OwnedFd};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, Scope,
};

use super::{Fence, Reached};
use crate::RecordError;

/// The ruleset of a run that may reach this.
///
/// # Errors
/// [`RecordError::FenceRefused`]: Linux before 6.12, or without Landlock. What level `confined` means is the same everywhere.
pub(crate) fn ruleset(fence: &Fence) -> Result<OwnedFd, RecordError> {
    let refused = |detail: String| RecordError::FenceRefused(std::io::Error::other(detail));
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V4)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .map_err(|error| refused(error.to_string()))?;
    let rules = fence.to_execute().map(|reached| (reached, AccessFs::Execute | AccessFs::ReadFile));
    let folders = AccessFs::MakeDir | AccessFs::RemoveDir;
    let rules = rules.chain(fence.to_write().iter().map(|reached| (reached, folders)));
    for (reached, access) in rules.filter(|(reached, _)| can_be_executed(reached)) {
        let access: BitFlags<AccessFs> = access;
        ruleset = ruleset
            .add_rule(PathBeneath::new(reached.file.as_fd(), access))
            .map_err(|error| refused(error.to_string()))?;
    }
    Option::<OwnedFd>::from(ruleset)
        .ok_or_else(|| refused("this kernel has no Landlock, or it is not enabled".to_owned()))
}

/// Files of the kernel's own file systems have no place in a ruleset; nobody executes them.
fn can_be_executed(reached: &Reached) -> bool {
    reached.is_folder || !reached.path.starts_with("/proc")
}
