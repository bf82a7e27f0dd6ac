//! WebAssembly runtimes that a host declares: another's program runs the module, and is confined as a native program is.
//!
//! The runtime is read once, from its path to a sealed file in memory: what was measured is what runs. So is the module,
//! which lies in a root of the runtime's own. Rules: `docs/spec/gate.md` (G-EXTERNAL, G-RUNTIME).

mod arguments;
mod file;
mod version;

pub(crate) use file::ExternalFile;

use std::collections::BTreeMap;
use std::os::fd::AsFd as _;

use cdi_policy::{Each, NamedEnvironment, Piece, WasmRuntime};
use cdi_sys::{Launch, Namespace, Resource};

use crate::native::plan;
use crate::native::{Confinement, LaunchError, Module, Sealed};
use crate::wasm::{GuestExit, GuestLimits, WasiRequest};

/// The module's name in the root; no file of the host's gives it one.
const MODULE: &str = "module.wasm";

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

    /// Argument zero: the name of the runtime's file.
    pub(crate) fn program(&self) -> &str {
        self.runtime.program.rsplit('/').next().unwrap_or(&self.runtime.program)
    }

    /// The settings that a certification of it describes. The environment's name is each host's own.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let written = self.runtime.template.groups().iter().map(|group| {
            let arguments =
                group.arguments.iter().map(|pieces| pieces.iter().map(written).collect::<String>());
            arguments.collect::<Vec<_>>().join(" ")
        });
        // An argument has neither space nor line break in it: no two templates are written alike.
        BTreeMap::from([
            ("environment".to_owned(), "wasm-runtime".to_owned()),
            ("arguments".to_owned(), written.collect::<Vec<_>>().join("\n")),
        ])
    }

    /// What it says of its version, if it is to be asked.
    pub(crate) fn version(&self) -> Option<String> {
        let arguments = Some(&self.runtime.version).filter(|arguments| !arguments.is_empty())?;
        version::version(&self.at_hand().ok()?, self.program(), arguments)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Why it cannot be had, in words.
    pub(crate) fn at_hand(&self) -> Result<ExternalFile, String> {
        ExternalFile::read(&self.runtime.program)
    }

    /// Whether it can be had here.
    pub(crate) fn available(&self) -> Result<(), String> {
        crate::native::available()?;
        self.at_hand().map(drop)
    }

    /// The runtime has run the module to its end.
    pub(crate) fn run(
        &self,
        file: &ExternalFile,
        module: &[u8],
        request: &WasiRequest,
        limits: GuestLimits,
    ) -> Result<GuestExit, LaunchError> {
        let sealed = Sealed::of(module).map_err(|error| LaunchError::resources("a sealed file", error))?;
        let (bytes, length) = (&sealed, module.len() as u64);
        let arguments = arguments::of(&self.runtime, self.program(), &format!("/{MODULE}"), request)?;
        let confinement = Confinement::of(request)?.with(Module { bytes, length, name: MODULE })?;
        // What runtimes reserve and never touch is no memory: of address space they have much.
        let mut within = plan::limits(Resource::Data, limits.memory_bytes);
        within.extend(confinement.within()?);
        let launch = Launch {
            executable: file.sealed().as_fd(),
            arguments,
            environment: Vec::new(),
            namespaces: &Namespace::ALL,
            before: confinement.before()?,
            within,
        };
        plan::run(&launch, limits.time)
    }
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
        let text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: host}}\nspec:\n  host: p\n  \
             principals: [{{name: p, policy: p.yaml, required: always}}]\n  environments: [{{name: probe, provides: [], runtime: \
             {{program: {program}, arguments: [[-d, '{{directory}}'], '{{module}}']}}}}]\n"
        );
        let configuration = Configuration::load(text.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
        let [environment] = configuration.environments() else { panic!("one is declared") };
        External::of(environment, &configuration.runtimes()[&environment.name])
    }

    /// What was hashed is executed, whatever the path leads to by then.
    #[test]
    fn a_runtime_that_is_exchanged_behind_its_hash_does_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runtime");
        let ends = crate::native::sample::spinning(1);
        std::fs::write(&path, &ends).unwrap();
        let external = external(path.to_str().unwrap());
        if let Err(reason) = external.available() {
            assert!(std::env::var_os("CDI_TEST_ENVIRONMENTS").is_none(), "{reason}");
            eprintln!("skipped: {reason}");
            return;
        }
        let file = external.at_hand().unwrap();
        assert_eq!(file.digest(), cdi_types::FileDigest::of(&ends));
        std::fs::write(&path, crate::native::sample::spinning(u64::MAX)).unwrap();
        let limits = GuestLimits { memory_bytes: 64 << 20, time: std::time::Duration::from_secs(20) };
        let ended = external.run(&file, b"\0asm\x01\0\0\0", &WasiRequest::default(), limits);
        assert_eq!(ended.unwrap().status, 0);
        assert_ne!(external.at_hand().unwrap().digest(), file.digest());
    }

    #[test]
    fn a_certification_is_of_the_template_too() {
        let settings = external("/opt/iwasm").settings();
        assert_eq!(settings["arguments"], "-d {directory}\n{module}");
        assert_eq!(settings["environment"], "wasm-runtime");
    }
}
