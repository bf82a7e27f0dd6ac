//! Long runs over many seeds.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test, as a test itself does")]

/// Runs over every other seed on each of two cores.
pub(crate) fn on_two_cores<T: Send>(
    seeds: u64,
    run: impl Fn(&mut dyn Iterator<Item = u64>) -> T + Sync,
) -> [T; 2] {
    std::thread::scope(|scope| {
        let odd = scope.spawn(|| run(&mut (1..seeds).step_by(2)));
        let even = run(&mut (0..seeds).step_by(2));
        [even, odd.join().unwrap()]
    })
}
