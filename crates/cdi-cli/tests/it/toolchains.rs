//! The claims that ship about real tools, held against real runs of them: with the option the run is covered and the binary has
//! the property, without it neither. What is not here is passed over, and the reason printed; with the variable
//! `CDI_TEST_ENVIRONMENTS` all must be here.

pub(crate) mod bench;
mod c;
mod cargo;
pub(crate) mod elf;
mod linking;
mod rust;
mod templates;
mod traced;
mod wasm;
