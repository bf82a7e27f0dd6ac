//! `cdi journal`.

mod export;
mod list;
mod one;
mod show;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_envelope::PublicKey;
use cdi_journal::{Entry, Head, Journal as File, Torn};
use cdi_types::StatementId;
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::host_journal::{HostJournal, read_named_public, read_public};
use crate::memory::StateArguments;

/// What this host has decided, in the order in which it did.
///
/// `cdi deploy` writes every decision down before it runs anything: as a verification summary, signed by a key of the
/// journal's own, that names the entry before it. So nothing can be changed, put in or taken out without its being seen.
/// An entry is a record and permits nothing. It lies beside what this host remembers, in `cdi-journal`.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Journal {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(list::List),
    Show(show::Show),
    Export(export::Export),
    Verify(verify::Verify),
}

impl Journal {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::List(arguments) => arguments.run()?,
            Action::Show(arguments) => arguments.run()?,
            Action::Export(arguments) => arguments.run()?,
            Action::Verify(arguments) => arguments.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Which journal is read, and by whose key.
#[derive(Args)]
struct Reading {
    /// The journal [default: this host's]
    #[arg(long, value_name = "FILE", requires = "key")]
    file: Option<PathBuf>,
    /// The public key that has signed it [default: the one beside this host's]
    #[arg(long, value_name = "KEY.pub.pem")]
    key: Option<PathBuf>,
    #[command(flatten)]
    state: StateArguments,
}

impl Reading {
    /// Reads all of it; when this returns, every entry holds.
    fn read(
        &self,
        kept: Option<Head>,
        each: impl FnMut(Entry),
    ) -> Result<(Option<Head>, Option<Torn>), Failure> {
        let (file, key) = self.opened()?;
        Ok(file.read(&key, kept, each)?)
    }

    fn opened(&self) -> Result<(File, PublicKey), Failure> {
        let own = || HostJournal::beside(&self.state);
        let file = self
            .file
            .as_ref()
            .map_or_else(|| Ok(own()?.journal()), |file| Ok::<_, Failure>(File::at(file)))?;
        // One that is out of reach is read in vain, which says why.
        if matches!(file.path().try_exists(), Ok(false)) {
            let message =
                format!("there is no journal `{}`: nothing was deployed yet", file.path().display());
            return Err(Failure::failed("file-missing", message));
        }
        let key = match &self.key {
            Some(key) => read_named_public(key)?,
            None => read_public(&own()?.public_key())?,
        };
        Ok((file, key))
    }
}

/// A head as people give it: `SEQUENCE:ID`.
fn head(text: &str) -> Result<Head, String> {
    let expected =
        "expected the number and the id of an entry, as `cdi journal verify` shows them: `12:9f3c...`";
    let (sequence, id) = text.split_once(':').ok_or(expected)?;
    let sequence = sequence.parse().map_err(|_| expected)?;
    Ok(Head { sequence, id: StatementId::parse(id).map_err(|_| expected)? })
}
