//! What is told of a build whose tools were recorded one by one.

use std::path::{Path, PathBuf};

use cdi_recorder::{Outcome, RecordError, Salt, ToolRun};
use cdi_types::{DigestSet, Exit, StatementId};
use serde::Serialize;

use crate::failure::Failure;
use crate::log;
use crate::terminal::{plain, word};

/// So much of a command is shown.
const SHOWN: usize = 120;

/// The runs of tools, as `--summary` writes them.
pub(super) struct BuildSummary {
    programs: Vec<PathBuf>,
    verbose: bool,
    runs: Vec<RunSummary>,
    salts: Vec<Salt>,
}

/// A run of a tool in a few words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunSummary {
    /// The executable, as the document has it.
    program: String,
    command: Vec<String>,
    directory: String,
    /// The report, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<StatementId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<OutputSummary>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unrecorded: Option<Reason>,
}

#[derive(Serialize)]
struct OutputSummary {
    path: String,
    #[serde(flatten)]
    digest: DigestSet,
    bundle: String,
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    message: String,
}

/// All of it.
#[derive(Serialize)]
struct Written<'s> {
    /// The build's own.
    exit: Exit,
    /// How many runs have a report.
    reports: usize,
    runs: &'s [RunSummary],
}

impl BuildSummary {
    pub(super) const fn of(programs: Vec<PathBuf>, verbose: bool) -> Self {
        Self { programs, verbose, runs: Vec::new(), salts: Vec::new() }
    }

    /// Takes note of a run that is over, and says it if there is no report about what it made.
    pub(super) fn add(&mut self, run: ToolRun) {
        let ToolRun { tool, command, directory, refusals, outcome } = run;
        let program = self.programs.get(tool).map(|path| path.display().to_string()).unwrap_or_default();
        let directory = directory.display().to_string();
        let mut told =
            RunSummary { program, command, directory, report: None, outputs: Vec::new(), unrecorded: None };
        for refused in refusals {
            let message = format!("{} was refused what nobody can measure: {refused}", told.shown());
            log::warning(&Failure::failed("access-refused", message));
        }
        match outcome {
            Outcome::Recorded { report, outputs, bundles, salts } => {
                told.report = Some(report);
                told.outputs = outputs
                    .into_iter()
                    .zip(bundles)
                    .map(|((path, digest), bundle)| OutputSummary {
                        path: path.display().to_string(),
                        digest: digest.into(),
                        bundle: bundle.display().to_string(),
                    })
                    .collect();
                self.salts.extend(salts);
            }
            Outcome::NothingMade => {}
            Outcome::Unrecorded(error) => {
                told.warn(&error);
                told.unrecorded = Some(Reason { code: error.code(), message: error.to_string() });
            }
        }
        self.runs.push(told);
    }

    /// What opens the commitments in the reports. One variable has a commitment in each of them.
    pub(super) fn salts(&self) -> Vec<Salt> {
        self.salts.clone()
    }

    fn reports(&self) -> usize {
        self.runs.iter().filter(|run| run.report.is_some()).count()
    }

    /// Tells it in one line.
    pub(super) fn tell(&self) {
        let (all, reports) = (self.runs.len(), self.reports());
        let without = self.runs.iter().filter(|run| run.unrecorded.is_some()).count();
        let count = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            many => format!("{many} {more}"),
        };
        let mut text = format!(
            "{} about {} of the tools",
            count(reports, "report", "reports"),
            count(all, "run", "runs")
        );
        for (some, what) in [(without, "without one"), (all - reports - without, "that made nothing")] {
            if some > 0 {
                text.push_str(&format!(", {some} {what}"));
            }
        }
        // A build that nobody recorded anything of is most likely not what somebody meant.
        if reports == 0 {
            let hint = "name in the document what the build really executes: the file, not a link to another";
            return log::warning(&Failure::failed("build-unrecorded", text).hint(hint));
        }
        if without > 0 || self.verbose || std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            log::notice("build-recorded", text);
        }
    }

    /// Writes it into a file.
    pub(super) fn write(&self, file: &Path, exit: Exit) -> Result<(), Failure> {
        let written = Written { exit, reports: self.reports(), runs: &self.runs };
        let mut text = serde_json::to_vec_pretty(&written)
            .map_err(|error| Failure::failed("output-unwritable", error))?;
        text.push(b'\n');
        Ok(cdi_store::replace(file, &text, 0o644)?)
    }
}

impl RunSummary {
    /// The command, as far as there is room, and where it ran.
    fn shown(&self) -> String {
        let words: Vec<String> = self.command.iter().map(|text| word(Path::new(text))).collect();
        let mut command: String = words.join(" ");
        if command.chars().count() > SHOWN {
            command = command.chars().take(SHOWN).chain("...".chars()).collect();
        }
        format!("`{}` in `{}`", plain(&command), plain(&self.directory))
    }

    fn warn(&self, error: &RecordError) {
        let message = format!("no report about {}: {error}", self.shown());
        let failure = Failure::failed(error.code(), message);
        log::warning(&error.hint().into_iter().fold(failure, Failure::hint));
    }
}
