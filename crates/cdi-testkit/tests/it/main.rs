//! The production core, held to the reference model.

mod agreement;
