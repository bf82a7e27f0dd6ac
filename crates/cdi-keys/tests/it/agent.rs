//! Keys that an agent holds, and agents that lie.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::JoinHandle;

use cdi_envelope::{Algorithm, Pae};
use cdi_keys::{Agent, AgentError, AgentKey, Signer, SoftwareKey, serve};

fn key(algorithm: Algorithm, seed: u8) -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(algorithm, &[seed; 32]).unwrap()
}

/// Something that listens for one caller.
struct Listening {
    folder: tempfile::TempDir,
    thread: JoinHandle<()>,
}

impl Listening {
    fn to(answer: impl FnOnce(UnixStream) + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let thread = std::thread::spawn(move || answer(listener.accept().unwrap().0));
        Self { folder, thread }
    }

    fn holding(algorithm: Algorithm) -> Self {
        Self::to(move |stream| {
            let (other, key) = (key(Algorithm::Ed25519, 9), key(algorithm, 7));
            let _ = serve(stream, &[(&other, "other.pem"), (&key, "key.pem")]);
        })
    }

    /// Whatever is asked for, these are the answers.
    fn saying(answers: Vec<Vec<u8>>) -> Self {
        Self::to(move |mut stream| {
            for answer in answers {
                let mut length = [0; 4];
                if stream.read_exact(&mut length).is_err() {
                    return;
                }
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut request).unwrap();
                stream.write_all(&answer).unwrap();
            }
        })
    }

    fn agent(&self) -> Agent {
        Agent::connect(&self.folder.path().join("socket")).unwrap()
    }

    fn signer(&self, algorithm: Algorithm) -> Result<AgentKey, AgentError> {
        self.agent().signer(key(algorithm, 7).public_key())
    }
}

fn message(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn raw(stream: &mut UnixStream, request: &[u8]) -> Vec<u8> {
    stream.write_all(&message(request)).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer).unwrap();
    answer
}

#[test]
fn an_agent_signs_as_the_key_would() {
    for algorithm in [Algorithm::EcdsaP256Sha256, Algorithm::Ed25519] {
        let listening = Listening::holding(algorithm);
        let signer = listening.signer(algorithm).unwrap();
        // Some of these have numbers that begin with a high bit, or with zeros.
        for length in (0..400).chain([1 << 20]) {
            let message = Pae::new("application/x", &vec![b'x'; length]);
            let signature = signer.sign(&message).unwrap();
            signer.public_key().verify(&message, &signature).unwrap();
            if length < 400 {
                assert_eq!(signature, key(algorithm, 7).sign(&message).unwrap());
            }
        }
        drop(signer);
        listening.thread.join().unwrap();
    }
}

#[test]
fn a_key_that_is_not_there_is_told() {
    let listening = Listening::holding(Algorithm::Ed25519);
    let error = listening.signer(Algorithm::EcdsaP256Sha256).unwrap_err();
    assert_eq!(error.code(), "agent-key-missing");
}

#[test]
fn nothing_but_statements_is_signed() {
    let listening = Listening::holding(Algorithm::Ed25519);
    let mut stream = UnixStream::connect(listening.folder.path().join("socket")).unwrap();
    let listed = raw(&mut stream, &[11]);
    assert_eq!(listed[..5], [12, 0, 0, 0, 2]);
    let blob = message(
        &[
            message(b"ssh-ed25519"),
            message(key(Algorithm::Ed25519, 7).public_key().info().der().last_chunk::<32>().unwrap()),
        ]
        .concat(),
    );
    let sign = |bytes: &[u8]| [&[13], blob.as_slice(), &message(bytes), &[0; 4]].concat();
    assert_eq!(raw(&mut stream, &sign(Pae::new("a", b"b").as_bytes()))[0], 14);
    // A login, a commit's signature, bytes around an encoding, one without flags, of another key; adding, removing, locking.
    let login = [message(&[7; 32]), vec![50]].concat();
    let others: [&[u8]; 4] = [&login, b"SSHSIG", b"DSSEv1 1 a 1 bc", b""];
    for bytes in others {
        assert_eq!(raw(&mut stream, &sign(bytes)), [5], "{}", bytes.escape_ascii());
    }
    let without_flags = sign(Pae::new("a", b"b").as_bytes());
    assert_eq!(raw(&mut stream, &without_flags[..without_flags.len() - 4]), [5]);
    for kind in [0, 1, 9, 10, 12, 14, 17, 18, 19, 20, 22, 25, 27, 255] {
        assert_eq!(raw(&mut stream, &[kind]), [5], "{kind}");
    }
    // A length that promises too much ends the connection.
    stream.write_all(&[0xff; 4]).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    listening.thread.join().unwrap();
}

#[test]
fn answers_that_are_none_are_told() {
    let listed = |body: &[u8]| vec![message(&[&[12], body].concat())];
    for (answers, what) in [
        (vec![], "agent-unreachable"),
        (vec![vec![0; 4]], "agent-unreachable"),
        (vec![vec![0xff; 4]], "agent-unreachable"),
        (vec![vec![0, 0, 0, 9, 12]], "agent-unreachable"),
        (vec![message(&[5])], "agent-malformed"),
        (listed(&[0, 0, 0]), "agent-malformed"),
        (listed(&[0xff; 4]), "agent-malformed"),
        (listed(&[0, 0, 0, 1, 0, 0, 0, 9]), "agent-malformed"),
        (listed(&[0, 0, 0, 0, 0]), "agent-malformed"),
        (listed(&[0, 0, 0, 0]), "agent-key-missing"),
        (listed(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), "agent-key-missing"),
    ] {
        let listening = Listening::saying(answers);
        let error = listening.signer(Algorithm::Ed25519).unwrap_err();
        assert_eq!(error.code(), what, "{error}");
    }
}

#[test]
fn signatures_that_are_none_are_told() {
    let own = key(Algorithm::EcdsaP256Sha256, 7);
    let point = own.public_key().info().der().last_chunk::<65>().unwrap().as_slice();
    let blob = [message(b"ecdsa-sha2-nistp256"), message(b"nistp256"), message(point)].concat();
    let list = message(&[&[12, 0, 0, 0, 1], message(&blob).as_slice(), &message(b"key")].concat());
    let signed = |kind: &[u8], numbers: &[u8]| {
        message(&[&[14], message(&[message(kind), message(numbers)].concat()).as_slice()].concat())
    };
    let numbers = |r: &[u8], s: &[u8]| [message(r), message(s)].concat();
    let (refused, unavailable) = ("signer-refused", "signer-unavailable");
    let p256 = b"ecdsa-sha2-nistp256".as_slice();
    let answers: [(Vec<u8>, &str); 9] = [
        (message(&[5]), refused),
        (message(&[14]), unavailable),
        (message(&[12, 0, 0, 0, 0]), unavailable),
        (signed(b"ssh-ed25519", &[0; 64]), unavailable),
        (signed(p256, &numbers(&[], &[1])), unavailable),
        (signed(p256, &numbers(&[0x80], &[1])), unavailable),
        (signed(p256, &numbers(&[0, 1], &[1])), unavailable),
        (signed(p256, &numbers(&[1; 33], &[1])), unavailable),
        (vec![], unavailable),
    ];
    for (answer, code) in answers {
        let listening = Listening::saying(vec![list.clone(), answer.clone()]);
        let signer = listening.signer(Algorithm::EcdsaP256Sha256).unwrap();
        let error = signer.sign(&Pae::new("a", b"b")).unwrap_err();
        assert_eq!(error.code(), code, "{answer:?}: {error}");
    }
    // One of another message is well-formed: whoever seals verifies it.
    let listening = Listening::saying(vec![list, signed(p256, &numbers(&[1], &[1]))]);
    let signer = listening.signer(Algorithm::EcdsaP256Sha256).unwrap();
    let message = Pae::new("a", b"b");
    let signature = signer.sign(&message).unwrap();
    signer.public_key().verify(&message, &signature).unwrap_err();
}
