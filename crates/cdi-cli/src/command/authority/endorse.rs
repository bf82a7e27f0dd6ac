//! `cdi authority endorse`.

use std::path::PathBuf;

use cdi_authority::{EndorsementTerms, VerifiedRequest, Window, endorse};
use cdi_types::{Duration, EndorsementRequest, PropertyPattern, Scope};
use clap::Args;

use super::folder::Folder;
use super::outcome::{Outcome, signed_but_unwritten};
use super::{At, files};
use crate::arguments::Output;
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;

/// Make another authority's key one that may certify, within a scope.
///
/// The request comes from the child (`cdi request endorsement`) and is signed with its key. You say what it may speak
/// about, whatever it asks for: `--scope` takes a property, `PREFIX*` or `*`, several times. `--depth 0` lets the child
/// certify tools only; with more, so many authorities may stand below it. Your own scope, if you imported an
/// endorsement, bounds what you can give.
///
/// The output has the endorsement and those above this authority: the child imports it (`cdi authority import`).
///
///   cdi authority endorse root --request child.intoto.jsonl --scope 'WASM_*' --scope STEP --depth 0 --for 365d \
///       --out child-endorsement.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Endorse {
    /// The authority's folder
    dir: PathBuf,
    /// The child's request
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// What the child may speak about: a property, `PREFIX*` or `*`; may be repeated
    #[arg(long, value_name = "PATTERN", required = true)]
    scope: Vec<PropertyPattern>,
    /// How many authorities may stand below the child, at most 5
    #[arg(long, value_name = "N")]
    depth: u8,
    /// How long the endorsement lasts, such as 365d; at most 1827d
    #[arg(long = "for", value_name = "TIME")]
    length: Duration,
    /// Where to write the endorsement
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Endorse {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = Folder::open(&self.dir)?;
        folder.refuse_as_output(&self.out)?;
        files::refuse_existing(&self.out)?;
        let request = VerifiedRequest::<EndorsementRequest>::verify(files::bytes(&self.request)?)
            .map_err(|error| Failure::from(error).about(format!("`{}`", self.request.display())))?;
        let window = Window::lasting(self.at.time(), self.length)?;
        let terms = EndorsementTerms { window, scope: Scope { properties: self.scope, depth: self.depth } };
        let signer = folder.signer(&self.passphrase)?;
        let locked = folder.lock()?;
        let records = locked.records()?;
        let sealed = endorse(&request, terms, &records, &signer)?;
        locked.write_journal(&records, &sealed)?;
        drop(locked);
        cdi_store::write_new(&self.out, &records.with_chain(&sealed.line), 0o644)
            .map_err(|error| signed_but_unwritten(error, sealed.id))?;
        let asked = request.statement().predicate();
        let done = format!("endorsed `{}` with the key {}", asked.name, request.key().key_id());
        let serial = records.journal().next_serial();
        Outcome::new(done, &sealed, serial, window, Some(&self.out)).say(self.output)
    }
}
