//! When a statement is current, and the longest that it may be.

use cdi_types::{Duration, Timestamp};

use crate::AuthorityError;

const DAY: u64 = 86_400;

/// The longest that a certification may last: two years, one of them a leap year. Tools change faster than that, and
/// what was vetted is one version.
pub const CERTIFICATION_LIFETIME: Duration = Duration::from_seconds((2 * 365 + 1) * DAY);
/// The longest that an endorsement may last: five years with two leap days, as long as intermediate authorities of
/// other key infrastructures are given.
pub const ENDORSEMENT_LIFETIME: Duration = Duration::from_seconds((5 * 365 + 2) * DAY);
/// The longest that a revocation list may last: whoever keeps back a newer one gains at most this long.
pub const LIST_LIFETIME: Duration = Duration::from_seconds(30 * DAY);

/// From when (inclusive) until when (exclusive) a statement is current. A window is never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Window {
    /// The window between two times.
    ///
    /// # Errors
    /// [`AuthorityError::EmptyWindow`] if it ends before it begins, or at once.
    pub fn between(not_before: Timestamp, not_after: Timestamp) -> Result<Self, AuthorityError> {
        if not_before < not_after {
            Ok(Self { not_before, not_after })
        } else {
            Err(AuthorityError::EmptyWindow { not_before, not_after })
        }
    }

    /// The window that begins at `not_before` and lasts for `length`.
    ///
    /// # Errors
    /// As [`Self::between`].
    pub fn lasting(not_before: Timestamp, length: Duration) -> Result<Self, AuthorityError> {
        Self::between(not_before, not_before.after(length))
    }

    /// The first second.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The first second after it.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Holds the window to a statement's lifetime.
    pub(crate) fn within(self, most: Duration, what: &'static str) -> Result<Self, AuthorityError> {
        if self.not_after <= self.not_before.after(most) {
            return Ok(self);
        }
        let (not_before, not_after) = (self.not_before, self.not_after);
        Err(AuthorityError::WindowTooLong { what, not_before, not_after, days: most.seconds() / DAY })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    #[test]
    fn a_window_that_ends_when_or_before_it_begins_is_rejected() {
        assert!(Window::between(at(10), at(11)).is_ok());
        assert_eq!(Window::between(at(10), at(10)).unwrap_err().code(), "window-empty");
        assert_eq!(Window::between(at(10), at(9)).unwrap_err().code(), "window-empty");
        let end = Timestamp::parse("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(Window::lasting(end, LIST_LIFETIME).unwrap_err().code(), "window-empty");
    }

    #[test]
    fn the_longest_lifetimes_are_exact() {
        for most in [CERTIFICATION_LIFETIME, ENDORSEMENT_LIFETIME, LIST_LIFETIME] {
            let exact = Window::lasting(at(10), most).unwrap();
            assert!(exact.within(most, "a list").is_ok());
            let over = Window::lasting(at(10), Duration::from_seconds(most.seconds() + 1)).unwrap();
            assert_eq!(over.within(most, "a list").unwrap_err().code(), "window-too-long");
        }
    }
}
