//! The two defences against speculation, which the engine exposes as code generator flags only.

use wasmtime::Config;

/// A defence that the code generator can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mitigation {
    /// Of accesses to linear memories.
    HeapAccess,
    /// Of accesses to tables.
    TableAccess,
}

impl Mitigation {
    const fn flag(self) -> &'static str {
        match self {
            Self::HeapAccess => "enable_heap_access_spectre_mitigation",
            Self::TableAccess => "enable_table_access_spectre_mitigation",
        }
    }
}

/// The defence `which` is on or off in code generated under `config`.
#[expect(unsafe_code, reason = "the engine has no safe setter for code generator flags")]
pub(crate) fn switch(config: &mut Config, which: Mitigation, on: bool) {
    let value = if on { "true" } else { "false" };
    // SAFETY: the engine asks that no flag break an invariant of generated code. These two are the engine's own
    // documented switches: either value keeps the architectural bounds check, and the loader ignores both.
    unsafe { config.cranelift_flag_set(which.flag(), value) };
}
