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
says 'unusable.*statement-wrong-type' cdi inspect foreign/own-v0.1.jsonl

# One envelope laid out over lines, and bundles of Sigstore, are put into a bundle as lines.
says '1 line added' cdi bundle add foreign.intoto.jsonl foreign/link.json
says '1 line added' cdi bundle add foreign.intoto.jsonl foreign/tests.sigstore.json
says '0 lines added' cdi bundle add foreign.intoto.jsonl foreign/tests-laid-out.sigstore.json
says '2 lines added' cdi bundle add foreign.intoto.jsonl foreign/scan.jsonl foreign/scan-url-safe.jsonl
says 'foreign.*attestation/link/v0.3' cdi inspect foreign.intoto.jsonl
says 'foreign.*test-result/v0.1' cdi inspect foreign.intoto.jsonl

# A byte more is another text, and no file of Sigstore's.
sed 's/"dsseEnvelope"/"messageSignature"/' foreign/tests.sigstore.json > foreign/no-envelope.sigstore.json
refuses 2 envelope-malformed cdi bundle add other.intoto.jsonl foreign/no-envelope.sigstore.json
sed 's/"payload":"/"payload":"*/' foreign/tests.sigstore.json > foreign/not-base64.sigstore.json
refuses 2 envelope-base64 cdi bundle add other.intoto.jsonl foreign/not-base64.sigstore.json

# Beside everything else they prove nothing, and disturb nothing.
cp first.o other.o
cat first.o.intoto.jsonl foreign.intoto.jsonl > other.o.intoto.jsonl
says 'allow' cdi verify other.o
cp first.c other.c
cp foreign.intoto.jsonl other.c.intoto.jsonl
refuses 1 no-report cdi verify other.c
echo "interop: cdi reads what others' tools write"
