//! What is to be placed: how much it asks for, for how long, and what can run it.

use std::collections::BTreeSet;

use cdi_types::Name;

use crate::inventory::{EnvironmentKind, Resources};

/// What can run it: a form of code that no environment of any kind could run would go nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The kinds of environment that run code of this form.
    pub kinds: BTreeSet<EnvironmentKind>,
    /// The architecture that it is compiled for; `None` for code that runs on any.
    pub architecture: Option<Name>,
}

impl Form {
    /// Code that every environment runs.
    #[must_use]
    pub fn any() -> Self {
        Self { kinds: EnvironmentKind::ALL.into_iter().collect(), architecture: None }
    }

    /// Whether an environment of this kind, on a node of this architecture, runs it.
    #[must_use]
    pub fn runs_in(&self, kind: EnvironmentKind, architecture: &Name) -> bool {
        self.kinds.contains(&kind) && self.architecture.as_ref().is_none_or(|own| own == architecture)
    }
}

/// What a workload asks of a node, besides what its principals require.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    request: Resources,
    lifetime_micros: u64,
    form: Form,
}

/// What no workload asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// It asks for no processor or no memory.
    #[error("a workload that asks for no processor or no memory would fit on a node that is full")]
    AsksForNothing,
    /// It asks for more than any node has.
    #[error("a workload asks for {} thousandths of a core and {} bytes, more than any node has", found.cpu_milli, found.memory_bytes)]
    TooLarge {
        /// What it asks for.
        found: Resources,
    },
    /// It lives for no time, or for longer than is read.
    #[error("a workload lives for {found} us; from 1 to {} are read", Workload::MOST_LIFETIME_MICROS)]
    Lifetime {
        /// How long.
        found: u64,
    },
    /// Nothing runs it.
    #[error("no kind of environment is said to run the workload")]
    Formless,
}

impl WorkloadError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AsksForNothing => "workload-asks-for-nothing",
            Self::TooLarge { .. } => "workload-too-large",
            Self::Lifetime { .. } => "workload-lifetime",
            Self::Formless => "workload-formless",
        }
    }
}

impl Workload {
    /// The longest lifetime: ten years, in microseconds.
    pub const MOST_LIFETIME_MICROS: u64 = 10 * 366 * 86_400 * 1_000_000;

    /// A workload that asks for so much, is expected to live so long, and is of this form.
    ///
    /// # Errors
    /// [`WorkloadError`] for what no workload asks for.
    pub fn new(request: Resources, lifetime_micros: u64, form: Form) -> Result<Self, WorkloadError> {
        if request.cpu_milli == 0 || request.memory_bytes == 0 {
            return Err(WorkloadError::AsksForNothing);
        }
        if !request.is_within_limits() {
            return Err(WorkloadError::TooLarge { found: request });
        }
        if !(1..=Self::MOST_LIFETIME_MICROS).contains(&lifetime_micros) {
            return Err(WorkloadError::Lifetime { found: lifetime_micros });
        }
        if form.kinds.is_empty() {
            return Err(WorkloadError::Formless);
        }
        Ok(Self { request, lifetime_micros, form })
    }

    /// What it asks for.
    #[must_use]
    pub const fn request(&self) -> Resources {
        self.request
    }

    /// How long it is expected to live, in microseconds.
    #[must_use]
    pub const fn lifetime_micros(&self) -> u64 {
        self.lifetime_micros
    }

    /// What can run it.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }
}
