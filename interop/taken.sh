#!/bin/sh
# What others' tools wrote is read. Runs in the folder of the world, with `cdi` in the path.
set -eu

says() { # COMMAND... : TEXT, which must be in what it prints
  wanted=$1; shift
  "$@" > said.txt 2>&1 || { cat said.txt; exit 1; }
  grep -q -- "$wanted" said.txt || { echo "interop: \`$*\` does not say \`$wanted\`:"; cat said.txt; exit 1; }
}
refuses() { # STATUS CODE COMMAND...
  status=$1; code=$2; shift 2
  if "$@" > said.txt 2>&1; then found=0; else found=$?; fi
  if [ "$found" != "$status" ] || ! grep -q -- "\[$code\]" said.txt; then
    echo "interop: \`$*\` ends with $found, expected $status and $code:"; cat said.txt; exit 1
  fi
}

says 'foreign.*example.com/scan/v1' cdi inspect foreign/scan.jsonl
says 'foreign.*example.com/scan/v1' cdi inspect foreign/scan-url-safe.jsonl
says 'foreign.*slsa.dev/provenance/v0.2' cdi inspect foreign/slsa-v0.2.jsonl
says 'unusable.*statement-wrong-type' cdi inspect foreign/own-v0.1.jsonl

# One envelope laid out over lines, and bundles of Sigstore, are put into a bundle as lines.
says '1 line added' cdi bundle add foreign.intoto.jsonl foreign/link.json
says '1 line added' cdi bundle add foreign.intoto.jsonl foreign/tests.sigstore.json
says '0 lines added' cdi bundle add foreign.intoto.jsonl foreign/tests-laid-out.sigstore.json
says '3 lines added' cdi bundle add foreign.intoto.jsonl foreign/scan.jsonl foreign/scan-url-safe.jsonl foreign/slsa-v0.2.jsonl
says 'foreign.*attestation/link/v0.3' cdi inspect foreign.intoto.jsonl
says 'foreign.*test-result/v0.1' cdi inspect foreign.intoto.jsonl

# A byte more is another text, and no file of Sigstore's.
sed 's/"dsseEnvelope"/"messageSignature"/' foreign/tests.sigstore.json > foreign/no-envelope.sigstore.json
refuses 2 envelope-malformed cdi bundle add other.intoto.jsonl foreign/no-envelope.sigstore.json
sed 's/"payload":"/"payload":"*/' foreign/tests.sigstore.json > foreign/not-base64.sigstore.json
refuses 2 envelope-base64 cdi bundle add other.intoto.jsonl foreign/not-base64.sigstore.json

# A policy that names the scanner's key and the test runner's asks for what they say.
key() { cdi key show "$1" | sed -n 's/^public key *//p'; }
cat > evidence.yaml <<END
    evidence:
      - name: scan
        predicateType: https://example.com/scan/v1
        keys: ["$(key foreign/ecdsa.pub.pem)"]
        condition: predicate.score >= 9.5 && predicate.runs > 18446744073709500000.0 && predicate.note == null
      - name: second-scan
        predicateType: https://example.com/scan/v1
        keys: ["$(key foreign/ed25519.pub.pem)"]
        condition: predicate.score == 9
      - name: built
        predicateType: https://slsa.dev/provenance/v0.2
        keys: ["$(key foreign/ed25519.pub.pem)"]
      - name: tested
        predicateType: https://in-toto.io/attestation/test-result/v0.1
        keys: ["$(key foreign/sigstore.pub.pem)"]
        condition: predicate.result == "PASSED" && size(predicate.passedTests) == 2
      - name: stolen
        predicateType: https://in-toto.io/attestation/test-result/v0.1
        keys: ["$(key foreign/ecdsa.pub.pem)"]
END
mkdir asking
asks() { # POLICY, with these words for what is required
  sed -e '/^  trust:/r evidence.yaml' -e "s|^  require: .*|  require: {allOf: [STACK_CANARIES, $1]}|" policies/me.yaml > asking/me.yaml
  sed 's|policies/me.yaml|me.yaml|' cdi.yaml > asking/cdi.yaml
}
cp first.o asked.o
asks '"evidence:scan", "evidence:second-scan", "evidence:built", "evidence:tested"'
cp first.o.intoto.jsonl asked.o.intoto.jsonl
refuses 1 evidence-missing cdi verify --config asking/cdi.yaml asked.o
cdi bundle add asked.o.intoto.jsonl foreign.intoto.jsonl > said.txt
says 'said by' cdi verify --config asking/cdi.yaml asked.o
says 'SAID BY ANOTHER' cdi explain --config asking/cdi.yaml asked.o
asks '"evidence:stolen"'
refuses 1 evidence-missing cdi verify --config asking/cdi.yaml asked.o

# Beside everything else they prove nothing, and disturb nothing.
cp first.o other.o
cat first.o.intoto.jsonl foreign.intoto.jsonl > other.o.intoto.jsonl
says 'allow' cdi verify other.o
cp first.c other.c
cp foreign.intoto.jsonl other.c.intoto.jsonl
refuses 1 no-report cdi verify other.c
echo "interop: cdi reads what others' tools write"
