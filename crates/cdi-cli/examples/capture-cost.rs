//! What it costs to record builds in C, bare and at each capture level, in processor time of all processes together; and
//! what one recorded run costs in wall time. `cargo xtask capture-cost` prepares what this measures.
//!
//! `capture-cost CDI LEAST PROJECTS IN-TOTO-RUN [ROUNDS]`: PROJECTS is a folder with the sources of Lua and of Redis. Each is built with
//! `make` in each way, in turns, round after round; what is printed is the least and the median, and their ratios to the bare
//! build. `cold` hashes the toolchain anew, `warm` has its digests from the run before, and so have `confined` and `per
//! tool`, of which the last records each run of a compiler, archiver or linker by itself. All of them sign. `catching` makes
//! the build's calls and measures nothing: it is a build whose only tool to be recorded never runs. `least` is a program that
//! makes the same calls and does nothing else (`cdi-sys/examples/least.rs`): no recorder of this kind costs less. `strace` writes
//! down the same calls, with its filter for speed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement, not a part of CDI"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WAYS: [&str; 9] = [
    "bare",
    "least",
    "catching",
    "traced, cold",
    "traced, warm",
    "confined",
    "per tool",
    "strace",
    "declared",
];
/// What is recorded `per tool`, and what a build never executes.
const TOOLS: [(&str, &[&str]); 2] = [("tools.yaml", &["gcc", "ar", "ranlib"]), ("none.yaml", &["false"])];
/// Runs of one short command.
const SHORT: usize = 41;

/// A project, and how it is built.
struct Project {
    name: &'static str,
    folder: PathBuf,
    build: fn(&str) -> Vec<String>,
    clean: &'static [&'static str],
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cdi, least, projects, in_toto, rest @ ..] = arguments.as_slice() else {
        panic!("usage: capture-cost CDI LEAST PROJECTS IN-TOTO-RUN [ROUNDS]")
    };
    let rounds = rest.first().map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let scratch = tempfile::tempdir().unwrap();
    // Builds run elsewhere.
    let whole = |program: &str| std::path::absolute(program).unwrap();
    let bench = Bench { cdi: whole(cdi), least: whole(least), scratch };
    bench.cdi(&["key", "generate", "--algorithm", "ed25519", "--out", "key.pem"]);
    TOOLS.iter().for_each(|(document, tools)| bench.tools(document, tools));
    let lua =
        |level: &str| words(&format!("make lua MYLIBS=-ldl CFLAGS={level}|-w|-std=c99|-DLUA_USE_LINUX"));
    let redis = |level: &str| {
        words(&format!("make -j2 redis-server MALLOC=libc OPTIMIZATION={level} REDIS_CFLAGS=-w WARN=-w"))
    };
    let projects = Path::new(projects);
    let projects = [
        Project { name: "Lua", folder: projects.join("lua"), build: lua, clean: &["clean"] },
        Project { name: "Redis", folder: projects.join("redis/src"), build: redis, clean: &["distclean"] },
    ];
    println!("| project | way | least | | median | | report | inputs | peak memory |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for project in &projects {
        for level in ["-O0", "-O2"] {
            bench.measure(project, level, rounds);
        }
    }
    bench.short(in_toto);
}

/// Words of a line; a bar stands for a blank in one of them.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace('|', " ")).collect()
}

struct Bench {
    cdi: PathBuf,
    least: PathBuf,
    scratch: tempfile::TempDir,
}

/// What one way of building was like.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    report: Option<(u64, usize)>,
    peak: u64,
}

impl Bench {
    fn scratch(&self, name: &str) -> String {
        self.scratch.path().join(name).to_str().unwrap().to_owned()
    }

    fn cdi(&self, arguments: &[&str]) {
        let output = Command::new(&self.cdi).args(arguments).current_dir(&self.scratch).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Writes a document of tools, each with a key of its own.
    fn tools(&self, document: &str, tools: &[&str]) {
        let mut text = String::from(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Tools\nmetadata: {name: measured}\nspec:\n  tools:\n",
        );
        for tool in tools {
            let key = format!("{tool}.pem");
            self.cdi(&["key", "generate", "--algorithm", "ed25519", "--out", &key]);
            text.push_str(&format!("    - {{program: /usr/bin/{tool}, key: {key}}}\n"));
        }
        std::fs::write(self.scratch(document), text).unwrap();
    }

    fn measure(&self, project: &Project, level: &str, rounds: usize) {
        let mut seen: Vec<Seen> = WAYS.iter().map(|_| Seen::default()).collect();
        for _ in 0..rounds {
            for (way, seen) in WAYS.iter().zip(&mut seen) {
                self.build(project, level, way, seen);
            }
        }
        let [bare_least, bare_median] = least_and_median(&seen[0].times);
        for (way, seen) in WAYS.iter().zip(&seen) {
            let [least, median] = least_and_median(&seen.times);
            let report = seen
                .report
                .map_or(String::from(" | "), |(bytes, inputs)| format!("{} KB | {inputs}", bytes / 1_000));
            let peak = if seen.peak == 0 { String::new() } else { format!("{} MB", seen.peak / 1_000) };
            println!(
                "| {} {level} | {way} | {least:.2} s | {:.3} | {median:.2} s | {:.3} | {report} | {peak} |",
                project.name,
                least / bare_least,
                median / bare_median
            );
        }
    }

    fn build(&self, project: &Project, level: &str, way: &str, seen: &mut Seen) {
        let clean = Command::new("make").args(project.clean).current_dir(&project.folder).output().unwrap();
        assert!(clean.status.success(), "{}: {}", project.name, String::from_utf8_lossy(&clean.stderr));
        remove_bundles(top(project));
        let report = self.scratch("report.jsonl");
        let _ = std::fs::remove_file(&report);
        let build = (project.build)(level);
        let mut command = self.command(project, way, &report);
        command.args(&build).current_dir(&project.folder);
        // What compilers say and make shows is the same each time.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let before = cdi_sys::cpu_of_children();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{way}: {error}"));
        let (status, peak) = watched(&mut child);
        seen.times.push(cdi_sys::cpu_of_children() - before);
        assert!(status, "{} {level} failed, {way}", project.name);
        if ["traced, cold", "traced, warm", "confined"].contains(&way) {
            seen.peak = seen.peak.max(peak);
            let text = std::fs::read(&report).unwrap();
            seen.report = Some((text.len() as u64, inputs(&text)));
        }
    }

    /// What goes before the build's own words.
    fn command(&self, project: &Project, way: &str, report: &str) -> Command {
        let top = top(project).to_str().unwrap();
        let (key, cache) = (self.scratch("key.pem"), self.scratch("cache"));
        let mut command = match way {
            "bare" => Command::new("env"),
            "strace" => Command::new("strace"),
            "least" => Command::new(&self.least),
            _ => Command::new(&self.cdi),
        };
        match way {
            // The same environment as in the other ways.
            "bare" => command.args(["-i", "PATH=/usr/bin:/bin"]),
            "least" => command.args(["/usr/bin/env", "-i", "PATH=/usr/bin:/bin"]),
            "strace" => command.args(["-f", "--seccomp-bpf", "-e", "trace=%file", "-o", "/dev/null"]).args([
                "env",
                "-i",
                "PATH=/usr/bin:/bin",
            ]),
            "declared" => command.args(["wrap", "--"]),
            "per tool" => command.args(["wrap", "--per-tool", &self.scratch("tools.yaml"), "--"]),
            "catching" => command.args(["wrap", "--per-tool", &self.scratch("none.yaml"), "--"]),
            "confined" => {
                command.args(["wrap", "--key", &key, "--report", report, "--capture", "confined"]);
                for reach in [["--allow-read", "/usr"], ["--allow-read", top], ["--allow-write", top]] {
                    command.args(reach);
                }
                command.arg("--")
            }
            _ => command.args(["wrap", "--key", &key, "--report", report, "--capture", "traced", "--"]),
        };
        if way == "traced, cold" {
            command.env("XDG_CACHE_HOME", self.scratch(&format!("cold-{}", std::process::id())));
            let _ = std::fs::remove_dir_all(self.scratch(&format!("cold-{}", std::process::id())));
        } else {
            command.env("XDG_CACHE_HOME", cache);
        }
        command
    }

    /// One recorded run that does nothing, in wall time; and one that makes a file, signed.
    fn short(&self, in_toto: &str) {
        let cdi = self.cdi.to_str().unwrap();
        let lines = [
            "/usr/bin/true".to_owned(),
            format!("{cdi} wrap -- true"),
            format!("{in_toto} --step-name s --signing-key key.pem -- true"),
            "/usr/bin/touch out".to_owned(),
            format!("{cdi} wrap --key key.pem --output out -- touch out"),
            format!("{in_toto} --step-name s --signing-key key.pem --products out -- touch out"),
        ];
        let mut times: Vec<Vec<Duration>> = lines.iter().map(|_| Vec::new()).collect();
        for _ in 0..SHORT {
            for (line, times) in lines.iter().zip(&mut times) {
                for left in ["out", "out.intoto.jsonl"] {
                    let _ = std::fs::remove_file(self.scratch(left));
                }
                let words: Vec<&str> = line.split(' ').collect();
                let mut command = Command::new(words[0]);
                command.args(&words[1..]).current_dir(&self.scratch).stdin(Stdio::null());
                let begun = Instant::now();
                let output = command.output().unwrap();
                times.push(begun.elapsed());
                assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        println!("\n| run | least | median | of in-toto-run |\n|---|---|---|---|");
        for (at, (line, all)) in lines.iter().zip(&times).enumerate() {
            let [least, median] = least_and_median(all);
            let [_, peer] = least_and_median(&times[at / 3 * 3 + 2]);
            let line = line.replace(cdi, "cdi").replace(in_toto, "in-toto-run");
            println!(
                "| `{line}` | {:.1} ms | {:.1} ms | 1/{:.0} |",
                least * 1e3,
                median * 1e3,
                peer / median
            );
        }
    }
}

/// Where a project's sources begin.
fn top(project: &Project) -> &Path {
    project.folder.ancestors().find(|folder| folder.join("README.md").exists()).unwrap()
}

/// Removes what runs of tools have left beside their outputs: `make clean` knows nothing of that.
fn remove_bundles(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            remove_bundles(&path);
        } else if path.to_str().is_some_and(|path| path.ends_with(".intoto.jsonl")) {
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// Waits for a child: whether it ended well, and the most memory that it had itself, in kB.
fn watched(child: &mut Child) -> (bool, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // It only grows, so that the last look before the end is near enough.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(now.unwrap_or(0));
        match child.try_wait().unwrap() {
            Some(status) => return (status.success(), peak),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// How many inputs the report of a bundle has.
fn inputs(bundle: &[u8]) -> usize {
    let envelope: serde_json::Value =
        serde_json::from_slice(bundle.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    let payload = base64_simd::STANDARD.decode_to_vec(envelope["payload"].as_str().unwrap()).unwrap();
    let statement: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    statement["predicate"]["inputs"].as_array().unwrap().len()
}

/// In seconds.
fn least_and_median(times: &[Duration]) -> [f64; 2] {
    let mut times: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    times.sort_by(f64::total_cmp);
    [times[0], times[times.len() / 2]]
}
