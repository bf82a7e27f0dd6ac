//! Tools of WebAssembly: wasm-opt, wasm2c, and wamrc by a stand-in that takes its options and writes something.

use std::os::unix::fs::PermissionsExt as _;

use super::bench::{Bench, Run, is_here};
use super::elf::Seen;
use crate::support::Scene;

/// A module with one function that gives 7, and imports nothing.
const GOOD: &[u8] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x0a\x06\x01\x04\0\x41\x07\x0b";

/// The same with a number of 64 bits where one of 32 is promised.
fn bad() -> Vec<u8> {
    let mut module = GOOD.to_vec();
    let number = module.len() - 3;
    module[number] = 0x42;
    module
}

/// A memory of 64 bits, which no core module has, and a section by which the module says so itself.
fn beyond_core() -> Vec<u8> {
    let memory = b"\0asm\x01\0\0\0\x05\x03\x01\x04\x01\x07\x05\x01\x01m\x02\0".as_slice();
    [memory, b"\0\x1b\x0ftarget_features\x01+\x08memory64"].concat()
}

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("beyond.wasm", &beyond_core());
    scene.write("good.wasm", GOOD);
    scene.write("bad.wasm", &bad());
    scene
}

/// Whether what the module has stays, where all that was read is known.
fn keeps_imports(bench: &Bench, run: &Run, kept: bool) {
    let property = "WASM_NO_IMPORTS";
    bench.asks(property, &[(property, "good.wasm")]);
    bench.record(run);
    assert!(!bench.shows(run, property));
    bench.as_traced();
    assert_eq!(bench.shows(run, property), kept);
    assert!(!bench.shows(run, "WASM_NO_NETWORK_IMPORTS"), "what went in did not have it");
}

#[test]
fn wasm_opt_keeps_what_a_module_has_and_validates_by_what_the_module_says() {
    if !is_here("wasm-opt") {
        return;
    }
    let run = |options: &str, module: &str| {
        Run::of(&format!("wasm-opt {options} -o out.wasm {module}")).reads(&[module])
    };
    let bench = Bench::of("wasm-opt", scene(), &[run("-O2", "good.wasm")]);
    let property = "WASM_VALIDATED";
    assert_ne!(bench.attempt(&run("-O2", "bad.wasm")).status, 0);
    bench.leaves_open(&run("-O2", "good.wasm"), property);
    // The module turns on what it needs, and no option turns it off.
    for options in ["-O2", "-O2 --mvp-features", "-O2 --disable-memory64"] {
        let run = run(options, "beyond.wasm");
        let made = bench.record(&run);
        assert!(
            made.windows(5).any(|section| section == b"\x05\x03\x01\x04\x01"),
            "{options}: a memory of 64 bits"
        );
        assert!(!bench.shows(&run, property), "{options}");
    }
    // What was made from a validated module was.
    bench.asks(property, &[(property, "good.wasm")]);
    for (options, kept) in
        [("-O2", true), ("-O --strip-debug", true), ("-O2 -n", false), ("-O2 --all-features", false)]
    {
        let run = run(options, "good.wasm");
        bench.record(&run);
        assert!(!bench.shows(&run, property), "{options}: nobody knows what was read");
        bench.as_traced();
        assert_eq!(bench.shows(&run, property), kept, "{options}");
    }
    let debugged = run("-O2", "good.wasm").with("BINARYEN_PASS_DEBUG=0");
    bench.record(&debugged);
    bench.as_traced();
    assert!(!bench.shows(&debugged, property));
    keeps_imports(&bench, &run("-Oz", "good.wasm"), true);
    keeps_imports(&bench, &run("--log-execution", "good.wasm"), false);
}

#[test]
fn wasm2c_translates_what_it_has_validated() {
    if !is_here("wasm2c") {
        return;
    }
    let run = |options: &str, module: &str| {
        Run::of(&format!("wasm2c {options} -o out.c {module}")).reads(&[module])
    };
    let bench = Bench::of("wasm2c", scene(), &[run("", "good.wasm")]);
    let is_text = (|bytes| bytes.starts_with(b"/*")) as Seen;
    bench.has(&run("", "good.wasm"), "WASM_VALIDATED", is_text);
    // The header has what the C has: its path is made of the C's.
    let header = |c: &str, header: &str| {
        Run::to(&format!("wasm2c -o {c} good.wasm"), header).reads(&["good.wasm"]).writes(c)
    };
    bench.has(&header("out.c", "out.h"), "WASM_VALIDATED", |bytes| bytes.starts_with(b"/*"));
    bench.leaves_open(&header("out.txt", "out.txt.h"), "WASM_VALIDATED");
    for module in ["bad.wasm", "beyond.wasm"] {
        assert_ne!(bench.attempt(&run("", module)).status, 0, "{module}");
    }
    // More than a core module is taken so.
    bench.leaves_open(&run("--enable-exceptions", "good.wasm"), "WASM_VALIDATED");
    keeps_imports(&bench, &run("--no-debug-names", "good.wasm"), true);
}

#[test]
fn wamrc_is_taken_at_the_canonical_value_only() {
    let scene = scene();
    scene.write("wamrc", b"#!/bin/sh\necho \"$@\" > out.aot\n");
    std::fs::set_permissions(scene.path("wamrc"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let run =
        |options: &str| Run::of(&format!("./wamrc {options} -o out.aot good.wasm")).reads(&["good.wasm"]);
    let bench = Bench::of("wamrc", scene, &[run("")]);
    let property = "WASM_BOUNDS_CHECKED_IN_SOFTWARE";
    let (covered, by_place) =
        (["--bounds-checks=1", "-sgx", "--target=x86_64 --bounds-checks=1"], "--opt-level=3");
    for options in covered {
        bench.has(&run(options), property, |_| true);
    }
    bench.leaves_open(&run(by_place), property);
    assert!(bench.shows(&run(by_place), "WASM_BOUNDS_CHECKED_BY_GUARD_PAGES"));
    for value in ["0", "2", "true", "on", "", "00", "01", "+1", "1x"] {
        bench.leaves_open(&run(&format!("--bounds-checks={value}")), property);
    }
    for options in [
        "--bounds-checks=1 --bounds-checks=0",
        "--bounds-checks=0 --bounds-checks=1",
        "--bounds-checks=1 --bounds-checks=1 --bounds-checks=0",
        "--bounds-checks 1",
        "--bounds-checks=1 --stack-bounds-checks=0",
        "--bounds-checks=1 --mllvm=-x",
        "--bounds-checks=1 --enable-llvm-passes=x",
        "--bounds-checks=1 --native-lib=good.wasm",
        "--bounds-checks=1 --use-prof-file=good.wasm",
        "--bounds-checks=1 --cpu-features=-sse",
        "--bounds-checks=1 --emit-custom-sections=--bounds-checks=1",
    ] {
        bench.leaves_open(&run(options), property);
    }
    let after = Run::of("./wamrc -o out.aot good.wasm --bounds-checks=1").reads(&["good.wasm"]);
    bench.leaves_open(&after, property);
    for variable in ["WAMRC_LLC_COMPILER=/bin/true", "WAMRC_LLC_FLAGS=-O0", "WAMRC_ASM_COMPILER=/bin/true"] {
        bench.leaves_open(&run("--bounds-checks=1").with(variable), property);
    }
}
