//! Why here and not there (rules PL-EXPLAIN, PL-RELIEF): the choice and its price in parts, the runners-up, what ruled out
//! every other place and for whom; and if nothing is lawful, the least that would have to be given up.
//!
//! It looks at every place once, and decides nothing: the choice is that of [`Fleet::cheapest`](crate::Fleet::cheapest).

mod account;
mod reason;
mod relief;
mod standing;

pub use account::{Bounds, Explanation, Group, Offered, explain};
pub use reason::{Reason, Shortage};
pub use relief::{Conflicting, Relief};
