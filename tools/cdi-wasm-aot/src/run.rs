//! One run of the tool: read, transform, write, and record all of it.

use cdi_tool::{RecordingOptions, ToolError};
use cdi_types::{ReportKind, StatementId};
use cdi_wasm_aot::{AssembleError, CompileError, CompilerOptions, assemble, compile};

use crate::arguments::{Command, CompileArguments, Files};

/// Why there is no output, or no report of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// A file, the key or the report.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The compiler.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The assembler.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
}

impl RunError {
    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Tool(error) => error.code(),
            Self::Compile(error) => error.code(),
            Self::Assemble(error) => error.code(),
        }
    }

    /// 1 if the input is at fault, 2 if anything else is.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::Assemble(_) | Self::Compile(CompileError::Input(_) | CompileError::Invalid { .. }) => 1,
            Self::Compile(CompileError::Unsupported { .. } | CompileError::Panicked { .. }) => 1,
            Self::Compile(CompileError::EngineUnavailable { .. }) | Self::Tool(_) => 2,
        }
    }
}

/// The output stands at its place, made from the input as it was when it was read. The report's id, if there is one.
pub(crate) fn run(recording: &RecordingOptions, command: &Command) -> Result<Option<StatementId>, RunError> {
    match command {
        Command::Compile(arguments) => run_compile(recording, arguments, command.canonical()),
        Command::Assemble(files) => run_assemble(recording, files, command.canonical()),
    }
}

fn run_compile(
    recording: &RecordingOptions,
    arguments: &CompileArguments,
    canonical: Vec<String>,
) -> Result<Option<StatementId>, RunError> {
    let mut session = recording.start(canonical)?;
    let wasm = session.input(&arguments.files.input)?;
    let options = CompilerOptions {
        opt_level: arguments.opt_level,
        spectre_mitigations: arguments.spectre_mitigations,
    };
    let compiled = compile(&wasm, arguments.profile, &options)?;
    session.settings(&compiled.settings);
    session.output(&arguments.files.output, &compiled.artifact)?;
    Ok(session.finish(ReportKind::Transform)?)
}

fn run_assemble(
    recording: &RecordingOptions,
    files: &Files,
    canonical: Vec<String>,
) -> Result<Option<StatementId>, RunError> {
    let mut session = recording.start(canonical)?;
    let text = session.input(&files.input)?;
    let assembled = assemble(&text)?;
    session.settings(&assembled.settings);
    session.output(&files.output, &assembled.artifact)?;
    Ok(session.finish(ReportKind::Transform)?)
}
