//! `cdi export`: what this host knows, in the forms of other tools.
//!
//! Each form says what CDI has shown and nothing besides; what is mapped to what stands in `docs/interop.md`. A statement
//! that is made here is signed by a key that the user names, or is marked as nobody's.

mod bom;
mod cyclonedx;
mod decided;
mod outgoing;
mod report;
mod scai;
mod sigstore;
mod slsa;
mod statement;
mod svr;
mod uri;
mod view;
mod vsa;

pub(crate) use outgoing::Target;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Write what is known in the forms of other tools.
///
/// `sigstore-bundle` puts envelopes into another wrapping. The others make new statements of what the evidence shows by a
/// principal's policy, or of what is decided, for tools that read SCAI, SLSA, in-toto or CycloneDX. None of them is ever a
/// permission: `cdi run` and `cdi verify` decide anew.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Export {
    #[command(subcommand)]
    command: ExportCommand,
}

#[derive(Subcommand)]
enum ExportCommand {
    Scai(scai::Scai),
    SlsaProvenance(slsa::SlsaProvenance),
    Vsa(vsa::Vsa),
    Svr(svr::Svr),
    SigstoreBundle(sigstore::SigstoreBundle),
    Cyclonedx(cyclonedx::Cyclonedx),
}

impl Export {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            ExportCommand::Scai(arguments) => arguments.run(),
            ExportCommand::SlsaProvenance(arguments) => arguments.run(),
            ExportCommand::Vsa(arguments) => arguments.run(),
            ExportCommand::Svr(arguments) => arguments.run(),
            ExportCommand::SigstoreBundle(arguments) => arguments.run(),
            ExportCommand::Cyclonedx(arguments) => arguments.run(),
        }
    }
}
