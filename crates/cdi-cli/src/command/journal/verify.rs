//! `cdi journal verify`.

use cdi_journal::Head;
use clap::Args;

use super::{Reading, head};
use crate::answer::{Done, Outputs, VALUES};
use crate::count;
use crate::failure::Failure;

/// Hold every entry of the journal against its key and the entry before it, and long lists against the entry's digest of them.
///
/// Whoever keeps the last entry's number and id elsewhere, on paper or with an auditor, and gives them here, can tell also a
/// journal that was written anew.
///
///   cdi journal verify
///   cdi journal verify --head 12:ENTRYID
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Verify {
    #[command(flatten)]
    reading: Reading,
    /// An entry that must be there
    #[arg(long, value_name = "NUMBER:ID", value_parser = head)]
    head: Option<Head>,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Verify {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (mut entries, mut apart) = (0_usize, Vec::new());
        let (last, torn) = self.reading.read(self.head, |entry| {
            entries += 1;
            if entry.verified().decision().annex.is_some() {
                apart.push(entry);
            }
        })?;
        let (file, _) = self.reading.opened()?;
        for entry in &apart {
            file.annex(entry)?;
        }
        let mut done = Done::new(format!("the journal holds: {}", count::of(entries, "entry")))
            .counting("entries", entries);
        if let Some(last) = last {
            done = done.with("head", format!("{}:{}", last.sequence, last.id));
        }
        if let Some(torn) = torn {
            done = done.with("left out", format!("{} bytes of an entry that was not finished", torn.bytes));
        }
        self.output.say(&done)
    }
}
