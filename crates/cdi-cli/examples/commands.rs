//! What whole commands take by the clock: `cdi verify` over a `cdi` that does nothing, and over `in-toto-verify` on as many steps.
//!
//! `cargo xtask speed` runs it: `commands CDI ROUNDS [IN-TOTO-VERIFY LAYOUTS]`. LAYOUTS has a folder for each number of steps, with
//! `root.layout`, `root.pub`, the links and what the last step made. All run in turns, and must end well.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement, not a part of CDI"
)]

mod folder;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cdi_testkit::speed::{Clock, Row, Target, in_turns, publish};

const REPORTS: usize = 10;
/// So many steps, and the most that cdi may take of the peer's time.
const STEPS: [(usize, f64); 2] = [(1, 1.0 / 50.0), (100, 1.0 / 12.0)];
/// The program with the engine in it may weigh so many MiB.
const WEIGHT: f64 = 25.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cdi, rounds, peer @ ..] = arguments.as_slice() else {
        panic!("commands CDI ROUNDS [IN-TOTO-VERIFY LAYOUTS]")
    };
    let rounds = rounds.parse().expect("a number of rounds");
    let scratch = tempfile::tempdir().unwrap();
    // A copy, as one that is installed: what a linker has written lies in the page cache in smaller pieces, and to read it
    // takes longer.
    let installed = scratch.path().join("cdi");
    std::fs::copy(cdi, &installed).unwrap();
    let mut rows = vec![begun(&installed, scratch.path(), rounds), weight(&installed)];
    for (steps, most) in STEPS {
        let what = format!("`cdi verify` over `in-toto-verify`, {}", plural(steps));
        rows.push(match peer {
            [verify, layouts] => {
                let layout = Path::new(layouts).join(steps.to_string());
                beside(&what, most, steps, &installed, (Path::new(verify), &layout), rounds)
            }
            _ => Row::unmeasured(&what, Target::AtMost(most), "in-toto is not here"),
        });
    }
    publish("commands", &rows);
}

fn plural(steps: usize) -> String {
    if steps == 1 { "one step".to_owned() } else { format!("{steps} steps") }
}

fn begun(cdi: &Path, scratch: &Path, rounds: usize) -> Row {
    let folder = reports(scratch, REPORTS);
    let version = ["--version".to_owned()];
    let [nothing, verify] = in_turns(
        rounds * 4,
        Clock::Wall,
        [&mut || run(cdi, &version, &folder), &mut || run(cdi, &folder::verify(), &folder)],
    );
    let what = "`cdi verify` of a bundle of 10 reports over `cdi --version`";
    Row::ratio(what, Target::AtMost(1.3), Clock::Wall, &verify, &nothing)
}

fn weight(cdi: &Path) -> Row {
    let bytes = std::fs::metadata(cdi).unwrap().len();
    let weight = bytes as f64 / f64::from(1 << 20);
    let what = "the program `cdi`, with its engine";
    Row::figure(what, Target::AtMost(WEIGHT), Clock::Wall, (weight, weight), "MiB")
}

fn beside(
    what: &str,
    most: f64,
    steps: usize,
    cdi: &Path,
    (verify, layout): (&Path, &Path),
    rounds: usize,
) -> Row {
    let folder = reports(cdi.parent().unwrap(), steps);
    let words = ["--layout", "root.layout", "--verification-keys", "root.pub"].map(str::to_owned);
    let [own, peers] = in_turns(
        rounds,
        Clock::Wall,
        [&mut || run(cdi, &folder::verify(), &folder), &mut || run(verify, &words, layout)],
    );
    Row::ratio(what, Target::AtMost(most), Clock::Wall, &own, &peers)
}

/// A folder with so many reports, and nothing remembered.
fn reports(scratch: &Path, reports: usize) -> PathBuf {
    let folder = scratch.join(format!("{reports}-reports"));
    std::fs::create_dir(&folder).unwrap();
    folder::write(&folder, reports);
    folder
}

fn run(program: &Path, words: &[String], folder: &Path) {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).env("CDI_STATE", folder.join(".state"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().unwrap();
    assert!(status.success(), "{} {words:?}: {status}", program.display());
}
