//! `cdi environment bench`.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cdi_gate::{Cost, Driver, EnvironmentKind, Sample, StartError};
use cdi_policy::Configuration;
use clap::Args;
use serde::Serialize;

use super::list::time;
use super::measured::{Measured, Measurements};
use crate::answer::{Answer, Cell, Outputs, TABLES, Table};
use crate::command::graph::CONFIGURATION;
use crate::command::verify::now;
use crate::decision::configuration;
use crate::embedded;
use crate::failure::Failure;
use crate::layout::Page;
use crate::memory::StateArguments;
use crate::progress::Progress;
use crate::terminal::plain;

/// Measure what the environments of this machine cost.
///
/// Programs of a few instructions run in each that is here, in turns, so that what else the machine does falls on all alike:
/// one that ends at once, one that computes, one that calls the kernel. Figures are medians; ratios are to a plain process. They
/// are written beside what this host remembers, where `cdi environment list` finds them. No decision rests on them. Runtimes that a
/// configuration declares for bytecode run the same as bytecode; what they call is their own WASI.
///
///   cdi environment bench
///   cdi environment bench --rounds 51 --output markdown
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Bench {
    /// How often each is measured
    #[arg(long, value_name = "NUMBER", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=1001))]
    rounds: u32,
    /// The configuration whose runtimes are measured too [default: cdi.yaml, if it is there]
    #[arg(long, value_name = "FILE", env = "CDI_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

/// What was measured, and what could not be.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Benched {
    file: String,
    rounds: u32,
    environments: BTreeMap<String, Measured>,
    skipped: BTreeMap<String, String>,
}

/// The figures of one environment, round by round.
#[derive(Default)]
struct Figures {
    start: Vec<Cost>,
    computing: Vec<Cost>,
    calling: Vec<Cost>,
    memory: u64,
}

impl Bench {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let default = Path::new(CONFIGURATION);
        let config = self.config.as_deref().or_else(|| default.exists().then_some(default));
        let configuration = config.map(configuration).transpose()?.map(|(configuration, _)| configuration);
        let (drivers, skipped) = here(configuration.as_ref())?;
        let steps = drivers.len() * self.rounds as usize * 3;
        let progress = Progress::counting("measuring environments", steps);
        let mut figures: Vec<Figures> = drivers.iter().map(|_| Figures::default()).collect();
        for _round in 0..self.rounds {
            for (driver, figures) in drivers.iter().zip(&mut figures) {
                let failed = |error: StartError| failed(driver, &error);
                figures.start.push(driver.rehearse(Sample::Nothing).map_err(failed)?);
                progress.step();
                figures.computing.push(driver.rehearse(Sample::Computing).map_err(failed)?);
                progress.step();
                figures.calling.push(driver.rehearse(Sample::Calling).map_err(failed)?);
                progress.step();
            }
        }
        for (driver, figures) in drivers.iter().zip(&mut figures) {
            figures.memory = driver.memory().map_err(|error| failed(driver, &error))?;
        }
        drop(progress);
        let environments = medians(&drivers, &figures);
        let measurements = Measurements { measured_at: Some(now()?), rounds: self.rounds, environments };
        let file = measurements.write(&self.state)?.display().to_string();
        let Measurements { environments, rounds, .. } = measurements;
        self.output.say(&Benched { file, rounds, environments, skipped })
    }
}

/// Those that there are samples for and that are here; why the others are not measured.
fn here(configuration: Option<&Configuration>) -> Result<(Vec<Driver>, BTreeMap<String, String>), Failure> {
    let (mut drivers, mut skipped) = (Vec::new(), BTreeMap::new());
    for driver in embedded::drivers(configuration)? {
        let reason = match driver.available() {
            _ if !driver.has_samples() => Some(
                "it runs compiled modules, and this gate has no compiler to make samples with".to_owned(),
            ),
            Err(reason) => Some(reason),
            Ok(()) => None,
        };
        match reason {
            Some(reason) => drop(skipped.insert(driver.name().to_owned(), reason)),
            None => drivers.push(driver),
        }
    }
    Ok((drivers, skipped))
}

fn failed(driver: &Driver, error: &StartError) -> Failure {
    Failure::failed(error.code(), error).about(format!("environment `{}`", driver.name()))
}

fn medians(drivers: &[Driver], figures: &[Figures]) -> BTreeMap<String, Measured> {
    let plain = drivers.iter().position(|driver| driver.kind() == EnvironmentKind::Process);
    let plain = plain.and_then(|at| figures.get(at));
    let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu));
    // What starting costs is not computing.
    let work = |figures: &Figures, costs: &[Cost]| cpu(costs).saturating_sub(cpu(&figures.start)).max(1);
    let of = |figures: &Figures| {
        let ratio = |costs: fn(&Figures) -> &[Cost]| {
            let basis = plain.map_or(1, |plain| work(plain, costs(plain)));
            work(figures, costs(figures)) * 1000 / basis
        };
        Measured {
            start_micros: median(figures.start.iter().map(|cost| cost.wall)),
            start_cpu_micros: cpu(&figures.start),
            memory_bytes: figures.memory,
            computing_permille: ratio(|figures| &figures.computing),
            calling_permille: ratio(|figures| &figures.calling),
        }
    };
    drivers.iter().zip(figures).map(|(driver, figures)| (driver.name().to_owned(), of(figures))).collect()
}

/// In microseconds.
fn median(times: impl Iterator<Item = Duration>) -> u64 {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    u64::try_from(middle.as_micros()).unwrap_or(u64::MAX)
}

fn times(permille: u64) -> String {
    format!("{}.{:02}", permille / 1000, permille % 1000 / 10)
}

impl Answer for Benched {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let plainly = self.environments.get(EnvironmentKind::Process.as_str());
        for (name, measured) in &self.environments {
            let start = time(measured.start_micros);
            let ratio =
                plainly.map_or(1000, |basis| measured.start_micros * 1000 / basis.start_micros.max(1));
            writeln!(page, "{}: starts in {start}, {} of a plain process", plain(name), times(ratio))?;
            let (computing, calling) = (times(measured.computing_permille), times(measured.calling_permille));
            let memory = measured.memory_bytes >> 20;
            writeln!(page, "  computing {computing}, system calls {calling}, memory {memory} MiB")?;
        }
        for (name, reason) in &self.skipped {
            writeln!(page, "{}: not measured: {}", plain(name), plain(reason))?;
        }
        writeln!(page, "written to {}", plain(&self.file))
    }

    fn tables(&self) -> Vec<Table> {
        let columns = &["environment", "start", "start CPU", "computing", "system calls", "memory"];
        let mut table = Table::new(format!("medians of {} rounds", self.rounds), columns);
        for (name, measured) in &self.environments {
            table.row([
                Cell::text(name),
                Cell::text(time(measured.start_micros)),
                Cell::text(time(measured.start_cpu_micros)),
                Cell::text(times(measured.computing_permille)),
                Cell::text(times(measured.calling_permille)),
                Cell::text(format!("{} MiB", measured.memory_bytes >> 20)),
            ]);
        }
        vec![table]
    }
}
