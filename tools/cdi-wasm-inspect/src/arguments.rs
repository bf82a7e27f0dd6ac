//! The command line. Every option stands once at most, and nothing is read from the environment.

use cdi_tool::RecordingOptions;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Say what a core WebAssembly module asks of its host, and which properties follow.
///
/// Exit status: 0 inspected, 1 the input was refused, 2 anything else, for example wrong usage or an unreadable file.
/// A status of 0 does not say that any property was found: read the list.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Who signs the report of the run.
    #[command(flatten)]
    pub(crate) recording: RecordingOptions,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Properties:
  WASM_VALIDATED           valid under the features of every engine profile
  WASM_IMPORTS_WASI_ONLY   every import is a function of `wasi_snapshot_preview1`
  WASM_NO_IMPORTS          there are no imports
  WASM_NO_NETWORK_IMPORTS  nothing outside of `wasi_snapshot_preview1`, and none of its `sock_` functions

Examples:
  cdi-wasm-inspect inspect app.wasm
  cdi-wasm-inspect inspect --output json app.wasm";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Validate a module and list its imports, exports and properties.
    Inspect(InspectArguments),
}

/// The options of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
    /// The module to read, 64 MiB at most.
    #[arg(value_name = "INPUT")]
    pub(crate) input: String,
}

impl InspectArguments {
    /// The operation in the form that reports carry and certifications describe. How it was printed makes no difference.
    pub(crate) fn canonical(&self) -> Vec<String> {
        vec!["inspect".to_owned(), self.input.clone()]
    }
}

/// How to print what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Lines for people.
    Text,
    /// One JSON object with `imports`, `exports` and `properties`, all sorted.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }
}
