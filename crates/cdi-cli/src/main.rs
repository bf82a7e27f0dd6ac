//! The command `cdi`: one file a subcommand, each a thin walk through the crates that do the work.

mod answer;
mod arguments;
mod asking;
mod at_hand;
mod catalogues;
mod checked;
mod code_page;
mod command;
mod count;
mod decision;
mod decision_record;
mod drawing;
mod embedded;
mod escaped;
mod evidence;
mod explaining;
mod explanation;
mod explanation_answer;
mod explanation_text;
mod failure;
mod grants;
mod harmless;
mod host_journal;
mod id_prefix;
mod judged;
mod key_mixup;
mod layout;
mod levels;
mod log;
mod manners;
mod memory;
mod names;
mod new_folder;
mod no_bundle;
mod node_reports;
mod one_name;
mod page;
mod parties;
mod passphrase;
mod placing;
mod progress;
mod proof;
mod running;
mod settled;
mod shown;
mod similar;
mod starting;
mod summary;
mod terminal;
mod usage;
mod verdict;
mod verdict_answer;
mod verdict_text;
mod walk_log;
mod watching;
mod what_if;
mod whose;
mod words;

use std::process::ExitCode;

use crate::failure::{Failure, Statuses};
use crate::manners::Manners;

fn main() -> ExitCode {
    // A signal would end the program in the middle of whatever it writes, and say nothing.
    cdi_gate::outgrown_files_are_errors();
    let (arguments, matches) = match arguments::read() {
        Ok(read) => read,
        Err(error) => {
            let failure = usage::of(error);
            return failure.map_or(ExitCode::SUCCESS, |failure| ended(&failure, statuses_unread()));
        }
    };
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let statuses = arguments.command.statuses();
    let foreseen = answer::foreseen(&matches, &words);
    let wishes = foreseen.as_ref().map(|(wishes, _)| wishes.as_slice());
    manners::settle(Manners::of(&arguments.manners, wishes.unwrap_or_default()));
    let earlier = match foreseen {
        Ok((_, earlier)) => earlier,
        Err(failure) => return ended(&failure, statuses),
    };
    // A fault of the program must never look like an answer: neither like an allow, nor like the status of a child.
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| command::dispatch(arguments.command)));
    let outcome =
        outcome.unwrap_or_else(|_| Err(Failure::failed("internal", "the program has a fault, told above")));
    earlier.withdraw();
    outcome.unwrap_or_else(|failure| ended(&failure, statuses))
}

fn ended(failure: &Failure, statuses: Statuses) -> ExitCode {
    terminal::failure(failure);
    statuses.of(failure)
}

/// Of a command line that cannot be read: wrong usage of a command that passes a child's status through must not look like
/// the child's own.
fn statuses_unread() -> Statuses {
    let grammar = arguments::grammar();
    let mut words = std::env::args_os().skip(1);
    match words.find(|word| grammar.find_subcommand(word).is_some()) {
        Some(command) if ["run", "deploy", "wrap"].iter().any(|child| command == *child) => Statuses::Child,
        _ => Statuses::Own,
    }
}
