//! WebAssembly runtimes that a host declares: another's program runs the module, confined as a native program is or in a
//! container.
//!
//! The runtime is read once, from its path to a sealed file in memory: what was measured is what runs. So is the module,
//! which lies in a root of the runtime's own. Rules: `docs/spec/gate.md` (G-EXTERNAL, G-RUNTIME).

mod arguments;
mod file;
mod ready;
mod version;

pub(crate) use ready::ExternalReady;

use std::collections::BTreeMap;
use std::os::fd::AsFd as _;

use cdi_policy::{Each, Inside, Modules, NamedEnvironment, Piece, WasmRuntime};
use cdi_sys::{Launch, Namespace, Resource};
use cdi_types::EnvironmentKind;

use crate::container::{self, ContainerRuntime, Content};
use crate::native::plan::{self, c_text};
use crate::native::{Confinement, LaunchError, Module, Sealed};
use crate::wasm::{ArtifactKind, GuestExit, GuestLimits, WasiRequest};

/// The module's name in the root; no file of the host's gives it one.
const MODULE: &str = "module.wasm";
/// What Wasmtime reserves for a memory is 4 GiB and guards, and the C library 64 MiB for each thread.
const RESERVED: u64 = 6 << 30;

/// A runtime that a host has declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct External {
    name: String,
    provides: Vec<String>,
    runtime: WasmRuntime,
}

impl External {
    pub(crate) fn of(environment: &NamedEnvironment, runtime: &WasmRuntime) -> Self {
        let provides = environment.provides.iter().map(ToString::to_string).collect();
        Self { name: environment.name.to_string(), provides, runtime: runtime.clone() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn provides(&self) -> Vec<&str> {
        self.provides.iter().map(String::as_str).collect()
    }

    /// The container's runtime, if it runs in a container.
    const fn container(&self) -> Option<ContainerRuntime> {
        match self.runtime.inside {
            Inside::Confined => None,
            Inside::Runc => Some(ContainerRuntime::Runc),
            Inside::Crun => Some(ContainerRuntime::Crun),
            Inside::Gvisor => Some(ContainerRuntime::Runsc),
        }
    }

    /// The kind of what keeps it apart.
    pub(crate) const fn inside(&self) -> EnvironmentKind {
        match self.runtime.inside {
            Inside::Confined => EnvironmentKind::Confined,
            Inside::Runc => EnvironmentKind::Runc,
            Inside::Crun => EnvironmentKind::Crun,
            Inside::Gvisor => EnvironmentKind::Gvisor,
        }
    }

    pub(crate) const fn runs(&self) -> &'static [ArtifactKind] {
        match self.runtime.modules {
            Modules::Bytecode => &[ArtifactKind::WasmModule],
            Modules::Precompiled => &[ArtifactKind::PrecompiledModule],
        }
    }

    /// The name of the runtime's file: its argument zero, where it is executed by the gate.
    fn file_name(&self) -> &str {
        self.runtime.program.rsplit('/').next().unwrap_or(&self.runtime.program)
    }

    /// Argument zero of what the gate executes.
    pub(crate) fn program(&self) -> &str {
        match self.container() {
            None => self.file_name(),
            Some(container) => container.program(),
        }
    }

    /// The settings that a certification of it describes, but for what [`ExternalReady::settings`] adds. The environment's
    /// name is each host's own.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let written = self.runtime.template.groups().iter().map(|group| {
            let arguments =
                group.arguments.iter().map(|pieces| pieces.iter().map(written).collect::<String>());
            arguments.collect::<Vec<_>>().join(" ")
        });
        // An argument has neither space nor line break in it: no two templates are written alike.
        let own = [
            ("environment", "wasm-runtime".to_owned()),
            ("inside", self.runtime.inside.as_str().to_owned()),
            ("modules", self.runtime.modules.as_str().to_owned()),
            ("arguments", written.collect::<Vec<_>>().join("\n")),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        self.container().into_iter().flat_map(ContainerRuntime::settings).chain(own).collect()
    }

    /// What it says of its version, if it is to be asked.
    pub(crate) fn version(&self) -> Option<String> {
        let arguments = Some(&self.runtime.version).filter(|arguments| !arguments.is_empty())?;
        version::version(self.at_hand().ok()?.program(), self.file_name(), arguments)
    }

    /// Reads it, and the container's runtime.
    ///
    /// # Errors
    /// Why it cannot be had, in words.
    pub(crate) fn at_hand(&self) -> Result<ExternalReady, String> {
        ExternalReady::read(&self.runtime.program, self.container())
    }

    /// Whether it can be had here.
    pub(crate) fn available(&self) -> Result<(), String> {
        match self.container() {
            None => crate::native::available()?,
            Some(container) => container::available(container)?,
        }
        self.at_hand().map(drop)
    }

    /// The runtime has run the module to its end.
    pub(crate) fn run(
        &self,
        ready: &ExternalReady,
        module: &[u8],
        request: &WasiRequest,
        limits: GuestLimits,
    ) -> Result<GuestExit, LaunchError> {
        let path = format!("/{MODULE}");
        let arguments = arguments::of(&self.runtime, self.file_name(), &path, request)?;
        let Some(container) = ready.container() else {
            return confined(ready.program().sealed(), module, arguments, request, limits);
        };
        let reserved = match self.runtime.modules {
            Modules::Bytecode => 0,
            Modules::Precompiled => RESERVED,
        };
        let runtime = ready.program().sealed();
        let content = Content::Module { runtime, bytes: module, name: MODULE, reserved };
        let directories = request.directories.clone();
        let request = WasiRequest { arguments, environment: Vec::new(), directories };
        container::run(container, content, &request, limits)
    }
}

/// The same, in a process confined as a native program's.
fn confined(
    executable: &Sealed,
    module: &[u8],
    arguments: Vec<String>,
    request: &WasiRequest,
    limits: GuestLimits,
) -> Result<GuestExit, LaunchError> {
    let sealed = Sealed::of(module).map_err(|error| LaunchError::resources("a sealed file", error))?;
    let (bytes, length) = (&sealed, module.len() as u64);
    let confinement = Confinement::of(request)?.with(Module { bytes, length, name: MODULE })?;
    // What runtimes reserve and never touch is no memory: of address space they have much.
    let mut within = plan::limits(Resource::Data, limits.memory_bytes);
    within.extend(confinement.within()?);
    let launch = Launch {
        executable: executable.as_fd(),
        arguments: arguments.iter().map(|text| c_text("argument", text)).collect::<Result<_, _>>()?,
        environment: Vec::new(),
        namespaces: &Namespace::ALL,
        before: confinement.before()?,
        within,
        messenger: None,
    };
    plan::run(&launch, limits.time)
}

fn written(piece: &Piece) -> &str {
    match piece {
        Piece::Text(text) => text,
        Piece::Module => "{module}",
        Piece::Directory => "{directory}",
        Piece::Variable => "{variable}",
        Piece::Arguments => "{arguments}",
    }
}

/// Whether the template has a place for such.
fn has(runtime: &WasmRuntime, wanted: &[Each]) -> bool {
    runtime.template.groups().iter().any(|group| wanted.contains(&group.each))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cdi_policy::{Catalogues, Configuration};

    fn external(program: &str) -> External {
        declared(&format!("program: {program}"))
    }

    fn declared(members: &str) -> External {
        let text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: host}}\nspec:\n  host: p\n  \
             principals: [{{name: p, policy: p.yaml, required: always}}]\n  environments: [{{name: probe, provides: [NETWORK_ISOLATION], runtime: \
             {{{members}, arguments: [[-d, '{{directory}}'], '{{module}}']}}}}]\n"
        );
        let configuration = Configuration::load(text.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
        let [environment] = configuration.environments() else { panic!("one is declared") };
        External::of(environment, &configuration.runtimes()[&environment.name])
    }

    /// What was hashed is executed, whatever the path leads to by then.
    #[test]
    fn a_runtime_that_is_exchanged_behind_its_hash_does_not_run() {
        for inside in ["confined", "runc", "crun", "gvisor"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("runtime");
            let ends = crate::native::sample::spinning(1);
            std::fs::write(&path, &ends).unwrap();
            let external = declared(&format!("program: {}, inside: {inside}", path.display()));
            if !here(&external) {
                continue;
            }
            let ready = external.at_hand().unwrap();
            assert_eq!(ready.program().digest(), cdi_types::FileDigest::of(&ends));
            std::fs::write(&path, crate::native::sample::spinning(u64::MAX)).unwrap();
            let limits = GuestLimits { memory_bytes: 64 << 20, time: std::time::Duration::from_secs(20) };
            let ended = external.run(&ready, b"\0asm\x01\0\0\0", &WasiRequest::default(), limits);
            assert_eq!(ended.unwrap().status, 0, "{inside}");
            assert_ne!(external.at_hand().unwrap().program().digest(), ready.program().digest());
        }
    }

    /// Whether it is; tests that were told so fail where it is not.
    fn here(external: &External) -> bool {
        let Err(reason) = external.available() else { return true };
        let wanted = std::env::var_os("CDI_TEST_ENVIRONMENTS").is_some();
        assert!(!wanted, "it is not here, and tests were told that it is: {reason}");
        eprintln!("skipped: {reason}");
        false
    }

    #[test]
    fn it_provides_what_its_host_says_and_is_called_by_what_the_gate_executes() {
        for (inside, program) in
            [("confined", "iwasm"), ("runc", "runc"), ("crun", "crun"), ("gvisor", "runsc")]
        {
            let external = declared(&format!("program: /opt/iwasm, inside: {inside}"));
            assert_eq!((external.name(), external.provides()), ("probe", vec!["NETWORK_ISOLATION"]));
            assert_eq!(external.program(), program);
        }
    }

    #[test]
    fn a_certification_is_of_the_template_too() {
        let settings = external("/opt/iwasm").settings();
        assert_eq!(settings["arguments"], "-d {directory}\n{module}");
        assert_eq!(settings["environment"], "wasm-runtime");
    }

    /// What is certified of one environment is said of no other: certifications name every setting (M-INVOCATION).
    #[test]
    fn no_two_environments_are_set_up_alike() {
        let mut seen: Vec<BTreeMap<String, String>> = Vec::new();
        for inside in ["confined", "runc", "crun", "gvisor"] {
            for modules in ["bytecode", "precompiled"] {
                let members = format!("program: /opt/iwasm, inside: {inside}, modules: {modules}");
                let external = declared(&members);
                assert_eq!(external.inside().as_str(), inside);
                seen.push(external.settings());
            }
        }
        seen.extend(crate::Driver::all().iter().map(crate::Driver::settings));
        let number = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), number);
    }

    /// A container's runtime is certified by its digest; the program in it is then named by its own.
    #[test]
    fn in_a_container_both_programs_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runtime");
        let own = crate::native::sample::spinning(1);
        std::fs::write(&path, &own).unwrap();
        for inside in ["runc", "crun", "gvisor"] {
            let external = declared(&format!("program: {}, inside: {inside}", path.display()));
            if !here(&external) {
                continue;
            }
            let ready = external.at_hand().unwrap();
            let digest = cdi_types::FileDigest::of(&own);
            assert_eq!(ready.settings(), Some(("runtime".to_owned(), digest.to_string())));
            assert_ne!(ready.executable(), digest);
            let cdi_types::Libraries::Measured(files) = ready.libraries() else { panic!("{inside}") };
            assert_eq!(files.iter().filter(|file| file.sha256 == digest).count(), 1);
            std::fs::write(&path, crate::native::sample::spinning(2)).unwrap();
            assert_ne!(external.at_hand().unwrap().settings(), ready.settings());
            std::fs::write(&path, &own).unwrap();
        }
    }
}
