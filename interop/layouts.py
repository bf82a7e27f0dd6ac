"""Layouts with their links, for in-toto-verify: layouts.py FOLDER STEPS...

Each number of steps has a folder of its own, with root.layout, root.pub and a link for each step. Each step turns what the one
before has made into something else, and is signed with a key of its own, ECDSA over P-256.
"""

import hashlib
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from in_toto.models.layout import Layout, Step
from in_toto.models.link import Link
from in_toto.models.metadata import Envelope
from securesystemslib.signer import CryptoSigner


def signed(content, signer, path):
    envelope = Envelope.from_signable(content)
    envelope.create_signature(signer)
    envelope.dump(str(path))


def artifact(number):
    return {f"a{number}": {"sha256": hashlib.sha256(f"artifact a{number}".encode()).hexdigest()}}


def step(number, keyid):
    made = Step(name=f"step-{number}")
    made.pubkeys = [keyid]
    before = f"a{number - 1}"
    if number == 0:
        made.expected_materials = [["ALLOW", before], ["DISALLOW", "*"]]
    else:
        made.expected_materials = [["MATCH", before, "WITH", "PRODUCTS", "FROM", f"step-{number - 1}"], ["DISALLOW", "*"]]
    made.expected_products = [["CREATE", f"a{number}"], ["DISALLOW", "*"]]
    return made


def write(folder, steps):
    folder.mkdir(parents=True)
    layout = Layout()
    layout.set_relative_expiration(months=12)
    for number in range(steps):
        signer = CryptoSigner.generate_ecdsa()
        key = signer.public_key
        layout.keys[key.keyid] = {**key.to_dict(), "keyid": key.keyid}
        layout.steps.append(step(number, key.keyid))
        link = Link(name=f"step-{number}", materials=artifact(number - 1), products=artifact(number))
        signed(link, signer, folder / f"step-{number}.{key.keyid:.8}.link")
    root = CryptoSigner.generate_ecdsa()
    signed(layout, root, folder / "root.layout")
    public = load_pem_public_key(root.public_key.keyval["public"].encode())
    (folder / "root.pub").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


if __name__ == "__main__":
    for steps in sys.argv[2:]:
        write(pathlib.Path(sys.argv[1]) / steps, int(steps))
