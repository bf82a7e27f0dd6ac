//! The command `cdi`: one file a subcommand, each a thin walk through the crates that do the work.

mod arguments;
mod asking;
mod catalogues;
mod code_page;
mod command;
mod count;
mod decision;
mod drawing;
mod embedded;
mod evidence;
mod explaining;
mod explanation;
mod explanation_text;
mod failure;
mod grants;
mod harmless;
mod id_prefix;
mod judged;
mod memory;
mod names;
mod new_folder;
mod no_bundle;
mod page;
mod parties;
mod passphrase;
mod proof;
mod running;
mod shown;
mod similar;
mod summary;
mod terminal;
mod verdict;
mod verdict_text;
mod what_if;
mod whose;
mod words;
mod wrapped;

use std::process::ExitCode;

use clap::Parser as _;

use crate::failure::Failure;

fn main() -> ExitCode {
    let arguments = match arguments::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(error),
    };
    let statuses = arguments.command.statuses();
    // A fault of the program must never look like an answer: neither like an allow, nor like the status of a child.
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| command::dispatch(arguments.command)));
    let outcome =
        outcome.unwrap_or_else(|_| Err(Failure::failed("internal", "the program has a fault, told above")));
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            terminal::failure(&failure);
            statuses.of(&failure)
        }
    }
}

/// Says what is wrong with the command line, or what was asked about it. Wrong usage of a command that passes a child's
/// status through must not look like the child's own.
fn usage(error: clap::Error) -> ExitCode {
    // The message quotes arguments, and whoever named a file may have put anything into its name.
    let harmless = std::env::args_os().map(|argument| terminal::plain(&argument.to_string_lossy()));
    let error = arguments::Arguments::try_parse_from(harmless).err().unwrap_or(error);
    // A standard error that is closed changes nothing about the status.
    let _ = error.print();
    let passes_through =
        std::env::args_os().nth(1).is_some_and(|command| command == "run" || command == "wrap");
    match (error.use_stderr(), passes_through) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(125),
        (true, false) => ExitCode::from(2),
    }
}
