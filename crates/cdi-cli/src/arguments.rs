//! The command line, as clap reads it.

use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::command;
use crate::failure::Statuses;
use crate::layout;
use crate::manners::{self, MannersArguments};

/// Code Deployment Integrity: decide from the proven history of code whether it may run, and where.
#[derive(Parser)]
#[command(name = "cdi", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) manners: MannersArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands by their names, and one of them by itself: a program that is started for one need not lay out all.
macro_rules! commands {
    ($($variant:ident($name:literal, $arguments:ty),)*) => {
        /// The commands. Each says itself what it is for: a comment here would take the place of its help.
        #[derive(Subcommand)]
        pub(crate) enum Command {
            $(#[command(name = $name)] $variant($arguments),)*
        }

        /// The command of this name.
        fn command_named(name: &str) -> Option<clap::Command> {
            match name {
                $($name => Some(<$arguments as clap::Args>::augment_args(clap::Command::new($name))),)*
                _ => None,
            }
        }
    };
}

commands! {
    Init("init", command::init::Init),
    Trust("trust", command::trust::Trust),
    Doctor("doctor", command::doctor::Doctor),
    Key("key", command::key::Key),
    Authority("authority", command::authority::Authority),
    Request("request", command::request::Request),
    Wrap("wrap", command::wrap::Wrap),
    Digest("digest", command::digest::Digest),
    Origin("origin", command::origin::Origin),
    Policy("policy", command::policy::Policy),
    Node("node", command::node::Node),
    Bundle("bundle", command::bundle::Bundle),
    Import("import", command::import::Import),
    Verify("verify", command::verify::Verify),
    Explain("explain", command::explain::Explain),
    Place("place", command::place::Place),
    Deploy("deploy", command::deploy::Deploy),
    Journal("journal", command::journal::Journal),
    Watch("watch", command::watch::Watch),
    Export("export", command::export::Export),
    Report("report", command::report::Report),
    ExplainCode("explain-code", command::explain_code::ExplainCode),
    Graph("graph", command::graph::Draw),
    Run("run", command::run::Run),
    Environment("environment", command::environment::Environment),
    Affected("affected", command::affected::Affected),
    Revoke("revoke", command::authority::front::Front),
    State("state", command::state::State),
    Inspect("inspect", command::inspect::Inspect),
    Catalogue("catalogue", command::catalogue::Catalogue),
    Completions("completions", command::completions::Completions),
    Man("man", command::man::Man),
}

impl Command {
    /// The exit statuses that this command keeps to.
    pub(crate) const fn statuses(&self) -> Statuses {
        match self {
            Self::Init(_) | Self::Trust(_) | Self::Doctor(_) => Statuses::Own,
            Self::Key(_) | Self::Authority(_) | Self::Request(_) | Self::Origin(_) | Self::Bundle(_) => {
                Statuses::Own
            }
            Self::Import(_)
            | Self::Verify(_)
            | Self::Explain(_)
            | Self::Place(_)
            | Self::Journal(_)
            | Self::Watch(_)
            | Self::Export(_)
            | Self::Report(_)
            | Self::ExplainCode(_)
            | Self::Graph(_)
            | Self::Affected(_)
            | Self::Revoke(_)
            | Self::Policy(_)
            | Self::Node(_)
            | Self::State(_)
            | Self::Environment(_)
            | Self::Inspect(_)
            | Self::Catalogue(_)
            | Self::Digest(_)
            | Self::Completions(_)
            | Self::Man(_) => Statuses::Own,
            Self::Run(_) | Self::Deploy(_) | Self::Wrap(_) => Statuses::Child,
        }
    }
}

/// What stands before each example in a command's description.
const EXAMPLE: &str = "  cdi ";

/// The whole grammar, with help that is folded to the terminal and shows examples by themselves.
pub(crate) fn grammar() -> clap::Command {
    taught(Arguments::command()).term_width(manners::columns_of_help())
}

/// The arguments, with what clap has read them from.
pub(crate) fn read() -> Result<(Arguments, clap::ArgMatches), clap::Error> {
    // What the grammar of its command does not take is put to the whole one, which has more to say about it.
    let by_its_own = its_own().and_then(|grammar| grammar.try_get_matches().ok());
    let matches = by_its_own.map_or_else(|| grammar().try_get_matches(), Ok)?;
    Ok((Arguments::from_arg_matches(&matches)?, matches))
}

/// The grammar of the command that the first word names, without any other, and without help: the whole one takes longer to
/// lay out than most runs take.
fn its_own() -> Option<clap::Command> {
    let first = std::env::args_os().nth(1)?;
    alone(first.to_str()?)
}

fn alone(name: &str) -> Option<clap::Command> {
    let command = command_named(name)?;
    let program = MannersArguments::augment_args(clap::Command::new("cdi"));
    Some(
        program
            .version(env!("CARGO_PKG_VERSION"))
            .propagate_version(true)
            .subcommand_required(true)
            .subcommand(command),
    )
}

/// A command and those below it: the lines of a paragraph are one, so that they can be folded anew, and examples stand
/// behind the options. What a variable is set to now is nobody's business in a text that is passed on.
fn taught(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| argument.hide_env_values(true));
    let command = match command.get_long_about().map(ToString::to_string) {
        Some(text) => {
            let (about, examples) = parted(&text);
            let summary = command.get_about().map(ToString::to_string).unwrap_or_default();
            let command = command.about(summary.trim_end_matches('.').to_owned()).long_about(about);
            if examples.is_empty() { command } else { command.after_long_help(headed(&examples)) }
        }
        None => command,
    };
    command.mut_subcommands(taught)
}

/// The examples of a command in the grammar, one a line.
pub(crate) fn examples(command: &clap::Command) -> String {
    let shown = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    shown.split_once('\n').map(|(_, examples)| examples.to_owned()).unwrap_or_default()
}

fn headed(examples: &str) -> String {
    let underlined = anstyle::Style::new().bold().underline();
    format!("{underlined}Examples:{underlined:#}\n{examples}")
}

/// What a command is for, and its examples, each folded so that a shell still reads it.
fn parted(text: &str) -> (String, String) {
    let (mut paragraphs, mut examples): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut goes_on = false;
    for block in text.split("\n\n") {
        let mut paragraph = String::new();
        for line in block.lines() {
            if goes_on || line.starts_with(EXAMPLE) {
                let (words, more) = line.strip_suffix('\\').map_or((line, false), |words| (words, true));
                match examples.last_mut().filter(|_| goes_on) {
                    Some(example) => *example = format!("{} {}", example.trim_end(), words.trim()),
                    None => examples.push(words.to_owned()),
                }
                goes_on = more;
            } else if line.starts_with(' ') {
                paragraph.push_str(&format!("\n{line}"));
            } else {
                paragraph.push_str(if paragraph.is_empty() { "" } else { " " });
                paragraph.push_str(line);
            }
        }
        if !paragraph.is_empty() {
            paragraphs.push(paragraph.trim_start_matches('\n').trim_end().to_owned());
        }
    }
    let examples: Vec<String> = examples.iter().map(|example| continued(example)).collect();
    (paragraphs.join("\n\n"), examples.join("\n"))
}

/// A command line in lines that a shell reads as one; what stands between quotes, and an option and its value, stay together.
fn continued(example: &str) -> String {
    let (mut out, mut wide) = (String::from(" "), 1);
    for (number, part) in together(example).iter().enumerate() {
        if number > 0 && wide + 3 + layout::width(part) > manners::columns_of_help() {
            out.push_str(" \\\n     ");
            wide = 5;
        }
        out.push(' ');
        out.push_str(part);
        wide += 1 + layout::width(part);
    }
    out
}

/// The parts of a command line that stay on one line.
fn together(line: &str) -> Vec<String> {
    let (mut parts, mut quote): (Vec<String>, Option<char>) = (Vec::new(), None);
    let is_option = |part: &String| part.starts_with("--") && !part.contains(' ') && part.len() > 2;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        match parts.last_mut() {
            Some(last) if quote.is_some() || is_option(last) && !word.starts_with('-') => {
                last.push(' ');
                last.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
        for c in word.chars().filter(|c| matches!(c, '\'' | '"')) {
            quote = if quote == Some(c) { None } else { quote.or(Some(c)) };
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_command_by_itself_is_what_it_is_among_the_others() {
        fn laid_out(command: &clap::Command) -> Vec<String> {
            let own = command.get_arguments().map(|argument| format!("{argument:?}"));
            let below = command.get_subcommands().filter(|below| below.get_name() != "help");
            let below = below.flat_map(|below| [vec![format!("{below}")], laid_out(below)].concat());
            own.chain(below).collect()
        }
        let whole = Arguments::command();
        for command in whole.get_subcommands() {
            let program = alone(command.get_name()).unwrap();
            let by_itself = program.find_subcommand(command.get_name()).unwrap();
            assert_eq!(laid_out(by_itself), laid_out(command));
            let settings = |program: &clap::Command| {
                let own = program.get_arguments().map(|argument| format!("{argument:?}"));
                (
                    own.collect::<Vec<_>>(),
                    program.is_subcommand_required_set(),
                    program.get_version().map(str::to_owned),
                )
            };
            assert_eq!(settings(&program), settings(&whole));
            program.debug_assert();
        }
        assert!(alone("no-such-command").is_none());
    }

    #[test]
    fn every_command_has_its_help() {
        fn helped(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            assert!(
                command.has_subcommands() || command.get_long_about().is_some(),
                "{}",
                command.get_name()
            );
            command.get_subcommands().for_each(helped);
        }
        helped(&grammar());
    }

    /// The words of a line, as a shell reads them that knows of quotes and nothing else.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars().chain([' ']) {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, ' ') => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                }
                _ => word.push(c),
            }
        }
        words
    }

    #[test]
    fn every_command_has_an_example_that_it_reads() {
        fn taught(command: &clap::Command, path: &str) -> usize {
            let examples = examples(command).replace(" \\\n", " ");
            // What stands for an id in an example is read as one.
            let examples = examples.replace(" ID", " 5efd3ad7").replace("KEYID", &"ab".repeat(32));
            let examples =
                examples.replace("REPORTID", &"cd".repeat(32)).replace("ENTRYID", &"ef".repeat(32));
            for line in examples.lines() {
                // What reads from a pipe is another program.
                let ours = line.split(" | ").next().unwrap_or(line);
                let read = grammar().try_get_matches_from(words(ours));
                assert!(read.is_ok(), "{line}\n{}", read.unwrap_err());
            }
            let own = examples.lines().any(|line| line.trim_start().starts_with(path));
            assert!(command.has_subcommands() || own, "`{path}` has no example");
            let below = command.get_subcommands();
            let below = below.map(|inner| taught(inner, &format!("{path} {}", inner.get_name())));
            examples.lines().count() + below.sum::<usize>()
        }
        assert!(taught(&grammar(), "cdi") > 40);
    }

    #[test]
    fn what_a_command_is_for_is_folded_anew_and_its_examples_stand_apart() {
        let text = "One line\nand another.\n\n  { \"a\":\n    1 }\n\n  cdi a \\\n      b\n  cdi c\n\nLast.";
        let (about, examples) = parted(text);
        assert_eq!(about, "One line and another.\n\n  { \"a\":\n    1 }\n\nLast.");
        assert_eq!(examples, "  cdi a b\n  cdi c");
        let (x, y) = ("x".repeat(60), "y".repeat(20));
        let long = continued(&format!("  cdi a {x} --name 'b c' {y} --out z"));
        assert_eq!(long, format!("  cdi a {x} \\\n      --name 'b c' {y} --out z"));
    }
}
