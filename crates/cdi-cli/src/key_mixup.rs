//! A key in the place of another: the public one where the private one is wanted, the reverse, or a folder.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::terminal::word;

/// What a file is that was to have a private key, if that explains the failure.
pub(crate) fn private_wanted(failure: Failure, pem: &str, path: &Path) -> Failure {
    if !pem.contains("-----BEGIN PUBLIC KEY-----") {
        return failure;
    }
    let failure = failure.hint(
        "this is a public key; only the private key that belongs to it can sign, from a file or from an agent \
         (`CDI_AGENT`, `SSH_AUTH_SOCK`)",
    );
    match beside(path, ".pub.pem", ".pem") {
        Some(private) => failure.hint(format!("the private key is perhaps {}", word(&private))),
        None => failure,
    }
}

/// What a file is that was to have a public key, if that explains the failure.
pub(crate) fn public_wanted(failure: Failure, pem: &str, path: &Path) -> Failure {
    if !pem.contains("PRIVATE KEY-----") {
        return failure.hint(
            "a public key in PEM is wanted: `public.pem` of an authority, `NAME.pub.pem` of another key",
        );
    }
    let failure = failure.hint("this is a private key: nobody else should ever see it");
    match beside(path, ".pem", ".pub.pem") {
        Some(public) => failure.hint(format!("the public key that belongs to it is {}", word(&public))),
        None => {
            failure.hint(format!("`cdi key show {}` shows the public key that belongs to it", word(path)))
        }
    }
}

/// Which file of a folder is perhaps meant.
pub(crate) fn folder(failure: Failure, path: &Path) -> Failure {
    let file = |name: &str| Some(path.join(name)).filter(|file| file.is_file());
    match (file("public.pem"), file("key.pem")) {
        (Some(public), Some(private)) => {
            let (public, private) = (word(&public), word(&private));
            failure.hint(format!("it is an authority's folder: its keys are {public} and {private}"))
        }
        _ => failure.hint("name the file of the key itself"),
    }
}

/// The file beside `path` that is called like it but for its ending, if there is one.
fn beside(path: &Path, from: &str, to: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(from)?;
    Some(path.with_file_name(format!("{stem}{to}"))).filter(|other| other.is_file())
}
