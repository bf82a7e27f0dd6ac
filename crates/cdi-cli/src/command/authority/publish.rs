//! `cdi authority publish`.

use cdi_authority::publish;
use cdi_types::Duration;
use clap::Args;

use super::signing::Signing;
use crate::count;
use crate::failure::Failure;

/// Sign a fresh revocation list with the same entries.
///
/// Policies ask for a list that is not older than they allow. Publishing says: what was revoked so far is all that was
/// to be revoked until now. Do it by a timer, more often than lists end.
///
///   cdi authority publish acme --out revocations.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Publish {
    /// How long the list lasts, at most 30d; by default as the authority was created with
    #[arg(long = "for", value_name = "TIME")]
    length: Option<Duration>,
    #[command(flatten)]
    signing: Signing,
}

impl Publish {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.signing.list(self.length, |records, window, signer| {
            let entries = count::of(records.lists().newest().revoked.len(), "entry");
            let done = format!("published a revocation list with {entries}");
            Ok((done, publish(records, window, signer)?))
        })
    }
}
