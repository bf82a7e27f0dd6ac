//! Work on many files, done by two threads: hashing and asking the kernel take about the same time, and two cores are few.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// So many things are taken at once, or a sixteenth of them where they are few: the last ones are shared too.
const PORTION: usize = 32;
const PORTIONS: usize = 16;
/// Work that has taken so long and goes on is worth another thread, which costs a twentieth of it.
const WORTH: Duration = Duration::from_millis(1);

/// What comes of each thing, in their order; or of the first of which nothing does, why.
///
/// # Errors
/// That of the first thing of which nothing comes. Some after it may have been worked on.
pub fn each<'i, I: Sync, T: Send, E: Send>(
    things: &'i [I],
    work: impl Fn(&'i I) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let portion = (things.len() / PORTIONS).clamp(1, PORTION);
    let queue = Queue { next: AtomicUsize::new(0), portion, things };
    let mut all = thread::scope(|scope| {
        let (begun, mut second, mut done) = (Instant::now(), None, Vec::new());
        while let Some(portion) = queue.take() {
            queue.work(portion, &work, &mut done);
            if second.is_none() && begun.elapsed() > WORTH {
                let alone = || {
                    let mut done = Vec::new();
                    while let Some(portion) = queue.take() {
                        queue.work(portion, &work, &mut done);
                    }
                    done
                };
                // Where no thread can be had it is done by this one.
                second = Some(thread::Builder::new().spawn_scoped(scope, alone));
            }
        }
        if let Some(Ok(second)) = second {
            done.extend(second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    all.sort_unstable_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

/// The first that is found.
pub fn find<I: Sync>(things: &[I], look: impl Fn(&I) -> bool + Sync) -> Option<&I> {
    each(things, |thing| if look(thing) { Err(thing) } else { Ok(()) }).err()
}

/// Things of which somebody has taken those before the next.
struct Queue<'i, I> {
    next: AtomicUsize,
    portion: usize,
    things: &'i [I],
}

impl<'i, I> Queue<'i, I> {
    fn take(&self) -> Option<Range<usize>> {
        let (from, all) = (self.next.fetch_add(self.portion, Ordering::Relaxed), self.things.len());
        (from < all).then(|| from..all.min(from.saturating_add(self.portion)))
    }

    fn work<T, E>(
        &self,
        portion: Range<usize>,
        work: &impl Fn(&'i I) -> Result<T, E>,
        done: &mut Vec<(usize, Result<T, E>)>,
    ) {
        let from = portion.start;
        for (place, thing) in self.things.get(portion).unwrap_or_default().iter().enumerate() {
            let result = work(thing);
            let failed = result.is_err();
            done.push((from + place, result));
            if failed {
                // Nobody begins another portion; the first failure is in one that was begun.
                self.next.fetch_max(self.things.len(), Ordering::Relaxed);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn results_are_in_order_and_the_first_failure_is_told() {
        for many in [0, 1, 31, 32, 33, 10_000] {
            let things: Vec<usize> = (0..many).collect();
            let all: Result<Vec<usize>, ()> = each(&things, |thing| Ok(*thing));
            assert_eq!(all, Ok(things));
        }
        let things: Vec<usize> = (0..10_000).collect();
        assert_eq!(find(&things, |thing| thing % 1000 == 999), Some(&999));
        assert_eq!(find(&things, |_| false), None);
    }

    #[test]
    fn work_that_lasts_is_shared_and_what_is_done_at_once_is_not() {
        let by = |lasting: Duration| {
            let threads: Result<Vec<_>, ()> = each(&[(); 40], |()| {
                thread::sleep(lasting);
                Ok(thread::current().id())
            });
            threads.unwrap().into_iter().collect::<HashSet<_>>()
        };
        assert_eq!(by(Duration::from_millis(2)).len(), 2);
        assert_eq!(by(Duration::ZERO), HashSet::from([thread::current().id()]));
    }

    #[test]
    fn the_first_failure_is_told_where_work_is_shared() {
        let things: Vec<usize> = (0..100).collect();
        let failed = each(&things, |thing| {
            thread::sleep(Duration::from_millis(1));
            if *thing >= 37 { Err(*thing) } else { Ok(()) }
        });
        assert_eq!(failed, Err(37));
    }
}
