//! From the bytes of a module to what it asks for.

use std::collections::BTreeSet;

use cdi_wasm_profile::{CoreModule, NotACoreModule, wasm_features};
use serde::Serialize;
use wasmparser::{BinaryReaderError, ExternalKind, Parser, Payload, TypeRef, ValidPayload, Validator};

use crate::property;

/// What a valid module asks for, offers, and is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Inspection {
    /// Everything that the host must supply.
    pub imports: BTreeSet<Import>,
    /// Everything that the host can reach.
    pub exports: BTreeSet<Export>,
    /// The names of the properties found.
    pub properties: BTreeSet<String>,
}

/// Something that the host must supply.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Import {
    /// The name of the importing side's module.
    pub module: String,
    /// The name within it.
    pub name: String,
    /// `function`, `table`, `memory`, `global` or `tag`.
    pub kind: &'static str,
}

/// Something that the host can reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Export {
    /// The name.
    pub name: String,
    /// `function`, `table`, `memory`, `global` or `tag`.
    pub kind: &'static str,
}

/// Why a module was not inspected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// The input does not begin as a core module.
    #[error(transparent)]
    Input(#[from] NotACoreModule),
    /// The input is no valid module under the profiles' features.
    #[error("input is no valid module: {detail}, at byte {offset}")]
    Invalid {
        /// The validator's own words.
        detail: String,
        /// Where.
        offset: usize,
    },
}

impl InspectError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Input(reason) => reason.code(),
            Self::Invalid { .. } => "module-invalid",
        }
    }
}

impl From<BinaryReaderError> for InspectError {
    fn from(error: BinaryReaderError) -> Self {
        Self::Invalid { detail: error.message().to_owned(), offset: error.offset() }
    }
}

/// What the module `wasm` asks for, offers and is. It is valid: every function body has been validated.
///
/// # Errors
///
/// What is wrong with it; nothing is said of a module that is not valid.
pub fn inspect(wasm: &[u8]) -> Result<Inspection, InspectError> {
    let module = CoreModule::parse(wasm)?;
    let mut validator = Validator::new_with_features(wasm_features());
    let mut parser = Parser::new(0);
    parser.set_features(wasm_features());
    let (mut imports, mut exports) = (BTreeSet::new(), BTreeSet::new());
    for payload in parser.parse_all(module.bytes()) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            function.into_validator(Default::default()).validate(&body)?;
        }
        collect(&payload, &mut imports, &mut exports)?;
    }
    let properties = property::properties(&imports);
    Ok(Inspection { imports, exports, properties })
}

fn collect(
    payload: &Payload<'_>,
    imports: &mut BTreeSet<Import>,
    exports: &mut BTreeSet<Export>,
) -> Result<(), InspectError> {
    match payload {
        Payload::ImportSection(section) => {
            for import in section.clone().into_imports() {
                let import = import?;
                imports.insert(Import {
                    module: import.module.to_owned(),
                    name: import.name.to_owned(),
                    kind: import_kind(import.ty),
                });
            }
        }
        Payload::ExportSection(section) => {
            for export in section.clone() {
                let export = export?;
                exports.insert(Export { name: export.name.to_owned(), kind: kind(export.kind) });
            }
        }
        _ => {}
    }
    Ok(())
}

const fn import_kind(ty: TypeRef) -> &'static str {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => kind(ExternalKind::Func),
        TypeRef::Table(_) => kind(ExternalKind::Table),
        TypeRef::Memory(_) => kind(ExternalKind::Memory),
        TypeRef::Global(_) => kind(ExternalKind::Global),
        TypeRef::Tag(_) => kind(ExternalKind::Tag),
    }
}

const fn kind(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    fn properties(text: &str) -> Vec<String> {
        inspect(&wat::parse_str(text).unwrap()).unwrap().properties.into_iter().collect()
    }

    fn code(text: &str) -> &'static str {
        inspect(&wat::parse_str(text).unwrap()).unwrap_err().code()
    }

    #[test]
    fn a_module_without_imports_has_every_property() {
        let all = [WASM_IMPORTS_WASI_ONLY, WASM_NO_IMPORTS, WASM_NO_NETWORK_IMPORTS, WASM_VALIDATED];
        assert_eq!(properties("(module)"), all);
    }

    #[test]
    fn wasi_without_sockets_has_no_network_imports() {
        let text = "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32))))";
        assert_eq!(properties(text), [WASM_IMPORTS_WASI_ONLY, WASM_NO_NETWORK_IMPORTS, WASM_VALIDATED]);
    }

    #[test]
    fn each_socket_function_is_a_network_import() {
        for name in ["sock_accept", "sock_recv", "sock_send", "sock_shutdown", "sock_open"] {
            let text = format!("(module (import \"wasi_snapshot_preview1\" \"{name}\" (func)))");
            assert_eq!(properties(&text), [WASM_IMPORTS_WASI_ONLY, WASM_VALIDATED], "{name}");
        }
    }

    #[test]
    fn imports_of_another_module_leave_only_validity() {
        for module in ["env", "wasi_unstable", "wasi_snapshot_preview1 ", "WASI_SNAPSHOT_PREVIEW1", ""] {
            let text = format!("(module (import \"{module}\" \"proc_exit\" (func)))");
            assert_eq!(properties(&text), [WASM_VALIDATED], "{module}");
        }
    }

    #[test]
    fn one_foreign_import_among_wasi_imports_counts() {
        let text =
            "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func)) (import \"env\" \"f\" (func)))";
        assert_eq!(properties(text), [WASM_VALIDATED]);
    }

    #[test]
    fn an_imported_memory_is_no_wasi_function() {
        assert_eq!(
            properties("(module (import \"wasi_snapshot_preview1\" \"memory\" (memory 1)))"),
            [WASM_VALIDATED]
        );
    }

    #[test]
    fn imports_and_exports_are_listed_with_their_kinds() {
        let text = "(module (import \"env\" \"t\" (table 1 funcref)) (memory (export \"m\") 1))";
        let found = inspect(&wat::parse_str(text).unwrap()).unwrap();
        let import = Import { module: "env".into(), name: "t".into(), kind: "table" };
        assert_eq!(found.imports, BTreeSet::from([import]));
        assert_eq!(found.exports, BTreeSet::from([Export { name: "m".into(), kind: "memory" }]));
    }

    #[test]
    fn a_body_that_does_not_validate_is_refused() {
        assert_eq!(code("(module (func (result i32) i64.const 0))"), "module-invalid");
    }

    #[test]
    fn features_outside_the_profiles_are_refused() {
        for text in [
            "(module (memory i64 1))",
            "(module (memory 1 1 shared))",
            "(module (memory 1) (memory 1))",
            "(module (func (param externref)))",
            "(module (func $f return_call $f))",
            "(module (tag))",
        ] {
            assert_eq!(code(text), "module-invalid", "{text}");
        }
    }

    #[test]
    fn data_behind_the_module_is_refused() {
        let mut wasm = wat::parse_str("(module)").unwrap();
        wasm.push(0xff);
        assert_eq!(inspect(&wasm).unwrap_err().code(), "module-invalid");
    }

    #[test]
    fn a_component_is_refused() {
        assert_eq!(inspect(b"\0asm\x0d\0\x01\0").unwrap_err().code(), "input-is-component");
    }
}
