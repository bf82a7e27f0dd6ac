//! Production and the model on random worlds, through real signed bytes.

use cdi_testkit::driver::{Names, compare, expressible};
use cdi_testkit::generate::generate_with_trail;

#[test]
fn first() {
    let n: u64 = std::env::var("CDI_WORLDS").ok().and_then(|t| t.parse().ok()).unwrap_or(300);
    let mut bad = 0;
    let start = std::time::Instant::now();
    for seed in 0..n {
        let (world, trail) = generate_with_trail(seed);
        let (world, _) = expressible(&world);
        let a = compare(&world, Names::salted(0), |_| ());
        if !a.disagreements.is_empty() {
            bad += 1;
            if bad < 12 { println!("seed {seed} {trail:?}\n{:#?}", a.disagreements); }
        }
    }
    println!("{bad} of {n} disagree, {:?}", start.elapsed());
}
