//! Saying what happens next, and running the commands that are printed.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};

const TITLE: Style = AnsiColor::Cyan.on_default().bold();
const COMMAND: Style = Style::new().bold();

/// A shell in the demo's folder, with the demo's programs on its path.
pub(crate) struct Shell {
    begun: Instant,
    folder: PathBuf,
    path: std::ffi::OsString,
    /// The lines that were run, in their order.
    lines: RefCell<Vec<String>>,
}

/// What a command is expected to come to.
#[derive(Clone, Copy)]
pub(crate) enum Expect {
    /// It does what it says.
    Done,
    /// It refuses, with this exit status, and says why with this code.
    Refused(i32, &'static str),
}

impl Shell {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let mut path = std::ffi::OsString::from(folder.join("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        Self { begun: Instant::now(), folder: folder.to_owned(), path, lines: RefCell::default() }
    }

    /// How long the story has taken so far, without what was built before it.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The lines that were run so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    /// A sentence of the story.
    pub(crate) fn say(&self, text: &str) {
        anstream::println!("\n{TITLE}# {text}{TITLE:#}");
    }

    /// A command that is shown and not run.
    pub(crate) fn plain(&self, line: &str) {
        anstream::println!("{COMMAND}$ {line}{COMMAND:#}");
    }

    /// Prints and runs a line, and shows what it prints.
    pub(crate) fn run(&self, line: &str) -> Result<(), String> {
        self.expect(line, Expect::Done).map(|_| ())
    }

    /// As [`Self::run`], for a line that may be meant to be refused; gives back what it printed.
    pub(crate) fn expect(&self, line: &str, expect: Expect) -> Result<String, String> {
        self.plain(line);
        self.lines.borrow_mut().push(line.to_owned());
        let output = self.output(line)?;
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        anstream::print!("{text}");
        let (status, code) = match expect {
            Expect::Done => (0, None),
            Expect::Refused(status, code) => (status, Some(format!("[{code}]"))),
        };
        if output.status.code() != Some(status) {
            return Err(format!("`{line}` ended with {}, the story wants {status}", output.status));
        }
        match code {
            Some(code) if !text.contains(&code) => Err(format!("`{line}` did not say {code}")),
            _ => Ok(text),
        }
    }

    /// What a line prints, without showing either.
    pub(crate) fn quiet(&self, line: &str) -> Result<String, String> {
        let output = self.output(line)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("`{line}`: {}", String::from_utf8_lossy(&output.stderr)))
        }
    }

    fn output(&self, line: &str) -> Result<Output, String> {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(&self.folder).env("PATH", &self.path).env_remove("CDI_CONFIG");
        command.env("CDI_STATE", self.folder.join(".state"));
        command.output().map_err(|error| format!("`{line}`: {error}"))
    }
}
