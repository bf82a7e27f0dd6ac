//! What is still being stopped while something else is done.

use std::thread::JoinHandle;

use super::Watcher;

/// Programs that have not ended yet. They are told of when they have, and waited for when this is dropped: whoever asked for
/// their end does not leave before it has come.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Rest(Option<JoinHandle<()>>);

impl Rest {
    /// What a watcher has begun to stop.
    pub(crate) fn of(mut watcher: Watcher) -> Self {
        Self(watcher.is_stopping().then(|| std::thread::spawn(move || watcher.rest().aside())))
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A thread that panicked has told so on standard error.
            let _ = thread.join();
        }
    }
}
