//! Inspector of core WebAssembly modules: what a module asks of its host, and the properties that follow.
//!
//! [`inspect`] validates a module under exactly the features that every engine profile switches on, lists imports and
//! exports, and names the properties it found. It looks at the interface alone: a module with a property may still be
//! wrong or malicious within what its imports let it do.
//!
//! Nothing here reads files or the environment, and nothing signs.

mod inspect;
mod property;

pub use cdi_wasm_profile::{MAX_MODULE_BYTES, NotACoreModule};
pub use inspect::{Export, Import, InspectError, Inspection, inspect};
pub use property::{
    WASI_MODULE, WASM_IMPORTS_WASI_ONLY, WASM_NO_IMPORTS, WASM_NO_NETWORK_IMPORTS, WASM_VALIDATED,
};
