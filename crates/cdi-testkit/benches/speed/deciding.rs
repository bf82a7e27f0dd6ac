//! Appraising and deciding about evidence that is verified.

use std::hint::black_box;

use cdi_decider::{Bundle, Settled};
use cdi_testkit::scenario::Scenario;
use cdi_testkit::speed::{Clock, Row, Target, Times, in_turns, time};

use crate::world::{Host, woven};

/// Two who want the same as the first.
const OTHERS: [&str; 2] = ["developer", "data-owner"];

pub(crate) fn rows(rounds: usize) -> Vec<Row> {
    let [few, many] = [(250, rounds), (2_500, rounds.div_ceil(3))].map(|(levels, rounds)| {
        let world = woven(levels, 4).agreed_by(&OTHERS);
        decided(&world, rounds)
    });
    let chain = decided(&woven(1_000, 1).agreed_by(&OTHERS), rounds);
    let millis = |times: &Times| (times.median() * 1e3, times.least() * 1e3);
    let per_report = |times: &Times, of: f64| format!("{} a report", time(times.median() / of));
    vec![
        Row::figure(
            "deciding for three principals about 1,000 verified reports in diamonds of four",
            Target::AtMost(1.0),
            Clock::Processor,
            millis(&few),
            "ms",
        )
        .with_sides(per_report(&few, 1e3)),
        Row::figure(
            "deciding for three principals about a chain of 1,000 verified reports",
            Target::AtMost(1.0),
            Clock::Processor,
            millis(&chain),
            "ms",
        )
        .with_sides(per_report(&chain, 1e3)),
        Row::ratio(
            "the same about 10,000 in diamonds, over 1,000, a report",
            Target::AtMost(1.25),
            Clock::Processor,
            &many.each(10),
            &few,
        ),
    ]
}

fn decided(world: &Scenario, rounds: usize) -> Times {
    let host = Host::of(world);
    let decider = host.decider();
    let provenance = decider.verify(&Bundle::parse(world.bundle()).unwrap()).unwrap();
    let [times] = in_turns(
        rounds,
        Clock::Processor,
        [&mut || {
            let decided = decider.decide(&provenance, None, host.clock.into(), |_| None);
            assert!(matches!(black_box(decided).settled, Settled::Allow(_)));
        }],
    );
    times
}
