//! Descriptions that leave open what runs, or that nothing can match.

use cdi_types::{ArgumentRule, Arguments, CommandLine, EnvironmentRule, Invocation, Spelling, TextKind};

use super::Finding;

/// Variables by which programs in general, and compilers, load other code or read other files than their arguments name.
const LOADING: [&str; 22] = [
    "BASH_ENV",
    "COMPILER_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "ENV",
    "GCC_EXEC_PREFIX",
    "GCONV_PATH",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "NODE_OPTIONS",
    "PATH",
    "PERL5LIB",
    "PERL5OPT",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "WAMRC_LLC_COMPILER",
];

/// How options begin by which tools read more options, or load code, from a file.
const READING: [&str; 12] = [
    "--config",
    "--load",
    "--options-file",
    "--plugin",
    "--script",
    "--specs",
    "-B",
    "-fplugin",
    "-fpass-plugin",
    "-load",
    "-specs",
    "-wrapper",
];

pub(super) fn of_invocation(invocation: &Invocation, place: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        invocation.environment.iter().filter_map(|(name, rule)| variable(name, rule, place)).collect();
    if let Arguments::CommandLine(line) = &invocation.arguments {
        findings.extend(command_line(line, &format!("{place}.arguments")));
    }
    if invocation.exit_status.iter().any(|code| *code != 0) {
        findings.push(Finding {
            place: format!("{place}.exitStatus"),
            code: "exit-status-of-failure",
            message: "a run that ends with another code than 0 counts".to_owned(),
            hint: "keep such a code only if the tool's output is whole and sound after it",
        });
    }
    findings
}

fn variable(name: &str, rule: &EnvironmentRule, place: &str) -> Option<Finding> {
    let place = format!("{place}.environment.{name}");
    match rule {
        EnvironmentRule::OneOf(values) if values.is_empty() => Some(Finding {
            place,
            code: "value-never-matches",
            message: format!("no value of the variable `{name}` would match"),
            hint: "list a value, or leave the variable out: then a run that has it does not match",
        }),
        EnvironmentRule::OneOf(_) => None,
        EnvironmentRule::Any => {
            let loading = match name.strip_suffix('*') {
                Some(prefix) => LOADING.iter().find(|known| known.starts_with(prefix)),
                None => LOADING.iter().find(|known| **known == name),
            }?;
            let by = if *loading == name { "it".to_owned() } else { format!("`{loading}`") };
            Some(Finding {
                place,
                code: "variable-open",
                message: format!(
                    "`{name}` may have any value, and by {by} tools load code or read other files"
                ),
                hint: "list the values that you have vetted",
            })
        }
    }
}

fn command_line(line: &CommandLine, place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, option) in &line.options {
        let reading = READING.iter().any(|known| name.starts_with(known));
        let open = |rule: &ArgumentRule| {
            matches!(
                rule,
                ArgumentRule::Input(_)
                    | ArgumentRule::InputTree(_)
                    | ArgumentRule::NamedInput(_)
                    | ArgumentRule::Any(TextKind::Path)
            )
        };
        if reading && option.value.as_ref().is_some_and(open) {
            findings.push(Finding {
                place: format!("{place}.options.{name}"),
                code: "option-open",
                message: format!(
                    "`{name}` may read any file, and such options often read more options or code from it"
                ),
                hint: "describe the files that you have vetted with `knownInput`",
            });
        }
        let adjoined = option.spelling.contains(&Spelling::Adjoined);
        if adjoined && lists_nothing(option.value.as_ref()) {
            findings.push(Finding {
                place: format!("{place}.options.{name}"),
                code: "value-never-matches",
                message: format!("the empty value of `{name}` cannot be written `adjoined`"),
                hint: "take it out, or let the option be written `bare`",
            });
        }
    }
    findings
}

/// Whether an empty text is among those that are listed.
fn lists_nothing(rule: Option<&ArgumentRule>) -> bool {
    match rule {
        Some(ArgumentRule::Is(text)) => text.is_empty(),
        Some(ArgumentRule::OneOf(texts)) => texts.contains(""),
        _ => false,
    }
}
