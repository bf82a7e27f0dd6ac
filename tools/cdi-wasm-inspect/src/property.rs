//! The properties that the inspector finds, each a statement about the imports of a valid module.

use std::collections::BTreeSet;

use crate::Import;

/// The module is valid under the features of every engine profile.
pub const WASM_VALIDATED: &str = "WASM_VALIDATED";

/// Every import is a function of [`WASI_MODULE`]. True of a module without imports: it asks for nothing else either.
pub const WASM_IMPORTS_WASI_ONLY: &str = "WASM_IMPORTS_WASI_ONLY";

/// There are no imports at all: the module can compute, and nothing more.
pub const WASM_NO_IMPORTS: &str = "WASM_NO_IMPORTS";

/// Every import is a function of [`WASI_MODULE`] and none is one of its socket functions. Reading and writing work on
/// any descriptor, so this says something only of hosts that hand over no sockets.
pub const WASM_NO_NETWORK_IMPORTS: &str = "WASM_NO_NETWORK_IMPORTS";

/// The one name of WASI preview 1, compared byte for byte; its forerunner `wasi_unstable` is another interface.
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// What the names of WASI's socket functions begin with: `accept`, `recv`, `send` and `shutdown` follow. A prefix, so
/// that a function that a host adds to them is not overlooked.
const SOCKET_PREFIX: &str = "sock_";

/// The properties of a *valid* module with exactly `imports`.
pub(crate) fn properties(imports: &BTreeSet<Import>) -> BTreeSet<String> {
    let wasi_only = imports.iter().all(|import| import.module == WASI_MODULE && import.kind == "function");
    let no_sockets = imports.iter().all(|import| !import.name.starts_with(SOCKET_PREFIX));
    let found = [
        (WASM_VALIDATED, true),
        (WASM_IMPORTS_WASI_ONLY, wasi_only),
        (WASM_NO_IMPORTS, imports.is_empty()),
        (WASM_NO_NETWORK_IMPORTS, wasi_only && no_sockets),
    ];
    found.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name.to_owned()).collect()
}
