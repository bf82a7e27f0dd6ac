//! Runs that are really traced: each file that was read is in the report, and what comes with the toolchain is known by the
//! supplier's word.

use super::bench::{Bench, Run, is_here};
use super::elf;
use super::linking::{HARDENED, objects};

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
    let files = bench.inputs().into_iter().filter(|path| path != "main.o");
    let files: Vec<String> = files.collect();
    assert!(files.iter().any(|path| path.ends_with("Scrt1.o")), "{files:?}");
    bench.scene.done(&format!(
        "origin sign --key supplier.pem --kind toolchain --out manifest.intoto.jsonl {}",
        files.join(" ")
    ));
    bench.scene.done("bundle add run.intoto.jsonl manifest.intoto.jsonl");
    assert!(bench.shows(&run, "STACK_CANARIES"));
    assert!(!bench.shows(&run, "FORTIFIED"), "the object does not have it");
}
