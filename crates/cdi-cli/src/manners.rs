//! How this run speaks: what of it, how wide, for whom. Settled once, from the command line and the environment.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use clap::{Args, ValueEnum};

use crate::answer::{Format, Wish};

/// How wide a line is where nothing tells.
const COLUMNS: usize = 80;
/// As wide as it is.
const UNFOLDED: usize = usize::MAX;
/// Narrower than this nothing can be read, wider than this nothing needs to be.
const READABLE: std::ops::RangeInclusive<usize> = 20..=1_000;

/// How much is told on standard error beside errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Level {
    /// What failed
    Error,
    /// Also what is most likely wrong
    Warning,
    /// Also what was read, decided and written, and how long it took
    Info,
    /// Also each line that was discarded, and each step
    Debug,
}

impl Level {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// How that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// For programs: one JSON object a line
    Json,
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct MannersArguments {
    /// Print nothing but what `--output` asks for, and errors
    #[arg(short, long, global = true, help_heading = HEADING)]
    quiet: bool,
    /// How much to tell on standard error [default: warning]
    #[arg(long, value_name = "LEVEL", global = true, value_enum, env = "CDI_LOG_LEVEL", help_heading = HEADING)]
    log_level: Option<Level>,
    /// How to write what is told on standard error [default: text]
    #[arg(long, value_name = "FORMAT", global = true, value_enum, env = "CDI_LOG_FORMAT", help_heading = HEADING)]
    log_format: Option<LogFormat>,
}

const HEADING: &str = "How it is told";

/// How this run speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pub(crate) quiet: bool,
    /// What is told on standard error.
    pub(crate) level: Level,
    /// Whether what is told there is for programs.
    pub(crate) machine: bool,
    /// Whether the answer on standard output is for programs.
    pub(crate) answers_machine: bool,
}

impl Manners {
    const USUAL: Self = Self { quiet: false, level: Level::Warning, machine: false, answers_machine: false };

    /// As the command line has it, with the answers that it wishes for.
    pub(crate) fn of(arguments: &MannersArguments, wishes: &[Wish]) -> Self {
        let quietest = if arguments.quiet { Level::Error } else { Level::Warning };
        let shown = |format: Format| wishes.iter().any(|wish| wish.file.is_none() && wish.format == format);
        let json = shown(Format::Json);
        Self {
            quiet: arguments.quiet,
            level: arguments.log_level.unwrap_or(quietest),
            machine: arguments.log_format.map_or(json, |format| format == LogFormat::Json),
            answers_machine: json || shown(Format::Yaml) || shown(Format::Junit) || shown(Format::Markdown),
        }
    }

    /// As far as a command line tells that cannot be read: how its error is written.
    pub(crate) fn of_unread(words: &[String]) -> Self {
        let says = |option: &str, value: &str| {
            let joined = format!("{option}={value}");
            let pair = |pair: &[String]| matches!(pair, [name, said] if name == option && said == value);
            words.contains(&joined) || words.windows(2).any(pair)
        };
        let asked = std::env::var("CDI_LOG_FORMAT").is_ok_and(|format| format == "json");
        let told = (asked || says("--output", "json")) && !says("--log-format", "text");
        Self { machine: told || says("--log-format", "json"), ..Self::USUAL }
    }

    pub(crate) const fn tells(&self, level: Level) -> bool {
        level as u8 <= self.level as u8
    }
}

static MANNERS: OnceLock<Manners> = OnceLock::new();

/// Settles it for this run; what comes after the first time changes nothing.
pub(crate) fn settle(manners: Manners) {
    let _ = MANNERS.set(manners);
}

/// How this run speaks.
pub(crate) fn settled() -> Manners {
    MANNERS.get().copied().unwrap_or(Manners::USUAL)
}

/// How wide lines for people are: as `COLUMNS` says, or as the terminal is. Into a pipe or a file they go unfolded: what
/// reads them there looks for words in lines.
pub(crate) fn columns() -> usize {
    static WIDE: OnceLock<usize> = OnceLock::new();
    *WIDE.get_or_init(|| {
        let readable = |wide: &usize| READABLE.contains(wide);
        let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(readable);
        let terminal = || {
            let size = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
            size.filter(readable).unwrap_or(COLUMNS)
        };
        let shown = || if std::io::stdout().is_terminal() { terminal() } else { UNFOLDED };
        said.unwrap_or_else(shown)
    })
}

/// How wide help is: somebody reads it, behind a pipe too.
pub(crate) fn columns_of_help() -> usize {
    if columns() == UNFOLDED { COLUMNS } else { columns() }
}

/// Whether somebody looks at standard error while this runs.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
