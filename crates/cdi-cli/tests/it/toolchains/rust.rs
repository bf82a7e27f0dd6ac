//! rustc alone, and cargo as one operation.

use std::path::PathBuf;
use std::process::Command;

use super::bench::{Bench, Run};
use super::elf::{self, Seen};
use crate::support::{Scene, passed_over};

const SOURCE: &str = "fn add(a: u8, b: u8) -> u8 { a + b }
fn main() {
    let n = std::env::args().count() as u8;
    println!(\"{}\", add(n, 250));
}
";

const UNSAFE: &str = "fn main() { let n = 7; let p = &raw const n; println!(\"{}\", unsafe { *p }); }\n";

/// The folder of the compiler's own programs: what is in the `PATH` may be a proxy that chooses among several compilers.
fn programs() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = Command::new(rustc).args(["--print", "sysroot"]).output().unwrap();
    let folder = PathBuf::from(String::from_utf8(printed.stdout).unwrap().trim_end()).join("bin");
    let known = cfg!(target_arch = "x86_64") && folder.join("rustc").exists();
    if !known {
        passed_over("`rustc` for x86-64 is not here");
    }
    known.then_some(folder)
}

#[test]
fn rustc_has_what_its_options_establish_and_nothing_else() {
    let Some(programs) = programs() else { return };
    let scene = Scene::new();
    scene.write("main.rs", SOURCE.as_bytes());
    scene.write("unsafe.rs", UNSAFE.as_bytes());
    scene.write("flags", b"-Coverflow-checks=off\n");
    let of = |source: &str, options: &str| {
        let rustc = programs.join("rustc");
        let line = format!("{} --crate-type bin --edition=2024 {options} -o main {source}", rustc.display());
        Run::of(&line).reads(&[source])
    };
    let run = |options: &str| of("main.rs", options);
    let bench = Bench::of("rustc", scene, &[run("-O")]);
    let (pie, relro) = ("-C relocation-model=pie", "-Crelro-level=full");
    let (overflow, stack) = ("-C overflow-checks=on", elf::has_plain_stack as Seen);
    let checked = elf::panics_on_overflow as Seen;
    for (options, property, seen) in [
        (pie, "PIE", elf::is_pie as Seen),
        (relro, "FULL_RELRO", elf::is_read_only_when_it_runs),
        ("-O", "NX_STACK", stack),
        (overflow, "INTEGER_OVERFLOW_CHECKED", checked),
        ("-O -Coverflow-checks=on", "INTEGER_OVERFLOW_CHECKED", checked),
    ] {
        bench.has(&run(options), property, seen);
    }
    for (options, property, seen) in [
        ("-C relocation-model=static", "PIE", elf::is_pie as Seen),
        ("-C relocation-model=pie -C relocation-model=static", "PIE", elf::is_pie),
        ("-C relro-level=off", "FULL_RELRO", elf::is_read_only_when_it_runs),
        ("-Crelro-level=full -Crelro-level=off", "FULL_RELRO", elf::is_read_only_when_it_runs),
        ("-C link-arg=-Wl,-z,execstack", "NX_STACK", stack),
        ("-O", "INTEGER_OVERFLOW_CHECKED", checked),
        ("-C overflow-checks=on -O -C overflow-checks=off", "INTEGER_OVERFLOW_CHECKED", checked),
    ] {
        bench.lacks(&run(options), property, seen);
    }
    let by_file = run("-O -C overflow-checks=on @flags").reads(&["flags"]);
    bench.lacks(&by_file, "INTEGER_OVERFLOW_CHECKED", checked);
    bench.leaves_open(&run(overflow).with("RUSTC_BOOTSTRAP=1"), "INTEGER_OVERFLOW_CHECKED");
    bench.leaves_open(&run(&format!("{relro} -L.")), "FULL_RELRO");
    // What forbids unsafe code ends the run that finds some, unless lints are capped.
    let forbid = "-F unsafe_code";
    bench.record(&run(forbid));
    assert!(bench.shows(&run(forbid), "UNSAFE_CODE_FORBIDDEN"));
    assert_ne!(bench.attempt(&of("unsafe.rs", forbid)).status, 0);
    bench.leaves_open(&of("unsafe.rs", "-F unsafe_code --cap-lints allow"), "UNSAFE_CODE_FORBIDDEN");
    bench.leaves_open(&of("unsafe.rs", "-O"), "UNSAFE_CODE_FORBIDDEN");
    // From end to end.
    bench.asks("{allOf: [HARDENED_LOADING, INTEGER_OVERFLOW_CHECKED]}", &[]);
    let whole = run(&format!("{pie} {relro} {overflow}"));
    bench.record(&whole);
    assert_eq!(bench.verify(&whole), 0);
    let less = run(&format!("{pie} {relro}"));
    bench.record(&less);
    assert_eq!(bench.verify(&less), 1);
}

#[test]
fn cargo_has_what_its_variable_establishes_whatever_its_configuration_says() {
    let Some(programs) = programs() else { return };
    let scene = Scene::new();
    std::fs::create_dir_all(scene.path("src")).unwrap();
    std::fs::create_dir_all(scene.path(".cargo")).unwrap();
    scene.write("Cargo.toml", b"[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    scene.write("Cargo.lock", b"version = 4\n\n[[package]]\nname = \"main\"\nversion = \"0.1.0\"\n");
    scene.write("src/main.rs", SOURCE.as_bytes());
    let run = |flags: Option<&str>, besides: &str| {
        let cargo = programs.join("cargo");
        let line = format!(
            "{} rustc --offline --locked --release{besides} -- -C extra-filename= -o ./main",
            cargo.display()
        );
        let run = Run::of(&line).reads(&["Cargo.toml", "Cargo.lock", "src/main.rs"]);
        let run = run.with(&format!("RUSTC={}", programs.join("rustc").display()));
        let run = run.with(&format!("CARGO_HOME={}", scene.path("home").display()));
        flags.into_iter().fold(run, |run, flags| run.with(&format!("RUSTFLAGS={flags}")))
    };
    let (on, property) = ("-C overflow-checks=on", "INTEGER_OVERFLOW_CHECKED");
    let (with, without) = (run(Some(on), ""), run(None, ""));
    let (twice, other) =
        (run(Some("-C overflow-checks=on -C overflow-checks=off"), ""), run(Some(on), " -v"));
    let named = run(Some(on), " --config build.rustflags=[\"-Coverflow-checks=off\"]");
    let bench = Bench::of("cargo", scene, std::slice::from_ref(&with));
    bench.has(&with, property, elf::panics_on_overflow);
    bench.lacks(&without, property, elf::panics_on_overflow);
    bench.lacks(&twice, property, elf::panics_on_overflow);
    bench.leaves_open(&other, property);
    bench.leaves_open(&named, property);
    // A file that nobody names says otherwise, and is not heard while the variable is there.
    bench.scene.write(".cargo/config.toml", b"[build]\nrustflags = [\"-Coverflow-checks=off\"]\n");
    bench.has(&with, property, elf::panics_on_overflow);
    bench.lacks(&without, property, elf::panics_on_overflow);
}
