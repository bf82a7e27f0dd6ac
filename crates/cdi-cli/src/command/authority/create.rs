//! `cdi authority create`.

use std::path::{Path, PathBuf};

use cdi_authority::{Window, first_list};
use cdi_keys::{Signer as _, SoftwareKey};
use cdi_types::{Duration, Name};
use clap::Args;

use super::folder::{JOURNAL, KEY, LISTS, PUBLIC, SETTINGS, Settings};
use super::outcome::Outcome;
use super::{At, files};
use crate::arguments::Output;
use crate::command::key::NewAlgorithm;
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;

/// Make an authority: a folder with its key and its first, empty revocation list.
///
/// Nobody trusts a new authority: a policy must name its key (`cdi key show DIR/public.pem`), or an authority that is
/// trusted must endorse it (`cdi request endorsement DIR`, `cdi authority endorse`).
///
///   cdi authority create acme --name "Acme vetting"
///   cdi authority create acme --name "Acme vetting" --encrypt --list-for 1d
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
    /// How long each of its revocation lists lasts, at most 30d
    #[arg(long, value_name = "TIME", default_value = "7d")]
    list_for: String,
    #[command(flatten)]
    at: At,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Create {
    pub(crate) fn run(self) -> Result<(), Failure> {
        files::refuse_existing(&self.dir)?;
        let length = Duration::parse(&self.list_for).map_err(|_| {
            Failure::failed("duration-malformed", format!("`{}` is no time such as 7d", self.list_for))
        })?;
        let window = Window::lasting(self.at.time(), length)?;
        let passphrase = if self.encrypt { Some(self.passphrase.new_one()?) } else { None };
        let key = SoftwareKey::generate(self.algorithm.into())?;
        let list = first_list(&key, window)?;
        let pem = key.to_pkcs8_pem(passphrase.as_ref())?;
        let key_id = key.public_key().key_id();
        let settings = Settings { name: self.name.clone(), key_id, list_for: self.list_for };
        let settings = serde_json::to_vec_pretty(&settings)
            .map_err(|error| Failure::failed("output-unwritable", error))?;
        make_folder(
            &self.dir,
            &[
                (KEY, pem.as_bytes(), 0o600),
                (PUBLIC, key.public_key().to_pem().as_bytes(), 0o644),
                (JOURNAL, b"", 0o644),
                (LISTS, &[list.line.as_slice(), b"\n"].concat(), 0o644),
                (SETTINGS, &[settings.as_slice(), b"\n"].concat(), 0o644),
            ],
        )?;
        let done = format!("made the authority `{}` with the key {key_id}", self.name);
        Outcome::new(done, &list, 0, window, Some(&self.dir)).say(self.output)
    }
}

/// Makes a folder with all of these files, or none: it gets its name when it is whole.
fn make_folder(dir: &Path, contents: &[(&str, &[u8], u32)]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists => {
            Failure::failed("file-exists", format!("`{}` exists already", dir.display()))
        }
        _ => Failure::failed("file-io", format!("cannot make `{}`: {error}", dir.display())),
    };
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let beside = dir.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    std::fs::create_dir(&beside).map_err(failed)?;
    let written = contents
        .iter()
        .try_for_each(|(name, bytes, mode)| cdi_store::write_new(beside.join(name), bytes, *mode))
        .map_err(Failure::from)
        .and_then(|()| std::fs::rename(&beside, dir).map_err(failed));
    if written.is_err() {
        // This process made the folder a moment ago; what cannot be removed is left hidden.
        let _ = std::fs::remove_dir_all(&beside);
    }
    written
}
