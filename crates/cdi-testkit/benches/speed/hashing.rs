//! Hashing files that are in the page cache, against SHA-256 in memory.

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cdi_store::{artifact_digest, two};
use cdi_testkit::speed::{Clock, Row, Target, in_turns};
use cdi_types::Sha256;

const MIB: usize = 1 << 20;
/// What is hashed in memory, again and again until it is as much as the file.
const MEMORY: usize = 16 * MIB;
const LARGE: usize = 1 << 10;
/// Files of a source tree, and how large they are on average.
const FILES: usize = 4_000;
const AVERAGE: usize = 16 << 10;

pub(crate) fn rows(rounds: usize) -> Vec<Row> {
    // Beside what was built, and not where temporary files are: that may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let rounds = rounds.clamp(1, 7);
    let mut rows = large(folder.path(), rounds);
    rows.push(many(folder.path(), rounds));
    rows
}

fn large(folder: &Path, rounds: usize) -> Vec<Row> {
    let file = folder.join("large");
    let memory: Vec<u8> = (0..MEMORY).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect();
    let mut made = File::create(&file).unwrap();
    for _ in 0..LARGE * MIB / MEMORY {
        made.write_all(&memory).unwrap();
    }
    drop(made);
    // The first time it tells what was taken until now, and only then is it counted anew.
    peak();
    let before = peak();
    black_box(artifact_digest(&file).unwrap());
    let taken = peak().saturating_sub(before) as f64 / 1024.0;
    let [in_memory, hashed] = in_turns(
        rounds,
        Clock::Wall,
        [
            &mut || {
                (0..LARGE * MIB / MEMORY).for_each(|_| {
                    black_box(Sha256::of(black_box(&memory)));
                })
            },
            &mut || {
                black_box(artifact_digest(&file).unwrap());
            },
        ],
    );
    std::fs::remove_file(file).unwrap();
    vec![
        Row::rate(
            "hashing a file of 1 GiB, of the rate of SHA-256 in memory",
            Target::AtLeast(0.95),
            Clock::Wall,
            &hashed,
            &in_memory,
        ),
        Row::figure("memory that it takes", Target::AtMost(4.0), Clock::Wall, (taken, taken), "MiB"),
    ]
}

fn many(folder: &Path, rounds: usize) -> Row {
    let make = |number: usize| {
        let file = folder.join(format!("{}/{number}", number / 100));
        if number.is_multiple_of(100) {
            std::fs::create_dir(file.parent().unwrap()).unwrap();
        }
        let size = 1 + number * 7_919 % (2 * AVERAGE);
        std::fs::write(&file, vec![u8::try_from(number % 251).unwrap(); size]).unwrap();
        file
    };
    let files: Vec<PathBuf> = (0..FILES).map(make).collect();
    let [alone, by_two] = in_turns(
        rounds * 5,
        Clock::Wall,
        [
            &mut || {
                files.iter().for_each(|file| {
                    black_box(artifact_digest(file).unwrap());
                });
            },
            &mut || drop(black_box(two::each(&files, artifact_digest).unwrap())),
        ],
    );
    Row::rate(
        "hashing 4,000 files of 16 KB on average by two threads, over the rate of one",
        Target::AtLeast(1.85),
        Clock::Wall,
        &by_two,
        &alone,
    )
}

/// The most memory that this process has had, in KiB, since it was last asked.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let found = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells it");
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    found.trim().trim_end_matches(" kB").parse().unwrap()
}
