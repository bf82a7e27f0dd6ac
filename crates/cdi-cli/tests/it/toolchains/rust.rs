//! rustc, alone and as cargo calls it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::bench::{Bench, EVIDENCE, Run};
use super::elf::{self, Seen};
use crate::support::{Scene, passed_over};

pub(super) const SOURCE: &str = "fn add(a: u8, b: u8) -> u8 { a + b }
fn main() {
    let n = std::env::args().count() as u8;
    println!(\"{}\", add(n, 250));
}
";

const UNSAFE: &str = "fn main() { let n = 7; let p = &raw const n; println!(\"{}\", unsafe { *p }); }\n";

/// A function without a word of `unsafe` code, which reads what it is told to.
const NAKED: &str = "#[unsafe(naked)]
extern \"C\" fn peek(from: *const u64) -> u64 { core::arch::naked_asm!(\"mov rax, [rdi]\", \"ret\") }
fn main() { println!(\"{}\", peek(&7)); }
";

/// With these the linker is GNU ld, which warns where it takes a file for a script, and ends then. LLVM's lld does not.
const BY_GNU_LD: &str = "-C linker-features=-lld -Clink-arg=-Wl,--fatal-warnings";

/// A linker script that asks for a stack to execute, and for no part that is read-only once the program runs.
const SCRIPT: &str =
    "PHDRS { ph PT_PHDR PHDRS; interp PT_INTERP; text PT_LOAD FILEHDR PHDRS FLAGS(5); data PT_LOAD FLAGS(6);
  tls PT_TLS; dyn PT_DYNAMIC; eh PT_GNU_EH_FRAME; stack PT_GNU_STACK FLAGS(7); }
SECTIONS {
  . = SIZEOF_HEADERS;
  .interp : { *(.interp) } :text :interp
  .note.ABI-tag : { *(.note.ABI-tag) } :text
  .dynsym : { *(.dynsym) } :text
  .rodata : { *(.rodata .rodata.*) } :text
  .eh_frame_hdr : { *(.eh_frame_hdr) } :text :eh
  .eh_frame : { *(.eh_frame) } :text
  .text : { *(.text .text.*) } :text
  . = ALIGN(0x1000);
  .tdata : { *(.tdata .tdata.*) } :data :tls
  .tbss : { *(.tbss .tbss.*) } :data :tls
  .dynamic : { *(.dynamic) } :data :dyn
  .got : { *(.got .got.plt) } :data
  .data.rel.ro : { *(.data.rel.ro .data.rel.ro.*) } :data
  .data : { *(.data .data.*) } :data
  .bss : { *(.bss .bss.* COMMON) } :data
}
";

/// A source that has the linker read this file, whatever it is.
fn linking(scene: &Scene, file: &str, kind: &str, rest: &str) -> String {
    let path = scene.path("").canonicalize().unwrap().join(file);
    let name = "..".to_owned() + &"/..".repeat(20) + path.to_str().unwrap();
    format!("#[link(name = \"{name}\", {kind})]\nunsafe extern \"C\" {{}}\n{rest}")
}

/// The folder of the compiler's own programs: what is in the `PATH` may be a proxy that chooses among several compilers.
pub(super) fn programs() -> Option<PathBuf> {
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
    scene.write("naked.rs", NAKED.as_bytes());
    scene.write("script.ld", SCRIPT.as_bytes());
    let scripted = linking(&scene, "script.ld", "kind = \"dylib\", modifiers = \"+verbatim\"", SOURCE);
    scene.write("scripted.rs", scripted.as_bytes());
    scene.write("flags", b"-Coverflow-checks=off\n");
    let of = |source: &str, options: &str| {
        let rustc = programs.join("rustc");
        let line = format!("{} --crate-type bin --edition=2024 {options} -o main {source}", rustc.display());
        Run::of(&line).reads(&[source])
    };
    let run = |options: &str| of("main.rs", options);
    let bench = Bench::of("rustc", scene, &[run("-O"), run(BY_GNU_LD)]);
    let by_gnu_ld = |options: &str| run(&format!("{BY_GNU_LD} {options}"));
    let (pie, relro) = ("-C relocation-model=pie", "-Crelro-level=full");
    let (overflow, stack) = ("-C overflow-checks=on", elf::has_plain_stack as Seen);
    let checked = elf::panics_on_overflow as Seen;
    for (options, property, seen) in [
        (pie, "PIE", elf::is_pie as Seen),
        (relro, "FULL_RELRO", elf::is_read_only_when_it_runs),
        ("-O -C strip=symbols", "NX_STACK", stack),
    ] {
        bench.has(&by_gnu_ld(options), property, seen);
        for less in ["-O", "-C linker-features=-lld", "-C link-arg=-Wl,--fatal-warnings"] {
            bench.leaves_open(&run(&format!("{less} {options}")), property);
        }
    }
    for options in [overflow, "-O -Coverflow-checks=on"] {
        bench.has(&run(options), "INTEGER_OVERFLOW_CHECKED", checked);
    }
    for (options, property, seen) in [
        ("-C relocation-model=static", "PIE", elf::is_pie as Seen),
        ("-C relocation-model=pie -C relocation-model=static", "PIE", elf::is_pie),
        ("-C relro-level=off", "FULL_RELRO", elf::is_read_only_when_it_runs),
        ("-Crelro-level=full -Crelro-level=off", "FULL_RELRO", elf::is_read_only_when_it_runs),
        ("-C linker-features=-lld -C link-arg=-Wl,-z,execstack", "NX_STACK", stack),
        ("-O", "INTEGER_OVERFLOW_CHECKED", checked),
        ("-C overflow-checks=on -O -C overflow-checks=off", "INTEGER_OVERFLOW_CHECKED", checked),
    ] {
        bench.lacks(&run(options), property, seen);
    }
    let by_file = run("-O -C overflow-checks=on @flags").reads(&["flags"]);
    bench.lacks(&by_file, "INTEGER_OVERFLOW_CHECKED", checked);
    bench.leaves_open(&run(overflow).with("RUSTC_BOOTSTRAP=1"), "INTEGER_OVERFLOW_CHECKED");
    bench.leaves_open(&run(&format!("{relro} -L.")), "FULL_RELRO");
    // What a source has the linker read can be a script: lld obeys it, GNU ld does not.
    let obeyed = of("scripted.rs", &format!("{pie} {relro}"));
    bench.lacks(&obeyed, "NX_STACK", stack);
    bench.lacks(&obeyed, "FULL_RELRO", elf::is_read_only_when_it_runs);
    assert_ne!(bench.attempt(&of("scripted.rs", &format!("{BY_GNU_LD} {pie} {relro}"))).status, 0);
    // The lint against unsafe code ends the run that it finds some in, and does not find all.
    let forbid = "-F unsafe_code";
    assert_ne!(bench.attempt(&of("unsafe.rs", forbid)).status, 0);
    for source in ["main.rs", "naked.rs"] {
        bench.leaves_open(&of(source, forbid), "UNSAFE_CODE_FORBIDDEN");
    }
    // From end to end.
    bench.asks("{allOf: [HARDENED_LOADING, INTEGER_OVERFLOW_CHECKED]}", &[]);
    let whole = by_gnu_ld(&format!("{pie} {relro} {overflow}"));
    bench.record(&whole);
    assert_eq!(bench.verify(&whole), 0);
    let less = by_gnu_ld(&format!("{pie} {relro}"));
    bench.record(&less);
    assert_eq!(bench.verify(&less), 1);
}

/// Crates as cargo has them compiled: the outputs in a folder, dependencies under their names.
struct Crates {
    bench: Bench,
    rustc: String,
    folder: String,
}

const CHECKED: &str = "INTEGER_OVERFLOW_CHECKED";
const ASKED: &str = "-C overflow-checks=on -F unsafe_code";

/// A library that has no unsafe code itself, and a macro by which others have it.
const LIBRARY: &str = "pub fn add(a: u8, b: u8) -> u8 { a + b }
#[macro_export]
macro_rules! peek { ($from:expr) => { unsafe { *($from as *const u64) } } }
";

impl Crates {
    fn new(programs: &Path) -> Self {
        let scene = Scene::new();
        scene.done("key generate --out supplier.pem");
        for folder in ["dep", "src", "deps"] {
            std::fs::create_dir(scene.path(folder)).unwrap();
        }
        scene.write("dep/lib.rs", LIBRARY.as_bytes());
        scene.write("src/lib.rs", b"pub fn twice(a: u8) -> u8 { dep::add(a, a) }\n");
        scene.write(
            "src/main.rs",
            b"fn main() { println!(\"{}\", dep::add(7, std::env::args().count() as u8)); }\n",
        );
        scene.write("src/more.rs", b"pub const MORE: u8 = 7;\n");
        scene.write("src/parts.rs", b"mod more;\nfn main() { println!(\"{}\", dep::add(more::MORE, 7)); }\n");
        scene.write("src/peek.rs", b"fn main() { println!(\"{}\", dep::peek!(&raw const *&7u64)); }\n");
        scene.write("src/named.rs", b"extern crate dep;\n");
        // A linker takes any file that it is told for what it finds in it.
        let native = linking(
            &scene,
            "src/native.rs",
            "kind = \"static\", modifiers = \"+verbatim,+whole-archive\"",
            "fn main() { println!(\"{}\", dep::add(7, 7)); }\n",
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
        Self::library_of(rustc, folder, ("dep", "dep/lib.rs"), options)
    }

    fn library_of(rustc: &str, folder: &str, (name, source): (&str, &str), options: &str) -> Run {
        let rest =
            format!("--crate-name {name} {source} --crate-type lib --emit=dep-info,metadata,link {options}");
        Run::to(&Self::line(rustc, folder, &rest), &format!("{folder}/lib{name}-01.rlib"))
    }

    /// A library on a library, of which cargo hands over the metadata alone.
    fn between(&self, options: &str) -> Run {
        let (rustc, folder) = (&self.rustc, &self.folder);
        let options = format!("{options} --extern dep={folder}/libdep-01.rmeta");
        Self::library_of(rustc, folder, ("between", "src/lib.rs"), &options)
    }

    fn binary(rustc: &str, folder: &str, source: &str, options: &str) -> Run {
        let rest = format!(
            "--crate-name main src/{source}.rs --crate-type bin --emit=dep-info,link {options} \
             --extern dep={folder}/libdep-01.rlib"
        );
        Run::to(&Self::line(rustc, folder, &rest), &format!("{folder}/main-01"))
    }

    /// Whether the one that is compiled after the library is shown to have checked arithmetic.
    fn chain(&self, library: &str, next: &Run) -> bool {
        self.chain_with(library, next, "")
    }

    /// As [`Self::chain`], and the supplier lists this file besides those of the toolchain.
    fn chain_with(&self, library: &str, next: &Run, listed: &str) -> bool {
        let bench = &self.bench;
        let dep = Self::library(&self.rustc, &self.folder, library);
        bench.record_traced(&dep);
        assert_eq!(bench.shows(&dep, CHECKED), library.contains("overflow-checks=on"), "{library}");
        std::fs::copy(bench.scene.path(EVIDENCE), bench.scene.path("dep.intoto.jsonl")).unwrap();
        bench.record_traced(next);
        bench.scene.done(&format!("bundle add {EVIDENCE} dep.intoto.jsonl"));
        assert!(!bench.shows(next, CHECKED), "nobody speaks for the toolchain");
        let own = |path: &str| path.starts_with(&self.folder) || path.contains("src/");
        bench.supply(|path| own(path) && path != listed);
        // A lint sees none of what is unsafe by a macro of the library.
        assert!(!bench.shows(next, "UNSAFE_CODE_FORBIDDEN"));
        bench.shows(next, CHECKED)
    }
}

#[test]
fn a_traced_crate_keeps_what_its_dependency_has_if_it_was_asked_for_itself() {
    let Some(programs) = programs() else { return };
    let crates = Crates::new(&programs);
    let binary = |source: &str, options: &str| Crates::binary(&crates.rustc, &crates.folder, source, options);
    for source in ["main", "peek"] {
        assert!(crates.chain(ASKED, &binary(source, ASKED)), "{source}");
    }
    assert!(!crates.chain(ASKED, &binary("main", "-F unsafe_code")));
    assert!(!crates.chain("", &binary("main", ASKED)), "the dependency lacks it");
    assert!(!crates.chain(ASKED, &binary("parts", ASKED)), "nobody speaks for a module");
    assert!(crates.chain_with(ASKED, &binary("parts", ASKED), "src/more.rs"));
    let checked = "-C overflow-checks=on";
    assert!(!crates.chain(ASKED, &binary("linked", checked)), "native code under a source's name");
    assert!(crates.chain(ASKED, &crates.between(ASKED)));
    // What no option names is not found, although it lies where dependencies of dependencies are looked for.
    let named = Crates::library_of(&crates.rustc, &crates.folder, ("named", "src/named.rs"), ASKED);
    assert_ne!(crates.bench.attempt(&named).status, 0);
}
