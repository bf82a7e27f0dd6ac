//! One run of the tool: read, transform, write.

use cdi_wasm_aot::{
    AssembleError, CompileError, CompilerOptions, MAX_MODULE_BYTES, MAX_TEXT_BYTES, assemble, compile,
};

use crate::arguments::{Command, CompileArguments, Files};
use crate::files::{self, FileError};

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The compiler.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The assembler.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
}

impl RunError {
    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Compile(error) => error.code(),
            Self::Assemble(error) => error.code(),
        }
    }

    /// 1 if the input is at fault, 2 if anything else is.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::Assemble(_) | Self::Compile(CompileError::Input(_) | CompileError::Invalid { .. }) => 1,
            Self::Compile(CompileError::Unsupported { .. } | CompileError::Panicked { .. }) => 1,
            Self::Compile(CompileError::EngineUnavailable { .. }) | Self::File(_) => 2,
        }
    }
}

/// The output stands at its place, made from the input as it was when it was read.
pub(crate) fn run(command: &Command) -> Result<(), RunError> {
    match command {
        Command::Compile(arguments) => run_compile(arguments),
        Command::Assemble(files) => run_assemble(files),
    }
}

fn run_compile(arguments: &CompileArguments) -> Result<(), RunError> {
    let wasm = files::read(&arguments.files.input, MAX_MODULE_BYTES)?;
    let options = CompilerOptions {
        opt_level: arguments.opt_level,
        spectre_mitigations: arguments.spectre_mitigations,
    };
    let compiled = compile(&wasm, arguments.profile, &options)?;
    Ok(files::write(&arguments.files.output, &compiled.artifact)?)
}

fn run_assemble(arguments: &Files) -> Result<(), RunError> {
    let text = files::read(&arguments.input, MAX_TEXT_BYTES)?;
    let assembled = assemble(&text)?;
    Ok(files::write(&arguments.output, &assembled.artifact)?)
}
