//! Help with verifying changes nothing of what comes of it: each vector and each random world alone, in waves by threads and by
//! a crew that works from the end, with what was checked before and with a part of it.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test, as a test itself does")]

use std::collections::BTreeSet;

use cdi_crew::Threads;
use cdi_envelope::CheckId;
use cdi_policy::{Catalogues, Policy};
use cdi_testkit::driver::{Core, Names, Sealed, expressible};
use cdi_testkit::generate::generate;
use cdi_testkit::scenario::Scenario;
use cdi_testkit::vectors::{Vector, all};
use cdi_types::Bundle;
use cdi_verify::{Alone, CheckedBefore, Crew, Help, Patience, Verification, VerifyError, verify_helped};

use crate::two_cores::on_two_cores;

/// Two threads, for whatever there is.
#[derive(Debug)]
struct Two(Threads);

/// Works from the end.
#[derive(Debug)]
struct Backwards;

impl Crew for Two {
    fn hands(&self) -> usize {
        2
    }

    fn worthwhile(&self) -> usize {
        0
    }

    fn work(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        self.0.work(count, job);
    }
}

impl Crew for Backwards {
    fn hands(&self) -> usize {
        2
    }

    fn worthwhile(&self) -> usize {
        0
    }

    fn work(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).rev().for_each(job);
    }
}

#[derive(Debug, Default)]
struct Known(BTreeSet<CheckId>);

impl CheckedBefore for Known {
    fn verified(&self, check: &CheckId) -> bool {
        self.0.contains(check)
    }
}

impl Known {
    fn every(checks: &[CheckId], nth: usize) -> Self {
        Self(checks.iter().step_by(nth).copied().collect())
    }
}

/// What comes of it by each way, `look` told of the help; all must be alike. The first is without any.
fn by_all_ways<T: PartialEq + std::fmt::Debug>(
    look: impl Fn(Help<'_>) -> (T, Vec<CheckId>),
) -> Result<T, String> {
    let two = Two(Threads::of(2));
    let nothing = Known::default();
    let (alone, none) = look(Help::NONE);
    assert!(none.is_empty(), "names of checks are for those who keep them");
    let (first, checks) = look(Help { crew: &Alone, before: Some(&nothing) });
    let (whole, half) = (Known::every(&checks, 1), Known::every(&checks, 2));
    let mut found = vec![("keeping", first)];
    for (what, before) in
        [("cold", None), ("beginning", Some(&nothing)), ("half warm", Some(&half)), ("warm", Some(&whole))]
    {
        for crew in [&Alone as &dyn Crew, &two, &Backwards] {
            let before = before.map(|known| known as &dyn CheckedBefore);
            let (one, again) = look(Help { crew, before });
            let kept = before.is_none() || again.iter().collect::<BTreeSet<_>>() == checks.iter().collect();
            found.push((what, one));
            if !kept {
                return Err(format!("{what}, {crew:?}: other checks"));
            }
        }
    }
    match found.into_iter().find(|(_, one)| *one != alone) {
        Some((what, other)) => Err(format!("{what}: {other:?}\nalone: {alone:?}")),
        None => Ok(alone),
    }
}

/// A-CHN-14, A-CHN-15, A-POL-23: nothing of a decision depends on how its signatures were found to verify.
#[test]
fn every_vector_comes_out_alike_in_waves_and_warm() {
    let vectors: Vec<(String, Vector)> = all().into_iter().collect();
    let found = on_two_cores(vectors.len() as u64, |numbers| {
        let mut wrong = Vec::new();
        for (path, vector) in numbers.filter_map(|number| vectors.get(number as usize)) {
            let told = by_all_ways(|help| {
                let decided = vector.run_helped(help);
                let told = format!("{:?} {:?} {:?}", decided.outcome, decided.provenance, decided.settled);
                (told, decided.checks)
            });
            if let Err(difference) = told {
                wrong.push(format!("{path}: {difference}"));
            }
        }
        wrong
    });
    let wrong = found.concat();
    assert!(wrong.is_empty(), "{} vectors: {}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_random_world_is_verified_alike_in_waves_and_warm() {
    let names = Names::salted(0);
    let found = on_two_cores(1_000, |seeds| {
        let mut verified = 0;
        for seed in seeds {
            let (world, _) = expressible(&generate(seed));
            let (core, lines) = (Core::of(&world, names).unwrap(), Sealed::world(&world, names).unwrap());
            let told = by_all_ways(|help| {
                let found = core.verify_helped(&lines, help).unwrap();
                let checks = found.checks;
                (format!("{:?}", found.provenance), checks)
            });
            let told = told.unwrap_or_else(|difference| panic!("seed {seed}: {difference}"));
            verified += usize::from(told.contains("Signed"));
        }
        verified
    });
    assert!(found.iter().sum::<usize>() > 600, "{found:?}");
}

fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.join(&b'\n')
}

/// A line whose signature is another one.
fn broken(line: &[u8]) -> Vec<u8> {
    let mut line = line.to_vec();
    let at = line.windows(7).position(|words| words == b"\"sig\":\"").unwrap() + 30;
    let byte = line.get_mut(at).unwrap();
    *byte = if *byte == b'A' { b'B' } else { b'A' };
    line
}

fn verified(
    policy: &Policy,
    lines: &[u8],
    patience: Patience,
    help: Help<'_>,
) -> Result<Verification, VerifyError> {
    let bundle = Bundle::parse(lines.to_vec()).unwrap();
    verify_helped(&bundle, policy.keyring(), &mut |_| Vec::new(), patience, help)
}

/// A-DOS-03, A-DOS-05: limits are what they are without help, in whatever order the lines are and however many are in vain.
#[test]
fn bundles_of_every_kind_are_verified_alike_in_waves_and_warm() {
    let catalogues = Catalogues::builtin().unwrap();
    let (world, _) = Scenario::woven(40, 2);
    let (_, document) = world.policies.first().unwrap();
    let policy = Policy::load(document.as_bytes(), &catalogues).unwrap();
    let all = world.bundle();
    let lines: Vec<Vec<u8>> =
        all.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    assert!(lines.len() > 100, "{}", lines.len());
    let reversed: Vec<Vec<u8>> = lines.iter().rev().cloned().collect();
    let some_broken = |every: usize| -> Vec<Vec<u8>> {
        let each = lines.iter().enumerate();
        each.map(|(n, line)| if n % every == 0 { broken(line) } else { line.clone() }).collect()
    };
    let mut odd = lines.clone();
    odd.extend([b"{}".to_vec(), b"nothing".to_vec(), lines[0][..40].to_vec()]);
    let many: Vec<Vec<u8>> = std::iter::repeat_n(broken(&lines[5]), 1_200).chain(lines.clone()).collect();
    for (what, lines) in [
        ("in order", lines.clone()),
        ("reversed", reversed.clone()),
        ("twice", [lines.clone(), reversed].concat()),
        ("every second is broken", some_broken(2)),
        ("every ninth is broken", some_broken(9)),
        ("others besides", odd),
        ("one broken many times", many),
    ] {
        let bundle = joined(&lines);
        for patience in [Patience::Whole, Patience::Little] {
            let told = by_all_ways(|help| match verified(&policy, &bundle, patience, help) {
                Ok(found) => (format!("{:?}", found.provenance), found.checks),
                Err(error) => (format!("{error:?}"), Vec::new()),
            });
            told.unwrap_or_else(|difference| panic!("{what}, {patience:?}: {difference}"));
        }
    }
    assert!(verified(&policy, &joined(&lines), Patience::Whole, Help::NONE).is_ok());
}

/// What was checked of one key, message and signature says nothing of another.
#[test]
fn a_check_of_something_else_credits_nobody() {
    let catalogues = Catalogues::builtin().unwrap();
    let (world, _) = Scenario::woven(4, 1);
    let (_, document) = world.policies.first().unwrap();
    let policy = Policy::load(document.as_bytes(), &catalogues).unwrap();
    let all = world.bundle();
    let lines: Vec<Vec<u8>> =
        all.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    let nothing = Known::default();
    let keeping = Help { crew: &Alone, before: Some(&nothing) };
    let checks = verified(&policy, &all, Patience::Whole, keeping).unwrap().checks;
    assert_eq!(checks.len(), lines.len());
    let known = Known::every(&checks, 1);
    let forged: Vec<Vec<u8>> = lines.iter().map(|line| broken(line)).collect();
    for crew in [&Alone as &dyn Crew, &Backwards] {
        let help = Help { crew, before: Some(&known) };
        let found = verified(&policy, &joined(&forged), Patience::Whole, help).unwrap();
        assert!(found.checks.is_empty() && found.provenance.get().reports().is_empty());
    }
}
