//! Private keys in files, and the passphrases that open them. Neither is ever written to a terminal or into a message.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cdi_envelope::PublicKey;
use cdi_keys::{Agent, Passphrase, PrivateKeyError, Signer, SoftwareKey};
use clap::Args;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::key_mixup;
use crate::log;

/// The most that is read of a key or passphrase file: an encrypted key has under 1 KiB.
const FILE_BYTES: u64 = 64 << 10;

/// The variable that says where an agent listens, before that of OpenSSH's.
pub(crate) const AGENT: &str = "CDI_AGENT";

/// Where the passphrase of an encrypted key comes from; by default it is asked for on the terminal.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PassphraseSource {
    /// Take the key's passphrase from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    passphrase_file: Option<PathBuf>,
    /// Take the key's passphrase from the first line of this open file descriptor
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

impl PassphraseSource {
    /// The passphrase of a key that is there already.
    fn known(&self, key: &Path) -> Result<Passphrase, Failure> {
        match self.file() {
            Some(file) => from_file(&file),
            None => ask(&format!("Passphrase of {}: ", crate::terminal::plain(&key.display().to_string()))),
        }
    }

    /// A passphrase for a new key, if it is to be encrypted. On the terminal it is asked for twice.
    pub(crate) fn for_new(&self, encrypt: bool) -> Result<Option<Passphrase>, Failure> {
        match (encrypt, self.file()) {
            (false, None) => Ok(None),
            (false, Some(_)) => {
                let message = "a passphrase was given for a key that would not be encrypted";
                Err(Failure::failed("passphrase-unused", message).hint("give `--encrypt` too"))
            }
            (true, Some(file)) => from_file(&file).map(Some),
            (true, None) => Self::typed_twice().map(Some),
        }
    }

    fn typed_twice() -> Result<Passphrase, Failure> {
        let (first, second) = (prompt("New passphrase: ")?, prompt("The same again: ")?);
        if first != second {
            return Err(Failure::failed("passphrase-mismatch", "the two passphrases are not the same"));
        }
        Ok(Passphrase::new(first)?)
    }

    /// Where the passphrase came from, for whoever gave a wrong one.
    fn told(&self) -> String {
        match self.file() {
            Some(file) => format!("it was the first line of {}, without the line feed", shown(&file)),
            None => "it was typed; capital letters and the keyboard's layout count".to_owned(),
        }
    }

    fn file(&self) -> Option<PathBuf> {
        // Opening the descriptor by name needs no unsafe code, and works for pipes and here-documents.
        let descriptor = self.passphrase_fd.map(|n| PathBuf::from(format!("/dev/fd/{n}")));
        self.passphrase_file.clone().or(descriptor)
    }
}

/// The signer of a key's file: a private key, of which only an encrypted one needs the passphrase, or a public key that an
/// agent holds the private part of.
pub(crate) fn open_key(path: &Path, source: &PassphraseSource) -> Result<Box<dyn Signer>, Failure> {
    let pem = read_secret(path)?;
    if let (Ok(public), Some(socket)) = (PublicKey::from_pem(&pem), agent_socket()) {
        let signer = Agent::connect(&socket).and_then(|agent| agent.signer(&public));
        return match signer {
            Ok(signer) => Ok(Box::new(signer)),
            Err(error) => {
                let failure = Failure::from(error).about(shown(path));
                Err(failure.hint(format!("the agent is asked at {}", shown(&socket))))
            }
        };
    }
    Ok(Box::new(opened(path, &pem, source)?))
}

/// As [`open_key`], of a private key in this process.
pub(crate) fn open_private_key(path: &Path, source: &PassphraseSource) -> Result<SoftwareKey, Failure> {
    opened(path, &read_secret(path)?, source)
}

/// Where the agent listens that holds keys.
fn agent_socket() -> Option<PathBuf> {
    let named = [AGENT, "SSH_AUTH_SOCK"].into_iter().find_map(std::env::var_os);
    named.filter(|socket| !socket.is_empty()).map(PathBuf::from)
}

/// As [`open_key`], of a key that this program keeps itself, in a regular file: nobody is waited for.
pub(crate) fn open_kept_key(path: &Path) -> Result<SoftwareKey, Failure> {
    opened(path, &read_kept(path)?, &PassphraseSource::default())
}

fn opened(path: &Path, pem: &str, source: &PassphraseSource) -> Result<SoftwareKey, Failure> {
    // It is used all the same: some file systems know no owners.
    let metadata = path.metadata().ok().filter(|_| pem.contains("PRIVATE KEY-----"));
    let readers = metadata.and_then(|metadata| readers(path, &metadata));
    readers.into_iter().for_each(|failure| log::warning(&failure.about(shown(path))));
    let key = match SoftwareKey::from_pkcs8_pem(pem, None) {
        Err(PrivateKeyError::PassphraseMissing) => {
            SoftwareKey::from_pkcs8_pem(pem, Some(&source.known(path)?))
        }
        otherwise => otherwise,
    };
    key.map_err(|error| {
        let wrong = matches!(error, PrivateKeyError::PassphraseWrong);
        let failure = Failure::from(error).about(shown(path));
        if wrong { failure.hint(source.told()) } else { key_mixup::private_wanted(failure, pem, path) }
    })
}

/// A private key is for its owner alone: what is to be said of a mode that lets others use it.
pub(crate) fn readers(path: &Path, metadata: &Metadata) -> Option<Failure> {
    let mode = metadata.mode() & 0o7777;
    let message = format!("others can use this private key: its mode is {mode:o}");
    let hint = format!("chmod 600 {}; who has read it can sign, so consider a new key", shown(path));
    (mode & 0o077 != 0).then(|| Failure::failed("key-readable", message).hint(hint))
}

/// The text of a small file that may hold a secret; it may be a pipe.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, Failure> {
    File::open(path).map_err(|error| unread(path, &error)).and_then(|file| text(path, file))
}

/// As [`read_secret`], of a file that this program keeps itself.
pub(crate) fn read_kept(path: &Path) -> Result<Zeroizing<String>, Failure> {
    text(path, cdi_store::open_file(path)?)
}

fn unread(path: &Path, error: &std::io::Error) -> Failure {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => "file-missing",
        std::io::ErrorKind::PermissionDenied => "file-permission-denied",
        std::io::ErrorKind::IsADirectory => "file-is-folder",
        _ => "file-io",
    };
    let failure = Failure::failed(code, format!("cannot read {}: {error}", shown(path)));
    if code == "file-is-folder" { key_mixup::folder(failure, path) } else { failure }
}

fn text(path: &Path, file: File) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| unread(path, &error);
    // Room for all of it from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES as usize + 1));
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(Failure::failed(
            "limit-key-bytes",
            format!("{} has more than {FILE_BYTES} bytes", shown(path)),
        ));
    }
    let text = std::str::from_utf8(&bytes);
    let text =
        text.map_err(|_| Failure::failed("file-not-text", format!("{} is not UTF-8 text", shown(path))))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let text = read_secret(path).map_err(|failure| failure.about("the passphrase"))?;
    let line = text.lines().next().unwrap_or_default();
    Ok(Passphrase::new(line.to_owned())?)
}

fn ask(question: &str) -> Result<Passphrase, Failure> {
    Ok(Passphrase::new(prompt(question)?)?)
}

fn prompt(question: &str) -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(|error| {
        Failure::failed("passphrase-unavailable", format!("no passphrase can be asked for: {error}"))
            .hint("without a terminal, give it with `--passphrase-file FILE` or `--passphrase-fd N`")
    })
}

fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}
