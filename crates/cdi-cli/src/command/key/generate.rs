//! `cdi key generate`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cdi_keys::{Signer as _, SoftwareKey};
use cdi_store::StoreError;
use clap::Args;

use super::NewAlgorithm;
use crate::answer::{Done, Outputs, VALUES};
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;

/// Make a private key, and the public key that belongs to it.
///
/// The private key is PKCS#8 in PEM, readable by its owner only; `KEY.pub.pem` beside it is the public key. Neither
/// replaces a file. Whoever can read the private key's file can sign: custody `software`, the weakest there is.
///
///   cdi key generate --out compiler.pem
///   cdi key generate --algorithm ed25519 --encrypt --out developer.pem
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Generate {
    /// The algorithm
    #[arg(long, value_enum, default_value_t)]
    algorithm: NewAlgorithm,
    /// Encrypt the private key under a passphrase
    #[arg(long)]
    encrypt: bool,
    /// The private key's file; the public key goes to `.pub.pem` beside it
    #[arg(long, value_name = "KEY.pem")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Generate {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let public_path = public_path(&self.out);
        for path in [&self.out, &public_path] {
            refuse_existing(path)?;
        }
        let passphrase = self.passphrase.for_new(self.encrypt)?;
        let key = SoftwareKey::generate(self.algorithm.into())?;
        let pem = key.to_pkcs8_pem(passphrase.as_ref())?;
        cdi_store::write_new(&self.out, pem.as_bytes(), 0o600)?;
        if let Err(error) = cdi_store::write_new(&public_path, key.public_key().to_pem().as_bytes(), 0o644) {
            // The private key has been in nobody's hands yet; a pair is made whole or not at all.
            let _ = std::fs::remove_file(&self.out);
            return Err(error.into());
        }
        let done = Done::new("made a private key, and the public key that belongs to it")
            .with("key id", key.public_key().key_id())
            .with("private key", self.out.display())
            .with("public key", public_path.display());
        self.output.say(&done)
    }
}

/// `KEY.pub.pem` for `KEY.pem`, `KEY.pub.pem` for `KEY`.
fn public_path(private: &Path) -> PathBuf {
    let pem = private.extension().is_some_and(|extension| extension == "pem");
    let stem = if pem { private.file_stem() } else { private.file_name() };
    let mut name: OsString = stem.unwrap_or_default().to_owned();
    name.push(".pub.pem");
    private.with_file_name(name)
}

/// Says early, before anybody types a passphrase or anything is signed, what writing would say later.
pub(crate) fn refuse_existing(path: &Path) -> Result<(), Failure> {
    cdi_store::foresee_new(path).map_err(|error| {
        let exists = matches!(error, StoreError::Exists { .. });
        let failure = Failure::from(error);
        if exists {
            failure.hint("nothing is overwritten; name another file, or move this one away")
        } else {
            failure
        }
    })
}
