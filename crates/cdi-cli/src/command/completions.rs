//! `cdi completions`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::terminal;

/// Print a completion script for a shell.
///
/// The script goes where the shell looks for it: for bash into `~/.local/share/bash-completion/completions/cdi`, for zsh
/// into a folder of `$fpath` as `_cdi`, for fish into `~/.config/fish/completions/cdi.fish`.
///
///   cdi completions bash
///   cdi completions zsh
///   cdi completions fish
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        // Into memory first: the generator would panic at a closed pipe or a full disk.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::arguments::grammar(), "cdi", &mut script);
        terminal::written(std::io::stdout().write_all(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
