use std::io::{self, Read, Write};

use cdi_envelope::Pae;

use super::wire::{self, Fields};
use crate::{SignError, Signer};

/// What a line of a bundle holds or a file of digests, and the request around it.
const REQUEST_BYTES: usize = 8 << 20;

/// Answers one caller until it hangs up. It learns which keys are there, and gets signatures over encodings of DSSE
/// ([`Pae`]): nothing that means something elsewhere, such as a login, is signed, and no key is added, locked or given away.
///
/// # Errors
/// As the stream's; a message that is too long ends the connection.
pub fn serve(mut stream: impl Read + Write, keys: &[(&dyn Signer, &str)]) -> io::Result<()> {
    while let Some(request) = wire::receive(&mut stream, REQUEST_BYTES)? {
        let answer = match request.split_first() {
            Some((&wire::LIST, [])) => Some((wire::LISTED, list(keys))),
            Some((&wire::SIGN, body)) => {
                signed(Fields(body), keys).map(|signature| (wire::SIGNED, signature))
            }
            _ => None,
        };
        let (kind, body) = answer.unwrap_or((wire::FAILURE, Vec::new()));
        wire::send(&mut stream, kind, &body)?;
    }
    Ok(())
}

fn list(keys: &[(&dyn Signer, &str)]) -> Vec<u8> {
    let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    let entries =
        keys.iter().map(|(key, comment)| wire::strings(&[&wire::blob(key.public_key()), comment.as_bytes()]));
    count.to_be_bytes().into_iter().chain(entries.flatten()).collect()
}

fn signed(mut request: Fields<'_>, keys: &[(&dyn Signer, &str)]) -> Option<Vec<u8>> {
    let (blob, message) = (request.string()?, request.string()?);
    let _flags = request.number()?;
    let message = Pae::of_encoding(message).filter(|_| request.0.is_empty())?;
    let (key, _) = keys.iter().find(|(key, _)| wire::blob(key.public_key()) == blob)?;
    let signature: Result<_, SignError> = key.sign(&message);
    let blob = wire::signature_blob(key.public_key().algorithm(), &signature.ok()?)?;
    Some(wire::strings(&[&blob]))
}
