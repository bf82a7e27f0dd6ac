//! `cdi trust add key`.

use std::path::PathBuf;

use cdi_edit::Step;
use cdi_types::Name;
use clap::Args;

use super::super::documents::{ANCHORS, Documents, PolicyOf, has_anchor};
use super::super::{named_key, words};
use crate::answer::Done;
use crate::failure::Failure;

/// Give an anchor another key, beside those that it has: all count as one authority.
///
/// For an authority that changes its key: with both keys what it has signed and what it will sign counts, until the old
/// one is taken out (`cdi trust remove key`).
///
///   cdi trust add key --anchor acme-vetting --key acme-2027/public.pem
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Key {
    /// The anchor
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    anchor: Name,
    /// The public key, in PEM
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    #[command(flatten)]
    policy: PolicyOf,
}

impl Key {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.policy.file)?;
        let key = named_key::read(&self.key)?;
        let written = words::key(&key)?;
        let place = [ANCHORS, &[Step::Named(self.anchor.as_str()), Step::Member("keys")]].concat();
        let change = |text: &str| {
            has_anchor(text, &self.anchor)?;
            Ok(cdi_edit::append(text, &place, &written)?)
        };
        let path = documents.change_policy(&self.policy, &change)?;
        let (name, path) = (&self.anchor, path.display());
        let done = Done::new(format!("the anchor `{name}` has another key: {path}"));
        self.policy.file.output.say(&done.with("key", key.key_id()).also("policy", path))
    }
}
