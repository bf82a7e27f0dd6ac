//! Puts vectors and random worlds to mutants, whose numbers are the lines of standard input. Written by `cargo xtask mutants` into its copy
//! of the repository. Says `NUMBER begun`, and then `NUMBER caught CASE` or `NUMBER survived COUNT`.
#![allow(warnings, clippy::all)]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use cdi_testkit::driver::{Names, compare, decide_signed, decide_sited, expressible};
use cdi_testkit::generate::{generate, signed, sited};
use cdi_testkit::model::decide::Host;
use cdi_testkit::model::policy::refusal;
use cdi_testkit::vectors::{Expected, Vector};
use fastrand::Rng;

/// So many random worlds, each in three forms.
const WORLDS: u64 = 400;
/// A mutant has so many seconds for one case.
const PATIENCE: u64 = 20;
/// And so many seconds for all cases: what is not caught by then is left to the tests.
const ALL: u64 = 6;
/// How many cases have begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

struct Case {
    name: String,
    /// Whether it comes out as it must.
    passes: Box<dyn Fn() -> bool>,
    meets: BTreeSet<usize>,
}

fn choose(number: Option<usize>) {
    CHOOSE;
}

fn listen() {
    LISTEN;
}

fn met() -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    MET;
    found
}

fn main() {
    std::thread::Builder::new().stack_size(64 << 20).spawn(all).unwrap().join().unwrap();
}

fn all() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut cases = vectors();
    cases.extend((0..WORLDS).flat_map(worlds));
    cases.retain_mut(|case| {
        listen();
        let passes = (case.passes)();
        case.meets = met();
        if !passes {
            println!("- fails without a mutant: {}", case.name);
        }
        passes
    });
    choose(None);
    // Those that stand together are much alike: others come first.
    let mut order: Vec<usize> = (0..cases.len()).collect();
    Rng::with_seed(0).shuffle(&mut order);
    std::thread::spawn(watch);
    let input = std::io::read_to_string(std::io::stdin()).unwrap();
    for number in input.lines().map(|line| line.parse::<usize>().unwrap()) {
        println!("{number} begun");
        let meeting: Vec<usize> = order.iter().copied().filter(|nth| cases[*nth].meets.contains(&number)).collect();
        choose(Some(number));
        let start = std::time::Instant::now();
        let timely = |_: &usize| start.elapsed() < Duration::from_secs(ALL);
        let caught = meeting.iter().copied().take_while(timely).find(|nth| {
            BEGUN.fetch_add(1, Relaxed);
            !catch_unwind(AssertUnwindSafe(|| (cases[*nth].passes)())).unwrap_or(false)
        });
        choose(None);
        match caught {
            Some(nth) => {
                println!("{number} caught {}", cases[nth].name);
                order.retain(|other| *other != nth);
                order.insert(0, nth);
            }
            None => println!("{number} survived {}", meeting.len()),
        }
    }
    BEGUN.fetch_add(1, Relaxed);
    for case in &cases {
        if !(case.passes)() {
            println!("- fails afterwards: {}", case.name);
        }
    }
}

/// Ends the program where a case takes too long; whoever started it goes on with the next mutant.
fn watch() {
    loop {
        let before = BEGUN.load(Relaxed);
        std::thread::sleep(Duration::from_secs(PATIENCE));
        if before == BEGUN.load(Relaxed) && before > 0 {
            std::process::exit(3);
        }
    }
}

fn vectors() -> Vec<Case> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let mut cases = Vec::new();
    for topic in ["cer", "chn", "cry", "dag", "fmt", "pol", "rev", "sem", "thr", "tim"] {
        for entry in std::fs::read_dir(folder.join(topic)).unwrap() {
            let path = entry.unwrap().path();
            let vector = Vector::from_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let name = format!("{topic}/{}", path.file_stem().unwrap().to_str().unwrap());
            let passes = move || Expected::from(vector.run()) == vector.expected;
            cases.push(Case { name, passes: Box::new(passes), meets: BTreeSet::new() });
        }
    }
    cases
}

fn worlds(seed: u64) -> Vec<Case> {
    const NAMES: Names = Names::salted(0);
    let (world, _) = expressible(&generate(seed));
    let mut cases: Vec<(&str, Box<dyn Fn() -> bool>)> = Vec::new();
    let plain = world.clone();
    cases.push(("world", Box::new(move || {
        compare(&plain, NAMES, |lines| Rng::with_seed(seed).shuffle(&mut lines.0)).disagreements.is_empty()
    })));
    if !world.principals.iter().any(|principal| refusal(principal, &world.catalogue).is_some()) {
        let sited = sited(world.clone(), &mut Rng::with_seed(seed));
        let model = cdi_testkit::model::sited::decide(&sited);
        cases.push(("sited", Box::new(move || decide_sited(&sited, NAMES).is_ok_and(|found| found == model))));
    }
    if !world.principals.is_empty() {
        let signed = signed(world, &mut Rng::with_seed(seed));
        let model = cdi_testkit::model::signed::decide(&signed, Host::of(&signed.world));
        cases.push(("signed", Box::new(move || decide_signed(&signed, NAMES).is_ok_and(|found| found == model))));
    }
    let case = |(kind, passes)| Case { name: format!("{kind} {seed}"), passes, meets: BTreeSet::new() };
    cases.into_iter().map(case).collect()
}
