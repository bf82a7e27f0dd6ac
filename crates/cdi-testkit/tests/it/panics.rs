//! A-DOS-12: no bytes make a reader fail otherwise than by an error. The changes are by seed, some thousands of each document; a
//! fuzzer goes further.

#![expect(clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

use cdi_envelope::Envelope;
use cdi_policy::{Catalogues, Configuration, Policy};
use cdi_testkit::scenario::{DECIDER, Scenario, Verdict, acme, configured};
use cdi_types::parse_statement;
use fastrand::Rng;

/// Bytes that readers look out for.
const MARKS: &[u8] = b"{}[]\":,\\ \n\t-+.0129eE&*!|>#%@`'\x00\xff\xed\xa0\x80";

/// One to four changes, each of a byte or of a stretch.
fn changed(bytes: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..random.usize(1..=4) {
        let at = random.usize(0..=changed.len());
        let end = (at + random.usize(0..40)).min(changed.len());
        match random.u8(0..5) {
            0 => drop(changed.drain(at..end)),
            1 => changed.insert(at, MARKS[random.usize(0..MARKS.len())]),
            2 => {
                let stretch = changed[at..end].to_vec();
                let to = random.usize(0..=changed.len());
                changed.splice(to..to, stretch);
            }
            3 => changed.truncate(at),
            _ => {
                if let Some(byte) = changed.get_mut(at) {
                    *byte = random.u8(..);
                }
            }
        }
    }
    changed
}

#[test]
fn random_bytes_and_random_changes_never_panic() {
    let (world, catalogues) = (Scenario::full(), Catalogues::builtin().unwrap());
    let configuration = configured(&world.parties(), |n| format!("{n}.yaml")).unwrap();
    let (line, statement) = (world.parts[0].line(), world.parts[2].payload.clone());
    let certification = world.part("north-certifies-compiler").payload.clone();
    let policy = world.policies[0].1.clone();
    assert!(configuration.contains(DECIDER));
    let mut random = Rng::with_seed(20_261_130);
    let mut read = 0;
    for turn in 0..4_000 {
        let noise: Vec<u8> = (0..random.usize(0..200)).map(|_| random.u8(..)).collect();
        for bytes in [changed(&line, &mut random), noise.clone()] {
            read += usize::from(Envelope::parse(&bytes).is_ok());
        }
        for bytes in [changed(&statement, &mut random), changed(&certification, &mut random), noise.clone()] {
            read += usize::from(parse_statement(&bytes).is_ok());
        }
        for bytes in [changed(policy.as_bytes(), &mut random), noise.clone()] {
            read += usize::from(Policy::load(&bytes, &catalogues).is_ok());
        }
        for bytes in [changed(configuration.as_bytes(), &mut random), noise.clone()] {
            read += usize::from(Configuration::load(&bytes, &catalogues).is_ok());
        }
        let mut more = Catalogues::builtin().unwrap();
        read += usize::from(more.extend(&changed(acme().as_bytes(), &mut random)).is_ok());
        // What nobody signed so is not taken for what somebody has signed.
        if turn % 40 == 0 {
            let unsigned = Scenario::small().with_line("compiler-runs", |line| {
                let other = changed(line.as_bytes(), &mut random);
                String::from_utf8_lossy(&other).into_owned()
            });
            let outcome = unsigned.decide();
            assert!(outcome.verdict == Verdict::Allow || outcome.code.is_some(), "{outcome:?}");
        }
    }
    assert!(read > 500, "{read} of the changed documents can still be read");
}
