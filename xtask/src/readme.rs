//! A README shows only commands that are run.

use std::collections::BTreeSet;
use std::path::Path;

/// Holds every command of a README's shell blocks, of which it has some, to being one of `lines`; what cargo is asked is run by
/// CI itself.
pub(crate) fn shows_only_what_was_run(readme: &Path, lines: &[String], some: usize) -> Result<(), String> {
    let path = readme.display();
    let text = std::fs::read_to_string(readme).map_err(|error| format!("{path}: {error}"))?;
    let run: BTreeSet<String> = lines.iter().map(|line| words(line)).collect();
    let shown = commands(&text);
    if shown.len() < some {
        return Err(format!("{path} shows only {} commands: is it still read right?", shown.len()));
    }
    match shown.iter().find(|command| !command.starts_with("cargo ") && !run.contains(*command)) {
        Some(command) => Err(format!("{path} shows `{command}`, which is not run")),
        None => Ok(()),
    }
}

/// The commands of a script, each on one line, without comments.
pub(crate) fn commands_of_script(script: &str) -> Vec<String> {
    commands(&format!("```sh\n{script}\n```\n"))
}

/// The commands in the fenced `sh` blocks, each on one line, without comments.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut fenced = false;
    let mut begun = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = line == "```sh";
            continue;
        }
        if !fenced {
            continue;
        }
        let line = line.split(" #").next().unwrap_or_default().trim();
        match line.strip_suffix('\\') {
            Some(more) => begun.push_str(more),
            None => commands.push(words(&(std::mem::take(&mut begun) + line))),
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// The words of a line, one blank between them.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_and_comments_are_read_as_a_shell_would() {
        let text = "x\n```sh\ncdi a \\\n    --b   # why\ncargo demo\n```\n```text\nno\n```\n";
        assert_eq!(commands(text), ["cdi a --b", "cargo demo"]);
    }
}
