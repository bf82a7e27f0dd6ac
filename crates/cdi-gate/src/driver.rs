//! Drivers: what each execution environment is, whether it is here, what it provides, and what it can run.
//!
//! A driver says nothing of its own accord that a decision rests on: what it provides is its host's word, and what its
//! runtime is certified to supply is a vetting authority's, about the runtime's digest and settings. Rules:
//! `docs/spec/gate.md` (G-ENVIRONMENT, G-RUNTIME).

use std::collections::BTreeMap;

use cdi_policy::Configuration;
use cdi_types::{EnvironmentKind, FileDigest, Libraries, Name, Runtime};

use crate::container::{self, ContainerRuntime, Content, RuntimeFile};
use crate::embedded::Embedded;
use crate::external::{External, ExternalReady};
use crate::native::{self, Isolation, LaunchError};
use crate::wasm::{ArtifactKind, EngineError, GuestExit, GuestLimits, WasiRequest};

/// What commands call no environment at all.
const NOWHERE: &str = "none";

/// What runs the code: whose digest the environment's runtime has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunBy {
    /// This very program, and the kernel.
    ThisProgram,
    /// Another executable, which [`Driver::measure`] measures.
    Executable,
}

/// The runtime of an environment as it stands ready: of another executable, in a descriptor that nobody can change.
#[derive(Debug)]
pub(crate) enum AtHand {
    /// This program.
    ThisProgram,
    /// A runtime of containers.
    Container(RuntimeFile),
    /// A runtime that the host has declared.
    External(ExternalReady),
}

/// An execution environment of this gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver(How);

#[derive(Debug, Clone, PartialEq, Eq)]
enum How {
    Embedded(Embedded),
    Native(Isolation),
    Container(ContainerRuntime),
    External(Box<External>),
}

/// A declared environment with a name that is taken: a decision about the one would be one about the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is an environment of the gate's own, and cannot have a runtime declared")]
pub struct NameTaken {
    /// The name.
    pub name: Name,
}

impl NameTaken {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "environment-name-taken"
    }
}

impl Driver {
    /// The same as [`Self::all`], and behind them the WebAssembly runtimes that a configuration declares.
    ///
    /// # Errors
    /// [`NameTaken`] for one that is called like another environment, of this gate or in the model.
    pub fn with_declared(configuration: &Configuration) -> Result<Vec<Self>, NameTaken> {
        let mut drivers = Self::all();
        for environment in configuration.environments() {
            let name = &environment.name;
            let Some(runtime) = configuration.runtimes().get(name) else { continue };
            let modelled = EnvironmentKind::ALL.iter().any(|kind| kind.as_str() == name.as_str());
            if modelled || NOWHERE == name.as_str() || Self::named(&drivers, name.as_str()).is_some() {
                return Err(NameTaken { name: name.clone() });
            }
            drivers.push(Self(How::External(Box::new(External::of(environment, runtime)))));
        }
        Ok(drivers)
    }

    /// Every environment that this program can run something in, the default first. Whether each is here,
    /// [`Self::available`] tells.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let embedded = Embedded::ALL.into_iter().map(How::Embedded);
        let native = [Isolation::Confined, Isolation::None].map(How::Native);
        let containers = ContainerRuntime::ALL.into_iter().map(How::Container);
        embedded.chain(native).chain(containers).map(Self).collect()
    }

    /// The one of this name.
    #[must_use]
    pub fn named<'d>(drivers: &'d [Self], name: &str) -> Option<&'d Self> {
        drivers.iter().find(|driver| driver.name() == name)
    }

    /// The name by which configurations and commands speak of it.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0 {
            How::Embedded(embedded) => embedded.name(),
            How::Native(_) | How::Container(_) => self.kind().as_str(),
            How::External(external) => external.name(),
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EnvironmentKind {
        match &self.0 {
            How::Embedded(_) => EnvironmentKind::Embedded,
            How::Native(Isolation::None) => EnvironmentKind::Process,
            How::Native(Isolation::Confined) => EnvironmentKind::Confined,
            How::Container(ContainerRuntime::Runc) => EnvironmentKind::Runc,
            How::Container(ContainerRuntime::Crun) => EnvironmentKind::Crun,
            How::Container(ContainerRuntime::Runsc) => EnvironmentKind::Gvisor,
            How::External(_) => EnvironmentKind::WasmRuntime,
        }
    }

    /// The kind of what keeps its programs apart: its own, or of the environment that a declared runtime runs in.
    #[must_use]
    pub const fn inside(&self) -> EnvironmentKind {
        match &self.0 {
            How::External(external) => external.inside(),
            How::Embedded(_) | How::Native(_) | How::Container(_) => self.kind(),
        }
    }

    /// What it provides, in the catalogue's words.
    #[must_use]
    pub fn provides(&self) -> Vec<&str> {
        match &self.0 {
            How::Embedded(embedded) => embedded.provides().to_vec(),
            How::Native(Isolation::None) => Vec::new(),
            How::Native(Isolation::Confined)
            | How::Container(ContainerRuntime::Runc | ContainerRuntime::Crun) => vec!["NETWORK_ISOLATION"],
            How::Container(ContainerRuntime::Runsc) => vec!["NETWORK_ISOLATION", "SYSCALL_INTERPOSITION"],
            How::External(external) => external.provides(),
        }
    }

    /// What kinds of artifact it runs.
    #[must_use]
    pub const fn runs(&self) -> &'static [ArtifactKind] {
        match &self.0 {
            How::Embedded(embedded) => embedded.runs(),
            How::Native(_) => &[ArtifactKind::StaticElf],
            How::Container(_) => &[ArtifactKind::StaticElf, ArtifactKind::RootFileSystem],
            How::External(external) => external.runs(),
        }
    }

    /// Whether a configuration must describe it before anything runs in it. In a plain process a program may do what its user
    /// may, files with owners of their own included: that is no host's default.
    #[must_use]
    pub const fn only_if_described(&self) -> bool {
        matches!(&self.0, How::Native(Isolation::None) | How::External(_))
    }

    /// The settings that a certification of its runtime describes. Of a declared runtime in a container only those that are
    /// known before it is measured: [`Self::measure`] has all.
    #[must_use]
    pub fn settings(&self) -> BTreeMap<String, String> {
        let name = [("environment".to_owned(), self.name().to_owned())];
        match &self.0 {
            How::Embedded(embedded) => embedded.settings(),
            How::Native(_) => name.into(),
            How::External(external) => external.settings(),
            How::Container(runtime) => name.into_iter().chain(runtime.settings()).collect(),
        }
    }

    /// What runs the code.
    #[must_use]
    pub const fn run_by(&self) -> RunBy {
        match &self.0 {
            How::Embedded(_) | How::Native(_) => RunBy::ThisProgram,
            How::Container(_) | How::External(_) => RunBy::Executable,
        }
    }

    /// Argument zero of its runtime, as certifications have it.
    #[must_use]
    pub fn program(&self) -> &str {
        match &self.0 {
            How::Embedded(_) | How::Native(_) => "cdi",
            How::Container(runtime) => runtime.program(),
            How::External(external) => external.program(),
        }
    }

    /// What its runtime says of its version; of this program the version that it was built as.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match &self.0 {
            How::Embedded(_) | How::Native(_) => Some(env!("CARGO_PKG_VERSION").to_owned()),
            How::Container(runtime) => runtime.version(),
            How::External(external) => external.version(),
        }
    }

    /// Measures its runtime, if that is another executable than this program. It is a large file to read.
    ///
    /// # Errors
    /// Why it cannot be measured, in words.
    pub fn measure(&self) -> Result<Option<Runtime>, String> {
        Ok(self.runtime(&self.at_hand()?))
    }

    /// The runtime as it stands ready.
    pub(crate) fn at_hand(&self) -> Result<AtHand, String> {
        match &self.0 {
            How::Embedded(_) | How::Native(_) => Ok(AtHand::ThisProgram),
            How::Container(runtime) => RuntimeFile::of(*runtime).map(AtHand::Container),
            How::External(external) => external.at_hand().map(AtHand::External),
        }
    }

    /// The description of a runtime that is another executable, for decisions and certifications.
    pub(crate) fn runtime(&self, at_hand: &AtHand) -> Option<Runtime> {
        let mut settings = self.settings();
        let (executable, libraries): (FileDigest, Libraries) = match at_hand {
            AtHand::ThisProgram => return None,
            AtHand::Container(file) => (file.digest(), file.libraries().clone()),
            AtHand::External(ready) => {
                settings.extend(ready.settings());
                (ready.executable(), ready.libraries().clone())
            }
        };
        Some(Runtime {
            executable,
            libraries,
            program: self.program().to_owned(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            settings,
        })
    }

    /// Whether it is here, found out by trying where that is cheap.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn available(&self) -> Result<(), String> {
        match &self.0 {
            How::Embedded(_) | How::Native(Isolation::None) => Ok(()),
            How::Native(Isolation::Confined) => native::available(),
            How::Container(runtime) => container::available(*runtime),
            How::External(external) => external.available(),
        }
    }

    /// Runs it. The bytes and the runtime are those that were decided about; only [`crate::run`] calls this.
    pub(crate) fn start(
        &self,
        at_hand: &AtHand,
        artifact: &[u8],
        request: &WasiRequest,
        limits: GuestLimits,
    ) -> Result<GuestExit, StartError> {
        let found = ArtifactKind::sniff(artifact);
        let refused = || StartError::Kind { found, environment: self.name().to_owned() };
        // An engine names what it does not load in words of its own.
        let own_words = matches!(&self.0, How::Embedded(embedded) if embedded.profile().is_some());
        if !self.runs().contains(&found) && !own_words {
            return Err(refused());
        }
        match (&self.0, at_hand) {
            (How::Embedded(embedded), _) => Ok(embedded.run(artifact, request, limits)?),
            (How::Native(isolation), _) => Ok(native::run(artifact, *isolation, request, limits)?),
            (How::Container(_), AtHand::Container(file)) => {
                Ok(container::run(file, Content::of(artifact, found), request, limits)?)
            }
            (How::External(external), AtHand::External(ready)) => {
                Ok(external.run(ready, artifact, request, limits)?)
            }
            (How::Container(_) | How::External(_), _) => Err(refused()),
        }
    }
}

/// Why an environment did not run a program, or the program did not come to a regular end.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is nothing that the environment runs.
    #[error("the environment `{environment}` runs no artifact of the kind `{found}`")]
    Kind {
        /// What the artifact claims to be.
        found: ArtifactKind,
        /// The environment.
        environment: String,
    },
    /// The engine refused, or the guest ended irregularly.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The process did not begin, or ended irregularly.
    #[error(transparent)]
    Launch(#[from] LaunchError),
}

impl StartError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Kind { .. } => "artifact-kind",
            Self::Engine(error) => error.code(),
            Self::Launch(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What decisions rest on: with a word too many a policy is satisfied by what is not there.
    #[test]
    fn each_environment_is_what_it_says_and_provides_no_more() {
        use ArtifactKind::{PrecompiledModule, RootFileSystem, StaticElf};
        const NETWORK: &str = "NETWORK_ISOLATION";
        type Row =
            (&'static str, EnvironmentKind, &'static str, &'static [&'static str], &'static [ArtifactKind]);
        let rows: [Row; 7] = [
            (
                "embedded",
                EnvironmentKind::Embedded,
                "cdi",
                &["GUARD_PAGES=WASMTIME_4GIB_32MIB", NETWORK],
                &[PrecompiledModule],
            ),
            ("embedded-software-checks", EnvironmentKind::Embedded, "cdi", &[NETWORK], &[PrecompiledModule]),
            ("confined", EnvironmentKind::Confined, "cdi", &[NETWORK], &[StaticElf]),
            ("process", EnvironmentKind::Process, "cdi", &[], &[StaticElf]),
            ("runc", EnvironmentKind::Runc, "runc", &[NETWORK], &[StaticElf, RootFileSystem]),
            ("crun", EnvironmentKind::Crun, "crun", &[NETWORK], &[StaticElf, RootFileSystem]),
            (
                "gvisor",
                EnvironmentKind::Gvisor,
                "runsc",
                &[NETWORK, "SYSCALL_INTERPOSITION"],
                &[StaticElf, RootFileSystem],
            ),
        ];
        let drivers = Driver::all();
        // The interpreter is there only with its feature.
        assert_eq!(drivers.len(), rows.len() + Embedded::ALL.len() - 2);
        for (name, kind, program, provides, runs) in rows {
            let driver = Driver::named(&drivers, name).unwrap();
            assert_eq!((driver.kind(), driver.inside(), driver.program()), (kind, kind, program), "{name}");
            assert_eq!((driver.provides(), driver.runs()), (provides.to_vec(), runs), "{name}");
            assert_eq!(driver.only_if_described(), name == "process");
            assert_eq!(driver.run_by() == RunBy::ThisProgram, program == "cdi", "{name}");
            assert_eq!(driver.settings()["environment"], name);
        }
        // What a certification of the runtime is about besides.
        let settings = [
            ("environment", "gvisor"),
            ("ignore-cgroups", "true"),
            ("network", "none"),
            ("platform", "ptrace"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(Driver::named(&drivers, "gvisor").unwrap().settings(), settings.into());
    }

    #[test]
    fn what_an_environment_does_not_run_is_refused_by_its_kind() {
        let drivers = Driver::all();
        let code = |name: &str, artifact: &[u8]| {
            let limits = GuestLimits { memory_bytes: 64 << 20, time: std::time::Duration::from_secs(20) };
            let driver = Driver::named(&drivers, name).unwrap();
            driver.start(&AtHand::ThisProgram, artifact, &WasiRequest::default(), limits).unwrap_err().code()
        };
        for name in ["embedded", "embedded-software-checks"] {
            assert_eq!(code(name, b"#!/bin/sh\n"), "not-a-precompiled-module");
        }
        for name in ["confined", "process", "runc", "crun", "gvisor"] {
            assert_eq!(code(name, b"#!/bin/sh\n"), "artifact-kind");
        }
        // Without its runtime at hand.
        for name in ["runc", "crun", "gvisor"] {
            assert_eq!(code(name, &native::sample::spinning(1)), "artifact-kind");
        }
    }
}
