//! The time limit of a guest, enforced from outside of it.
//!
//! The machine code has no interruption points: fuel costs 13 to 43 % of a guest's speed and epochs 11 to 51 %, and
//! both would have to be certified of the compiler. A guest in a process of its own needs neither. When its time is up,
//! a thread of the host ends the whole process: nothing smaller can be ended safely, since the guest holds the
//! thread that it runs on, and may sit inside a system call with the host's locks held.

use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::EngineError;

/// The status with which the process ends when a guest's time is up: CDI's own failure, not the guest's.
pub const TIME_LIMIT_STATUS: i32 = 125;

/// The code in the message that stands on standard error then.
pub const TIME_LIMIT_CODE: &str = "time-limit-exceeded";

/// How long the message may take: the guest may have left standard error full, or locked in a blocked write.
const REPORT_TIME: Duration = Duration::from_millis(200);

/// While this lives, the process ends with [`TIME_LIMIT_STATUS`] when the time is up; dropping it calls that off.
#[must_use]
pub(super) struct Watchdog {
    /// `None` only while dropping: closing the channel is the signal.
    guest_runs: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// The time runs from now.
    pub(super) fn start(time: Duration) -> Result<Self, EngineError> {
        let (guest_runs, guest_ended) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("cdi-watchdog".into())
            .spawn(move || {
                if guest_ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                    end_process(time);
                }
            })
            .map_err(|error| EngineError::WatchdogUnavailable { detail: error.to_string() })?;
        Ok(Self { guest_runs: Some(guest_runs), thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.guest_runs.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the watchdog has been printed by then, and the guest has ended.
            let _ = thread.join();
        }
    }
}

/// Says why on standard error, if that takes no longer than [`REPORT_TIME`], and ends the process in any case.
fn end_process(time: Duration) {
    let (said, report) = mpsc::channel::<()>();
    let reporter = std::thread::Builder::new().spawn(move || {
        let message =
            format!("cdi: error: guest ran longer than {} ms [{TIME_LIMIT_CODE}]\n", time.as_millis());
        let _ = std::io::stderr().write_all(message.as_bytes());
        drop(said);
    });
    if reporter.is_ok() {
        let _ = report.recv_timeout(REPORT_TIME);
    }
    std::process::exit(TIME_LIMIT_STATUS);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_guest_that_ends_in_time_does_not_wait_for_the_limit() {
        let start = Instant::now();
        drop(Watchdog::start(Duration::from_secs(3600)).unwrap());
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}
