//! An execution environment as it is offered, and what it costs besides what the workload asks for.

use std::fmt;

use cdi_types::Name;
use serde::{Deserialize, Serialize};

use super::stock::Described;

/// What sort of environment it is: what it can run. What it is worth to anybody is in what it meets, never in its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentKind {
    /// WebAssembly in the host's own process.
    EmbeddedWasm,
    /// WebAssembly in a runtime that is a program of its own.
    WasmRuntime,
    /// A process.
    Process,
    /// A process that is confined by the kernel.
    Confined,
    /// A container on the host's kernel.
    Container,
    /// A container on a kernel in user space.
    Gvisor,
    /// A container in a virtual machine.
    Kata,
    /// An enclave.
    SgxEnclave,
    /// A virtual machine whose memory the host cannot read, by Intel TDX.
    TdxVm,
    /// A virtual machine whose memory the host cannot read, by AMD SEV-SNP.
    SevSnpVm,
}

impl EnvironmentKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::EmbeddedWasm,
        Self::WasmRuntime,
        Self::Process,
        Self::Confined,
        Self::Container,
        Self::Gvisor,
        Self::Kata,
        Self::SgxEnclave,
        Self::TdxVm,
        Self::SevSnpVm,
    ];

    /// The kind in a word, as documents have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmbeddedWasm => "embedded-wasm",
            Self::WasmRuntime => "wasm-runtime",
            Self::Process => "process",
            Self::Confined => "confined",
            Self::Container => "container",
            Self::Gvisor => "gvisor",
            Self::Kata => "kata",
            Self::SgxEnclave => "sgx-enclave",
            Self::TdxVm => "tdx-vm",
            Self::SevSnpVm => "sev-snp-vm",
        }
    }
}

impl fmt::Display for EnvironmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an environment takes besides what the workload asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Overheads {
    /// Thousandths of a core.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Microseconds from start to the workload's first instruction.
    pub start_up_micros: u64,
    /// The processor time of the same work, in thousandths of what it takes without the environment: 1,000 at least.
    pub slowdown_permille: u64,
}

impl Overheads {
    /// Those of an environment that takes nothing.
    pub const NONE: Self =
        Self { cpu_milli: 0, memory_bytes: 0, start_up_micros: 0, slowdown_permille: 1_000 };
    /// The longest start-up: a day.
    pub const MOST_START_UP_MICROS: u64 = 86_400_000_000;
    /// The greatest slowdown: a thousand times.
    pub const MOST_SLOWDOWN_PERMILLE: u64 = 1_000_000;
}

/// An environment that nodes offer, described once for all nodes where it is the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offer {
    /// Its name.
    pub name: Name,
    /// What sort it is.
    pub kind: EnvironmentKind,
    /// What it meets, on whatever node.
    pub meets: Described,
    /// What it takes.
    pub overheads: Overheads,
}
