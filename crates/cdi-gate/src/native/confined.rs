//! What confines a program: a root of its own with nothing in it but the directories that were decided about, no network,
//! no other process, a ruleset of Landlock for the same directories, and a filter of system calls.
//!
//! It is made of the kernel's own means and no other program: the runtime is this program, whose digest is known. Bubblewrap
//! would do much the same with one more executable to vouch for.

use std::ffi::CString;
use std::os::fd::{AsFd as _, OwnedFd};

use cdi_sys::{Namespace, Step, TREES, TreeAccess};
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, Scope,
};

use super::plan::{c_text, refused, users};
use super::{LaunchError, Sealed};
use crate::calls::bpf;
use crate::wasm::{Access, Grant, WasiRequest};

/// The user and group that the program finds itself to be. Outside they are this process's; they are not root's number, so
/// that executing the program leaves it no rights over its namespaces.
const NOBODY: u32 = 1000;
/// Where the new root is put together. Its old content is out of sight from then on, and out of reach afterwards.
const WORKPLACE: &str = "/tmp";
/// What a root needs that has directories only, in bytes.
const SMALL_ROOT: u64 = 1 << 20;

/// What a program is confined to.
pub(crate) struct Confinement<'m> {
    ruleset: OwnedFd,
    trees: Vec<Tree>,
    module: Option<Module<'m>>,
}

/// A file that is in the root beside the directories.
#[derive(Clone, Copy)]
pub(crate) struct Module<'m> {
    pub(crate) bytes: &'m Sealed,
    pub(crate) length: u64,
    pub(crate) name: &'static str,
}

struct Tree {
    host: CString,
    target: CString,
    access: TreeAccess,
}

impl<'m> Confinement<'m> {
    /// # Errors
    /// A directory that is not at hand or has no name for a file, or a kernel without Landlock.
    pub(crate) fn of(request: &WasiRequest) -> Result<Self, LaunchError> {
        if request.directories.len() > TREES {
            let many = request.directories.len().to_string();
            return Err(refused("number of directories", &many, "64 are the most"));
        }
        let trees = request.directories.iter().map(Tree::of).collect::<Result<_, _>>()?;
        Ok(Self { ruleset: ruleset(&request.directories)?, trees, module: None })
    }

    /// The same, with a file that the program reads.
    ///
    /// # Errors
    /// A directory that has the file's name.
    pub(crate) fn with(self, module: Module<'m>) -> Result<Self, LaunchError> {
        let target = module.target()?;
        if self.trees.iter().any(|tree| tree.target == target) {
            return Err(refused("directory", module.name, "the runtime has the module there"));
        }
        Ok(Self { module: Some(module), ..self })
    }

    /// What makes its namespaces what they are.
    pub(crate) fn before(&self) -> Result<Vec<Step<'_>>, LaunchError> {
        let mut steps = users(NOBODY, NOBODY);
        steps.push(Step::KeepMountsPrivate);
        for (number, tree) in self.trees.iter().enumerate() {
            steps.push(Step::TakeTree { path: tree.host.clone(), access: tree.access, number });
        }
        let (kind, target) = (c"tmpfs".to_owned(), c_text("path", WORKPLACE)?);
        let size = self.module.map_or(0, |module| module.length).saturating_add(SMALL_ROOT);
        let options = c_text("option", &format!("size={size},mode=0755"))?;
        steps.push(Step::Mount { kind, target: target.clone(), options });
        for (number, tree) in self.trees.iter().enumerate() {
            steps.push(Step::MakeDirectory(tree.target.clone()));
            steps.push(Step::PlaceTree { number, target: tree.target.clone() });
        }
        if let Some(module) = &self.module {
            let file = module.target()?;
            steps.push(Step::MakeFile { content: module.bytes.as_fd(), target: file.clone() });
            steps.push(Step::LetRead { ruleset: self.ruleset.as_fd(), file });
        }
        steps.push(Step::MakeReadOnly(target.clone()));
        steps.push(Step::EnterRoot(target));
        Ok(steps)
    }

    /// What its process takes upon itself.
    pub(crate) fn within(&self) -> Result<Vec<Step<'_>>, LaunchError> {
        let mut steps = vec![Step::NoNewPrivileges, Step::Landlock(self.ruleset.as_fd())];
        steps.extend(refusals()?);
        let filter = bpf::confined().map_err(|detail| LaunchError::Unconfined { detail })?;
        // The last one: it allows no further filter.
        steps.push(Step::Filter(filter));
        Ok(steps)
    }
}

/// What is refused to whoever comes behind this step, whatever else is allowed (rule G-RIGHTS).
pub(crate) fn refusals() -> Result<[Step<'static>; 2], LaunchError> {
    let filters = bpf::refusals().map_err(|detail| LaunchError::Unconfined { detail })?;
    Ok(filters.map(Step::Filter))
}

impl Module<'_> {
    fn target(&self) -> Result<CString, LaunchError> {
        c_text("path", &format!("{WORKPLACE}/{}", self.name))
    }
}

impl Tree {
    fn of(grant: &Grant) -> Result<Self, LaunchError> {
        let name = directory_name(&grant.guest)?;
        let host = grant.host.to_str().map_or_else(
            || Err(refused("directory", &grant.host.to_string_lossy(), "its path is no text")),
            |path| c_text("directory", path),
        )?;
        let access = match grant.access {
            Access::Read => TreeAccess::Read,
            Access::ReadWrite => TreeAccess::ReadWrite,
        };
        Ok(Self { host, target: c_text("directory", &format!("{WORKPLACE}/{name}"))?, access })
    }
}

/// The name of a granted directory, which is to be that of a file: `/NAME` is where the program finds it.
pub(crate) fn directory_name(guest: &str) -> Result<&str, LaunchError> {
    let name = guest.strip_prefix('/').unwrap_or(guest);
    if name.is_empty() || name.contains('/') || [".", ".."].contains(&name) || name.len() > 255 {
        return Err(refused("directory", name, "it is no name for a file"));
    }
    Ok(name)
}

/// A ruleset that leaves the directories and nothing else. A kernel that cannot restrict all of this confines no program: what
/// is certified of `confined` is the same everywhere.
fn ruleset(directories: &[Grant]) -> Result<OwnedFd, LaunchError> {
    let unconfined = |detail: String| LaunchError::Unconfined { detail };
    let made = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V4)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create);
    let old = |error| unconfined(format!("Landlock of Linux 6.12 or newer is not to be had: {error}"));
    let mut ruleset = made.map_err(old)?;
    for grant in directories {
        let opened = PathFd::new(&grant.host).map_err(|error| LaunchError::DirectoryUnavailable {
            host: grant.host.clone(),
            detail: error.to_string(),
        })?;
        let rule = PathBeneath::new(opened, allowed(grant.access));
        ruleset = ruleset.add_rule(rule).map_err(|error| unconfined(error.to_string()))?;
    }
    Option::<OwnedFd>::from(ruleset)
        .ok_or_else(|| unconfined("this kernel has no Landlock, or it is not enabled".to_owned()))
}

fn allowed(access: Access) -> BitFlags<AccessFs> {
    let all = match access {
        Access::Read => AccessFs::from_read(ABI::V5),
        Access::ReadWrite => AccessFs::from_all(ABI::V5),
    };
    let never = AccessFs::Execute
        | AccessFs::MakeBlock
        | AccessFs::MakeChar
        | AccessFs::MakeSock
        | AccessFs::IoctlDev;
    all & !never
}

/// Whether a program can be confined here, and if not why.
pub(crate) fn available() -> Result<(), String> {
    let confinement = Confinement::of(&WasiRequest::default()).map_err(|error| error.to_string())?;
    let namespaces = Namespace::ALL;
    let program = super::sample::spinning(1);
    let executable = super::Sealed::of(&program).map_err(|error| error.to_string())?;
    let before = confinement.before().map_err(|error| error.to_string())?;
    let within = confinement.within().map_err(|error| error.to_string())?;
    let launch = cdi_sys::Launch {
        executable: executable.as_fd(),
        arguments: vec![c"probe".to_owned()],
        environment: Vec::new(),
        namespaces: &namespaces,
        before,
        within,
        messenger: None,
    };
    super::plan::run(&launch, std::time::Duration::from_secs(10))
        .map(|_ended| ())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(guest: &str) -> Grant {
        Grant { host: "/".into(), guest: guest.to_owned(), access: Access::Read }
    }

    fn confinement<'m>(directories: Vec<Grant>) -> Result<Confinement<'m>, LaunchError> {
        Confinement::of(&WasiRequest { directories, ..WasiRequest::default() })
    }

    #[test]
    fn in_no_directory_is_anything_executed_nor_a_device_or_a_daemon_s_socket_made() {
        for access in [Access::Read, Access::ReadWrite] {
            let allowed = allowed(access);
            for never in [
                AccessFs::Execute,
                AccessFs::MakeBlock,
                AccessFs::MakeChar,
                AccessFs::MakeSock,
                AccessFs::IoctlDev,
            ] {
                assert!(!allowed.contains(never), "{access:?}: {never:?}");
            }
            assert!(allowed.contains(AccessFs::ReadFile | AccessFs::ReadDir));
            for writing in [AccessFs::WriteFile, AccessFs::MakeReg, AccessFs::RemoveFile, AccessFs::Truncate]
            {
                assert_eq!(allowed.contains(writing), access == Access::ReadWrite, "{access:?}: {writing:?}");
            }
        }
    }

    #[test]
    fn directories_are_as_many_as_there_is_room_for() {
        let many = |number: usize| (0..number).map(|nth| grant(&format!("/{nth}"))).collect();
        assert!(confinement(many(TREES)).is_ok());
        assert_eq!(confinement(many(TREES + 1)).err().unwrap().code(), "guest-request-refused");
    }

    #[test]
    fn a_name_is_as_long_as_a_file_can_have_it() {
        assert_eq!(directory_name(&format!("/{}", "n".repeat(255))).unwrap().len(), 255);
        assert_eq!(directory_name(&"n".repeat(256)).unwrap_err().code(), "guest-request-refused");
    }

    #[test]
    fn no_directory_takes_the_place_of_the_module() {
        let bytes = Sealed::of(b"module").unwrap();
        let module = Module { bytes: &bytes, length: 6, name: "m" };
        assert!(confinement(vec![grant("/n")]).unwrap().with(module).is_ok());
        let refused = confinement(vec![grant("/n"), grant("/m")]).unwrap().with(module);
        assert_eq!(refused.err().unwrap().code(), "guest-request-refused");
    }
}
