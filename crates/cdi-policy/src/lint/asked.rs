//! What a policy asks of the code, over all times.

use std::collections::BTreeSet;

use cdi_types::{PropertyName, Role};
use cdi_verify::Question;

use crate::formula::Atom;
use crate::policy::Policy;

/// What is asked of the code.
pub(super) struct Asked {
    /// The properties in requirements.
    pub(super) properties: BTreeSet<PropertyName>,
    /// The names of others' evidence in requirements.
    pub(super) evidence: BTreeSet<Role>,
    /// Whether the history must be complete.
    pub(super) complete: bool,
    /// Whether anything is asked of the history.
    pub(super) history: bool,
}

impl Asked {
    pub(super) fn of(policy: &Policy) -> Self {
        let atoms = policy.requirements().iter().flat_map(|demand| demand.expanded.atoms());
        let (mut properties, mut evidence) = (BTreeSet::new(), BTreeSet::new());
        for atom in atoms {
            match atom {
                Atom::Code(property) => drop(properties.insert(property)),
                Atom::Evidence(name) => drop(evidence.insert(name)),
                Atom::Platform(_) => {}
            }
        }
        let questions: BTreeSet<&Question> = policy.asked_of_history().collect();
        Self {
            properties,
            evidence,
            complete: questions.contains(&Question::Complete),
            history: !questions.is_empty(),
        }
    }

    /// Whether authorities are asked for anything about this property, or about steps.
    pub(super) fn contains(&self, property: &PropertyName) -> bool {
        self.properties.contains(property) || (property.is_step() && self.history)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.evidence.is_empty() && !self.history
    }

    /// Whether a scope's pattern speaks of something that is asked.
    pub(super) fn speaks(&self, matches: impl Fn(&PropertyName) -> bool) -> bool {
        self.properties.iter().any(&matches) || (self.history && matches(PropertyName::the_step()))
    }
}
