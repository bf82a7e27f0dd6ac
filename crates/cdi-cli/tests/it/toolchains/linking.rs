//! Linkers, alone and through a compiler, the assembler and strip.

use std::process::Command;

use super::bench::{Bench, Run, is_here};
use super::elf::{self, Seen};
use crate::support::Scene;

const SOURCE: &str = "#include <stdio.h>
int main(int n, char **v) {
  char text[64];
  if (!fgets(text, sizeof text, stdin)) return n;
  return printf(\"%s%s\", v[0], text) < 0;
}
";

/// A linker takes what is no object and no archive for a script, whatever it is called.
const SCRIPT: &str = "SECTIONS { .foo : { *(.foo) } }\n";

pub(super) const HARDENED: &str = "-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--fatal-warnings";

const RELRO: Seen = elf::is_read_only_when_it_runs;

/// What a linker establishes, each by its option.
const ESTABLISHED: [(&str, Seen); 3] =
    [("PIE", elf::is_pie), ("FULL_RELRO", RELRO), ("NX_STACK", elf::has_plain_stack)];

pub(super) fn objects() -> Option<Scene> {
    if !is_here("gcc") {
        return None;
    }
    let scene = Scene::new();
    scene.write("main.c", SOURCE.as_bytes());
    scene.write("script.o", SCRIPT.as_bytes());
    scene.write("flags", b"-z norelro\n");
    scene.write("main.h", b"int fill;\n");
    let made = |line: &str| {
        let mut command = Command::new("gcc");
        assert!(command.args(line.split(' ')).current_dir(scene.path("")).status().unwrap().success());
    };
    made("-O2 -fPIE -fstack-protector-strong -c -o main.o main.c");
    made("-O2 -fPIE -fstack-protector-strong -S -o main.s main.c");
    Some(scene)
}

fn links(program: &str, template: &str) {
    let (Some(scene), true) = (objects(), is_here(program)) else { return };
    let run = |options: &str| Run::of(&format!("{program} {options} -o main main.o")).reads(&["main.o"]);
    let bench = Bench::of(template, scene, &[run(HARDENED), Run::of(&format!("{program} -c -o m.o main.c"))]);
    let without =
        |option: &str| HARDENED.split(' ').filter(|word| *word != option).collect::<Vec<_>>().join(" ");
    for (property, seen) in ESTABLISHED {
        bench.has(&run(HARDENED), property, seen);
        bench.has(&run(&format!("{HARDENED} -O2 -s -pthread -lm")), property, seen);
        // Without this option a script among the inputs could undo each of them.
        bench.leaves_open(&run(&without("-Wl,--fatal-warnings")), property);
    }
    bench.has(&run(&HARDENED.replace("relro -Wl,-z,", "relro,-z,")), "FULL_RELRO", RELRO);
    let static_pie = run(&HARDENED.replacen("-pie", "-static-pie", 1));
    bench.has(&static_pie, "PIE", elf::is_pie);
    bench.has(&static_pie, "FULL_RELRO", RELRO);
    bench.leaves_open(&run(&format!("{HARDENED} -static")), "PIE");
    bench.lacks(&run(&without("-pie").replacen("-Wl", "-no-pie -Wl", 1)), "PIE", elf::is_pie);
    bench.lacks(&run(&format!("{HARDENED} -no-pie")), "PIE", elf::is_pie);
    bench.lacks(&run(&format!("{HARDENED} -Wl,-z,norelro")), "FULL_RELRO", RELRO);
    bench.lacks(&run(&format!("{HARDENED} -Wl,-z,lazy")), "FULL_RELRO", RELRO);
    bench.lacks(&run(&without("-Wl,-z,now")), "FULL_RELRO", RELRO);
    let stack = elf::has_plain_stack;
    let executable = HARDENED.replace(" -Wl,--fatal-warnings", "");
    bench.lacks(&run(&format!("{executable} -Wl,-z,execstack")), "NX_STACK", stack);
    bench.leaves_open(&run(&format!("{executable} -z execstack")), "NX_STACK");
    bench.lacks(&run(&format!("{HARDENED} -Wl,@flags")).reads(&["flags"]), "FULL_RELRO", RELRO);
    bench.leaves_open(&run(HARDENED).with("LIBRARY_PATH=."), "FULL_RELRO");
    // What is a script and is called an object ends the run, and so does a header, which would be compiled otherwise.
    let script = run(&format!("{HARDENED} script.o")).reads(&["script.o"]);
    assert_ne!(bench.attempt(&script).status, 0, "{program}");
    let header = Run::of(&format!("{program} {HARDENED} -o main main.h")).reads(&["main.h"]);
    assert_ne!(bench.attempt(&header).status, 0, "{program}");
    nothing_else_that_is_read_undoes_it(&bench, program);
    what_objects_have_stays(&bench, &run(HARDENED));
}

/// What asks for another stack, says nothing of it, or is a script that lays out nothing, of which the linker does not warn; and
/// scripts that would lay out something without sections of their own, which end the run.
fn nothing_else_that_is_read_undoes_it(bench: &Bench, program: &str) {
    let run =
        |file: &str| Run::of(&format!("{program} {HARDENED} -o main main.o {file}")).reads(&["main.o", file]);
    for (file, content) in [
        ("executable.s", ".section .note.GNU-stack,\"x\",@progbits\n"),
        ("silent.s", ".text\n"),
        ("assigns.o", "SECTIONS { . = . + 0x10000; } INSERT BEFORE .tdata;\n"),
        ("format.o", "OUTPUT_FORMAT(binary)\n"),
        ("version.o", "VERSION { V1 { global: main; local: *; }; }\n"),
    ] {
        bench.scene.write(file, content.as_bytes());
        let linked = bench.record(&run(file));
        for (property, seen) in ESTABLISHED {
            assert!(seen(&linked) && bench.shows(&run(file), property), "{program} {file}: {property}");
        }
    }
    for (file, content) in [
        ("headers.o", "PHDRS { text PT_LOAD FILEHDR PHDRS FLAGS(5); stack PT_GNU_STACK FLAGS(7); }\n"),
        ("ends.o", "SECTIONS { . = DATA_SEGMENT_RELRO_END(0, .); } INSERT BEFORE .dynamic;\n"),
        ("memory.o", "MEMORY { all (rwx) : ORIGIN = 0, LENGTH = 1M }\n"),
        ("includes.o", "INCLUDE script.o\n"),
        ("inserts.o", "SECTIONS { .foo : { *(.foo) } } INSERT AFTER .text;\n"),
    ] {
        bench.scene.write(file, content.as_bytes());
        assert_ne!(bench.attempt(&run(file)).status, 0, "{program} {file}");
    }
}

fn what_objects_have_stays(bench: &Bench, run: &Run) {
    bench.asks("STACK_CANARIES", &[("STACK_CANARIES", "main.o")]);
    let linked = bench.record(run);
    assert!(elf::is_canaried(&linked) && !bench.shows(run, "STACK_CANARIES"));
    bench.as_traced();
    assert!(bench.shows(run, "STACK_CANARIES") && !bench.shows(run, "FORTIFIED"));
}

#[test]
fn what_gcc_links_has_what_its_options_establish() {
    links("gcc", "gcc");
}

#[test]
fn what_clang_links_has_what_its_options_establish() {
    links("clang-14", "clang");
}

#[test]
fn what_ld_links_has_what_its_options_establish() {
    let (Some(scene), true) = (objects(), is_here("ld")) else { return };
    let run = |options: &str| {
        let line = format!("ld {options} -dynamic-linker /lib64/ld-linux-x86-64.so.2 -o main main.o -lc");
        Run::of(&line).reads(&["main.o"])
    };
    let hardened = "-pie -zrelro -znow -znoexecstack --fatal-warnings -m elf_x86_64";
    let started = "--defsym=_start=main";
    let bench = Bench::of("ld", scene, &[run(&format!("{hardened} {started}"))]);
    // Without `_start` the linker warns, which ends the run here: objects of real programs have it.
    bench
        .scene
        .write("start.s", b".globl _start\n_start:\n  call main\n.section .note.GNU-stack,\"\",@progbits\n");
    let mut command = Command::new("as");
    command.args(["-o", "start.o", "start.s"]).current_dir(bench.scene.path(""));
    assert!(command.status().unwrap().success());
    let run = |options: &str| run(&format!("{options} start.o")).reads(&["start.o"]);
    for (property, seen) in ESTABLISHED {
        bench.has(&run(hardened), property, seen);
        bench.leaves_open(&run(&hardened.replace(" --fatal-warnings", "")), property);
        bench.leaves_open(&run(&format!("{hardened} {started}")), property);
    }
    bench.lacks(&run(&hardened.replace("-pie ", "")), "PIE", elf::is_pie);
    bench.lacks(&run(&format!("{hardened} -no-pie")), "PIE", elf::is_pie);
    bench.lacks(&run(&format!("{hardened} -znorelro")), "FULL_RELRO", RELRO);
    bench.lacks(&run(&format!("{hardened} -z norelro")), "FULL_RELRO", RELRO);
    bench.lacks(&run(&format!("{hardened} @flags")).reads(&["flags"]), "FULL_RELRO", RELRO);
    bench.lacks(&run(&hardened.replace("-znow ", "")), "FULL_RELRO", RELRO);
    let executable = hardened.replace(" --fatal-warnings", "") + " -zexecstack";
    bench.lacks(&run(&executable), "NX_STACK", elf::has_plain_stack);
    let script = run(&format!("{hardened} script.o")).reads(&["script.o"]);
    assert_ne!(bench.attempt(&script).status, 0);
}

#[test]
fn the_assembler_keeps_what_assembly_has() {
    let (Some(scene), true) = (objects(), is_here("as")) else { return };
    let run = |options: &str| Run::of(&format!("as {options} -o main.o main.s")).reads(&["main.s"]);
    let bench = Bench::of("as", scene, &[run("--64")]);
    bench.asks("STACK_CANARIES", &[("STACK_CANARIES", "main.s")]);
    for (options, kept) in [("--64 --noexecstack", true), ("--64 --defsym X=1", false), ("--64 -I.", false)] {
        let run = run(options);
        assert!(elf::is_canaried(&bench.record(&run)) && !bench.shows(&run, "STACK_CANARIES"), "{options}");
        bench.as_traced();
        assert_eq!(bench.shows(&run, "STACK_CANARIES"), kept, "{options}");
    }
}

#[test]
fn the_archiver_keeps_what_objects_have() {
    let (Some(scene), true) = (objects(), is_here("ar")) else { return };
    let run = |line: &str| Run::to(line, "lib.a").reads(&["main.o"]);
    let bench = Bench::of("ar", scene, &[run("ar rcs lib.a main.o")]);
    bench.asks("STACK_CANARIES", &[("STACK_CANARIES", "main.o")]);
    let lines = [
        ("ar rcs lib.a main.o", true),
        ("ar qcD lib.a main.o", true),
        // Who has archived it, and when, says nothing about objects; a plug-in could do anything, a thin archive has no objects.
        ("ar rcsU lib.a main.o", false),
        ("ar rcsT lib.a main.o", false),
        ("ar --plugin none rcs lib.a main.o", false),
    ];
    for (line, kept) in lines {
        let run = run(line);
        if bench.attempt(&run).status != 0 {
            assert!(!kept, "{line}");
            continue;
        }
        assert!(!bench.shows(&run, "STACK_CANARIES"), "{line}");
        bench.as_traced();
        assert_eq!(bench.shows(&run, "STACK_CANARIES"), kept, "{line}");
        assert_eq!(bench.shows(&run, "REPRODUCIBLE"), kept && line.contains('D'), "{line}");
        assert!(!bench.shows(&run, "FORTIFIED"), "the object does not have it");
    }
    let by_make = run("ar rcs lib.a main.o").with("MAKEFLAGS= -j2").with("ARFLAGS=rv");
    assert!(elf::is_archive(&bench.record(&by_make)));
    bench.as_traced();
    assert!(bench.shows(&by_make, "STACK_CANARIES"));
}

#[test]
fn strip_keeps_what_programs_have() {
    let (Some(scene), true) = (objects(), is_here("strip")) else { return };
    let mut command = Command::new("gcc");
    command.args(HARDENED.split(' ')).args(["-o", "main", "main.o"]).current_dir(scene.path(""));
    assert!(command.status().unwrap().success());
    let run = |options: &str| Run::of(&format!("strip {options} -o stripped main")).reads(&["main"]);
    let bench = Bench::of("strip", scene, &[run("--strip-all")]);
    let all: [(&str, Seen); 4] = [
        ("PIE", elf::is_pie),
        ("FULL_RELRO", RELRO),
        ("NX_STACK", elf::has_plain_stack),
        ("STACK_CANARIES", elf::is_canaried),
    ];
    let assumed: Vec<(&str, &str)> = all.iter().map(|(property, _)| (*property, "main")).collect();
    bench.asks("PIE", &assumed);
    let stripped = run("--strip-all --remove-section=.comment");
    let made = bench.record(&stripped);
    assert!(!bench.shows(&stripped, "PIE"), "somebody's word that nothing else was read is not enough");
    bench.as_traced();
    for (property, seen) in all {
        assert!(bench.shows(&stripped, property) && seen(&made), "{property}");
    }
    assert!(!bench.shows(&stripped, "FORTIFIED"), "what went in did not have it");
    let other = run("--strip-all --remove-section=.init");
    bench.record(&other);
    bench.as_traced();
    assert!(!bench.shows(&other, "PIE"));
}
