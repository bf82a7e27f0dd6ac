//! The other way round from the samples: OpenSSL reads what is written here. Nothing is done where there is no OpenSSL;
//! the samples under `tests/keys` are always read.

use std::path::Path;
use std::process::{Command, Output};

use cdi_envelope::{Algorithm, Pae, PublicKey};
use cdi_keys::{Signer, SoftwareKey};

use crate::pkcs8::{BOTH, passphrase};

fn openssl(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().ok()?;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

#[test]
fn openssl_reads_keys_and_signatures_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    for algorithm in BOTH {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let message = Pae::new("type", b"message");
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("plain.pem", key.to_pkcs8_pem(None).unwrap().as_bytes());
        write("encrypted.pem", key.to_pkcs8_pem(Some(&passphrase("throwaway"))).unwrap().as_bytes());
        write("public.pem", key.public_key().to_pem().as_bytes());
        write("message", message.as_bytes());
        write("signature", &key.sign(&message).unwrap());
        for file in ["plain.pem", "encrypted.pem"] {
            let arguments = ["pkey", "-in", file, "-passin", "pass:throwaway", "-pubout"];
            let Some(output) = openssl(folder.path(), &arguments) else { return };
            assert_eq!(String::from_utf8(output.stdout).unwrap(), key.public_key().to_pem(), "{file}");
        }
        let mut verify = vec!["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-in", "message"];
        verify.extend(["-rawin", "-sigfile", "signature"]);
        if algorithm == Algorithm::EcdsaP256Sha256 {
            verify.extend(["-digest", "sha256"]);
        }
        openssl(folder.path(), &verify);
    }
}

#[test]
fn keys_and_signatures_of_openssl_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let read = |name: &str| std::fs::read(path.join(name)).unwrap();
    let text = |name: &str| String::from_utf8(read(name)).unwrap();
    for algorithm in BOTH {
        let mut generate = match algorithm {
            Algorithm::EcdsaP256Sha256 => {
                vec!["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            }
            Algorithm::Ed25519 => vec!["genpkey", "-algorithm", "ed25519"],
        };
        generate.extend(["-aes-256-cbc", "-pass", "pass:throwaway", "-out", "key.pem"]);
        if openssl(path, &generate).is_none() {
            return;
        }
        openssl(
            path,
            &["pkey", "-in", "key.pem", "-passin", "pass:throwaway", "-pubout", "-out", "public.pem"],
        );
        let key = SoftwareKey::from_pkcs8_pem(&text("key.pem"), Some(&passphrase("throwaway"))).unwrap();
        assert_eq!(&PublicKey::from_pem(&text("public.pem")).unwrap(), key.public_key());

        let message = Pae::new("type", b"message");
        std::fs::write(path.join("message"), message.as_bytes()).unwrap();
        let mut sign = vec!["pkeyutl", "-sign", "-inkey", "key.pem", "-passin", "pass:throwaway"];
        sign.extend(["-rawin", "-in", "message", "-out", "signature"]);
        if algorithm == Algorithm::EcdsaP256Sha256 {
            sign.extend(["-digest", "sha256"]);
        }
        openssl(path, &sign);
        assert_eq!(key.public_key().verify(&message, &read("signature")), Ok(()));
    }
}
