//! `cdi environment list`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cdi_gate::{Driver, RunBy};
use cdi_policy::Configuration;
use cdi_types::{FileDigest, Libraries, Runtime, Timestamp};
use clap::Args;
use serde::Serialize;

use super::measured::{Measured, Measurements};
use crate::answer::{Answer, Cell, Outputs, TABLES, Table};
use crate::command::graph::CONFIGURATION;
use crate::decision::configuration;
use crate::embedded;
use crate::failure::Failure;
use crate::layout::Page;
use crate::memory::StateArguments;
use crate::terminal::{DIM, STRONG, plain};

/// Show the execution environments of this gate, and which of them are here.
///
/// Of each: its kind, whether it is available or why not, the version and digest of its runtime, what it provides in the
/// catalogue's words, what it runs, and what `cdi environment bench` has measured on this machine.
///
/// The WebAssembly runtimes that a configuration declares are listed behind the gate's own. What a configuration says of an
/// environment takes the place of what the gate says, and is what is shown.
///
///   cdi environment list
///   cdi environment list --config cdi.yaml --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct List {
    /// The configuration whose runtimes are listed too [default: cdi.yaml, if it is there]
    #[arg(long, value_name = "FILE", env = "CDI_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    environments: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    kind: &'static str,
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<Described>,
    provides: Vec<String>,
    said_by: SaidBy,
    runs: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<Measured>,
}

/// Whose words those are that an environment provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum SaidBy {
    Gate,
    Configuration,
}

/// A runtime, by what a certification of it names.
#[derive(Serialize)]
struct Described {
    program: String,
    executable: FileDigest,
    /// How many libraries were measured with it; none of a static one.
    #[serde(skip_serializing_if = "Option::is_none")]
    libraries: Option<usize>,
}

impl List {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let measurements = Measurements::read(&self.state)?;
        let default = Path::new(CONFIGURATION);
        let config = self.config.as_deref().or_else(|| default.exists().then_some(default));
        let configuration = config.map(configuration).transpose()?.map(|(configuration, _)| configuration);
        let drivers = embedded::drivers(configuration.as_ref())?;
        // What runs by this program has one runtime: it is measured once.
        let own = drivers.iter().find(|driver| driver.run_by() == RunBy::ThisProgram);
        let own = own.map(|driver| embedded::runtime(&drivers, driver.name())).transpose()?.flatten();
        let configuration = configuration.as_ref();
        configuration
            .into_iter()
            .for_each(|configuration| embedded::warn_of_unknown(configuration, &drivers));
        let environments = rows(&drivers, own.as_deref(), configuration, &measurements)?;
        let listed = Listed { environments, measured_at: measurements.measured_at };
        self.output.say(&listed)
    }
}

/// All are asked at once: one that does not answer holds up no other, and the longest time that one has is the time of all.
fn rows(
    drivers: &[Driver],
    own: Option<&Runtime>,
    configuration: Option<&Configuration>,
    measurements: &Measurements,
) -> Result<Vec<Row>, Failure> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = drivers
            .iter()
            .map(|driver| scope.spawn(move || row(driver, own, configuration, measurements)))
            .collect();
        // A fault of a thread is one of the program.
        asked
            .into_iter()
            .map(|row| row.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
            .collect()
    })
}

fn row(
    driver: &Driver,
    own: Option<&Runtime>,
    configuration: Option<&Configuration>,
    measurements: &Measurements,
) -> Result<Row, Failure> {
    let (provides, said_by) = provided(driver, configuration)?;
    let available = driver.available();
    let runtime = match (driver.run_by(), &available) {
        (RunBy::ThisProgram, _) => own.map(described),
        (RunBy::Executable, Ok(())) => driver.measure().ok().flatten().as_ref().map(described),
        (RunBy::Executable, Err(_)) => None,
    };
    Ok(Row {
        name: driver.name().to_owned(),
        kind: driver.kind().as_str(),
        available: available.is_ok(),
        version: available.is_ok().then(|| driver.version()).flatten(),
        reason: available.err(),
        runtime,
        provides,
        said_by,
        runs: driver.runs().iter().map(|kind| kind.name()).collect(),
        measured: measurements.environments.get(driver.name()).cloned(),
    })
}

/// What holds of an environment here, and on whose word: what a configuration says takes the place of what the gate says.
fn provided(
    driver: &Driver,
    configuration: Option<&Configuration>,
) -> Result<(Vec<String>, SaidBy), Failure> {
    let gates = embedded::provides(driver)?;
    let named = |configuration: &&Configuration| {
        let mut described = configuration.environments().iter();
        described.any(|environment| environment.name.as_str() == driver.name())
    };
    let (provides, said_by) = match configuration.filter(named) {
        Some(configuration) => {
            (configuration.environment(driver.name(), Some(&gates))?, SaidBy::Configuration)
        }
        None => (gates, SaidBy::Gate),
    };
    Ok((provides.iter().map(ToString::to_string).collect(), said_by))
}

fn described(runtime: &Runtime) -> Described {
    let libraries = match &runtime.libraries {
        Libraries::Measured(libraries) => Some(libraries.len()),
        Libraries::Unmeasured => None,
    };
    Described { program: runtime.program.clone(), executable: runtime.executable, libraries }
}

/// Microseconds as people read them.
pub(super) fn time(micros: u64) -> String {
    if micros < 10_000 {
        format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10)
    } else {
        format!("{} ms", micros / 1000)
    }
}

impl Answer for Listed {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for row in &self.environments {
            let version =
                row.version.as_ref().map(|version| format!(" {}", plain(version))).unwrap_or_default();
            match &row.reason {
                None => writeln!(page, "{STRONG}{}{STRONG:#}{version}", plain(&row.name))?,
                Some(reason) => {
                    writeln!(page, "{DIM}{}  not here: {}{DIM:#}", plain(&row.name), plain(reason))?;
                }
            }
            let provides =
                if row.provides.is_empty() { "nothing".to_owned() } else { row.provides.join(", ") };
            let whose = match row.said_by {
                SaidBy::Gate => "",
                SaidBy::Configuration => ", as the configuration says",
            };
            writeln!(page, "  runs {}; provides {}{whose}", row.runs.join(", "), plain(&provides))?;
            if let Some(runtime) = &row.runtime {
                writeln!(page, "  runtime {} sha256 {}", plain(&runtime.program), runtime.executable)?;
            }
            if let Some(measured) = &row.measured {
                let (start, cpu) = (time(measured.start_micros), time(measured.start_cpu_micros));
                let memory = measured.memory_bytes >> 20;
                writeln!(page, "  starts in {start} ({cpu} of processor time), {memory} MiB")?;
            }
        }
        if self.measured_at.is_none() {
            writeln!(page, "{DIM}`cdi environment bench` measures what they cost here{DIM:#}")?;
        }
        Ok(())
    }

    fn tables(&self) -> Vec<Table> {
        let columns = &[
            "name",
            "kind",
            "available",
            "version",
            "runtime",
            "provides",
            "said by",
            "runs",
            "start",
            "memory",
        ];
        let mut table = Table::new("environments", columns);
        for row in &self.environments {
            let text = |text: Option<String>| Cell::text(text.unwrap_or_default());
            let digest = row.runtime.as_ref().map(|runtime| runtime.executable.to_string());
            let measured = row.measured.as_ref();
            table.row([
                Cell::text(&row.name),
                Cell::Word(row.kind),
                Cell::text(row.reason.as_deref().unwrap_or("yes")),
                text(row.version.clone()),
                text(digest.map(|digest| digest.chars().take(12).collect())),
                Cell::text(row.provides.join(" ")),
                Cell::Word(match row.said_by {
                    SaidBy::Gate => "gate",
                    SaidBy::Configuration => "configuration",
                }),
                Cell::text(row.runs.join(" ")),
                text(measured.map(|measured| time(measured.start_micros))),
                text(measured.map(|measured| format!("{} MiB", measured.memory_bytes >> 20))),
            ]);
        }
        vec![table]
    }
}
