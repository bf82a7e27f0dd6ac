//! A joined residual as scheduling constraints of Kubernetes (rules PL-LABEL, PL-COMPILE, PL-INTERSECT).
//!
//! In go the residual and a catalogue of runtime classes; out come, for each class and tenancy, the node selector terms that
//! select exactly the nodes where the class is lawful. Pure: no cluster is asked, and nothing is decided anew.

mod choose;
mod compile;
mod intersect;
mod label;
mod runtime;

pub use choose::{Priced, by_price};
pub use compile::{Constraint, PodAntiAffinity, compile};
pub use intersect::{Expression, IntersectError, Operator, SelectorTerm, intersect};
pub use label::{Label, PREFIX, node_labels};
pub use runtime::{RuntimeClass, RuntimeError, Toleration};
