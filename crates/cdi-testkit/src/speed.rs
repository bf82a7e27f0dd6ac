//! Measuring by ratios: what is compared is done in turns, round after round, so that what else the machine does falls on all alike.
//!
//! In goes work; out come [`Row`]s, which say what was aimed at and whether it was reached, as lines for people and for
//! `cargo xtask speed`. Nothing here knows what the work is.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// What time is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The clock on the wall: for what is done by several threads or processes.
    Wall,
    /// Of this thread, on a processor: other work on the machine is not ours.
    Processor,
    /// Of all threads of this process, on processors.
    Process,
}

impl Clock {
    /// How long some work takes.
    pub fn of(self, work: impl FnOnce()) -> Duration {
        match self {
            Self::Wall => {
                let begun = Instant::now();
                work();
                begun.elapsed()
            }
            Self::Processor => spent(ClockId::ThreadCPUTime, work),
            Self::Process => spent(ClockId::ProcessCPUTime, work),
        }
    }
}

fn spent(clock: ClockId, work: impl FnOnce()) -> Duration {
    let now = || Duration::try_from(clock_gettime(clock)).unwrap_or(Duration::ZERO);
    let begun = now();
    work();
    now().saturating_sub(begun)
}

/// The times of all rounds, the least first.
#[derive(Debug, Clone)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Of these rounds.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn new(mut times: Vec<Duration>) -> Self {
        assert!(!times.is_empty(), "no round was measured");
        times.sort_unstable();
        Self(times)
    }

    /// The median, in seconds.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).map_or(0.0, Duration::as_secs_f64)
    }

    /// The least, in seconds.
    #[must_use]
    pub fn least(&self) -> f64 {
        self.0.first().map_or(0.0, Duration::as_secs_f64)
    }

    /// The same for a part of what was done.
    #[must_use]
    pub fn each(&self, of: u32) -> Self {
        Self(self.0.iter().map(|time| *time / of.max(1)).collect())
    }
}

/// Does all of it in turns, so many rounds, after one that is not counted.
pub fn in_turns<const N: usize>(rounds: usize, clock: Clock, mut work: [&mut dyn FnMut(); N]) -> [Times; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..=rounds.max(1) {
        for (work, times) in work.iter_mut().zip(&mut times) {
            let took = clock.of(work);
            if round > 0 {
                times.push(took);
            }
        }
    }
    times.map(Times::new)
}

/// What is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// A figure that is no larger.
    AtMost(f64),
    /// A figure that is no smaller.
    AtLeast(f64),
}

impl Target {
    fn holds(self, found: f64) -> bool {
        match self {
            Self::AtMost(most) => found <= most,
            Self::AtLeast(least) => found >= least,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {}", figure(*most)),
            Self::AtLeast(least) => write!(f, ">= {}", figure(*least)),
        }
    }
}

/// One comparison.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What is compared with what.
    pub what: String,
    /// What is aimed at; nothing where a figure only stands beside others.
    pub target: Option<Target>,
    /// The ratio of medians, or a figure of `unit`; nothing if it was not measured.
    pub median: Option<f64>,
    /// The ratio of the least times.
    pub least: Option<f64>,
    /// What the figure is of; nothing for ratios.
    pub unit: &'static str,
    /// By which clock.
    pub clock: Clock,
    /// The two sides in absolute figures, or why nothing was measured.
    pub sides: String,
}

impl Row {
    /// How much of the second's time the first takes.
    #[must_use]
    pub fn ratio(what: &str, target: Target, clock: Clock, of: &Times, to: &Times) -> Self {
        Self { target: Some(target), ..Self::beside(what, clock, of, to) }
    }

    /// As [`Self::ratio`], where nothing is aimed at.
    #[must_use]
    pub fn beside(what: &str, clock: Clock, of: &Times, to: &Times) -> Self {
        Self {
            what: what.to_owned(),
            target: None,
            median: Some(of.median() / to.median()),
            least: Some(of.least() / to.least()),
            unit: "",
            clock,
            sides: format!("{} to {}", time(of.median()), time(to.median())),
        }
    }

    /// How much of the second's rate the first has.
    #[must_use]
    pub fn rate(what: &str, target: Target, clock: Clock, of: &Times, to: &Times) -> Self {
        let row = Self::ratio(what, target, clock, to, of);
        Self { sides: format!("{} to {}", time(of.median()), time(to.median())), ..row }
    }

    /// A figure by itself.
    #[must_use]
    pub fn figure(what: &str, target: Target, clock: Clock, figures: (f64, f64), unit: &'static str) -> Self {
        let (median, least) = (Some(figures.0), Some(figures.1));
        Self { what: what.to_owned(), target: Some(target), median, least, unit, clock, sides: String::new() }
    }

    /// The same, with more about what was measured.
    #[must_use]
    pub fn with_sides(self, sides: impl Into<String>) -> Self {
        Self { sides: sides.into(), ..self }
    }

    /// What nobody measures yet, or cannot here.
    #[must_use]
    pub fn unmeasured(what: &str, target: Target, why: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            target: Some(target),
            median: None,
            least: None,
            unit: "",
            clock: Clock::Wall,
            sides: why.into(),
        }
    }

    /// Whether it is what was aimed at; nothing if it was not measured.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.median.zip(self.target).map(|(found, target)| target.holds(found))
    }

    /// As a line of JSON, with the part that it belongs to and what it comes to.
    fn line(&self, part: &str) -> String {
        #[derive(Serialize)]
        struct Line<'r> {
            part: &'r str,
            #[serde(flatten)]
            row: &'r Row,
            holds: Option<bool>,
        }
        serde_json::to_string(&Line { part, row: self, holds: self.holds() }).unwrap_or_default()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target.map_or_else(String::new, |target| target.to_string());
        let shown = |found: Option<f64>| found.map_or_else(|| "-".to_owned(), figure);
        let (median, least, unit) = (shown(self.median), shown(self.least), self.unit);
        let holds = match self.holds() {
            Some(true) => "holds",
            Some(false) => "MISSES",
            None => "",
        };
        write!(f, "{target:>8} {median:>8} ({least}){unit:<4} {holds:<7} {}  [{}]", self.what, self.sides)
    }
}

/// A figure in as many digits as it has sense.
#[must_use]
pub fn figure(of: f64) -> String {
    match of {
        of if of.abs() >= 10.0 && of.fract() == 0.0 => format!("{of:.0}"),
        of if of.abs() >= 10.0 => format!("{of:.1}"),
        of if of.abs() >= 0.1 => format!("{of:.2}"),
        of => format!("{of:.4}"),
    }
}

/// A time in a unit that suits it.
#[must_use]
pub fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1e-3 => format!("{} us", figure(seconds * 1e6)),
        seconds if seconds < 1.0 => format!("{} ms", figure(seconds * 1e3)),
        seconds => format!("{} s", figure(seconds)),
    }
}

/// Prints the rows of a part, and adds them to the file that CDI_SPEED_LINES names.
///
/// # Panics
/// If that file cannot be written.
#[expect(clippy::expect_used, clippy::print_stdout, reason = "a measurement that nobody sees has failed")]
pub fn publish(part: &str, rows: &[Row]) {
    println!("{part}");
    rows.iter().for_each(|row| println!("  {row}"));
    let Some(path) = std::env::var_os("CDI_SPEED_LINES") else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the file of the rows");
    for row in rows {
        writeln!(file, "{}", row.line(part)).expect("the file of the rows");
    }
}
