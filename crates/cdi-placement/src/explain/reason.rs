//! What rules a place out.

use std::fmt;

use cdi_types::Name;

use crate::inventory::EnvironmentKind;
use crate::residual::Requirement;

/// A resource that there is not enough of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortage {
    /// Processor.
    Cpu,
    /// Memory.
    Memory,
    /// The whole node: something runs on it.
    WholeNode,
}

/// One thing that rules a place out. A place that is ruled out by requirements is not looked at for resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It cannot run code of this form.
    Form {
        /// What sort of environment it is.
        kind: EnvironmentKind,
        /// The node's architecture.
        architecture: Name,
    },
    /// It does not meet a requirement.
    Requirement(Requirement),
    /// There is not enough free.
    Shortage(Shortage),
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "not enough processor is free",
            Self::Memory => "not enough memory is free",
            Self::WholeNode => "something else runs on the node, and all of it is asked for",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { kind, architecture } => {
                write!(f, "`{kind}` on `{architecture}` does not run code of this form")
            }
            Self::Requirement(Requirement { principal, requirement, open }) => {
                write!(f, "`{principal}` requires `{requirement}`, which leaves {open}")
            }
            Self::Shortage(shortage) => shortage.fmt(f),
        }
    }
}
