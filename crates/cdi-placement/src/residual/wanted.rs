//! The atom of a joined residual: who wants which property of the place, on whose word.

use std::fmt;

/// On whose word a principal takes a property of a place, at the least (rule PL-WANTED).
pub use cdi_policy::PlaceLevel as Level;
use cdi_types::{Name, PlatformProperty, PropertyName};

/// What one principal wants of the place. What it counts for one principal says nothing about another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// Who wants it.
    pub principal: Name,
    /// On whose word.
    pub level: Level,
    /// What.
    pub property: PlatformProperty,
}

/// The property for which the whole node is taken (rule PL-TENANCY).
const SINGLE_TENANT: &str = "SINGLE_TENANT";

impl Wanted {
    /// That the principal accepts the node, whatever it provides; `asserted`, because it is the policy's own word.
    #[must_use]
    pub fn accepted_node(principal: &Name) -> Self {
        // `STEP` is reserved: no catalogue has it for places, and no formula asks for it.
        let property =
            PlatformProperty { name: PropertyName::step(), value: Some("accepted-node".to_owned()) };
        Self { principal: principal.clone(), level: Level::Asserted, property }
    }

    /// Whether it is met only where nothing else runs on the node (rule PL-TENANCY).
    #[must_use]
    pub fn takes_the_whole_node(&self) -> bool {
        self.property.name.as_str() == SINGLE_TENANT
    }

    /// Whether no place is both: two values of one property (rule P-CONFLICT).
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        let (one, other) = (&self.property, &other.property);
        one.name == other.name && one.value.is_some() && other.value.is_some() && one.value != other.value
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {} for `{}`", self.property, self.level, self.principal)
    }
}
