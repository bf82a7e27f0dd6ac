//! `cdi trust add anchor`.

use std::path::PathBuf;

use cdi_types::{Name, PropertyPattern};
use clap::Args;

use super::super::documents::{ANCHORS, Documents, PolicyOf};
use super::super::named_key;
use super::super::words::{key, list, quoted};
use crate::answer::Done;
use crate::failure::Failure;

/// Let a policy trust an authority, for what `--scope` says and nothing else.
///
/// The key decides who that is: compare its id with what the authority says of itself somewhere else. `--depth` is how
/// many authorities may stand below it: 0 lets it certify tools only.
///
///   cdi trust add anchor acme-vetting --key acme/public.pem --scope 'WASM_*' --scope STEP --depth 1
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Anchor {
    /// Your name for it
    #[arg(value_parser = Name::parse)]
    name: Name,
    /// Its public key, in PEM; may be repeated: all count as one authority
    #[arg(long, value_name = "PEM", required = true)]
    key: Vec<PathBuf>,
    /// What it may speak about: a property, `PREFIX*` or `*`; may be repeated
    #[arg(long, value_name = "PATTERN", required = true)]
    scope: Vec<PropertyPattern>,
    /// How many authorities may stand below it, at most 5
    #[arg(long, value_name = "N", default_value_t = 0)]
    depth: u8,
    #[command(flatten)]
    policy: PolicyOf,
}

impl Anchor {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.policy.file)?;
        crate::words::scope_meant(&self.scope, &documents.catalogues)?;
        let keys = self.key.iter().map(|path| named_key::read(path)).collect::<Result<Vec<_>, _>>()?;
        let written = keys.iter().map(key).collect::<Result<Vec<_>, _>>()?.join(", ");
        let (name, scope, depth) = (quoted(&self.name), list(&self.scope), self.depth);
        let item = format!("{{name: {name}, keys: [{written}], scope: {scope}, depth: {depth}}}");
        let change = |text: &str| Ok(cdi_edit::append(text, ANCHORS, &item)?);
        let path = documents.change_policy(&self.policy, &change)?;
        let (name, path) = (&self.name, path.display());
        let done = Done::new(format!("`{name}` is an anchor: {path}"));
        let keys: Vec<String> = keys.iter().map(|key| key.key_id().to_string()).collect();
        let done = done.with(if keys.len() == 1 { "key" } else { "keys" }, keys.join(" "));
        self.policy.file.output.say(&done.also("policy", path))
    }
}
