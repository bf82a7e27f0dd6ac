//! A sign of life on a terminal, while something takes longer than a second.
//!
//! It is for people who wait: nothing is written where nobody looks, with `--quiet`, or where standard error is for
//! programs. When the work is done the line is gone.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::manners::{self, Level};
use crate::terminal::plain;

/// What takes less is not told.
const SOON: Duration = Duration::from_secs(1);
/// How often it is told anew.
const OFTEN: Duration = Duration::from_millis(250);

/// Work that is going on, until this goes out of scope.
pub(crate) struct Progress {
    teller: Option<(Sender<()>, JoinHandle<()>)>,
    done: Arc<AtomicUsize>,
}

impl Progress {
    /// Begins to tell of work, in a few words.
    pub(crate) fn of(what: impl Display) -> Self {
        Self::counting(what, 0)
    }

    /// As [`Self::of`], of so many things.
    pub(crate) fn counting(what: impl Display, all: usize) -> Self {
        let done = Arc::new(AtomicUsize::new(0));
        let manners = manners::settled();
        let told =
            manners::is_watched() && manners.tells(Level::Warning) && !manners.quiet && !manners.machine;
        let teller = told.then(|| {
            let (what, counted) = (plain(&what.to_string()), Arc::clone(&done));
            let (end, ended) = channel();
            let tell = move || {
                let begun = Instant::now();
                let mut pause = SOON;
                while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    pause = OFTEN;
                    show(&line(&what, counted.load(Ordering::Relaxed), all, begun.elapsed()));
                }
                if pause == OFTEN {
                    show("");
                }
            };
            std::thread::Builder::new().spawn(tell).ok().map(|thread| (end, thread))
        });
        Self { teller: teller.flatten(), done }
    }

    /// One thing is done.
    pub(crate) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.teller.take() {
            drop(end);
            // A teller that has come to grief changes nothing.
            let _ = thread.join();
        }
    }
}

/// In the place of what was there: back to the start of the line, and the rest of it cleared.
fn show(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "\r{text}\u{1b}[K");
    let _ = out.flush();
}

fn line(what: &str, done: usize, all: usize, since: Duration) -> String {
    let count = if all == 0 { String::new() } else { format!(" {done} of {all},") };
    let text = format!("cdi: {what}:{count} {} s", since.as_secs());
    // One that is wider than the terminal could not be taken back.
    text.chars().take(manners::columns().saturating_sub(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_goes_on_on_one_line() {
        let since = Duration::from_secs(3);
        assert_eq!(line("verifying", 0, 0, since), "cdi: verifying: 3 s");
        assert_eq!(line("looking", 2, 9, since), "cdi: looking: 2 of 9, 3 s");
        assert!(line(&"x".repeat(500), 0, 0, since).len() < manners::columns());
    }

    #[test]
    fn nothing_is_told_where_nobody_looks_or_soon() {
        let progress = Progress::of("nothing");
        progress.step();
        drop(progress);
    }
}
