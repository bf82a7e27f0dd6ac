//! The file that digests are kept in: a signature in hexadecimal, then lines: the machine, and a stamp with a digest each.

use std::collections::HashMap;
use std::fs::{DirBuilder, File};
use std::io::Read as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use cdi_envelope::{Pae, PublicKey};
use cdi_keys::{SealError, Signer};
use cdi_types::Sha256;

use crate::RecordError;
use crate::file::Stamp;

/// What the signature is made over begins with this type, so that no statement can be taken for such a file.
const TYPE: &str = "application/vnd.code-deployment-integrity.digest-cache";
/// So many digests are kept: several toolchains.
const MOST: usize = 16_384;
/// A line has at most seven numbers of 20 digits, and 64 more.
const BYTES: u64 = 256 * (MOST as u64 + 2);

/// The digests in a file; none if it is not there, of another machine, or not signed by this key.
pub(super) fn read(path: &Path, key: &PublicKey) -> Option<HashMap<Stamp, Sha256>> {
    let mut text = String::new();
    File::open(path).ok()?.take(BYTES).read_to_string(&mut text).ok()?;
    let (signature, payload) = text.split_once('\n')?;
    key.verify(&Pae::new(TYPE, payload.as_bytes()), &bytes(signature)?).ok()?;
    let mut lines = payload.lines();
    if lines.next()? != machine()? {
        return None;
    }
    lines.map(line).collect()
}

fn line(text: &str) -> Option<(Stamp, Sha256)> {
    let (stamp, digest) = text.rsplit_once(' ')?;
    Some((Stamp::parse(stamp)?, Sha256::parse(digest).ok()?))
}

/// Puts digests into a file, in the place of those that were there.
pub(super) fn write(
    path: &Path,
    digests: impl Iterator<Item = (Stamp, Sha256)>,
    signer: &dyn Signer,
) -> Result<(), RecordError> {
    let Some(mut payload) = machine() else { return Ok(()) };
    let mut lines: Vec<String> = digests.map(|(stamp, digest)| format!("\n{stamp} {digest}")).collect();
    // The newest are those of the toolchains that are in use.
    lines.sort_unstable();
    lines.iter().take(MOST).for_each(|line| payload.push_str(line));
    let signature = signer.sign(&Pae::new(TYPE, payload.as_bytes())).map_err(SealError::from)?;
    let mut text: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    text.push('\n');
    text.push_str(&payload);
    if let Some(folder) = path.parent() {
        // If it cannot be made, writing says so.
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    }
    Ok(cdi_store::replace(path, text.as_bytes(), 0o600)?)
}

/// What tells this machine from others; where nothing does, this start of it.
fn machine() -> Option<String> {
    let read = |path| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let known = read("/etc/machine-id").filter(|id| !id.is_empty());
    known.or_else(|| read("/proc/sys/kernel/random/boot_id")).filter(|id| !id.is_empty())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().as_chunks::<2>();
    if !pairs.1.is_empty() {
        return None;
    }
    pairs.0.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use cdi_envelope::Algorithm;
    use cdi_keys::SoftwareKey;

    use super::*;

    fn key(seed: u8) -> SoftwareKey {
        SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[seed; 32]).unwrap()
    }

    #[test]
    fn only_what_the_report_key_has_signed_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/digests");
        let stamp = Stamp::parse("1 2 3 4 5 -6 7").unwrap();
        let digest = Sha256::of(b"one");
        write(&path, [(stamp, digest)].into_iter(), &key(7)).unwrap();
        assert_eq!(read(&path, key(7).public_key()).unwrap(), HashMap::from([(stamp, digest)]));
        assert!(read(&path, key(8).public_key()).is_none());
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [("1 2 3", "1 2 4"), (&digest.to_string(), &Sha256::of(b"two").to_string())] {
            assert!(text.contains(from));
            std::fs::write(&path, text.replace(from, to)).unwrap();
            assert!(read(&path, key(7).public_key()).is_none(), "{from}");
        }
    }
}
