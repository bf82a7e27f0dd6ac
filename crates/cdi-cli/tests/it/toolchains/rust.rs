//! rustc alone, and cargo as one operation.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::bench::{Bench, EVIDENCE, Run};
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
    // The program that is installed is known by where it lies.
    let cargo = programs.join("cargo");
    let root = bench.scene.path("").canonicalize().unwrap().join("inst");
    let installed = root.join("bin/main").display().to_string();
    let install = |flags: Option<&str>, besides: &str| {
        let line = format!(
            "{} install --path . --offline --locked --force {besides}--root {} --bin main",
            cargo.display(),
            root.display()
        );
        let run = Run::to(&line, &installed).reads(&["Cargo.toml", "Cargo.lock", "src/main.rs"]);
        let run = run.with(&format!("RUSTC={}", programs.join("rustc").display()));
        let run = run.with(&format!("CARGO_HOME={}", bench.scene.path("home").display()));
        flags.into_iter().fold(run, |run, flags| run.with(&format!("RUSTFLAGS={flags}")))
    };
    bench.has(&install(Some(on), ""), property, elf::panics_on_overflow);
    bench.lacks(&install(None, ""), property, elf::panics_on_overflow);
    bench.leaves_open(&install(Some(on), "--debug "), property);
}

/// Crates as cargo has them compiled: the outputs in a folder, dependencies under their names.
struct Crates {
    bench: Bench,
    rustc: String,
    folder: String,
}

const BOTH: [&str; 2] = ["INTEGER_OVERFLOW_CHECKED", "UNSAFE_CODE_FORBIDDEN"];
const ASKED: &str = "-C overflow-checks=on -F unsafe_code";

impl Crates {
    fn new(programs: &Path) -> Self {
        let scene = Scene::new();
        scene.done("key generate --out supplier.pem");
        for folder in ["dep", "src", "deps"] {
            std::fs::create_dir(scene.path(folder)).unwrap();
        }
        scene.write("dep/lib.rs", b"pub fn add(a: u8, b: u8) -> u8 { a + b }\n");
        scene.write("src/lib.rs", b"pub fn twice(a: u8) -> u8 { dep::add(a, a) }\n");
        scene.write(
            "src/main.rs",
            b"fn main() { println!(\"{}\", dep::add(7, std::env::args().count() as u8)); }\n",
        );
        scene.write("src/more.rs", b"pub const MORE: u8 = 7;\n");
        scene.write("src/parts.rs", b"mod more;\nfn main() { println!(\"{}\", dep::add(more::MORE, 7)); }\n");
        let archive = scene.path("src").canonicalize().unwrap().join("native.rs");
        // A linker takes any file that it is told for what it finds in it.
        let native = format!(
            "#[link(name = \"{}{}\", kind = \"static\", modifiers = \"+verbatim,+whole-archive\")]\n\
             unsafe extern \"C\" {{}}\nfn main() {{ println!(\"{{}}\", dep::add(7, 7)); }}\n",
            "..".to_owned() + &"/..".repeat(20),
            archive.display()
        );
        scene.write("src/linked.rs", native.as_bytes());
        scene.write("native.c", b"void unchecked(void) {}\n");
        let tool = |line: &str| {
            let mut words = line.split(' ');
            let mut command = Command::new(words.next().unwrap());
            assert!(command.args(words).current_dir(scene.path("")).status().unwrap().success(), "{line}");
        };
        tool("gcc -c -o native.o native.c");
        tool("ar rcs src/native.rs native.o");
        let folder = scene.path("deps").canonicalize().unwrap().display().to_string();
        let rustc = programs.join("rustc").display().to_string();
        let (library, binary) =
            (Self::library(&rustc, &folder, ASKED), Self::binary(&rustc, &folder, "main", ASKED));
        let made = |run: &Run| assert!(run.command(&scene).status().unwrap().success());
        made(&library);
        let samples = [library.clone().reads(&["dep/lib.rs"]), binary.reads(&["src/main.rs"])];
        let bench = Bench::of("rustc", scene, &samples);
        Self { bench, rustc, folder }
    }

    fn line(rustc: &str, folder: &str, rest: &str) -> String {
        format!(
            "{rustc} --edition=2024 {rest} --error-format=json --json=diagnostic-rendered-ansi,artifacts,future-incompat \
             -C opt-level=1 -C embed-bitcode=no --cfg feature=\"std\" --check-cfg cfg(docsrs,test) -C metadata=01 \
             -C extra-filename=-01 --out-dir {folder} -C strip=debuginfo -L dependency={folder}"
        )
    }

    fn library(rustc: &str, folder: &str, options: &str) -> Run {
        let rest =
            format!("--crate-name dep dep/lib.rs --crate-type lib --emit=dep-info,metadata,link {options}");
        Run::to(&Self::line(rustc, folder, &rest), &format!("{folder}/libdep-01.rlib"))
    }

    /// A library on a library, of which cargo hands over the metadata alone.
    fn between(&self, options: &str) -> Run {
        let (rustc, folder) = (&self.rustc, &self.folder);
        let rest = format!(
            "--crate-name between src/lib.rs --crate-type lib --emit=dep-info,metadata,link {options} \
             --extern dep={folder}/libdep-01.rmeta"
        );
        Run::to(&Self::line(rustc, folder, &rest), &format!("{folder}/libbetween-01.rlib"))
    }

    fn binary(rustc: &str, folder: &str, source: &str, options: &str) -> Run {
        let rest = format!(
            "--crate-name main src/{source}.rs --crate-type bin --emit=dep-info,link {options} \
             --extern dep={folder}/libdep-01.rlib"
        );
        Run::to(&Self::line(rustc, folder, &rest), &format!("{folder}/main-01"))
    }

    /// Whether the one that is compiled after the library is shown to have both properties.
    fn chain(&self, library: &str, next: &Run) -> [bool; 2] {
        self.chain_with(library, next, "")
    }

    /// As [`Self::chain`], and the supplier lists this file besides those of the toolchain.
    fn chain_with(&self, library: &str, next: &Run, listed: &str) -> [bool; 2] {
        let dep = Self::library(&self.rustc, &self.folder, library);
        self.bench.record_traced(&dep);
        let wanted = library.contains("-F");
        assert_eq!(BOTH.map(|property| self.bench.shows(&dep, property)), [wanted; 2], "{library}");
        std::fs::copy(self.bench.scene.path(EVIDENCE), self.bench.scene.path("dep.intoto.jsonl")).unwrap();
        self.bench.record_traced(next);
        self.bench.scene.done(&format!("bundle add {EVIDENCE} dep.intoto.jsonl"));
        assert_eq!(
            BOTH.map(|property| self.bench.shows(next, property)),
            [false; 2],
            "nobody speaks for the toolchain"
        );
        let own = |path: &str| path.starts_with(&self.folder) || path.contains("src/");
        self.bench.supply(|path| own(path) && path != listed);
        BOTH.map(|property| self.bench.shows(next, property))
    }
}

#[test]
fn a_traced_crate_keeps_what_its_dependency_has_if_it_was_asked_for_itself() {
    let Some(programs) = programs() else { return };
    let crates = Crates::new(&programs);
    let binary = |source: &str, options: &str| Crates::binary(&crates.rustc, &crates.folder, source, options);
    assert_eq!(crates.chain(ASKED, &binary("main", ASKED)), [true; 2]);
    assert_eq!(crates.chain(ASKED, &binary("main", "-C overflow-checks=on")), [true, false]);
    assert_eq!(crates.chain(ASKED, &binary("main", "-F unsafe_code --cap-lints allow")), [false; 2]);
    assert_eq!(crates.chain("", &binary("main", ASKED)), [false; 2], "the dependency lacks both");
    assert_eq!(crates.chain(ASKED, &binary("parts", ASKED)), [false; 2], "nobody speaks for a module");
    assert_eq!(crates.chain_with(ASKED, &binary("parts", ASKED), "src/more.rs"), [true; 2]);
    let checked = "-C overflow-checks=on";
    assert_eq!(
        crates.chain(ASKED, &binary("linked", checked)),
        [false; 2],
        "native code under a source's name"
    );
    assert_eq!(crates.chain(ASKED, &crates.between(ASKED)), [true; 2]);
}
