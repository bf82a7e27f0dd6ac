//! The WebAssembly proposals that every profile switches on; all others are off.
//!
//! The list is what the toolchains of WASI preview 1 emit (LLVM's `lime1` and `generic`, Go, AssemblyScript), plus
//! vectors. Threads, memories of 64 bits, several memories, exceptions, garbage collection and components are out.

use wasmtime::WasmFeatures;

/// Every WebAssembly feature that is on, by its stable name, in the order in which settings list them.
///
/// `floats` is no proposal: it stands for the floating-point instructions of WebAssembly 1.0.
pub const WASM_FEATURES: &[(&str, WasmFeatures)] = &[
    ("bulk-memory", WasmFeatures::BULK_MEMORY),
    ("extended-const", WasmFeatures::EXTENDED_CONST),
    ("floats", WasmFeatures::FLOATS),
    ("multi-value", WasmFeatures::MULTI_VALUE),
    ("mutable-global", WasmFeatures::MUTABLE_GLOBAL),
    ("reference-types", WasmFeatures::REFERENCE_TYPES),
    ("saturating-float-to-int", WasmFeatures::SATURATING_FLOAT_TO_INT),
    ("sign-extension", WasmFeatures::SIGN_EXTENSION),
    ("simd", WasmFeatures::SIMD),
];

/// The union of [`WASM_FEATURES`]: exactly the set that a module must be valid under.
#[must_use]
pub fn wasm_features() -> WasmFeatures {
    WASM_FEATURES.iter().fold(WasmFeatures::empty(), |set, (_, feature)| set | *feature)
}

/// The names of [`WASM_FEATURES`], joined by commas.
pub(crate) fn names() -> String {
    let names: Vec<&str> = WASM_FEATURES.iter().map(|(name, _)| *name).collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_names_are_sorted_and_distinct() {
        assert!(WASM_FEATURES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn features_that_widen_the_engine_are_off() {
        let off = [
            WasmFeatures::THREADS,
            WasmFeatures::MEMORY64,
            WasmFeatures::MULTI_MEMORY,
            WasmFeatures::GC_TYPES,
            WasmFeatures::EXCEPTIONS,
            WasmFeatures::COMPONENT_MODEL,
            WasmFeatures::TAIL_CALL,
            WasmFeatures::RELAXED_SIMD,
        ];
        for feature in off {
            assert!(!wasm_features().intersects(feature), "{feature:?}");
        }
    }
}
