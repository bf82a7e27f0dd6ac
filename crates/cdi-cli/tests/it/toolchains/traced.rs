//! Runs that are really traced: each file that was read is in the report, and what comes with the toolchain is known by the
//! supplier's word.

use super::bench::{Bench, Run, is_here};
use super::elf;
use super::linking::{HARDENED, objects};
use crate::support::Scene;

#[test]
fn a_traced_strip_keeps_what_the_program_has() {
    let (Some(scene), true) = (objects(), is_here("strip")) else { return };
    let run = Run::of("strip --strip-debug -o stripped.o main.o");
    let bench = Bench::of("strip", scene, &[run.clone().reads(&["main.o"])]);
    bench.asks("STACK_CANARIES", &[("STACK_CANARIES", "main.o")]);
    let stripped = bench.record_traced(&run);
    assert!(elf::is_canaried(&stripped) && bench.shows(&run, "STACK_CANARIES"));
}

#[test]
fn a_traced_link_keeps_what_its_objects_have_if_the_rest_is_the_suppliers() {
    let Some(scene) = objects() else { return };
    scene.done("key generate --out supplier.pem");
    let run = Run::of(&format!("gcc {HARDENED} -o main main.o"));
    let bench = Bench::of("gcc", scene, &[run.clone().reads(&["main.o"])]);
    bench.asks("STACK_CANARIES", &[("STACK_CANARIES", "main.o")]);
    let linked = bench.record_traced(&run);
    assert!(elf::is_canaried(&linked) && elf::is_pie(&linked));
    assert!(bench.shows(&run, "PIE"), "whatever went in");
    assert!(!bench.shows(&run, "STACK_CANARIES"), "start-up objects went in, and nobody speaks for them");
    assert!(bench.inputs().iter().any(|path| path.ends_with("Scrt1.o")));
    bench.supply(|path| path == "main.o");
    assert!(bench.shows(&run, "STACK_CANARIES"));
    assert!(!bench.shows(&run, "FORTIFIED"), "the object does not have it");
}

#[test]
fn a_traced_compiler_keeps_that_its_source_was_made_from_a_module() {
    if !is_here("gcc") {
        return;
    }
    let scene = Scene::new();
    scene.done("key generate --out supplier.pem");
    scene.write("out.c", b"#include <stdint.h>\n#include \"out.h\"\nint64_t seven(void) { return SEVEN; }\n");
    scene.write("out.h", b"#define SEVEN 7\n");
    let run = Run::of("gcc -O2 -I . -c -o out.o out.c");
    let bench = Bench::of("gcc", scene, &[run.clone().reads(&["out.c"])]);
    let property = "WASM_VALIDATED";
    bench.record_traced(&run);
    bench.supply(|path| ["out.c", "out.h", "./out.h"].contains(&path));
    bench.asks(property, &[(property, "out.c")]);
    assert!(!bench.shows(&run, property), "nobody says where the header comes from");
    bench.asks(property, &[(property, "out.c"), (property, "out.h")]);
    assert!(bench.shows(&run, property));
}
