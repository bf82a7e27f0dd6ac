//! `cdi state reset`.

use cdi_store::StoreError;
use clap::Args;

use crate::answer::{Done, Outputs, VALUES};
use crate::failure::Failure;
use crate::memory::StateArguments;

/// Begin anew: forget what this host remembers.
///
/// The way out where the memory is missing or damaged, or was written under a clock that was ahead. The old folder is
/// kept beside, under a name that nothing reads; a folder that has anything else in it is left alone. What authorities have revoked since is known again when a bundle
/// brings their newest lists, or `--bundle` does.
///
///   cdi state reset
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Reset {
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Reset {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = self.state.folder()?;
        let given_up = folder.give_up().map_err(|error| {
            let foreign = matches!(error, StoreError::MemoryForeign { .. });
            let failure = Failure::from(error);
            let hint =
                "nothing was moved; name the folder of a memory with `--state`, or move this away yourself";
            if foreign { failure.hint(hint) } else { failure }
        });
        let done = match given_up? {
            None => {
                let folder = folder.path().display();
                Done::new(format!("nothing was remembered in `{folder}`")).also("folder", folder)
            }
            Some(kept) => {
                let kept = kept.display();
                let done = format!("forgotten: the next decision begins anew; the old folder is `{kept}`");
                Done::new(done).also("kept", kept)
            }
        };
        self.output.say(&done)
    }
}
