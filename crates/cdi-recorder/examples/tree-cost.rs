//! What a folder costs: its digest beside `sha256sum` over the same files, and a traced run that reads all of it.
//!
//! `cargo run --release -p cdi-recorder --example tree-cost -- [FILES [FOLDER]]` makes so many files (100,000, of 1 KB on
//! average) in folders of a hundred, and prints the least of some rounds of wall clock and of processor time, their ratios to
//! `sha256sum`, the most memory that each took, and how large a signed report about all of them is.

#![allow(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cdi_envelope::Algorithm;
use cdi_keys::SoftwareKey;
use cdi_recorder::{Capture, Materials, Run, Tree};

const ROUNDS: usize = 5;
const FILES: usize = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--as", way, folder] => run(way, folder),
        [files, folder] => measure(files.parse().expect("a number of files"), Path::new(folder)),
        [files] => {
            measure(files.parse().expect("a number of files"), &std::env::temp_dir().join("cdi-tree-cost"))
        }
        _ => measure(FILES, &std::env::temp_dir().join("cdi-tree-cost")),
    }
}

/// So many files, each with other bytes, from a few to 2 KB.
fn make(files: usize, folder: &Path) {
    for file in 0..files {
        let below = folder.join(format!("src/{}/{}", file / 10_000, file / 100 % 100));
        std::fs::create_dir_all(&below).expect("a folder");
        let text = format!("file {file}\n").repeat(1 + file % 160);
        std::fs::write(below.join(format!("{file}.c")), text).expect("a file");
    }
}

fn measure(files: usize, folder: &Path) {
    if !folder.join("src").is_dir() {
        make(files, folder);
    }
    let mut least: Vec<(&str, Duration, Duration, u64)> = Vec::new();
    for way in ["sha256sum", "digest", "cat", "traced"] {
        let rounds = (0..ROUNDS).map(|_| once(way, folder));
        let (wall, cpu, memory) = rounds.min_by_key(|(wall, ..)| *wall).expect("a round");
        least.push((way, wall, cpu, memory));
    }
    for (way, wall, cpu, memory) in &least {
        let (_, base, base_cpu, _) = least.iter().find(|(other, ..)| *other == "sha256sum").expect("it");
        let ratio = |one: &Duration, two: &Duration| one.as_secs_f64() / two.as_secs_f64();
        println!(
            "{way:>10}: {wall:>8.2?} ({:.2}), {cpu:>8.2?} of processors ({:.2}), {} KiB",
            ratio(wall, base),
            ratio(cpu, base_cpu),
            memory
        );
    }
}

/// Wall clock, processor time, and the most memory in KiB, as `/proc` tells it of this program.
fn once(way: &str, folder: &Path) -> (Duration, Duration, u64) {
    let own = std::env::current_exe().expect("this program");
    let (before, begun) = (cdi_sys::cpu_of_children(), Instant::now());
    let done = Command::new(own).args(["--as", way]).arg(folder).output().expect("this program runs");
    let (wall, after) = (begun.elapsed(), cdi_sys::cpu_of_children());
    assert!(done.status.success(), "{way}: {}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8_lossy(&done.stdout);
    let memory = said.lines().find_map(|line| line.strip_prefix("memory ")?.parse().ok()).unwrap_or(0);
    said.lines().filter(|line| line.starts_with("report ")).for_each(|line| eprintln!("{line}"));
    (wall, after.saturating_sub(before), memory)
}

fn run(way: &str, folder: &str) {
    let folder = PathBuf::from(folder);
    let source = format!("{}/src/", folder.display());
    let list =
        |with: &str| format!("cd {source} && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 {with}");
    match way {
        "digest" => println!("{}", Tree::measure(Path::new(&source)).expect("a tree").digest()),
        "traced" => traced(&source, &format!("{} >{}/out", list("cat"), folder.display()), &folder),
        "cat" => shell(&format!("{} >{}/out", list("cat"), folder.display())),
        _ => shell(&format!("{} | sha256sum", list("sha256sum"))),
    }
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.split_whitespace().next()).unwrap_or("0");
    println!("memory {peak}");
}

fn shell(script: &str) {
    let status = Command::new("sh").args(["-c", script]).status().expect("a shell");
    assert!(status.success(), "{script}");
}

fn traced(source: &str, script: &str, folder: &Path) {
    let run = Run {
        program: "sh".to_owned(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        inputs: vec![source.to_owned()],
        outputs: vec![folder.join("out").display().to_string()],
        capture: Capture::Traced,
        ..Run::default()
    };
    let key = SoftwareKey::generate(Algorithm::EcdsaP256Sha256).expect("a key");
    let products = Materials::take(run).and_then(Materials::run).and_then(cdi_recorder::Ran::products);
    let recorded = products.and_then(|products| products.seal(&key, &[])).expect("a report");
    println!("report {} bytes", recorded.sealed.line.len());
}
