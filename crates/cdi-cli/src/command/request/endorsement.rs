//! `cdi request endorsement`.

use std::path::PathBuf;

use cdi_keys::{Signer, seal};
use cdi_types::{
    Annotations, ArtifactDigest, EndorsementRequest, Name, PropertyPattern, Scope, Statement, Subject,
};
use clap::Args;

use crate::answer::{Done, Outputs, VALUES};
use crate::catalogues::CatalogueArguments;
use crate::command::authority::folder::Folder;
use crate::command::key::refuse_existing;
use crate::failure::Failure;
use crate::passphrase::{PassphraseSource, open_key};
use crate::words;

/// Ask to be made an authority.
///
/// The request is signed with the key that is to be an authority's: that of an authority's folder, or `--key` with
/// `--name`. The scope is a wish; whoever endorses decides.
///
///   cdi request endorsement child --scope 'WASM_*' --scope STEP --out child-request.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Endorsement {
    /// The folder of the authority that asks
    #[arg(required_unless_present = "key", conflicts_with = "key")]
    dir: Option<PathBuf>,
    /// The key that asks, in PEM, instead of a folder
    #[arg(long, value_name = "KEY.pem", requires = "name")]
    key: Option<PathBuf>,
    /// The name to be known by; by default that of the folder's authority
    #[arg(long, value_parser = Name::parse)]
    name: Option<Name>,
    /// What to speak about: a property, `PREFIX*` or `*`; may be repeated
    #[arg(long, value_name = "PATTERN", required = true)]
    scope: Vec<PropertyPattern>,
    /// How many authorities are to stand below
    #[arg(long, value_name = "N", default_value_t = 0)]
    depth: u8,
    /// Where to write the request
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    #[command(flatten)]
    passphrase: PassphraseSource,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Endorsement {
    pub(crate) fn run(self) -> Result<(), Failure> {
        words::scope_meant(&self.scope, &self.catalogues.read()?)?;
        refuse_existing(&self.out)?;
        let (key, name) = self.who()?;
        let public = key.public_key();
        let request = EndorsementRequest {
            issuer: public.key_id(),
            name,
            public_key: public.info().clone(),
            scope: Scope { properties: self.scope, depth: self.depth },
            annotations: Annotations::default(),
        };
        let done = format!("asked that `{}` be endorsed, in {}", request.name, self.out.display());
        let subject = vec![Subject { path: None, digest: ArtifactDigest::File(public.key_id().sha256()) }];
        let sealed = seal(&Statement::new(subject, request)?, key.as_ref())?;
        cdi_store::write_new(&self.out, &[sealed.line.as_slice(), b"\n"].concat(), 0o644)?;
        self.output.say(&Done::new(done).with("key", public.key_id()).also("file", self.out.display()))
    }

    fn who(&self) -> Result<(Box<dyn Signer>, Name), Failure> {
        match (&self.dir, &self.key, &self.name) {
            (Some(dir), _, name) => {
                let folder = Folder::open(dir)?;
                let name = name.clone().unwrap_or_else(|| folder.settings.name.clone());
                Ok((folder.signer(&self.passphrase)?, name))
            }
            (None, Some(key), Some(name)) => Ok((open_key(key, &self.passphrase)?, name.clone())),
            _ => Err(Failure::failed("usage", "give an authority's folder, or `--key` with `--name`")),
        }
    }
}
