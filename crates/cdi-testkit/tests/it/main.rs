//! The production core, held to the reference model.

mod agreement;
mod ahead;
mod budgets;
mod catalogues;
mod codes;
mod costs;
mod documented_codes;
mod kept;
mod kept_members;
mod limits;
mod mutants;
mod nodes;
mod places;
mod proofs;
mod prune;
mod refusals;
mod repairs;
mod sources;
mod suggesting;
mod supplying;
mod supposing;
mod two_cores;
mod vectors;
