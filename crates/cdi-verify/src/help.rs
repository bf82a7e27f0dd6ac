//! What whoever verifies can bring along, so that it takes less time: hands, and what was verified before. What comes of a
//! bundle is the same without them.

use std::fmt::Debug;
use std::sync::OnceLock;

use cdi_envelope::CheckId;

/// Whoever does work that can be done at once. This crate starts no threads (A-POL-25): who calls it may.
pub trait Crew: Debug + Sync {
    /// How many work at once.
    fn hands(&self) -> usize;

    /// From how many lines of a bundle on it is worth to ask for it.
    fn worthwhile(&self) -> usize;

    /// Calls `job` with each number below `count`, once, in any order; all calls have ended when this returns. A call that
    /// panics must make this panic.
    fn work(&self, count: usize, job: &(dyn Fn(usize) + Sync));
}

/// Nobody besides.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

impl Crew for Alone {
    fn hands(&self) -> usize {
        1
    }

    fn worthwhile(&self) -> usize {
        usize::MAX
    }

    fn work(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(job);
    }
}

/// Signature checks that have succeeded before. It says nothing about whom to trust: that is asked anew of each decision.
pub trait CheckedBefore: Debug + Sync {
    /// Whether this check was made, by this code, and the signature verified. Who says so wrongly has a statement credited to
    /// somebody who did not sign it.
    fn verified(&self, check: &CheckId) -> bool;
}

/// What is brought along.
#[derive(Debug, Clone, Copy)]
pub struct Help<'h> {
    /// Who works.
    pub crew: &'h dyn Crew,
    /// What was verified before, if anybody keeps it.
    pub before: Option<&'h dyn CheckedBefore>,
}

impl Help<'_> {
    /// No help.
    pub const NONE: Self = Self { crew: &Alone, before: None };
}

/// What a function makes of each of these, in their order. So many are handed out at a time: to fetch the next costs less than to
/// do them, and if there are no more, one pair of hands does them.
pub(crate) fn by_all<T: Sync, R: Send + Sync>(
    crew: &dyn Crew,
    all: &[T],
    at_a_time: usize,
    make: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let at_a_time = at_a_time.max(1);
    if crew.hands() < 2 || all.len() <= at_a_time {
        return all.iter().map(make).collect();
    }
    let shares: Vec<(&[T], OnceLock<Vec<R>>)> =
        all.chunks(at_a_time).map(|share| (share, OnceLock::new())).collect();
    crew.work(shares.len(), &|number| {
        if let Some((share, made)) = shares.get(number) {
            let _ = made.set(share.iter().map(&make).collect());
        }
    });
    let mut all_made = Vec::with_capacity(all.len());
    for (share, made) in shares {
        // What nobody did is done here.
        all_made.extend(made.into_inner().unwrap_or_else(|| share.iter().map(&make).collect()));
    }
    all_made
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does every third job, twice, and from the end.
    #[derive(Debug)]
    struct Careless;

    impl Crew for Careless {
        fn hands(&self) -> usize {
            2
        }

        fn worthwhile(&self) -> usize {
            0
        }

        fn work(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
            for number in (0..count + 7).rev().filter(|number| number % 3 == 0) {
                job(number);
                job(number);
            }
        }
    }

    #[test]
    fn each_is_made_once_and_stands_in_its_place() {
        for count in [0, 1, 8, 9, 64, 1_001] {
            let all: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = all.iter().map(|number| number * 3).collect();
            for at_a_time in [0, 1, 8] {
                assert_eq!(by_all(&Alone, &all, at_a_time, |number| number * 3), expected);
                assert_eq!(by_all(&Careless, &all, at_a_time, |number| number * 3), expected);
            }
        }
    }
}
