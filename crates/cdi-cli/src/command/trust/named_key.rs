//! Keys of a policy as people name them: by the file that has them, or by their ids.

use std::path::{Path, PathBuf};

use cdi_envelope::PublicKey;
use cdi_types::{KeyId, PublicKeyInfo};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;

use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

/// A public key in a file, or the beginning of its id.
#[derive(Debug, Clone)]
pub(super) enum NamedKey {
    Id(IdPrefix),
    File(PathBuf),
}

impl NamedKey {
    /// Hexadecimal digits are an id; a file that is called so is named as `./FILE`.
    pub(super) fn parse(text: &str) -> Result<Self, std::convert::Infallible> {
        Ok(text.parse().map_or_else(|_| Self::File(PathBuf::from(text)), Self::Id))
    }

    /// The position of this key among keys as policies write them; whatever is no key is passed over.
    pub(super) fn among(&self, written: &[String]) -> Result<(usize, KeyId), Failure> {
        let ids: Vec<Option<KeyId>> = written.iter().map(|text| id_of(text)).collect();
        let missing = || Failure::failed("key-not-there", "the policy does not have this key there");
        let wanted = match self {
            Self::Id(prefix) => prefix.among(ids.iter().flatten().copied(), missing)?,
            Self::File(path) => read(path)?.key_id(),
        };
        let index = ids.iter().position(|id| *id == Some(wanted)).ok_or_else(missing)?;
        Ok((index, wanted))
    }
}

fn id_of(text: &str) -> Option<KeyId> {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    PublicKeyInfo::deserialize(text).ok().map(|info| info.key_id())
}

/// A public key from a file in PEM.
pub(crate) fn read(path: &Path) -> Result<PublicKey, Failure> {
    let pem = crate::passphrase::read_secret(path)?;
    PublicKey::from_pem(&pem).map_err(|error| {
        let failure = Failure::from(error).about(format!("`{}`", path.display()));
        crate::key_mixup::public_wanted(failure, &pem, path)
    })
}
