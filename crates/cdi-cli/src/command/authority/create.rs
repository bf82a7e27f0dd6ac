//! `cdi authority create`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use cdi_authority::{Window, first_list};
use cdi_keys::{Signer, SoftwareKey};
use cdi_types::{Duration, KeyId, Name};
use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use super::folder::{JOURNAL, KEY, LINEAGE, LISTS, PUBLIC, SETTINGS, Settings};
use super::outcome::Outcome;
use super::{At, files};
use crate::answer::{Answer, Outputs, VALUES};
use crate::command::key::NewAlgorithm;
use crate::failure::Failure;
use crate::layout::Page;
use crate::new_folder;
use crate::passphrase::{PassphraseSource, open_key};
use crate::terminal::{self, plain};

/// Make an authority: a folder with its key and its first, empty revocation list.
///
/// Nobody trusts a new authority: a policy must name its key (`cdi key show DIR/public.pem`), or an authority that is
/// trusted must endorse it (`cdi request endorsement DIR`, `cdi authority endorse`).
///
///   cdi authority create acme --name "Acme vetting"
///   cdi authority create acme --name "Acme vetting" --encrypt --list-for 1d
///   cdi authority create acme --name "Acme vetting" --key acme.pub.pem
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Create {
    /// The folder to make
    dir: PathBuf,
    /// The authority's name, for people
    #[arg(long, value_parser = Name::parse)]
    name: Name,
    /// The algorithm of its key
    #[arg(long, value_enum, default_value_t)]
    algorithm: NewAlgorithm,
    /// Encrypt its private key under a passphrase
    #[arg(long)]
    encrypt: bool,
    /// Make no key: an agent holds the private part of this public key (`cdi key agent`, or OpenSSH's)
    #[arg(long, value_name = "KEY.pub.pem", conflicts_with_all = ["algorithm", "encrypt"])]
    key: Option<PathBuf>,
    /// How long each of its revocation lists lasts, at most 30d
    #[arg(long, value_name = "TIME", default_value = "7d")]
    list_for: String,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    output: Outputs<VALUES>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Create {
    pub(crate) fn run(self) -> Result<(), Failure> {
        files::refuse_existing(&self.dir)?;
        let length = Duration::parse(&self.list_for).map_err(|_| {
            Failure::failed("duration-malformed", format!("`{}` is no time such as 7d", self.list_for))
        })?;
        let window = Window::lasting(self.at.time()?, length)?;
        let Own { key, pem, mode } = self.own_key()?;
        let list = first_list(key.as_ref(), window)?;
        let key_id = key.public_key().key_id();
        let settings = Settings { name: self.name.clone(), key_id, list_for: self.list_for.clone() };
        let settings = serde_json::to_vec_pretty(&settings)
            .map_err(|error| Failure::failed("output-unwritable", error))?;
        new_folder::make(
            &self.dir,
            &[
                (KEY, pem.as_bytes(), mode),
                (PUBLIC, key.public_key().to_pem().as_bytes(), 0o644),
                (JOURNAL, b"", 0o644),
                (LINEAGE, b"", 0o644),
                (LISTS, &[list.line.as_slice(), b"\n"].concat(), 0o644),
                (SETTINGS, &[settings.as_slice(), b"\n"].concat(), 0o644),
            ],
        )?;
        let done = format!("made the authority `{}` with the key {key_id}", self.name);
        self.output.say(&Created {
            outcome: Outcome::new(done, &list, 0, window, Some(&self.dir)),
            name: self.name.clone(),
            key: key_id,
            kept: match (&self.key, self.encrypt) {
                (Some(_), _) => "held by an agent; its public part",
                (None, true) => "encrypted",
                (None, false) => "whoever can read it can sign",
            },
            dir: terminal::path(&self.dir),
        })
    }
}

/// An authority's own key, and what stands for it in its folder.
struct Own {
    key: Box<dyn Signer>,
    pem: Zeroizing<String>,
    mode: u32,
}

impl Create {
    fn own_key(&self) -> Result<Own, Failure> {
        if let Some(path) = &self.key {
            let key = open_key(path, &self.passphrase)?;
            let pem = Zeroizing::new(key.public_key().to_pem());
            return Ok(Own { key, pem, mode: 0o644 });
        }
        let passphrase = self.passphrase.for_new(self.encrypt)?;
        let key = SoftwareKey::generate(self.algorithm.into())?;
        let pem = key.to_pkcs8_pem(passphrase.as_ref())?;
        Ok(Own { key: Box::new(key), pem, mode: 0o600 })
    }
}

/// An authority that was made.
#[derive(Serialize)]
#[serde(transparent)]
struct Created {
    outcome: Outcome,
    #[serde(skip)]
    name: Name,
    #[serde(skip)]
    key: KeyId,
    #[serde(skip)]
    kept: &'static str,
    /// Its folder, as people see it.
    #[serde(skip)]
    dir: String,
}

impl Answer for Created {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let (key, dir, until) = (self.key, &self.dir, self.outcome.not_after);
        writeln!(page, "made the authority `{}` in {dir}", plain(self.name.as_str()))?;
        writeln!(page, "  key id       {key}")?;
        writeln!(page, "  private key  {dir}/{KEY}, {}", self.kept)?;
        writeln!(page, "  public key   {dir}/{PUBLIC}")?;
        writeln!(page, "  list         {dir}/{LISTS}, empty, until {until}")?;
        writeln!(
            page,
            "nobody trusts it yet: name `cdi key show {dir}/{PUBLIC}` as an anchor of a policy, or have it endorsed \
             (`cdi request endorsement {dir}`); publish its next list before this one ends (`cdi authority publish {dir}`)"
        )
    }
}
