//! The search against an exhaustive scan of the same inventory, side by side in one run: `cargo run --release -p cdi-placement
//! --example fleet -- [NODES] [WORKLOADS]`. Every answer of the one is compared with that of the other.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be set up fails"
)]

mod generate;

use std::hint::black_box;
use std::time::{Duration, Instant};

use cdi_placement::{Asked, Choice, Fleet, Scan, Scanned};
use fastrand::Rng;
use generate::{Fashion, generate, in_vain, workload};

/// Questions of each kind.
const QUESTIONS: usize = 60;
/// The target against the scan, where something fits and where nothing does.
const WITH: f64 = 0.01;
const WITHOUT: f64 = 1.2;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().unwrap());
    let nodes = arguments.next().unwrap_or(100_000);
    let workloads = arguments.next().unwrap_or(10_000);
    let mut kept = true;
    for fashion in [Fashion::Classes, Fashion::Unique] {
        kept &= compare(nodes, fashion);
        fill(nodes, workloads, fashion);
    }
    println!("\ntargets: {}", if kept { "kept" } else { "missed" });
    std::process::exit(i32::from(!kept));
}

fn compare(nodes: usize, fashion: Fashion) -> bool {
    let rng = &mut Rng::with_seed(11);
    let made = generate(rng, nodes, fashion);
    let begin = Instant::now();
    let fleet = Fleet::new(made.inventory, &made.model).unwrap();
    let ready = begin.elapsed();
    let scan = Scan::of(&fleet);
    let rows = fleet.inventory().rows();
    println!("\n{fashion:?}: {nodes} nodes, {rows} environments on them; ready to place in {ready:.1?}");
    let (mut something, mut nothing) = (Vec::new(), Vec::new());
    while something.len() < QUESTIONS || nothing.len() < QUESTIONS {
        let vain = something.len() >= QUESTIONS || rng.u8(..3) == 0;
        let (joined, workload) = if vain { in_vain(rng, fashion) } else { workload(rng, fashion) };
        let asked = fleet.ask(&joined, &workload);
        let measured = measure(&fleet, &scan, &asked);
        if measured.found { something.push(measured) } else { nothing.push(measured) }
    }
    let with = told("something fits", &something, rows, WITH);
    told("nothing fits", &nothing, rows, WITHOUT) && with
}

struct Measured {
    search: Duration,
    scan: Duration,
    found: bool,
}

fn measure(fleet: &Fleet, scan: &Scan, asked: &Asked) -> Measured {
    let ready: Scanned = scan.ready(fleet, asked);
    let search = || fleet.cheapest(black_box(asked));
    let whole = || scan.cheapest(fleet, black_box(&ready));
    let (found, by_scan) = (search(), whole());
    assert_eq!(found, by_scan, "the search and the scan choose the same");
    // One after the other, so that both meet the same machine.
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        best.0 = best.0.min((0..20).map(|_| timed(search)).min().unwrap());
        best.1 = best.1.min(timed(whole));
    }
    Measured { search: best.0, scan: best.1, found: found.is_some() }
}

fn timed(work: impl FnOnce() -> Option<Choice>) -> Duration {
    let begin = Instant::now();
    black_box(work());
    begin.elapsed()
}

fn told(what: &str, all: &[Measured], rows: usize, target: f64) -> bool {
    let ratio = |measured: &Measured| measured.search.as_secs_f64() / measured.scan.as_secs_f64();
    let mut ratios: Vec<f64> = all.iter().map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let sum = |of: fn(&Measured) -> Duration| all.iter().map(of).sum::<Duration>();
    let count = u32::try_from(all.len()).unwrap();
    let (search, scan) = (sum(|one| one.search), sum(|one| one.scan));
    let a_row = scan.as_secs_f64() * 1e9 / (rows * all.len()) as f64;
    let (median, worst) = (ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    let whole = search.as_secs_f64() / scan.as_secs_f64();
    println!(
        "  {what:<14} scan {:>9.1?} ({a_row:.2} ns a row), search {:>9.2?}: ratio {whole:.5} in all, median {median:.5}, worst \
         {worst:.5}; at most {target} wanted",
        scan / count,
        search / count,
    );
    whole <= target && median <= target
}

/// Places workloads one after another, resources being used up, and holds every hundredth to the scan.
fn fill(nodes: usize, workloads: usize, fashion: Fashion) {
    let rng = &mut Rng::with_seed(13);
    let made = generate(rng, nodes, fashion);
    let mut fleet = Fleet::new(made.inventory, &made.model).unwrap();
    let all: Vec<_> = (0..workloads).map(|_| workload(rng, fashion)).collect();
    let scan = Scan::of(&fleet);
    let (mut time, mut placed) = (Duration::ZERO, 0);
    for (n, (joined, workload)) in all.iter().enumerate() {
        let begin = Instant::now();
        let asked = fleet.ask(joined, workload);
        let choice = fleet.cheapest(&asked);
        time += begin.elapsed();
        if n % 100 == 0 {
            assert_eq!(choice, scan.cheapest(&fleet, &scan.ready(&fleet, &asked)), "workload {n}");
        }
        if let Some(choice) = choice {
            let begin = Instant::now();
            let _ = black_box(fleet.take(&choice).unwrap());
            time += begin.elapsed();
            placed += 1;
        }
    }
    println!(
        "  {workloads} workloads one after another: {placed} placed in {time:.1?}, masks and all; under 2 s wanted"
    );
}
