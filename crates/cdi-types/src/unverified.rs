//! The lowest rung of the ladder: something that was parsed and that nobody has vouched for.

/// A value that was read from bytes of unknown origin. There is no `Deref`: whoever looks inside says so by name.
#[derive(Debug, Clone)]
#[must_use]
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    /// Marks a value as unverified. Anybody may: it is the weakest thing that can be said of it.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a verifier or for a display that says that it shows unverified data.
    pub const fn as_untrusted(&self) -> &T {
        &self.0
    }

    /// As [`Self::as_untrusted`], by value.
    pub fn into_untrusted(self) -> T {
        self.0
    }
}
