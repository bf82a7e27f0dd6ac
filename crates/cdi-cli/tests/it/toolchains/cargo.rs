//! cargo as one operation, which goes on from what it finds.

use std::fs::{File, remove_dir_all};
use std::path::PathBuf;

use super::bench::{Bench, Run};
use super::elf;
use super::rust::{SOURCE, programs};
use crate::support::Scene;

const CHECKED: &str = "INTEGER_OVERFLOW_CHECKED";
const ON: &str = "-C overflow-checks=on";

const MANIFEST: &str = "[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"main\"\nversion = \"0.1.0\"\n";
const MACRO: &str = "#[proc_macro]\npub fn none(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    \
    proc_macro::TokenStream::new()\n}\n";

/// A package of one program.
struct Package {
    bench: Bench,
    programs: PathBuf,
}

impl Package {
    fn new(programs: PathBuf) -> Self {
        let scene = Self::sources();
        scene.write("Cargo.toml", MANIFEST.as_bytes());
        scene.write("Cargo.lock", LOCK.as_bytes());
        scene.write("src/main.rs", SOURCE.as_bytes());
        Self::sampled(programs, scene)
    }

    /// One whose program is compiled with a library that is made first, and that the compiler loads.
    fn with_a_macro(programs: PathBuf) -> Self {
        let scene = Self::sources();
        std::fs::create_dir_all(scene.path("words/src")).unwrap();
        scene.write(
            "Cargo.toml",
            format!("{MANIFEST}[dependencies]\nwords = {{ path = \"words\" }}\n").as_bytes(),
        );
        let words = "\n[[package]]\nname = \"words\"\nversion = \"0.1.0\"\n";
        scene.write("Cargo.lock", format!("{LOCK}dependencies = [\n \"words\",\n]\n{words}").as_bytes());
        let manifest = format!("{}[lib]\nproc-macro = true\n", MANIFEST.replace("main", "words"));
        scene.write("words/Cargo.toml", manifest.as_bytes());
        scene.write("words/src/lib.rs", MACRO.as_bytes());
        scene.write("src/main.rs", format!("{SOURCE}\nwords::none! {{}}\n").as_bytes());
        Self::sampled(programs, scene)
    }

    fn sources() -> Scene {
        let scene = Scene::new();
        scene.done("key generate --out supplier.pem");
        std::fs::create_dir_all(scene.path("src")).unwrap();
        std::fs::create_dir_all(scene.path(".cargo")).unwrap();
        scene
    }

    fn sampled(programs: PathBuf, scene: Scene) -> Self {
        let (line, output) = Self::program(&programs, "");
        let sample = Self::run(&programs, &scene, &line, &output, Some(ON));
        Self { bench: Bench::of("cargo", scene, &[sample]), programs }
    }

    fn program(programs: &std::path::Path, besides: &str) -> (String, String) {
        let cargo = programs.join("cargo");
        let options = format!("--offline --locked --release{besides} -- -C extra-filename= -o ./main");
        (format!("{} rustc {options}", cargo.display()), "./main".to_owned())
    }

    /// The program that is installed is known by where it lies.
    fn installed(&self, besides: &str) -> (String, String) {
        let (cargo, root) =
            (self.programs.join("cargo"), self.bench.scene.path("").canonicalize().unwrap().join("inst"));
        let options =
            format!("--path . --offline --locked --force {besides}--root {} --bin main", root.display());
        (format!("{} install {options}", cargo.display()), root.join("bin/main").display().to_string())
    }

    fn run(programs: &std::path::Path, scene: &Scene, line: &str, output: &str, flags: Option<&str>) -> Run {
        let run = Run::to(line, output).reads(&["Cargo.toml", "Cargo.lock", "src/main.rs"]);
        let run = run.with(&format!("RUSTC={}", programs.join("rustc").display()));
        let run = run.with(&format!("CARGO_HOME={}", scene.path("home").display()));
        flags.into_iter().fold(run, |run, flags| run.with(&format!("RUSTFLAGS={flags}")))
    }

    fn of(&self, (line, output): &(String, String), flags: Option<&str>) -> Run {
        Self::run(&self.programs, &self.bench.scene, line, output, flags)
    }

    /// Nothing is left of earlier runs.
    fn clean(&self) {
        for folder in ["target", "home", "inst"] {
            let _ = remove_dir_all(self.bench.scene.path(folder));
        }
    }

    /// Whether a run that was traced shows that arithmetic is checked, and whether it is. A supplier lists whatever was read and is
    /// not left from earlier runs.
    fn goes_on(&self, run: &Run) -> (bool, bool) {
        let made = self.bench.record_traced(run);
        self.bench.supply(|path| path.contains("target/"));
        (self.bench.shows(run, CHECKED), elf::panics_on_overflow(&made))
    }

    /// As [`Self::goes_on`], from the beginning.
    fn begins(&self, run: &Run) -> (bool, bool) {
        self.clean();
        self.goes_on(run)
    }

    /// Puts another program into the place of each that cargo has made, as old as that.
    fn poison(&self, program: &[u8]) {
        let folder = self.bench.scene.path("target/release");
        let listed = [folder.join("deps"), folder].map(|folder| std::fs::read_dir(folder).unwrap());
        let files = listed.into_iter().flatten().map(|file| file.unwrap());
        for file in files.filter(|file| {
            let name = file.file_name().into_string().unwrap();
            name.starts_with("main") && !name.contains('.')
        }) {
            let modified = file.metadata().unwrap().modified().unwrap();
            std::fs::write(file.path(), program).unwrap();
            File::options().write(true).open(file.path()).unwrap().set_modified(modified).unwrap();
        }
    }
}

#[test]
fn cargo_has_what_its_variable_establishes_whatever_its_configuration_says() {
    let Some(programs) = programs() else { return };
    let package = Package::new(programs);
    let line = |besides: &str| Package::program(&package.programs, besides);
    let (with, without) = (package.of(&line(""), Some(ON)), package.of(&line(""), None));
    assert_eq!(package.begins(&with), (true, true));
    assert_eq!(package.begins(&without), (false, false));
    let twice = "-C overflow-checks=on -C overflow-checks=off";
    assert_eq!(package.begins(&package.of(&line(""), Some(twice))), (false, false));
    assert_eq!(package.begins(&package.of(&line(" -v"), Some(ON))), (false, true));
    let named = line(" --config build.rustflags=[\"-Coverflow-checks=off\"]");
    assert!(!package.begins(&package.of(&named, Some(ON))).0);
    // Nobody knows what else was read.
    package.clean();
    package.bench.leaves_open(&with, CHECKED);
    // A file that no argument names says otherwise, and is not heard while the variable is there.
    package.bench.scene.write(".cargo/config.toml", b"[build]\nrustflags = [\"-Coverflow-checks=off\"]\n");
    assert_eq!(package.begins(&with), (true, true));
    assert_eq!(package.begins(&without), (false, false));
}

#[test]
fn cargo_that_goes_on_from_an_earlier_run_has_nothing_of_it() {
    let Some(programs) = programs() else { return };
    let package = Package::new(programs);
    let install = package.of(&package.installed(""), Some(ON));
    assert_eq!(package.begins(&package.of(&package.installed("--debug "), Some(ON))), (false, true));
    let without = package.of(&package.installed(""), None);
    assert_eq!(package.begins(&without), (false, false));
    let unchecked = package.bench.scene.read(&without.output);
    assert_eq!(package.begins(&install), (true, true));
    // What cargo finds as it left it is not made again.
    package.poison(&unchecked);
    assert_eq!(package.goes_on(&install), (false, false));
    assert_eq!(package.bench.scene.read(&install.output), unchecked);
    assert_eq!(package.begins(&install), (true, true));
}

#[test]
fn a_macro_is_a_library_that_the_certification_lists() {
    let Some(programs) = programs() else { return };
    let package = Package::with_a_macro(programs);
    let (line, output) = Package::program(&package.programs, "");
    let run = package.of(&(line, output), Some(ON));
    package.clean();
    let made = package.bench.record_traced(&run);
    package.bench.supply(|path| path.contains("target/"));
    assert!(package.bench.shows(&run, CHECKED));
    assert!(elf::panics_on_overflow(&made));
    // Another macro, which the same supplier lists: the compiler has loaded what nobody certified.
    package.bench.scene.write(
        "words/src/lib.rs",
        format!("{MACRO}const _: u8 = 1;\n#[used]\nstatic MORE: u8 = 7;\n").as_bytes(),
    );
    assert!(!package.begins(&run).0);
    package.bench.scene.write("words/src/lib.rs", MACRO.as_bytes());
    assert_eq!(package.begins(&run), (true, true));
}
