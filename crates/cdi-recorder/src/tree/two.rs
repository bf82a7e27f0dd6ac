//! Work on many files, done by two threads: hashing and asking the kernel take about the same time, and two cores are few.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// So many places are taken at once.
const PORTION: usize = 32;
const THREADS: usize = 2;

/// What comes of each place, in their order; or of the first place of which nothing does, why.
pub(super) fn each<T: Send, E: Send>(
    places: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let alone = || {
        let mut done = Vec::new();
        loop {
            let from = next.fetch_add(PORTION, Ordering::Relaxed);
            if from >= places {
                return done;
            }
            for place in from..places.min(from + PORTION) {
                let result = work(place);
                let failed = result.is_err();
                done.push((place, result));
                if failed {
                    // Nobody begins another portion; the first failure is in one that was begun.
                    next.fetch_max(places, Ordering::Relaxed);
                    return done;
                }
            }
        }
    };
    let mut all = if places <= PORTION {
        alone()
    } else {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(alone)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        })
    };
    all.sort_unstable_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

/// The first that is found.
pub(super) fn find<T: Send>(places: usize, look: impl Fn(usize) -> Option<T> + Sync) -> Option<T> {
    each(places, |place| look(place).map_or(Ok(()), Err)).err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_the_first_failure_is_told() {
        for places in [0, 1, 31, 32, 33, 10_000] {
            let all: Result<Vec<usize>, ()> = each(places, Ok);
            assert_eq!(all, Ok((0..places).collect()));
        }
        assert_eq!(find(10_000, |place| (place % 1000 == 999).then_some(place)), Some(999));
        assert_eq!(find(10_000, |_| None::<()>), None);
    }
}
