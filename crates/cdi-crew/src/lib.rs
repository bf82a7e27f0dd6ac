//! Threads that work at once, for whoever verifies: the core starts none itself.
//!
//! Nothing is decided here. What each thread does is handed to it, and what comes of it is the same whoever does it. There are
//! as many as this process may use processors; they are started when there is work, and have ended when it is done.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, available_parallelism, scope};

use cdi_verify::Crew;

/// Lines, of which each takes longer to verify than half a thread to start.
const WORTHWHILE: usize = 24;

/// As many threads as there are processors for this process, the one that asks among them.
#[derive(Debug, Default)]
pub struct Threads(OnceLock<usize>);

impl Threads {
    /// As many as there are processors. They are counted when there is work for them.
    #[must_use]
    pub const fn of_processors() -> Self {
        Self(OnceLock::new())
    }

    /// So many, at least one.
    #[must_use]
    pub fn of(count: usize) -> Self {
        Self(OnceLock::from(count.max(1)))
    }
}

impl Crew for Threads {
    fn hands(&self) -> usize {
        *self.0.get_or_init(|| available_parallelism().map_or(1, NonZeroUsize::get))
    }

    fn worthwhile(&self) -> usize {
        WORTHWHILE
    }

    /// A thread that cannot be started is done without. A panic in one is a panic here, once all have ended.
    fn work(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let work = || {
            let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
            numbers.take_while(|number| *number < count).for_each(job);
        };
        scope(|scope| {
            let others = self.hands().min(count).saturating_sub(1);
            let start = |_| Builder::new().spawn_scoped(scope, work).ok();
            let others: Vec<_> = (0..others).filter_map(start).collect();
            work();
            for other in others {
                if let Err(panic) = other.join() {
                    resume_unwind(panic);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_number_is_worked_on_once() {
        for (threads, count) in [(1, 10), (2, 0), (2, 1), (2, 1_000), (7, 3)] {
            let done = Mutex::new(Vec::new());
            Threads::of(threads).work(count, &|number| done.lock().unwrap().push(number));
            let mut done = done.into_inner().unwrap();
            done.sort_unstable();
            assert_eq!(done, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_in_a_thread_is_not_passed_over() {
        for wrong in 0..20 {
            let work = || Threads::of(2).work(20, &|number| assert_ne!(number, wrong));
            assert!(catch_unwind(work).is_err(), "{wrong}");
        }
    }
}
