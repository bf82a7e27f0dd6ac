//! What provenance saves: the demo's program, decided about in the same way each time, in this process and in places that keep
//! apart what nobody has vouched for. Medians of rounds in turns, as a table in Markdown.
//!
//! `cargo xtask headline` runs it: `headline DEMO CDI_WASM_HOST ROUNDS TABLE`. What the program puts out goes to standard output.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement, not a part of CDI"
)]

mod demo;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cdi_gate::{Delivery, Driver, HostDirectory};
use cdi_types::{Artifact, Name};
use cdi_verify::Help;

use demo::Host;

/// Where the same bytes run by `cdi-wasm-host`.
const INSIDE: [&str; 4] = ["confined", "crun", "runc", "gvisor"];
/// The program has something to say about its arguments, and ends.
const AT_ONCE: &[&str] = &["--help"];
/// What the demo's program is for.
const AT_WORK: &[&str] = &["/transactions/today.csv"];

/// What one run has cost, from bytes to the program's end.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// What was measured of one environment.
struct Figures<'d> {
    driver: &'d Driver,
    at_once: Vec<Cost>,
    at_work: Vec<Cost>,
}

/// Everything that a run needs, in memory.
struct Bench {
    host: Host,
    artifact: Vec<u8>,
    bundle: Vec<u8>,
    transactions: PathBuf,
    drivers: Vec<Driver>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [demo, wasm_host, rounds, table] = arguments.as_slice() else {
        panic!("headline DEMO CDI_WASM_HOST ROUNDS TABLE")
    };
    let bench = Bench::of(Path::new(demo), wasm_host);
    let rounds: usize = rounds.parse().expect("a number of rounds");
    let (here, absent): (Vec<&Driver>, Vec<&Driver>) =
        bench.drivers.iter().partition(|driver| driver.available().is_ok());
    absent.iter().for_each(|driver| eprintln!("not measured: `{}` is not here", driver.name()));
    let empty = |driver| Figures { driver, at_once: Vec::new(), at_work: Vec::new() };
    let mut figures: Vec<Figures<'_>> = here.into_iter().map(empty).collect();
    let mut decisions = Vec::new();
    for round in 0..=rounds {
        for one in &mut figures {
            let (at_once, at_work) = (bench.run(one.driver, AT_ONCE), bench.run(one.driver, AT_WORK));
            // The first of each finds nothing in memory.
            if round > 0 {
                one.at_once.push(at_once);
                one.at_work.push(at_work);
            }
        }
        decisions.push(bench.decision());
    }
    let text = markdown(&figures, &decisions, rounds);
    std::fs::write(table, text).unwrap();
}

impl Bench {
    fn of(demo: &Path, wasm_host: &str) -> Self {
        let declared: String = INSIDE
            .iter()
            .map(|inside| {
                format!(
                    "    - {{name: {inside}-host, provides: [GUARD_PAGES=WASMTIME_4GIB_32MIB, NETWORK_ISOLATION], runtime: \
                     {{program: '{wasm_host}', inside: {inside}, modules: precompiled, arguments: ['--dir={{directory}}:rw', \
                     '--env={{variable}}', --, '{{module}}', '{{arguments}}']}}}}\n"
                )
            })
            .collect();
        let host = Host::of(demo, &format!("  environments:\n{declared}"));
        let drivers = Driver::with_declared(&host.configuration).unwrap();
        let wanted = |driver: &Driver| driver.name() == "embedded" || driver.name().ends_with("-host");
        Self {
            host,
            artifact: std::fs::read(demo.join("app/fraud-scoring.cwasm")).unwrap(),
            bundle: std::fs::read(demo.join("app/fraud-scoring.cwasm.intoto.jsonl")).unwrap(),
            transactions: demo.join("data/transactions"),
            drivers: drivers.into_iter().filter(wanted).collect(),
        }
    }

    /// One run: the artifact is hashed, its evidence verified, three principals decide about this place, whose runtime is
    /// measured if it is another program, and the gate runs it to its end.
    fn run(&self, driver: &Driver, words: &[&str]) -> Cost {
        let arguments: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let (bytes, bundle) = (self.artifact.clone(), self.bundle.clone());
        let name = Name::parse("transactions").unwrap();
        let directories = [HostDirectory { name, path: self.transactions.clone() }];
        timed(|| {
            let artifact = Artifact::new(bytes);
            let mut environment = self.host.environment(driver);
            environment.runtime = driver.measure().unwrap().map(Arc::new);
            let placement = self.host.admit(&artifact, (bundle, Help::NONE), environment, &arguments);
            let (directories, now) = (&directories[..], self.host.now);
            let delivery = Delivery { artifact: &artifact, program: "fraud-scoring.cwasm", directories, now };
            let ended = cdi_gate::run(placement, std::slice::from_ref(driver), delivery).unwrap();
            assert_eq!(ended.status, 0, "{}: {words:?}", driver.name());
        })
    }

    /// The decision alone, about a place in this process.
    fn decision(&self) -> Cost {
        let embedded = Driver::named(&self.drivers, "embedded").unwrap();
        let (bytes, bundle) = (self.artifact.clone(), self.bundle.clone());
        timed(|| {
            let artifact = Artifact::new(bytes);
            drop(self.host.admit(&artifact, (bundle, Help::NONE), self.host.environment(embedded), &[]));
        })
    }
}

/// By the clock, and by the time of all processors of this process and of its children.
fn timed(work: impl FnOnce()) -> Cost {
    use rustix::time::{ClockId, clock_gettime};
    let own = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap();
    let cpu = || own() + cdi_sys::cpu_of_children();
    let (begun, before) = (Instant::now(), cpu());
    work();
    Cost { wall: begun.elapsed(), cpu: cpu() - before }
}

fn markdown(figures: &[Figures<'_>], decisions: &[Cost], rounds: usize) -> String {
    let mut text = String::from(
        "| place | start | start, CPU | to in process | with work | with work, CPU | to in process |\n|---|---|---|---|---|---|---|\n",
    );
    let cpu = |costs: &[Cost]| median(costs, |cost| cost.cpu);
    let wall = |costs: &[Cost]| median(costs, |cost| cost.wall);
    let first = figures.first().expect("this process");
    let basis = (cpu(&first.at_once), cpu(&first.at_work));
    for one in figures {
        let place = match one.driver.name().strip_suffix("-host") {
            Some(inside) => format!("`{inside}`"),
            None => "in process".to_owned(),
        };
        let (start, work) = (cpu(&one.at_once), cpu(&one.at_work));
        writeln!(
            text,
            "| {place} | {} | {} | {} | {} | {} | {} |",
            time(wall(&one.at_once)),
            time(start),
            ratio(start, basis.0),
            time(wall(&one.at_work)),
            time(work),
            ratio(work, basis.1),
        )
        .unwrap();
    }
    writeln!(
        text,
        "\nMedians of {rounds} rounds in turns. The decision alone: {} of processor time.",
        time(cpu(decisions))
    )
    .unwrap();
    text
}

fn median(costs: &[Cost], of: impl Fn(&Cost) -> Duration) -> Duration {
    let mut times: Vec<Duration> = costs.iter().map(of).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn time(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 10.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
}

fn ratio(time: Duration, basis: Duration) -> String {
    let ratio = time.as_secs_f64() / basis.as_secs_f64();
    if ratio < 10.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}
