//! What a caller says to the agent that holds keys.

use std::io::{self, Cursor, Read, Write};
use std::sync::LazyLock;

use cdi_envelope::Pae;
use cdi_keys::{Signer as _, SoftwareKey, serve};
use cdi_testkit::scenario::key;

use crate::{Target, reference};

pub(crate) const TARGET: Target = Target {
    name: "agent",
    oracle: "whatever is asked: each answer is a list of the keys, a failure, or a signature that verifies over an encoding of DSSE \
             which the caller sent; there is an answer to each whole message, and none to more",
    run,
    seeds,
    words,
    most: 1_024,
};

static KEYS: LazyLock<[SoftwareKey; 2]> = LazyLock::new(|| ["north", "developer"].map(key));

/// A caller that says these bytes, and hangs up.
struct Caller<'a> {
    says: Cursor<&'a [u8]>,
    heard: Vec<u8>,
}

impl Read for Caller<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.says.read(buffer)
    }
}

impl Write for Caller<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.heard.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The message in front, and what is behind it.
fn message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    rest.split_at_checked(usize::try_from(length).ok()?)
}

fn run(bytes: &[u8]) {
    let [p256, ed25519] = &*KEYS;
    let mut caller = Caller { says: Cursor::new(bytes), heard: Vec::new() };
    // A caller that ends in the middle of a message is an error, and whoever says too much is cut off.
    let _ = serve(&mut caller, &[(p256, "one"), (ed25519, "two")]);
    let (mut asked, mut heard) = (bytes, &caller.heard[..]);
    while let Some((answer, rest)) = message(heard) {
        let (request, more) = message(asked).expect("an answer to nothing");
        (heard, asked) = (rest, more);
        match answer.split_first() {
            Some((5, [])) => {}
            Some((12, list)) => {
                assert_eq!(request, [11]);
                assert!(list.starts_with(&[0, 0, 0, 2]));
            }
            Some((14, signature)) => signed(request, signature),
            other => panic!("an answer that is none: {other:?}"),
        }
    }
    assert!(heard.is_empty(), "half an answer");
}

fn signed(request: &[u8], answer: &[u8]) {
    let (kind, body) = request.split_first().unwrap();
    assert_eq!(*kind, 13);
    let (blob, rest) = message(body).unwrap();
    let (data, flags) = message(rest).unwrap();
    assert_eq!(flags.len(), 4);
    let (payload_type, payload) = reference::of_pae(data).expect("only encodings of DSSE are signed");
    let sent = Pae::new(&payload_type, &payload);
    let (outer, end) = message(answer).unwrap();
    let (algorithm, rest) = message(outer).unwrap();
    let (signature, none) = message(rest).unwrap();
    assert!(end.is_empty() && none.is_empty());
    let [p256, ed25519] = &*KEYS;
    let (key, signature) = match algorithm {
        b"ssh-ed25519" => (ed25519, signature.to_vec()),
        b"ecdsa-sha2-nistp256" => (p256, der(signature)),
        other => panic!("an algorithm of nobody: {}", other.escape_ascii()),
    };
    assert!(blob.windows(algorithm.len()).any(|window| window == algorithm));
    assert_eq!(key.public_key().verify(&sent, &signature), Ok(()));
}

/// r and s, as DER has them.
fn der(signature: &[u8]) -> Vec<u8> {
    let (r, rest) = message(signature).unwrap();
    let (s, _) = message(rest).unwrap();
    let integer = |bytes: &[u8]| [&[2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let both = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()], &both[..]].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// The keys as the agent names them, asked of it.
fn blobs() -> Vec<Vec<u8>> {
    let [p256, ed25519] = &*KEYS;
    let mut caller = Caller { says: Cursor::new(&[0, 0, 0, 1, 11]), heard: Vec::new() };
    serve(&mut caller, &[(p256, "one"), (ed25519, "two")]).unwrap();
    let (answer, _) = message(&caller.heard).unwrap();
    let mut rest = &answer[5..];
    let mut blobs = Vec::new();
    while let Some((blob, behind)) = message(rest) {
        blobs.push(blob.to_vec());
        (_, rest) = message(behind).unwrap();
    }
    blobs
}

fn seeds() -> Vec<Vec<u8>> {
    let sign =
        |blob: &[u8], data: &[u8]| string(&[&[13], &string(blob)[..], &string(data), &[0; 4]].concat());
    let sent = reference::pae("application/vnd.in-toto+json", b"{}");
    let list = string(&[11]);
    let mut seeds: Vec<Vec<u8>> = blobs().iter().map(|blob| sign(blob, &sent)).collect();
    seeds.push([list.clone(), seeds.concat(), list.clone()].concat());
    seeds.push(sign(&blobs()[0], b"a login"));
    seeds.push([list, vec![0, 0, 0, 9, 17]].concat());
    seeds.push(vec![0xff; 8]);
    seeds
}

fn words() -> Vec<Vec<u8>> {
    let mut words = blobs();
    words.extend([
        vec![0, 0, 0, 1, 11],
        vec![13],
        b"DSSEv1 ".to_vec(),
        b"ssh-ed25519".to_vec(),
        vec![0, 0, 0, 0],
    ]);
    words.extend([reference::pae("application/vnd.in-toto+json", b"{}"), reference::pae("", b"")]);
    words
}
