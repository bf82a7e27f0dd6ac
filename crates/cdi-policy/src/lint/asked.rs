//! What a policy asks of the code, over all times.

use std::collections::BTreeSet;

use cdi_types::PropertyName;
use cdi_verify::Question;

use crate::formula::Atom;
use crate::policy::Policy;

/// What is asked of the code.
pub(super) struct Asked {
    /// The properties in requirements.
    pub(super) properties: BTreeSet<PropertyName>,
    /// Whether the history must be complete.
    pub(super) complete: bool,
    /// Whether anything is asked of the history.
    pub(super) history: bool,
}

impl Asked {
    pub(super) fn of(policy: &Policy) -> Self {
        let atoms = policy.requirements().iter().flat_map(|demand| demand.expanded.atoms());
        let properties = atoms.filter_map(|atom| match atom {
            Atom::Code(property) => Some(property),
            Atom::Platform(_) => None,
        });
        let questions: BTreeSet<&Question> = policy.asked_of_history().collect();
        Self {
            properties: properties.collect(),
            complete: questions.contains(&Question::Complete),
            history: !questions.is_empty(),
        }
    }

    /// Whether authorities are asked for anything about this property, or about steps.
    pub(super) fn contains(&self, property: &PropertyName) -> bool {
        self.properties.contains(property) || (property.is_step() && self.history)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.properties.is_empty() && !self.history
    }

    /// Whether a scope's pattern speaks of something that is asked.
    pub(super) fn speaks(&self, matches: impl Fn(&PropertyName) -> bool) -> bool {
        self.properties.iter().any(&matches) || (self.history && matches(PropertyName::the_step()))
    }
}
