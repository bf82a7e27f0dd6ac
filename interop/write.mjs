// npm's tool of Sigstore signs a statement with a key of its own, and writes the bundle, on one line and laid out, into the
// folder WORLD/foreign. No log and no time authority is asked. Usage: write.mjs WORLD

import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { bundleToJSON } from "@sigstore/bundle";
import { DSSEBundleBuilder } from "@sigstore/sign";

const world = process.argv[2];
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const spki = publicKey.export({ type: "spki", format: "der" });
const hint = createHash("sha256").update(spki).digest("hex");
const pem = publicKey.export({ type: "spki", format: "pem" });
const signer = {
  sign: async (data) => ({
    signature: sign("sha256", data, privateKey),
    key: { $case: "publicKey", publicKey: pem, hint },
  }),
};
const statement = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [
    { name: "first.o", digest: { sha256: createHash("sha256").update(readFileSync(join(world, "first.o"))).digest("hex") } },
  ],
  predicateType: "https://in-toto.io/attestation/test-result/v0.1",
  predicate: { result: "PASSED", configuration: [{ name: "suite", digest: { sha256: "00" } }], passedTests: ["a", "b"] },
};
const builder = new DSSEBundleBuilder({ signer, witnesses: [] });
const bundle = await builder.create({ data: Buffer.from(JSON.stringify(statement)), type: "application/vnd.in-toto+json" });
const written = bundleToJSON(bundle);
writeFileSync(join(world, "foreign", "tests.sigstore.json"), JSON.stringify(written));
writeFileSync(join(world, "foreign", "tests-laid-out.sigstore.json"), JSON.stringify(written, null, 2));
writeFileSync(join(world, "foreign", "sigstore.pub.pem"), pem);
console.log("interop: Sigstore's tool wrote a bundle");
