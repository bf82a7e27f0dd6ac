//! The README shows only commands that the demo ran.

use std::collections::BTreeSet;

use super::folder::read;
use crate::repository::root;

/// Holds every command of the README's shell blocks to being one of `lines`; what cargo is asked is run by CI itself.
pub(crate) fn shows_only_what_was_run(lines: &[String]) -> Result<(), String> {
    let path = root().join("README.md");
    let text = String::from_utf8(read(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    let run: BTreeSet<String> = lines.iter().map(|line| words(line)).collect();
    let shown = commands(&text);
    if shown.len() < 5 {
        return Err(format!("the README shows only {} commands: is it still read right?", shown.len()));
    }
    match shown.iter().find(|command| !command.starts_with("cargo ") && !run.contains(*command)) {
        Some(command) => Err(format!("the README shows `{command}`, which the demo does not run")),
        None => Ok(()),
    }
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
