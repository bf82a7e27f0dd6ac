//! `cdi trust add origin`.

use std::path::PathBuf;

use cdi_types::OriginKind;
use clap::Args;

use super::super::documents::{Documents, ORIGINS, PolicyOf};
use super::super::{named_key, words};
use crate::answer::Done;
use crate::command::origin::KindWord;
use crate::failure::Failure;

/// Let a policy accept histories that begin at what a key's origin statements list.
///
/// The policy must ask for a complete history already (`history.complete`).
///
///   cdi trust add origin --key developer.pub.pem --kind source --kind library
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Origin {
    /// The public key of whoever signs the origin statements, in PEM
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    /// What kind of origin; may be repeated
    #[arg(long, value_enum, required = true)]
    kind: Vec<KindWord>,
    #[command(flatten)]
    policy: PolicyOf,
}

impl Origin {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.policy.file)?;
        let key = named_key::read(&self.key)?;
        let kinds: Vec<&str> = self.kind.iter().map(|kind| OriginKind::from(*kind).as_str()).collect();
        let item = format!("{{key: {}, kinds: {}}}", words::key(&key)?, words::list(&kinds));
        let change = |text: &str| Ok(cdi_edit::append(text, ORIGINS, &item)?);
        let path = documents.change_policy(&self.policy, &change)?;
        let (kinds, path) = (kinds.join(", "), path.display());
        let done = Done::new(format!("histories may begin at {kinds} of this key: {path}"));
        self.policy.file.output.say(&done.with("key", key.key_id()).also("policy", path))
    }
}
