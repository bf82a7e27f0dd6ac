//! `cdi-wasm-inspect`: inspector of core WebAssembly modules.

mod arguments;
mod render;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arguments::{Arguments, Command, InspectArguments};
use cdi_wasm_inspect::{InspectError, MAX_MODULE_BYTES, inspect};
use clap::Parser;

/// Why nothing was printed, or not all of it.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error("cannot write what was found as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot write what was found: {0}")]
    Unwritable(io::Error),
}

impl RunError {
    const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "input-unreadable",
            Self::Inspect(error) => error.code(),
            Self::Json(_) | Self::Unwritable(_) => "output-unwritable",
        }
    }

    const fn status(&self) -> u8 {
        match self {
            Self::Inspect(_) => 1,
            Self::Unreadable { .. } | Self::Json(_) | Self::Unwritable(_) => 2,
        }
    }
}

fn main() -> ExitCode {
    let Command::Inspect(arguments) = Arguments::parse().command;
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cdi-wasm-inspect: error: {error} [{}]", error.code());
            ExitCode::from(error.status())
        }
    }
}

fn run(arguments: &InspectArguments) -> Result<(), RunError> {
    let found = inspect(&read(&arguments.input)?)?;
    let text = render::render(&found, arguments.output)?;
    io::stdout().write_all(text.as_bytes()).map_err(RunError::Unwritable)
}

/// The bytes of `path`, read once; of a file beyond the limit enough for the inspector to refuse it.
fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_MODULE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| RunError::Unreadable { path: path.to_owned(), source })
}
