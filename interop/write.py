"""securesystemslib writes envelopes into the folder WORLD/foreign, as other projects do: statements of both versions, both
base64 alphabets, laid out or on one line, one signature or two. Usage: write.py WORLD
"""

import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives import serialization
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def statement(version, predicate_type, name, content, predicate):
    """An in-toto statement about a file."""
    digest = {"sha256": hashlib.sha256(content).hexdigest(), "sha512": hashlib.sha512(content).hexdigest()}
    return {
        "_type": f"https://in-toto.io/Statement/{version}",
        "subject": [{"name": name, "digest": digest}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def sealed(payload, *signers):
    """An envelope by these signers."""
    envelope = Envelope(json.dumps(payload).encode(), PAYLOAD_TYPE, {})
    for signer in signers:
        envelope.sign(signer)
    return envelope.to_dict()


def url_safe(envelope):
    """The same envelope in the other alphabet of base64."""
    other = str.maketrans("+/", "-_")
    signatures = [{**one, "sig": one["sig"].translate(other)} for one in envelope["signatures"]]
    return {**envelope, "payload": envelope["payload"].translate(other), "signatures": signatures}


def main():
    """Writes everything."""
    world = pathlib.Path(sys.argv[1])
    foreign = world / "foreign"
    content = (world / "first.o").read_bytes()
    signers = {"ecdsa": CryptoSigner.generate_ecdsa(), "ed25519": CryptoSigner.generate_ed25519()}
    for name, signer in signers.items():
        public = signer.public_key.keyval["public"]
        if name == "ed25519":
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
            public = key.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ).decode()
        (foreign / f"{name}.pub.pem").write_text(public)
    scan = {"scanner": {"uri": "https://example.com/scanner", "version": "1.2"}, "score": 9.5, "runs": 18446744073709551616,
            "findings": [], "note": None, "text": "\u00bf\u00be?>~~~"}
    link = {"name": "compile", "command": ["gcc", "first.c"], "materials": [], "byproducts": {"return-value": 0}, "environment": {}}
    slsa = {"builder": {"id": "https://example.com/builder"}, "buildType": "https://example.com/make", "materials": []}
    ecdsa, ed25519 = signers["ecdsa"], signers["ed25519"]
    scan_type = "https://example.com/scan/v1"
    write = {
        "scan.jsonl": json.dumps(sealed(statement("v1", scan_type, "first.o", content, scan), ecdsa)),
        "scan-url-safe.jsonl": json.dumps(
            url_safe(sealed(statement("v1", scan_type, "first.o", content, scan | {"score": 9}), ed25519))
        ),
        "link.json": json.dumps(
            sealed(statement("v1", "https://in-toto.io/attestation/link/v0.3", "first.o", content, link), ecdsa), indent=2
        ),
        "slsa-v0.2.jsonl": json.dumps(
            sealed(statement("v0.1", "https://slsa.dev/provenance/v0.2", "first.o", content, slsa), ecdsa, ed25519)
        ),
        # A predicate of CDI's own under the older statement is none: it is refused, whoever signed it.
        "own-v0.1.jsonl": json.dumps(
            sealed(statement("v0.1", "https://code-deployment-integrity.io/origin/v1", "first.o", content,
                             {"issuer": "00" * 32, "kind": "source"}), ecdsa)
        ),
    }
    for name, text in write.items():
        (foreign / name).write_text(text + "\n")
    print(f"interop: securesystemslib wrote {len(write)} envelopes")


main()
