//! What an environment costs, found out with programs of a few instructions that this gate brings along.
//!
//! Nothing that somebody else has written runs here, so that no decision is needed; what is measured is the driver's whole way,
//! from bytes to the end of the program, its runtime's measurement included.

use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::driver::{Driver, StartError};
use crate::native::LaunchError;
use crate::native::sample::{calling, spinning};
use crate::wasm::{ArtifactKind, GuestLimits, WasiRequest, sample};

/// A program to measure an environment with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// Ends at once: what is measured is starting.
    Nothing,
    /// Fifty million multiplications.
    Computing,
    /// Two hundred thousand system calls, of bytecode calls of its host.
    Calling,
}

const COMPUTED: u32 = 50_000_000;
const CALLS: u32 = 200_000;

impl Sample {
    fn program(self) -> Vec<u8> {
        match self {
            Self::Nothing => spinning(1),
            Self::Computing => spinning(COMPUTED.into()),
            Self::Calling => calling(CALLS.into()),
        }
    }

    /// The same as bytecode.
    fn module(self) -> Vec<u8> {
        match self {
            Self::Nothing => sample::nothing(),
            Self::Computing => sample::spinning(COMPUTED),
            Self::Calling => sample::calling(CALLS),
        }
    }
}

/// What one run has cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// From bytes to the end of the program.
    pub wall: Duration,
    /// Processor time of all processes of the run, this one aside.
    pub cpu: Duration,
}

/// No sample takes longer in any environment that works.
const LIMITS: GuestLimits = GuestLimits { memory_bytes: 256 << 20, time: Duration::from_secs(60) };
/// A program that runs so long can be looked at meanwhile.
const LOOKED_AT: Duration = Duration::from_millis(1500);

impl Driver {
    /// Whether there are samples of a kind that it runs: programs and bytecode there are; precompiled modules would be the engine's
    /// own, and this gate compiles nothing.
    #[must_use]
    pub fn has_samples(&self) -> bool {
        [ArtifactKind::StaticElf, ArtifactKind::WasmModule].iter().any(|kind| self.runs().contains(kind))
    }

    /// Runs a sample once, if it has some.
    ///
    /// # Errors
    /// Why it did not run to its end.
    pub fn rehearse(&self, sample: Sample) -> Result<Cost, StartError> {
        let program = if self.runs_programs() { sample.program() } else { sample.module() };
        let (begun, before) = (Instant::now(), cdi_sys::cpu_of_children());
        self.tried(&program, LIMITS)?;
        let cpu = cdi_sys::cpu_of_children().saturating_sub(before);
        Ok(Cost { wall: begun.elapsed(), cpu })
    }

    /// The most memory, in bytes, that all processes of a run of a sample have had at a time, shared pages in parts; what the
    /// sample itself needs is next to nothing.
    ///
    /// # Errors
    /// Why it did not run.
    pub fn memory(&self) -> Result<u64, StartError> {
        let (end, ended) = channel::<()>();
        std::thread::scope(|scope| {
            let looking = scope.spawn(move || {
                let mut most = 0;
                while ended.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout) {
                    most = most.max(memory_below(std::process::id()));
                }
                most
            });
            let limits = GuestLimits { time: LOOKED_AT, ..LIMITS };
            let endless = if self.runs_programs() { spinning(u64::MAX) } else { sample::endless() };
            let ran = self.tried(&endless, limits);
            drop(end);
            let most = looking.join().unwrap_or(0);
            match ran {
                Ok(()) | Err(StartError::Launch(LaunchError::TimeUp { .. })) => Ok(most),
                Err(error) => Err(error),
            }
        })
    }

    fn runs_programs(&self) -> bool {
        self.runs().contains(&ArtifactKind::StaticElf)
    }

    fn tried(&self, program: &[u8], limits: GuestLimits) -> Result<(), StartError> {
        let request = WasiRequest { arguments: vec!["sample".to_owned()], ..WasiRequest::default() };
        let at_hand =
            self.at_hand().map_err(|detail| StartError::Launch(LaunchError::RuntimeFailed { detail }))?;
        self.start(&at_hand, program, &request, limits).map(|_ended| ())
    }
}

/// The memory of all processes that a process has started, and of theirs.
fn memory_below(process: u32) -> u64 {
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // A name may have spaces and brackets in it; the parent stands behind the last one.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut below = BTreeSet::from([process]);
    while let Some((pid, _)) =
        parents.iter().find(|(pid, parent)| below.contains(parent) && !below.contains(pid))
    {
        below.insert(*pid);
    }
    below.remove(&process);
    below.into_iter().filter_map(proportional).sum()
}

/// `Pss` of proc(5), in bytes.
fn proportional(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_memory_of_what_a_process_has_started_is_counted() {
        assert!(proportional(std::process::id()).unwrap() > 100_000);
        // A shell, and a shell below it that waits for a line.
        let mut shell = Command::new("sh");
        shell.args(["-c", "sh -c 'read line'; true"]).stdin(Stdio::piped());
        let mut outer = shell.spawn().unwrap();
        let begun = Instant::now();
        while memory_below(outer.id()) == 0 {
            assert!(begun.elapsed() < Duration::from_secs(30));
        }
        let (inner, own) = (memory_below(outer.id()), proportional(outer.id()).unwrap());
        assert!(inner > 1_000 && own > 1_000 && inner < own * 16, "{inner}, {own}");
        assert!(memory_below(std::process::id()) >= inner);
        drop(outer.stdin.take());
        outer.wait().unwrap();
        assert_eq!(memory_below(outer.id()), 0);
    }

    #[test]
    fn what_is_measured_has_run() {
        let drivers = Driver::all();
        let has = |name: &str| Driver::named(&drivers, name).unwrap().has_samples();
        assert!(has("process") && has("runc") && !has("embedded"));
        let takes = |name: &str| Driver::named(&drivers, name).unwrap().runs_programs();
        assert!(takes("process") && takes("runc") && !takes("embedded"));
        let process = Driver::named(&drivers, "process").unwrap();
        let cost = process.rehearse(Sample::Computing).unwrap();
        assert!(cost.cpu > Duration::from_millis(5) && cost.wall > Duration::from_millis(5), "{cost:?}");
        // What other tests have started meanwhile counts too.
        assert!(process.memory().unwrap() > 1_000);
        let embedded = Driver::named(&drivers, "embedded").unwrap();
        assert_eq!(embedded.rehearse(Sample::Nothing).unwrap_err().code(), "not-a-precompiled-module");
    }

    #[test]
    fn samples_are_what_runtimes_of_their_kind_take() {
        for sample in [Sample::Nothing, Sample::Computing, Sample::Calling] {
            assert_eq!(ArtifactKind::sniff(&sample.program()), ArtifactKind::StaticElf, "{sample:?}");
            assert_eq!(ArtifactKind::sniff(&sample.module()), ArtifactKind::WasmModule, "{sample:?}");
        }
    }
}
