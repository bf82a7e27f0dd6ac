//! Faults in numbers that a run of all tests has no time for, by the same tests.

use crate::build::{command, run};
use crate::repository::root;

/// Interrupts every command that writes so many times at each kind of fault, and reports what was lost or half written.
pub(crate) fn faults(times: &str) -> Result<(), String> {
    number(times)?;
    let mut tests =
        command(root(), &["test", "--workspace", "--test", "it", "--", "faults::", "--nocapture"]);
    run(tests.env("CDI_FAULTS", times))
}

/// Decides for so many minutes under policies and revocations that change, and holds what that takes of memory.
pub(crate) fn endure(minutes: &str) -> Result<(), String> {
    number(minutes)?;
    let mut tests =
        command(root(), &["test", "--workspace", "--test", "it", "--", "faults::endurance", "--nocapture"]);
    run(tests.env("CDI_ENDURE", minutes))
}

fn number(text: &str) -> Result<(), String> {
    text.parse::<u16>().map(drop).map_err(|_| format!("`{text}` is no number"))
}
