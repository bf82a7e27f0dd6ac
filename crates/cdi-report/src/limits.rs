//! How much of what others wrote gets into a page, each with its reason. What is left out is said in its place.

/// Characters of one text: a message, a name, a path. A long command line still fits.
pub const TEXT: usize = 2_000;
/// Steps of one proof. Who wants the other thousand reads the JSON of `cdi explain`.
pub const STEPS: usize = 32;
/// Obstacles against one answer: the closest to a proof come first.
pub const MISSES: usize = 24;
/// Waypoints of one trail: both ends of a longer one.
pub const TRAIL: usize = 12;
/// Votes, names and other short lists.
pub const LIST: usize = 40;
/// Statements shown whole: what a chain of a hundred steps has, and a page that still opens at once.
pub const STATEMENTS: usize = 400;
/// Bytes of one envelope or payload.
pub const EXCERPT: usize = 64 << 10;
/// Bytes of all excerpts together; of those after them only what they are is told.
pub const EXCERPTS: usize = 4 << 20;
/// Bytes of a page after which it takes no more texts: what a browser still opens at once.
pub const PAGE: usize = 12 << 20;
