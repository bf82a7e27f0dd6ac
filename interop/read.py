"""PyPI's tools read what `cdi export` wrote in the folder WORLD, verify it, and refuse it where a byte is changed.

Envelopes are verified with securesystemslib; predicates are parsed with the types of in-toto-attestation, which refuse
members that they do not know, and written again, so that every name and type is the official one; the bill of materials is
held to CycloneDX's own schema. Usage: read.py WORLD
"""

import copy
import json
import pathlib
import re
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.predicates.scai.v0 import scai_pb2
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TYPES = {
    "https://in-toto.io/attestation/scai/v0.3": scai_pb2.AttributeReport,
    "https://slsa.dev/provenance/v1": provenance_pb2.Provenance,
    "https://slsa.dev/verification_summary/v1": vsa_pb2.VerificationSummary,
}
SVR = "https://in-toto.io/attestation/svr/v0.2"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
checks = 0


def holds(condition, what):
    """Counts a check; one that fails ends the recipe."""
    global checks
    checks += 1
    if not condition:
        sys.exit(f"interop: {what}")


def refused(error, action, what):
    """Counts a check that something is refused, by this very error."""
    try:
        action()
    except error:
        holds(True, what)
        return
    holds(False, f"{what} was not refused")


def keys(world):
    """The public keys of the world, by their ids."""
    found = {}
    for path in sorted((world / "public").glob("*.json")):
        shown = json.loads(path.read_text())
        key = load_pem_public_key(shown["pem"].encode())
        found[shown["keyId"]] = SSlibKey.from_crypto(key, keyid=shown["keyId"])
    return found


def digests(value):
    """Every digest set in a predicate."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "digest":
                yield member
            yield from digests(member)
    elif isinstance(value, list):
        for member in value:
            yield from digests(member)


def verified(line, known):
    """The payload of an envelope that its key has signed, after it was refused in every way in which it must be."""
    data = json.loads(line)
    envelope = Envelope.from_dict(copy.deepcopy(data))
    (keyid,) = envelope.signatures
    accepted = envelope.verify([known[keyid]], 1)
    holds(list(accepted) == [keyid], "the signature is the key's")
    holds(envelope.payload_type == PAYLOAD_TYPE, "the payload is a statement")
    flipped = Envelope.from_dict(copy.deepcopy(data))
    flipped.payload = flipped.payload[:-1] + bytes([flipped.payload[-1] ^ 1])
    refused(VerificationError, lambda: flipped.verify([known[keyid]], 1), "a flipped byte")
    retyped = Envelope.from_dict(copy.deepcopy(data))
    retyped.payload_type += "x"
    refused(VerificationError, lambda: retyped.verify([known[keyid]], 1), "another payload type")
    others = [key for other, key in known.items() if other != keyid]
    refused(VerificationError, lambda: envelope.verify(others, 1), "other keys")
    return envelope.payload


def read(payload):
    """The statement, parsed by the official types and equal to what they write."""
    statement = json.loads(payload)
    parsed = json_format.Parse(payload, statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()
    holds(json_format.MessageToDict(parsed) == statement, "the statement's members are the official ones")
    predicate = statement["predicate"]
    for found in digests(statement):
        holds(all(re.fullmatch("[0-9a-f]{64}", text) for text in found.values()), f"a digest in lower case: {found}")
    if statement["predicateType"] == SVR:
        svr(predicate)
    else:
        message, known = TYPES[statement["predicateType"]], dict(predicate)
        if message is vsa_pb2.VerificationSummary:
            # SLSA has an array here; the type of this release has one string in its place.
            levels = known.pop("verifiedLevels")
            holds(levels and all(isinstance(level, str) for level in levels), f"the levels: {levels}")
            # What a journal adds is for those who know it; a summary that is exported has none of it.
            own = [known.pop(name, None) for name in ["cdi_decision", "cdi_journal"]]
            holds(all(own) or not any(own), "the members of an entry of a journal, both or neither")
        parsed = json_format.ParseDict(known, message())
        holds(json_format.MessageToDict(parsed) == known, f"the predicate is read as it is written: {predicate}")
        stray = {**known, "stray": 1}
        refused(json_format.ParseError, lambda: json_format.ParseDict(stray, message()), "a member that is not official")
    return statement


def svr(predicate):
    """in-toto-attestation has no type for simple verification results: these are the fields of their specification."""
    holds(set(predicate) == {"verifier", "timeCreated", "properties"}, "the members of a result")
    holds(set(predicate["verifier"]) == {"id", "policies"}, "the members of a verifier")
    holds(TIME.fullmatch(predicate["timeCreated"]) is not None, "a time stamp")
    holds(all(set(policy) == {"name", "uri", "digest"} for policy in predicate["verifier"]["policies"]), "policies")
    holds(predicate["properties"] == sorted(set(predicate["properties"])), "properties, each once")


def says(world, kind, statement):
    """What the statements of this world must say."""
    subject = statement["subject"][0]["name"]
    predicate = statement["predicate"]
    if kind == "scai":
        holds([one["attribute"] for one in predicate["attributes"]] == ["STACK_CANARIES"], "the attribute")
        holds(predicate["attributes"][0]["conditions"]["principal"] == "me", "whose view it is")
    elif kind == "slsa":
        definition, run = predicate["buildDefinition"], predicate["runDetails"]
        holds("-fstack-protector-strong" in definition["externalParameters"]["arguments"], "the arguments")
        names = [one["name"] for one in definition["resolvedDependencies"]]
        holds("first.c" in names and any(name.endswith("cc1") for name in names), f"what went in: {names}")
        holds(run["builder"]["id"].endswith("/software/declared"), "the builder")
        holds(subject == "first.o", "what was made")
    elif kind == "vsa" and world == "export":
        holds(predicate["verificationResult"] == "PASSED", "the result")
        holds(predicate["verifiedLevels"] == ["CDI_POLICY_MET", "CDI_PROPERTY_STACK_CANARIES"], "the levels")
        holds(len(predicate["inputAttestations"]) >= 5, "what it was verified by")
    elif kind == "vsa" and world == "journal":
        decision, place = predicate["cdi_decision"], predicate["cdi_journal"]
        holds((predicate["verificationResult"], decision["verdict"]) == ("FAILED", "deny"), "what was decided")
        holds((place["sequence"], subject) == (0, "first.o"), "the first entry, and what it is about")
    elif kind == "vsa":
        holds((predicate["verificationResult"], predicate["verifiedLevels"]) == ("FAILED", ["FAILED"]), "a refusal")
    elif kind == "svr":
        holds(predicate["properties"] == ["CDI_POLICY_MET", "CDI_PROPERTY_STACK_CANARIES"], "the properties")


def bill_of_materials(text):
    """CycloneDX's own validator takes the bill of materials, and refuses a wrong one."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    error = validator.validate_str(text)
    holds(error is None, f"the bill of materials: {error}")
    for wrong in [text.replace("SHA-256", "SHA256"), text.replace('"type":"file"', '"type":"stuff"')]:
        holds(wrong != text and validator.validate_str(wrong) is not None, "a wrong bill of materials is refused")
    bom = json.loads(text)
    refs = {bom["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in bom["components"])}
    refs |= {one["bom-ref"] for formula in bom["formulation"] for one in formula["components"]}
    for workflow in bom["formulation"][0]["workflows"]:
        used = [one["resource"]["ref"] for one in workflow.get("inputs", []) + workflow.get("outputs", [])]
        used += [one["ref"] for one in workflow["resourceReferences"]]
        holds(set(used) <= refs, "what a run refers to is there")


def bill_of_the_program(text):
    """CycloneDX's own validator takes the bill of cdi itself, in which every package is told of."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    error = validator.validate_str(text)
    holds(error is None, f"the bill of the program: {error}")
    wrong = text.replace('"alg": "SHA-256"', '"alg": "SHA256"')
    holds(wrong != text and validator.validate_str(wrong) is not None, "a wrong bill of the program is refused")
    bom = json.loads(text)
    refs = {bom["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in bom["components"])}
    asked = {one["ref"]: set(one.get("dependsOn", [])) for one in bom["dependencies"]}
    holds(set(asked) == refs and set().union(*asked.values()) <= refs, "every package is told of, and whom it asks for")
    reached, news = set(), {bom["metadata"]["component"]["bom-ref"]}
    while news:
        reached |= news
        news = set().union(*(asked[one] for one in news)) - reached
    holds(reached == refs, "every package is there because something asks for it")
    bought = [one for one in bom["components"] if "purl" in one]
    holds(len(bought) > 150 and all(one["hashes"] and one["licenses"] for one in bought), "digests and licences")


def main():
    """Reads everything."""
    world = pathlib.Path(sys.argv[1])
    known = keys(world)
    for path in sorted(world.glob("*.jsonl")):
        if path.name == "all.intoto.jsonl" or len(path.name.split(".")) != 3 or "intoto" in path.name:
            continue
        made, kind, _ = path.name.split(".")
        lines = path.read_text().splitlines()
        holds(bool(lines), f"{path.name} has statements")
        for line in lines:
            says(made if made in ("failed", "journal") else "export", kind, read(verified(line, known)))
    bill_of_materials((world / "first.cdx.json").read_text())
    bill_of_the_program((world / "cdi.cdx.json").read_text())
    print(f"interop: PyPI's tools read what is exported, {checks} checks")


main()
