//! What this host remembers, and its clock.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use cdi_types::{Clock, Timestamp};

use super::files::is_foreign;
use super::report::Report;
use crate::failure::Failure;
use crate::memory::StateArguments;

/// A clock before this stands still or was never set: the program is younger. 2026-01-01T00:00:00Z.
const YOUNGEST: u64 = 1_767_225_600;

pub(super) fn now() -> Timestamp {
    time(SystemTime::now())
}

fn time(time: SystemTime) -> Timestamp {
    Timestamp::from_unix(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs())
}

pub(super) fn look(state: &StateArguments, configuration: &Path, now: Timestamp, report: &mut Report) {
    report.looked("the clock:", now);
    clock(configuration, now, report);
    let folder = match state.folder() {
        Ok(folder) => folder,
        Err(failure) => return report.error("state", failure),
    };
    let path = folder.path();
    report.looked("what this host remembers in", path.display());
    if let Ok(metadata) = path.metadata() {
        if metadata.mode() & 0o022 != 0 {
            let message = "others can change what this host remembers";
            let hint = format!("chmod 700 {}", path.display());
            report.error(path.display(), Failure::failed("state-writable", message).hint(hint));
        }
        if is_foreign(&metadata) {
            let message = format!("it belongs to the user {}", metadata.uid());
            report.warning(path.display(), Failure::failed("state-of-another", message));
        }
    }
    let read = folder.read().and_then(|memory| folder.sightings()?.all().map(|_| memory));
    match read {
        Err(error) => report.error(path.display(), state.unread(error)),
        Ok(Some(memory)) if memory.last_decision > now.after(Clock::SKEW) => {
            let last = memory.last_decision;
            let message = format!("the clock says {now}, and this host has decided at {last} already");
            let failure = Failure::failed("clock-behind", message);
            report.error(
                "clock",
                failure.hint(format!("set the clock; if it was ahead then, `{}` begins anew", state.reset())),
            );
        }
        Ok(_) => {}
    }
}

fn clock(configuration: &Path, now: Timestamp, report: &mut Report) {
    if now < Timestamp::from_unix(YOUNGEST) {
        let message = format!("it says {now}, and this program is younger");
        return report.error("clock", Failure::failed("clock-implausible", message).hint("set the clock"));
    }
    let changed = configuration.metadata().and_then(|metadata| metadata.modified()).map(time);
    if let Ok(changed) = changed
        && changed > now.after(Clock::SKEW)
    {
        let message = format!("it says {now}, and `{}` was changed {changed}", configuration.display());
        let failure = Failure::failed("clock-behind-files", message);
        report.warning("clock", failure.hint("set the clock, if that is what is wrong"));
    }
}
