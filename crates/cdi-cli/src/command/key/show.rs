//! `cdi key show`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use cdi_envelope::PublicKey;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::answer::{Answer, Outputs, VALUES};
use crate::failure::Failure;
use crate::layout::Page;
use crate::passphrase::{PassphraseSource, open_key, read_secret};
use crate::terminal;

/// Show the public part of a key.
///
/// FILE is a private or a public key in PEM. Shown are the algorithm, the key id (the SHA-256 of the
/// SubjectPublicKeyInfo), and the SubjectPublicKeyInfo in the two forms in use: on one line, as policies have it, and as
/// PEM. The private part is never shown.
///
///   cdi key show compiler.pub.pem
///   cdi key show compiler.pub.pem --only public-key
///   cdi key show compiler.pem --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Show {
    /// The key
    file: PathBuf,
    /// Print one thing alone, for scripts
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "output")]
    only: Option<Only>,
    #[command(flatten)]
    output: Outputs<VALUES>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// What is printed alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// The SubjectPublicKeyInfo on one line, as policies and configurations have it
    PublicKey,
    /// Its SHA-256, by which statements name the key
    KeyId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    algorithm: &'static str,
    key_id: cdi_types::KeyId,
    public_key: String,
    pem: String,
}

impl Show {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let key = self.key()?;
        let public_key = serde_json::to_value(key.info()).ok();
        let shown = Shown {
            algorithm: key.algorithm().as_str(),
            key_id: key.key_id(),
            public_key: public_key.as_ref().and_then(|text| text.as_str()).unwrap_or_default().to_owned(),
            pem: key.to_pem(),
        };
        let alone = match self.only {
            None => return self.output.say(&shown),
            Some(Only::PublicKey) => shown.public_key,
            Some(Only::KeyId) => shown.key_id.to_string(),
        };
        terminal::written(writeln!(io::stdout(), "{alone}"))
    }

    fn key(&self) -> Result<PublicKey, Failure> {
        let pem = read_secret(&self.file)?;
        if !pem.contains("PRIVATE KEY-----") {
            let about = format!("`{}`", self.file.display());
            return PublicKey::from_pem(&pem).map_err(|error| Failure::from(error).about(about));
        }
        open_key(&self.file, &self.passphrase).map(|key| key.public_key().clone())
    }
}

impl Answer for Shown {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        writeln!(page, "algorithm   {}", self.algorithm)?;
        writeln!(page, "key id      {}", self.key_id)?;
        writeln!(page, "public key  {}", self.public_key)?;
        page.verbatim(&self.pem);
        Ok(())
    }
}
