//! How much processor time `cdi wrap` costs over the bare tool, and `cdi verify` over a program that does nothing: medians
//! of runs that are interleaved, user and kernel time of all processes together.
//!
//! `cargo build --release -p cdi-cli && cargo run --release -p cdi-cli --example cpu [CDI [ROUNDS]]`. By default CDI is the
//! program beside this one, and there are 60 rounds. The goals are 5 ms over the bare tool, and 5 ms over `cdi --version` for
//! a bundle of ten reports. A report about a run costs the hashing of `cdi` itself on top: at the 1.8 GB/s of one core with
//! SHA instructions, 0.6 ms a megabyte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement, not a part of CDI"
)]

mod folder;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const REPORTS: usize = 10;

/// A command and the one that it is compared with.
struct Pair {
    name: &'static str,
    base: Vec<String>,
    more: Vec<String>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let cdi = arguments.next().map_or_else(beside, PathBuf::from).canonicalize().expect("a program `cdi`");
    let rounds = arguments.next().map_or(60, |rounds| rounds.parse().expect("a number of rounds"));
    let folder = tempfile::tempdir().unwrap();
    // A copy, as one that is installed: what a linker has written lies in the page cache in smaller pieces, and to read it
    // takes longer.
    let installed = folder.path().join("cdi");
    std::fs::copy(&cdi, &installed).unwrap();
    let pairs = pairs(installed.to_str().unwrap());
    prepare(folder.path(), &installed);
    let mut times = vec![(Vec::new(), Vec::new()); pairs.len()];
    for _ in 0..rounds {
        for (pair, (base, more)) in pairs.iter().zip(&mut times) {
            base.push(cost(folder.path(), &pair.base));
            more.push(cost(folder.path(), &pair.more));
        }
    }
    println!("{:<34} {:>9} {:>9} {:>9}", "", "base", "cdi", "over");
    for (pair, (base, more)) in pairs.iter().zip(times) {
        let (base, more) = (median(base), median(more));
        println!("{:<34} {base:>6.2} ms {more:>6.2} ms {:>6.2} ms", pair.name, more - base);
    }
}

/// The program that cargo built together with this one.
fn beside() -> PathBuf {
    std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().join("cdi")
}

fn pairs(cdi: &str) -> Vec<Pair> {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    let pair = |name, base: &str, more: &str| Pair {
        name,
        base: words(base),
        more: words(&format!("{cdi} {more}")),
    };
    vec![
        pair("wrap true, measured only", "/usr/bin/true", "wrap -- true"),
        pair("wrap touch, signed", "/usr/bin/touch out", "wrap --key key.pem --output out -- touch out"),
        pair(
            "wrap cp, signed",
            "/usr/bin/cp in out",
            "wrap --key key.pem --input in --output out -- cp in out",
        ),
        pair("verify, 10 reports", &format!("{cdi} --version"), &folder::verify().join(" ")),
    ]
}

/// What the commands need: a key, an input, and an artifact with a chain of reports that are all needed to allow it.
fn prepare(folder: &Path, cdi: &Path) {
    folder::write(folder, REPORTS);
    std::fs::write(folder.join("in"), [0; 4096]).unwrap();
    let made = Command::new(cdi).args(["key", "generate", "--out", "key.pem"]).current_dir(folder).output();
    assert!(made.unwrap().status.success());
}

/// The processor time of one run, which must end well. Nothing of an earlier run is left.
fn cost(folder: &Path, words: &[String]) -> Duration {
    for left in ["out", "out.intoto.jsonl"] {
        let _ = std::fs::remove_file(folder.join(left));
    }
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir(folder)
        .env("CDI_STATE", folder.join(".state"))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let before = cdi_sys::cpu_of_children();
    let status = command.stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{words:?}: {status}");
    cdi_sys::cpu_of_children() - before
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}
