//! Twice the chain takes about twice the time.

use std::time::{Duration, Instant};

use cdi_graph::svg::{self, Style};
use cdi_graph::{Limits, fold};

use crate::drawn::project;
use crate::scene::Scene;

/// The quickest of some rounds: other work on the machine only adds.
fn quickest(work: impl Fn()) -> Duration {
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap()
}

#[test]
fn a_graph_of_twice_the_size_takes_no_more_than_thrice_the_time() {
    let scene = |count| Scene::of(&project(count));
    let (small, large) = (scene(1_000), scene(2_000));
    let drawn = |scene: &Scene| {
        let folded = fold(&scene.graph(), Limits::default());
        assert!(svg::draw(&folded, &Style::default()).len() < 200_000);
    };
    let (one, two) = (quickest(|| drawn(&small)), quickest(|| drawn(&large)));
    assert!(two < one * 3 + Duration::from_millis(20), "{one:?} and {two:?}");
}
