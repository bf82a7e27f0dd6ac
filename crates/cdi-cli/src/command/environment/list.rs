//! `cdi environment list`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cdi_gate::{Driver, RunBy};
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
/// The WebAssembly runtimes that a configuration declares are listed behind the gate's own.
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
    runs: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<Measured>,
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
        let rows = drivers.iter().map(|driver| row(driver, own.as_deref(), &measurements));
        let listed = Listed { environments: rows.collect(), measured_at: measurements.measured_at };
        self.output.say(&listed)
    }
}

fn row(driver: &Driver, own: Option<&Runtime>, measurements: &Measurements) -> Row {
    let available = driver.available();
    let runtime = match (driver.run_by(), &available) {
        (RunBy::ThisProgram, _) => own.map(described),
        (RunBy::Executable, Ok(())) => driver.measure().ok().flatten().as_ref().map(described),
        (RunBy::Executable, Err(_)) => None,
    };
    Row {
        name: driver.name().to_owned(),
        kind: driver.kind().as_str(),
        available: available.is_ok(),
        version: available.is_ok().then(|| driver.version()).flatten(),
        reason: available.err(),
        runtime,
        provides: driver.provides().iter().map(|&word| word.to_owned()).collect(),
        runs: driver.runs().iter().map(|kind| kind.name()).collect(),
        measured: measurements.environments.get(driver.name()).cloned(),
    }
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
            writeln!(page, "  runs {}; provides {}", row.runs.join(", "), plain(&provides))?;
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
        let columns =
            &["name", "kind", "available", "version", "runtime", "provides", "runs", "start", "memory"];
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
                Cell::text(row.runs.join(" ")),
                text(measured.map(|measured| time(measured.start_micros))),
                text(measured.map(|measured| format!("{} MiB", measured.memory_bytes >> 20))),
            ]);
        }
        vec![table]
    }
}
