//! What CDI takes, as ratios: each row is measured side by side in this run, in turns, and says what is aimed at.
//!
//! `cargo bench`, or `cargo bench --bench speed -- [ROUNDS] [PART...]` for fewer rounds or some parts; `cargo xtask speed` runs it
//! too, and measures commands besides. With CDI_SPEED_LINES each row is also written at the end of that file, as a line of JSON.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement, not a part of CDI"
)]

mod conditions;
mod deciding;
mod hashing;
mod verifying;
mod world;

use cdi_testkit::speed::{Row, publish};

const ROUNDS: usize = 15;

type Part = fn(usize) -> Vec<Row>;

/// Hashing first: what others have left of memory would be taken for it, and it would seem to take none.
const PARTS: [(&str, Part); 4] = [
    ("hashing", hashing::rows),
    ("verifying", verifying::rows),
    ("deciding", deciding::rows),
    ("conditions", conditions::rows),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let rounds = arguments.iter().find_map(|word| word.parse().ok()).unwrap_or(ROUNDS);
    let wanted = |name: &str| {
        let mut parts = arguments.iter().filter(|word| word.parse::<usize>().is_err()).peekable();
        parts.peek().is_none() || parts.any(|part| part == name)
    };
    for (name, part) in PARTS {
        if wanted(name) {
            publish(name, &part(rounds));
        }
    }
}
