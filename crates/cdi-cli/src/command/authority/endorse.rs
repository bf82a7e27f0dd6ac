//! `cdi authority endorse`.

use std::path::PathBuf;

use cdi_authority::{EndorsementTerms, Window, endorse};
use cdi_types::{Duration, EndorsementRequest, PropertyPattern, Scope};
use clap::Args;

use super::files;
use super::signing::Signing;
use crate::catalogues::CatalogueArguments;
use crate::failure::Failure;
use crate::words;

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
    #[command(flatten)]
    catalogues: CatalogueArguments,
    #[command(flatten)]
    signing: Signing,
}

impl Endorse {
    pub(crate) fn run(self) -> Result<(), Failure> {
        words::scope_meant(&self.scope, &self.catalogues.read()?)?;
        let request = files::request::<EndorsementRequest>(&self.request)?;
        let window = Window::lasting(self.signing.at.time()?, self.length)?;
        let terms = EndorsementTerms { window, scope: Scope { properties: self.scope, depth: self.depth } };
        self.signing.statement(window, |records, signer| {
            let name = &request.statement().predicate().name;
            let done = format!("endorsed `{name}` with the key {}", request.key().key_id());
            Ok((done, endorse(&request, terms, records, signer)?))
        })
    }
}
