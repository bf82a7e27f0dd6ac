//! What recording costs: a build in C, bare and at each capture level, in processor time.
//!
//! `cargo run --release -p cdi-recorder --example capture-cost -- [FOLDER]` compiles each `*.c` of a folder to an object,
//! or those of a project that it makes (100 files), with `gcc -O0` and `-O2`, some times over, and prints the median
//! and the least, and their ratios to the bare build. Processor time is of user and kernel, of the recorder and all that it starts. `kept` is
//! `traced` with the digests of the toolchain from an earlier run, and so is `confined`. The recorder does not sign: that costs the same at
//! each level.

#![allow(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cdi_envelope::Algorithm;
use cdi_keys::{Signer as _, SoftwareKey};
use cdi_recorder::{Capture, DigestCache, Materials, Reach, Run};

const ROUNDS: usize = 7;
const FILES: usize = 100;
const WAYS: [&str; 5] = ["bare", "declared", "traced", "kept", "confined"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--as", way, script, folder] => run(way, script, folder),
        [folder] => measure(Path::new(folder)),
        _ => {
            let folder = std::env::temp_dir().join("cdi-capture-cost");
            project(&folder);
            measure(&folder);
        }
    }
}

/// A project of files that are a little different, with the headers that programs in C have.
fn project(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder for the project");
    std::fs::write(folder.join("shared.h"), "#include <stddef.h>\nint shared(size_t);\n").expect("a header");
    for file in 0..FILES {
        let mut text = String::from(
            "#include <errno.h>\n#include <fcntl.h>\n#include <math.h>\n#include <signal.h>\n#include <stdio.h>\n\
             #include <stdlib.h>\n#include <string.h>\n#include <time.h>\n#include <unistd.h>\n#include \"shared.h\"\n",
        );
        for function in 0..20 {
            text.push_str(&format!(
                "int f{file}_{function}(const char *text, int n) {{\n  char copy[64 + {function}]; int sum = {file};\n  \
                 for (int i = 0; i < n && text[i]; i++) {{ sum += text[i] * i % ({function} + 3); \
                 if (sum & 1) sum ^= (int) strlen(text); else sum -= (int) shared((size_t) i); }}\n  \
                 snprintf(copy, sizeof copy, \"%d %s\", sum, text); errno = sum; return atoi(copy);\n}}\n"
            ));
        }
        std::fs::write(folder.join(format!("f{file}.c")), text).expect("a source");
    }
}

fn measure(folder: &Path) {
    let mut sources: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "c"))
        .collect();
    sources.sort();
    println!("{} sources of {}, median and least of {ROUNDS}", sources.len(), folder.display());
    let made = folder.join("made");
    for level in ["-O0", "-O2"] {
        let script: Vec<String> = sources
            .iter()
            .map(|source| {
                let object = made.join(source.with_extension("o").file_name().unwrap_or_default());
                format!(
                    "gcc {level} -w -I {0} -c -o {1} {2}",
                    folder.display(),
                    object.display(),
                    source.display()
                )
            })
            .collect();
        let script = script.join(" && ");
        let mut times = [const { Vec::new() }; WAYS.len()];
        for _ in 0..ROUNDS {
            for (way, times) in WAYS.iter().zip(&mut times) {
                let _ = std::fs::remove_dir_all(&made);
                std::fs::create_dir(&made).expect("a folder for objects");
                times.push(cost(way, &script, folder));
            }
        }
        let figures = times.map(|mut times| {
            times.sort();
            let at = |place: usize| times.get(place).copied().unwrap_or_default().as_secs_f64();
            [at(ROUNDS / 2), at(0)]
        });
        let [[median, least], ..] = figures;
        for (way, [this, fewest]) in WAYS.iter().zip(figures) {
            println!(
                "{level} {way:9} {this:8.3} s {:.3}  {fewest:8.3} s {:.3}",
                this / median,
                fewest / least
            );
        }
    }
}

/// The processor time of one build.
fn cost(way: &str, script: &str, folder: &Path) -> Duration {
    let before = cdi_sys::cpu_of_children();
    let own = std::env::current_exe().expect("this program");
    let status =
        Command::new(own).args(["--as", way, script]).arg(folder).status().expect("this program runs");
    assert!(status.success(), "the build failed");
    cdi_sys::cpu_of_children() - before
}

fn run(way: &str, script: &str, folder: &str) {
    if way == "bare" {
        let status = Command::new("sh").args(["-c", script]).status().expect("a shell");
        std::process::exit(status.code().unwrap_or(1));
    }
    let capture = match way {
        "declared" => Capture::Declared,
        "confined" => Capture::Confined,
        _ => Capture::Traced,
    };
    let (reads, writes) = (vec!["/usr".to_owned(), folder.to_owned()], vec![format!("{folder}/made")]);
    let run = Run {
        program: "sh".to_owned(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        capture,
        reach: Reach { reads, writes },
        ..Run::default()
    };
    let key = SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[7; 32]).expect("a key");
    let cache = DigestCache::open(std::env::temp_dir().join("cdi-capture-cost-kept"), key.public_key());
    let recorded = Materials::take(run)
        .map(
            |materials| {
                if ["kept", "confined"].contains(&way) { materials.remembering(&cache) } else { materials }
            },
        )
        .and_then(Materials::run)
        .and_then(cdi_recorder::Ran::products);
    if way == "kept" {
        cache.keep(&key).expect("a place for digests");
    }
    match recorded {
        Ok(products) if std::env::var_os("CDI_SAY").is_some() => {
            eprintln!("{} inputs, {} outputs", products.inputs().len(), products.outputs().len());
        }
        Ok(_) => {}
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
