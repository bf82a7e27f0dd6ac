//! A command line that cannot be read, as an error with a code like every other.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::arguments;
use crate::failure::Failure;
use crate::manners::{self, Manners};
use crate::terminal;

/// Says what is wrong with the command line, or what was asked about it; `None` if that was help or the version, else the
/// error.
pub(crate) fn of(error: clap::Error) -> Option<Failure> {
    // The message quotes arguments, and whoever named a file may have put anything into its name.
    let words: Vec<String> =
        std::env::args_os().map(|argument| terminal::plain(&argument.to_string_lossy())).collect();
    manners::settle(Manners::of_unread(&words));
    let error = arguments::grammar().try_get_matches_from(&words).err().unwrap_or(error);
    let error = meant(&words).unwrap_or(error);
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // A standard output that is closed changes nothing about the status.
        let _ = error.print();
        let asked = !error.use_stderr();
        return (!asked).then(|| Failure { told: true, ..failure(&error) });
    }
    Some(failure(&error))
}

/// What is wrong with the command that help is asked about: without `help` it is known what is similar.
fn meant(words: &[String]) -> Option<clap::Error> {
    let at = words.iter().position(|word| word == "help").filter(|at| *at > 0)?;
    let asked = words.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, word)| word);
    let error = arguments::grammar().try_get_matches_from(asked).err()?;
    (error.kind() == ErrorKind::InvalidSubcommand).then_some(error)
}

/// The error in our form: clap's first paragraph is what is wrong, its tips are hints, and how it is used is one too.
fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut message: Vec<&str> = Vec::new();
    let mut hints: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_owned());
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            hints.push(format!("usage: {usage}"));
        } else if hints.is_empty() && !line.is_empty() && !line.starts_with("For more information") {
            message.push(line);
        }
    }
    let message = message.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let mut failure = Failure::failed("usage", message);
    for hint in hints {
        failure = failure.hint(hint);
    }
    if wraps_without_dashes(error) {
        failure = failure
            .hint("the tool and its arguments stand behind `--`, as in `cdi wrap ... -- gcc -c hello.c`");
    }
    if names_a_file(error) {
        failure =
            failure.hint("this command writes one thing: `--output` says in which form, `--out FILE` where");
    }
    if error.get(ContextKind::InvalidArg).is_some() || error.get(ContextKind::InvalidSubcommand).is_some() {
        failure = failure.hint("`--help` shows what there is, with examples");
    }
    failure
}

/// Whether `--output FORM=FILE` was said where there is one form and `--out`.
fn names_a_file(error: &clap::Error) -> bool {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let forms = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(forms)) => forms.as_slice(),
        _ => &[],
    };
    let form = text(ContextKind::InvalidValue).split_once('=').map(|(form, _)| form);
    text(ContextKind::InvalidArg).starts_with("--output ")
        && form.is_some_and(|form| forms.iter().any(|f| f == form))
}

/// Whether a word, or the command, of `cdi wrap` or `cdi run` is not where it is expected.
fn wraps_without_dashes(error: &clap::Error) -> bool {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let wraps = words.iter().any(|word| word == "wrap");
    let misplaced = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument);
    wraps && misplaced && !words.iter().any(|word| word == "--")
}
