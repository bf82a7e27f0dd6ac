//! The search finds what brute force and the scan find.

use cdi_placement::{Fleet, Scan};
use fastrand::Rng;

use crate::generate::{Fashion, generate, workload};
use crate::{brute, world};

/// PL-LAWFUL, PL-CHOICE: in each of 10,000 small worlds.
#[test]
fn the_search_finds_what_brute_force_finds() {
    let (mut some, mut whole) = (0, 0);
    for seed in 0..10_000 {
        let world = world::world(seed);
        let expected = brute::cheapest(&world);
        assert_eq!(world::cheapest(&world), expected, "world {seed}: {world:#?}");
        let fleet = world.fleet();
        let (asked, scan) = (fleet.ask(&world.joined(), &world.workload), Scan::of(&fleet));
        let scanned = scan.cheapest(&fleet, &scan.ready(&fleet, &asked));
        assert_eq!(scanned.map(|choice| world::found(&fleet, &choice)), expected, "world {seed}");
        some += usize::from(expected.is_some());
        whole += usize::from(expected.is_some_and(|found| found.whole_node));
    }
    assert!(some > 2_000 && some < 9_000 && whole > 100, "{some} {whole}");
}

/// The same on fleets of many blocks, as workloads come and go; of each fashion.
#[test]
fn the_search_finds_what_the_scan_finds_as_fleets_fill_up() {
    for fashion in [Fashion::Classes, Fashion::Unique] {
        let rng = &mut Rng::with_seed(7);
        let made = generate(rng, 3_000, fashion);
        let mut fleet = Fleet::new(made.inventory, &made.model).unwrap();
        let scan = Scan::of(&fleet);
        let (mut taken, mut nothing) = (Vec::new(), 0);
        for round in 0..1_500 {
            let (joined, workload) = workload(rng, fashion);
            let asked = fleet.ask(&joined, &workload);
            let found = fleet.cheapest(&asked);
            assert_eq!(found, scan.cheapest(&fleet, &scan.ready(&fleet, &asked)), "{fashion:?} {round}");
            match found {
                Some(choice) => taken.push(fleet.take(&choice).unwrap()),
                None => nothing += 1,
            }
            if round % 5 == 0 && !taken.is_empty() {
                let back = taken.swap_remove(rng.usize(..taken.len()));
                fleet.give_back(back).unwrap();
            }
        }
        assert!(taken.len() > 300, "{fashion:?}: {} taken, {nothing} not placed", taken.len());
    }
}
