//! `cdi-wasm-inspect`: inspector of core WebAssembly modules.

mod arguments;
mod render;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Arguments, Command, InspectArguments};
use cdi_tool::{RecordingOptions, ToolError};
use cdi_types::{ReportKind, StatementId};
use cdi_wasm_inspect::{InspectError, inspect};

/// Why nothing was printed, or not all of it, or there is no report.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error("cannot write what was found as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot write what was found: {0}")]
    Unwritable(io::Error),
}

impl RunError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tool(error) => error.code(),
            Self::Inspect(error) => error.code(),
            Self::Json(_) | Self::Unwritable(_) => "output-unwritable",
        }
    }

    const fn status(&self) -> u8 {
        match self {
            Self::Inspect(_) => 1,
            Self::Tool(_) | Self::Json(_) | Self::Unwritable(_) => 2,
        }
    }
}

fn main() -> ExitCode {
    let Arguments { recording, command: Command::Inspect(arguments) } = cdi_tool::arguments();
    match run(&recording, &arguments) {
        Ok(report) => {
            if let Some(id) = report {
                eprintln!("cdi-wasm-inspect: report {id}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cdi-wasm-inspect: error: {} [{}]", cdi_tool::printable(&error), error.code());
            ExitCode::from(error.status())
        }
    }
}

fn run(recording: &RecordingOptions, arguments: &InspectArguments) -> Result<Option<StatementId>, RunError> {
    let mut session = recording.start(arguments.canonical())?;
    let bytes = session.input(&arguments.input)?;
    let found = inspect(&bytes)?;
    let text = render::render(&found, arguments.output)?;
    io::stdout().write_all(text.as_bytes()).map_err(RunError::Unwritable)?;
    for property in &found.properties {
        session.finding(&bytes, property)?;
    }
    Ok(session.finish(ReportKind::Inspection)?)
}
