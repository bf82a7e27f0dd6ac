//! Which of several runtime classes a pod gets: it can name one only.

use super::compile::Constraint;
use crate::cost::Price;
use crate::explain::Offered;

/// A constraint, and what the cheapest place costs that it selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The constraint.
    pub constraint: Constraint,
    /// The price; `None` where no place that it selects has room now.
    pub price: Option<Price>,
}

/// Puts constraints into the order of what their cheapest places cost, as an explanation has them by environment: the first is the
/// pod's, the others are lawful as well and dearer, or have no room now.
#[must_use]
pub fn by_price(constraints: Vec<Constraint>, by_environment: &[Offered]) -> Vec<Priced> {
    let priced = |constraint: Constraint| {
        let same = |offered: &&Offered| {
            offered.environment == constraint.environment && offered.tenancy == constraint.tenancy
        };
        let price = by_environment.iter().filter(same).map(|offered| offered.price).min();
        Priced { constraint, price }
    };
    let mut all: Vec<Priced> = constraints.into_iter().map(priced).collect();
    // Stable: what costs the same stays in the order of the environments' names.
    all.sort_by_key(|priced| (priced.price.is_none(), priced.price));
    all
}
