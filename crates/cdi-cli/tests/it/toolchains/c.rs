//! gcc and clang, as they compile. Both are held to the same rows.

use std::path::Path;
use std::process::Command;

use super::bench::{Bench, Run, is_here};
use super::elf;
use crate::support::Scene;

const SOURCE: &str = "#include <string.h>
void fill(char *);
int first(const char *from) {
  char text[64], big[20000];
  fill(big);
  strcpy(text, from);
  fill(text);
  return text[0] + big[0];
}
";

/// A canary is what this file has not, however it is compiled.
const ASSEMBLY: &str = ".text\n.globl first\nfirst:\n  ret\n.section .note.GNU-stack,\"\",@progbits\n";

/// What the kernel says changes from run to run, and is no file that anybody could measure.
const VIEW: &str = "/sys/kernel/uevent_seqnum";

fn compiler(program: &str) -> Option<Bench> {
    if !is_here(program) {
        return None;
    }
    let scene = Scene::new();
    scene.write("x.c", SOURCE.as_bytes());
    scene.write("x.s", ASSEMBLY.as_bytes());
    scene.write("x.S", ASSEMBLY.as_bytes());
    scene.write("asm.c", ASSEMBLY.as_bytes());
    scene.write("flags", b"-fno-stack-protector\n");
    scene.write("specs", b"*cc1_options:\n+ -fno-stack-protector\n");
    scene.write("view.c", format!("int events =\n#include \"{VIEW}\"\n;\n").as_bytes());
    std::fs::create_dir(scene.path("folder")).unwrap();
    let compile = compile(program, "-O2 -g");
    let (assembly, assemble) = (
        Run::of(&format!("{program} -S -o out.s x.c")).reads(&["x.c"]),
        Run::of(&format!("{program} -c -o x.o x.s")).reads(&["x.s"]),
    );
    let template = if program.starts_with("clang") { "clang" } else { "gcc" };
    Some(Bench::of(template, scene, &[compile, assembly, assemble]))
}

fn compile(program: &str, options: &str) -> Run {
    Run::of(&format!("{program} {options} -c -o x.o x.c")).reads(&["x.c"])
}

const CANARIES: &str = "-O2 -fstack-protector-strong";

fn compiles(program: &str) {
    let Some(bench) = compiler(program) else { return };
    let run = |options: &str| compile(program, options);
    let seen = |property: &str| match property {
        "STACK_CANARIES" => elf::is_canaried,
        "FORTIFIED" => elf::is_fortified,
        "STACK_CLASH_PROTECTED" => elf::probes_its_stack,
        _ => elf::is_marked_for_cet,
    };
    for (options, property) in [
        (CANARIES, "STACK_CANARIES"),
        ("-fstack-protector-all -std=c11 -Wall", "STACK_CANARIES"),
        ("-O2 -D_FORTIFY_SOURCE=2", "FORTIFIED"),
        ("-Os -D_FORTIFY_SOURCE=3 -DNDEBUG", "FORTIFIED"),
        ("-O2 -fstack-clash-protection", "STACK_CLASH_PROTECTED"),
        ("-O2 -fcf-protection=full", "CET_COMPATIBLE"),
    ] {
        bench.has(&run(options), property, seen(property));
    }
    for (options, property) in [
        ("-O2 -fno-stack-protector", "STACK_CANARIES"),
        ("-O2 -fstack-protector-strong -fno-stack-protector", "STACK_CANARIES"),
        ("-O2", "FORTIFIED"),
        ("-D_FORTIFY_SOURCE=2 -O0", "FORTIFIED"),
        ("-O2 -D_FORTIFY_SOURCE=2 -U_FORTIFY_SOURCE", "FORTIFIED"),
        ("-O2 -D_FORTIFY_SOURCE=2 -O0", "FORTIFIED"),
        ("-O2", "STACK_CLASH_PROTECTED"),
        ("-O2 -fstack-clash-protection -fno-stack-clash-protection", "STACK_CLASH_PROTECTED"),
        ("-O2 -fcf-protection=none", "CET_COMPATIBLE"),
        ("-O2 -fcf-protection=full -fcf-protection=none", "CET_COMPATIBLE"),
    ] {
        bench.lacks(&run(options), property, seen(property));
    }
    // What undoes it by way of a file, or compiles something else than the name says.
    let flags = run(&format!("{CANARIES} @flags")).reads(&["flags"]);
    bench.lacks(&flags, "STACK_CANARIES", elf::is_canaried);
    for (line, source) in
        [("-c -o x.o x.s", "x.s"), ("-x assembler -c -o x.o asm.c", "asm.c"), ("-c -o x.o x.S", "x.S")]
    {
        let assembled = Run::of(&format!("{program} {CANARIES} {line}"));
        bench.lacks(&assembled.reads(&[source]), "STACK_CANARIES", elf::is_canaried);
    }
    let named_so = Run::of(&format!("{program} {CANARIES} -c -MD -MF dep.c -o x.o x.S"));
    let named_so = named_so.reads(&["x.S"]).writes("dep.c");
    bench.lacks(&named_so, "STACK_CANARIES", elf::is_canaried);
    // What leaves open which code runs, and what it reads.
    bench.leaves_open(&run(&format!("{CANARIES} -Bfolder")), "STACK_CANARIES");
    bench.leaves_open(&run(&format!("{CANARIES} -I=folder")), "STACK_CANARIES");
    for variable in
        ["CPATH=folder", "COMPILER_PATH=folder", "C_INCLUDE_PATH=folder", "LD_LIBRARY_PATH=folder"]
    {
        bench.leaves_open(&run(CANARIES).with(variable), "STACK_CANARIES");
    }
    // The same, by variables and files that change nothing.
    bench.has(&run(CANARIES).with("LC_ALL=C"), "STACK_CANARIES", elf::is_canaried);
    let by_make =
        ["MAKEFLAGS= -j2 --jobserver-auth=3,4", "MFLAGS=-j2", "MAKELEVEL=1", "CFLAGS=-fno-stack-protector"];
    let by_make =
        by_make.iter().chain(&["PWD=/", "OLDPWD=/", "SHLVL=1", "_=/usr/bin/make", "MAKE_TERMOUT=/dev/pts/0"]);
    let by_make = by_make.fold(run(CANARIES), |run, variable| run.with(variable));
    bench.has(&by_make, "STACK_CANARIES", elf::is_canaried);
    let dependencies = run(&format!("{CANARIES} -MD -MF x.d")).writes("x.d");
    bench.has(&dependencies, "STACK_CANARIES", elf::is_canaried);
    as_cmake_does(&bench, program);
    assembly_too(&bench, program);
    more_than_is_recorded(&bench, program);
}

/// The output in a folder of its own, the source by its whole path, a target that is called as the output.
fn as_cmake_does(bench: &Bench, program: &str) {
    std::fs::create_dir_all(bench.scene.path("CMakeFiles/x.dir")).unwrap();
    let (folder, object) = (bench.scene.path("").canonicalize().unwrap(), "CMakeFiles/x.dir/x.c.o");
    let source = folder.join("x.c").display().to_string();
    let run = |target: &str, search: &str, source: &str| {
        let line = format!(
            "{program} -DNDEBUG {search} {CANARIES} -MD -MT {target} -MF {object}.d -o {object} -c {source}"
        );
        Run::of(&line).reads(&[source]).writes(&format!("{object}.d"))
    };
    let search = format!("-I{} -isystem {}", folder.join("folder").display(), folder.display());
    bench.has(&run(object, &search, &source), "STACK_CANARIES", elf::is_canaried);
    bench.leaves_open(&run("x.o", "", &source), "STACK_CANARIES");
    // What is named like a source or an object elsewhere is none of it.
    let assembly = Run::of(&format!("{program} {CANARIES} -I a.c -I b.o -c -o x.o x.s")).reads(&["x.s"]);
    bench.lacks(&assembly, "STACK_CANARIES", elf::is_canaried);
}

fn assembly_too(bench: &Bench, program: &str) {
    let assembly = |options: &str| Run::of(&format!("{program} {options} -S -o out.s x.c")).reads(&["x.c"]);
    let calls = |text: &[u8]| String::from_utf8_lossy(text).contains("__stack_chk_fail");
    bench.has(&assembly(CANARIES), "STACK_CANARIES", calls);
    bench.lacks(&assembly("-O2 -fno-stack-protector"), "STACK_CANARIES", calls);
    // Of what is preprocessed already the compiler's own options count, and those of the preprocessor do not.
    let preprocessed = Run::of(&format!("{program} -E -o x.i x.c")).reads(&["x.c"]);
    bench.record(&preprocessed);
    let assembly = |options: &str| Run::of(&format!("{program} {options} -S -o out.s x.i")).reads(&["x.i"]);
    bench.has(&assembly(CANARIES), "STACK_CANARIES", calls);
    bench.lacks(&assembly("-O2 -fno-stack-protector"), "STACK_CANARIES", calls);
    bench.leaves_open(&assembly("-O2 -D_FORTIFY_SOURCE=2"), "FORTIFIED");
}

/// A source has the kernel's word in its code, and the report has no digest of it.
fn more_than_is_recorded(bench: &Bench, program: &str) {
    if !Path::new(VIEW).exists() {
        return;
    }
    let view = Run::of(&format!("{program} -O2 -c -o x.o view.c"));
    bench.record_traced(&view);
    assert!(!bench.inputs().iter().any(|path| path == VIEW));
    assert!(!bench.shows(&view, "REPRODUCIBLE"), "{program}");
}

#[test]
fn gcc_has_what_its_options_establish_and_nothing_else() {
    compiles("gcc");
}

#[test]
fn clang_has_what_its_options_establish_and_nothing_else() {
    compiles("clang-14");
}

#[test]
fn code_that_gcc_loads_is_covered_by_no_claim() {
    let Some(bench) = compiler("gcc") else { return };
    let run = |options: &str| compile("gcc", &format!("{CANARIES} {options}"));
    let specs = run("-specs=specs").reads(&["specs"]);
    bench.lacks(&specs, "STACK_CANARIES", elf::is_canaried);
    bench.scene.write("p.c", b"int plugin_is_GPL_compatible; int plugin_init(void) { return 0; }\n");
    let made = Command::new("gcc")
        .args(["-shared", "-fPIC", "-o", "plugin.so", "p.c"])
        .current_dir(bench.scene.path(""))
        .status();
    assert!(made.unwrap().success());
    bench.leaves_open(&run("-fplugin=./plugin.so").reads(&["plugin.so"]), "STACK_CANARIES");
    bench.leaves_open(&run("").with("GCC_EXEC_PREFIX=/usr/lib/gcc/"), "STACK_CANARIES");
}

#[test]
fn an_object_that_gcc_hardened_is_allowed_and_another_is_denied() {
    let Some(bench) = compiler("gcc") else { return };
    bench.asks("{allOf: [STACK_CANARIES, FORTIFIED, STACK_CLASH_PROTECTED, CET_COMPATIBLE]}", &[]);
    let hardened =
        "-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fstack-clash-protection -fcf-protection=full";
    let run = compile("gcc", hardened);
    bench.record(&run);
    assert_eq!(bench.verify(&run), 0);
    let run = compile("gcc", "-O2 -fstack-protector-strong -fstack-clash-protection -fcf-protection=full");
    bench.record(&run);
    assert_eq!(bench.verify(&run), 1);
}
