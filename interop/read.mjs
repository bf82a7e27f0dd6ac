// npm's tools of Sigstore parse and verify the bundles that `cdi export sigstore-bundle` wrote in the folder WORLD/sigstore,
// with public keys alone: no log, no time stamp, no network. Each is refused where a byte is changed, under another key, and
// with a second signature. Usage: read.mjs WORLD

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { assertBundleLatest, bundleFromJSON, bundleToJSON } from "@sigstore/bundle";
import { Verifier, VerificationError, toSignedEntity, toTrustMaterial } from "@sigstore/verify";

const world = process.argv[2];
const keys = new Map();
for (const name of readdirSync(join(world, "public"))) {
  const shown = JSON.parse(readFileSync(join(world, "public", name), "utf8"));
  keys.set(shown.keyId, createPublicKey(shown.pem));
}

const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };

function verifier(find) {
  const trust = toTrustMaterial(nobody, (hint) => ({ publicKey: find(hint), validFor: () => true }));
  return new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0, timestampThreshold: 0 });
}

const known = verifier((hint) => keys.get(hint));
const files = readdirSync(join(world, "sigstore"));
let checks = 0;
const payloads = new Map();
for (const file of files) {
  const text = readFileSync(join(world, "sigstore", file), "utf8");
  const bundle = bundleFromJSON(JSON.parse(text));
  assertBundleLatest(bundle);
  known.verify(toSignedEntity(bundle));
  const hint = bundle.verificationMaterial.content.publicKey.hint;
  assert.equal(bundle.content.dsseEnvelope.signatures[0].keyid, hint);
  // What they write of it is what was written.
  const again = bundleToJSON(bundle);
  assert.equal(again.dsseEnvelope.payload, JSON.parse(text).dsseEnvelope.payload);
  payloads.set(again.dsseEnvelope.payload, (payloads.get(again.dsseEnvelope.payload) ?? 0) + 1);

  const flipped = bundleFromJSON(JSON.parse(text));
  flipped.content.dsseEnvelope.payload[0] ^= 1;
  assert.throws(() => known.verify(toSignedEntity(flipped)), VerificationError, "a flipped byte");
  const signature = bundleFromJSON(JSON.parse(text));
  signature.content.dsseEnvelope.signatures[0].sig[10] ^= 1;
  assert.throws(() => known.verify(toSignedEntity(signature)), VerificationError, "a flipped signature");
  const other = [...keys.entries()].find(([id]) => id !== hint)[1];
  assert.throws(() => verifier(() => other).verify(toSignedEntity(bundle)), VerificationError, "another key");
  const twice = JSON.parse(text);
  twice.dsseEnvelope.signatures.push(twice.dsseEnvelope.signatures[0]);
  const refused = (error) => error.fields?.includes("content.dsseEnvelope.signatures");
  assert.throws(() => bundleFromJSON(twice), refused, "two signatures");
  checks += 8;
}
assert.ok(files.length >= 10, `only ${files.length} bundles`);
assert.ok([...payloads.values()].includes(2), "an envelope with two signatures gives two bundles");
console.log(`interop: npm's tools read ${files.length} Sigstore bundles, ${checks} checks`);
