//! Signatures are verified by all processors: what comes of it is what comes of it on one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of tests fails the test, as a test itself does"
)]

use std::process::Command;

use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::Scenario;
use cdi_types::Bundle;
use cdi_verify::{Patience, verify_editions};

/// What is verified of a bundle on one processor or on all, in words.
fn verified(alone: bool, world: &Scenario, lines: &[u8], patience: Patience) -> String {
    let catalogues = Catalogues::builtin().unwrap();
    let (_, document) = world.policies.first().unwrap();
    let policy = Policy::load(document.as_bytes(), &catalogues).unwrap();
    let verify = || {
        if alone {
            let thread = std::fs::read_link("/proc/thread-self").unwrap();
            let number = thread.file_name().unwrap();
            assert!(Command::new("taskset").args(["-p", "1"]).arg(number).output().unwrap().status.success());
            assert_eq!(std::thread::available_parallelism().unwrap().get(), 1);
        }
        let bundle = Bundle::parse(lines.to_vec()).unwrap();
        format!("{:?}", verify_editions(&bundle, policy.keyring(), &mut |_| Vec::new(), patience))
    };
    // Of a thread that ends, so that its processors are nobody else's.
    std::thread::scope(|scope| scope.spawn(verify).join().unwrap())
}

fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.join(&b'\n')
}

/// A line whose signature is another one.
fn broken(line: &[u8]) -> Vec<u8> {
    let mut line = line.to_vec();
    let at = line.windows(7).position(|words| words == b"\"sig\":\"").unwrap() + 30;
    line[at] = if line[at] == b'A' { b'B' } else { b'A' };
    line
}

#[test]
fn processors_change_nothing_of_what_is_verified() {
    let (world, _) = Scenario::woven(40, 2);
    let lines: Vec<Vec<u8>> = world
        .bundle()
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect();
    assert!(lines.len() > 100, "{}", lines.len());
    let reversed: Vec<Vec<u8>> = lines.iter().rev().cloned().collect();
    let twice = [lines.clone(), reversed.clone()].concat();
    let some_broken = |every: usize| -> Vec<Vec<u8>> {
        let each = lines.iter().enumerate();
        each.map(|(n, line)| if n % every == 0 { broken(line) } else { line.clone() }).collect()
    };
    let mut odd = lines.clone();
    odd.extend([b"{}".to_vec(), b"nothing".to_vec(), lines[0][..40].to_vec()]);
    let many = std::iter::repeat_n(broken(&lines[5]), 1_200).chain(lines.clone()).collect();
    for (what, lines) in [
        ("in order", lines.clone()),
        ("reversed", reversed),
        ("twice", twice),
        ("every second is broken", some_broken(2)),
        ("every ninth is broken", some_broken(9)),
        ("others besides", odd),
        ("one broken many times", many),
    ] {
        let bundle = joined(&lines);
        for patience in [Patience::Whole, Patience::Little] {
            let one = verified(true, &world, &bundle, patience);
            assert_eq!(verified(false, &world, &bundle, patience), one, "{what}");
        }
    }
    assert!(verified(false, &world, &joined(&lines), Patience::Whole).starts_with("Ok("));
}
