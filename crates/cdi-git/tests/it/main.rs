//! Work trees beside their commits, in repositories that the program `git` makes, friendly and hostile.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod comparing;
mod hostile;
mod repository;
