//! Execution environments: their kinds, what they cost, and what there is for programs (rules F-NODE, PL-OFFER, PL-PRICE).
//!
//! What an environment is worth to anybody is in what it provides, never in its kind.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How an execution environment keeps apart what it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentKind {
    /// WebAssembly in the process of the host's own program.
    Embedded,
    /// A process like others.
    Process,
    /// A process under the kernel's filters and namespaces.
    Confined,
    /// A container of `runc`.
    Runc,
    /// A container of `crun`.
    Crun,
    /// A container of gVisor's `runsc`.
    Gvisor,
    /// A WebAssembly runtime beside the host's own program.
    WasmRuntime,
    /// A container in a virtual machine of its own.
    Kata,
    /// An enclave of SGX.
    Sgx,
    /// A confidential virtual machine of TDX.
    Tdx,
    /// A confidential virtual machine of SEV-SNP.
    SevSnp,
}

impl EnvironmentKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Embedded,
        Self::Process,
        Self::Confined,
        Self::Runc,
        Self::Crun,
        Self::Gvisor,
        Self::WasmRuntime,
        Self::Kata,
        Self::Sgx,
        Self::Tdx,
        Self::SevSnp,
    ];

    /// The kind in a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Process => "process",
            Self::Confined => "confined",
            Self::Runc => "runc",
            Self::Crun => "crun",
            Self::Gvisor => "gvisor",
            Self::WasmRuntime => "wasm-runtime",
            Self::Kata => "kata",
            Self::Sgx => "sgx",
            Self::Tdx => "tdx",
            Self::SevSnp => "sev-snp",
        }
    }
}

impl fmt::Display for EnvironmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of what programs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resources {
    /// Processors, in thousandths of one.
    pub cpu_milli: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
}

impl Resources {
    /// The most that a place may have for programs, in thousandths of a core: two million cores.
    pub const MOST_CPU_MILLI: u64 = i32::MAX as u64;
    /// The most that it may have, in bytes: 128 TiB.
    pub const MOST_MEMORY_BYTES: u64 = 1 << 47;

    /// Whether there is so much of both.
    #[must_use]
    pub const fn hold(&self, asked: &Self) -> bool {
        self.cpu_milli >= asked.cpu_milli && self.memory_bytes >= asked.memory_bytes
    }

    /// What is left when `taken` is taken; `None` if there is not so much.
    #[must_use]
    pub fn less(&self, taken: &Self) -> Option<Self> {
        Some(Self {
            cpu_milli: self.cpu_milli.checked_sub(taken.cpu_milli)?,
            memory_bytes: self.memory_bytes.checked_sub(taken.memory_bytes)?,
        })
    }

    /// Both together.
    #[must_use]
    pub const fn and(&self, other: &Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_add(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
        }
    }

    /// Whether there is nothing of either.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.cpu_milli == 0 && self.memory_bytes == 0
    }

    /// Whether it is no more than a place may have.
    #[must_use]
    pub const fn is_within_limits(&self) -> bool {
        self.cpu_milli <= Self::MOST_CPU_MILLI && self.memory_bytes <= Self::MOST_MEMORY_BYTES
    }
}

/// What an environment costs beside what its program uses, as the node measured it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Overheads {
    /// From its start to the program's first instruction, in microseconds.
    pub start_up_micros: u64,
    /// Memory beside the program's own, in bytes.
    pub memory_bytes: u64,
    /// Processors beside the program's own, in thousandths of one.
    pub cpu_milli: u64,
    /// How long a program takes that would take 1,000 without the environment: 1,000 at least.
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
