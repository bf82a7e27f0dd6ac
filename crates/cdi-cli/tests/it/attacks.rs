//! Attacks on what is recorded of real tools, and on what certifications say of their runs (A-CAP, A-CER), by the compiler that is
//! here. `vectors/attacks.txt` says which attack is shown where. What is not here is passed over, and the reason printed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::{Ended, Scene, ended};
use crate::toolchains::bench::{Bench, Run, is_here};

mod certified;
mod files;
mod outputs;
mod processes;
mod surroundings;

const SOURCE: &[u8] = b"void fill(char *);\nint first(void) { char text[64]; fill(text); return text[0]; }\n";
const CANARIES: &str = "STACK_CANARIES";

/// A folder with a key, a source, and a library that writes down who loads it.
fn scene() -> Option<Scene> {
    if !is_here("gcc") {
        return None;
    }
    let scene = Scene::new();
    scene.write("x.c", SOURCE);
    scene.write("main.c", b"int main(void) { return 0; }\n");
    let mark = format!(
        "#include <stdio.h>\n__attribute__((constructor)) static void mark(void) {{\n\
           char name[64] = \"\"; FILE *me = fopen(\"/proc/self/comm\", \"r\"), *out = fopen(\"{}\", \"a\");\n\
           if (me && out && fgets(name, sizeof name, me)) fputs(name, out);\n\
           if (out) fclose(out);\n}}\n\
         int plugin_is_GPL_compatible;\nint plugin_init(void *name, void *version) {{ return name == version; }}\n",
        scene.path("marks").display()
    );
    scene.write("mark.c", mark.as_bytes());
    plain(&scene, "gcc -shared -fPIC -o mark.so mark.c");
    Some(scene)
}

/// gcc, certified by the claims that ship, with such a folder. What may run is what ran in the samples.
fn compiler() -> Option<Bench> {
    let scene = scene()?;
    scene.done("key generate --out supplier.pem");
    let samples = [compile("-O2").reads(&["x.c"]), Run::of("gcc -o main main.c").reads(&["main.c"])];
    Some(Bench::of("gcc", scene, &samples))
}

/// A compilation that asks for canaries.
fn compile(options: &str) -> Run {
    Run::of(&format!("gcc -fstack-protector-strong {options} -c -o x.o x.c"))
}

/// Runs a command without a recorder.
fn plain(scene: &Scene, line: &str) {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    assert!(command.args(words).current_dir(scene.path("")).status().unwrap().success(), "{line}");
}

fn script(scene: &Scene, name: &str, text: &str) -> PathBuf {
    scene.write(name, format!("#!/bin/sh\n{text}\n").as_bytes());
    std::fs::set_permissions(scene.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    scene.path(name)
}

/// Whether nothing is shown of what the run made: it failed, was not recorded, or is covered by no claim.
fn shows_nothing(bench: &Bench, run: &Run) -> bool {
    let _ = std::fs::remove_file(bench.scene.path(&run.output));
    bench.attempt(run).status != 0 || !bench.shows(run, CANARIES)
}

/// Records `COMMAND` at a level; what `cdi wrap` said, and the report if there is one.
fn recorded(scene: &Scene, level: &str, declared: &str, words: &[&str]) -> (Ended, Option<Value>) {
    if !scene.path("tool.pem").exists() {
        scene.done("key generate --out tool.pem");
    }
    let _ = std::fs::remove_file(scene.path("run.jsonl"));
    let line = format!("wrap --capture {level} --key tool.pem --report run.jsonl {declared} --");
    let mut command = scene.command(&line);
    let said = ended(&command.env("XDG_CACHE_HOME", scene.path("cache")).args(words).output().unwrap());
    let report = scene.path("run.jsonl").exists().then(|| report(scene));
    (said, report)
}

/// The report of the last run, which is alone in its bundle.
fn report(scene: &Scene) -> Value {
    let shown: Value = serde_json::from_str(&scene.done("inspect run.jsonl --output json")).unwrap();
    shown.pointer("/lines/0/statement").unwrap().clone()
}

fn names(report: &Value, pointer: &str, member: &str) -> Vec<String> {
    let all = report.pointer(pointer).and_then(Value::as_array).unwrap().iter();
    all.map(|one| one[member].as_str().unwrap().to_owned()).collect()
}

fn outputs(report: &Value) -> Vec<String> {
    names(report, "/subject", "name")
}

fn inputs(report: &Value) -> Vec<String> {
    names(report, "/predicate/inputs", "path")
}

fn executables(report: &Value) -> Vec<String> {
    names(report, "/predicate/tool/executables", "path")
}
