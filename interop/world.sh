#!/bin/sh
# A world for others' tools to look at: two authorities, a tool, a run, a policy, and everything that `cdi export` writes of
# it. Runs in an empty folder, with `cdi` in the path.
set -eu

echo 'void fill(char *); int first(void) { char text[64]; fill(text); return text[0]; }' > first.c
for name in acme borealis; do cdi authority create "$name" --name "$name"; done
cdi key generate --out gcc.pem
cdi key generate --out export.pem
cdi key generate --out export-ed25519.pem --algorithm ed25519
cdi wrap --summary gcc.json --key gcc.pem --input first.c --output first.o \
  -- gcc -O2 -fstack-protector-strong -x c -c -o first.o first.c
cdi request certification --key gcc.pem --tool-name gcc --tool-version "$(gcc -dumpfullversion)" --supplier gnu \
  --summary gcc.json --linkage dynamic --custody software --out request.intoto.jsonl
cdi authority template first.o.intoto.jsonl --establishes STACK_CANARIES --out claims.json
for name in acme borealis; do
  cdi authority certify "$name" --request request.intoto.jsonl --claims claims.json --for 30d \
    --vetting-method 'read its documentation' --out "$name.intoto.jsonl"
  cdi bundle add first.o.intoto.jsonl "$name.intoto.jsonl" "$name/revocations.intoto.jsonl"
done
cdi init --host me --anchor acme=acme/public.pem --anchor borealis=borealis/public.pem --require STACK_CANARIES --custody software
cdi verify first.o

for key in export export-ed25519; do
  cdi export scai first.o --key "$key.pem" --out "$key.scai.jsonl"
  cdi export slsa-provenance first.o --key "$key.pem" --out "$key.slsa.jsonl"
  cdi export vsa first.o --verifier https://example.com/cdi --resource https://example.com/first.o \
    --key "$key.pem" --out "$key.vsa.jsonl"
  cdi export svr first.o --verifier https://example.com/cdi --key "$key.pem" --out "$key.svr.jsonl"
done
cdi export vsa first.c --verifier https://example.com/cdi --resource https://example.com/first.c \
  --key export.pem --out failed.vsa.jsonl && exit 1
cdi export cyclonedx first.o --out first.cdx.json

# An entry of the journal: nothing runs an object file.
cat > workload.yaml <<END
apiVersion: code-deployment-integrity.io/v1
kind: Workload
metadata: {name: first}
spec: {artifact: {path: first.o}, resources: {cpuMilli: 100, memoryBytes: 1048576}, lifetime: 1m}
END
cdi deploy workload.yaml && exit 1
cdi journal export 0 --out journal.vsa.jsonl

# A report that an authority has signed as well: one envelope, two signatures.
report=$(cdi inspect first.o.intoto.jsonl | sed -n 's/^ *[0-9]*  \([0-9a-f]*\)  report.*/\1/p' | head -n 1)
cdi authority countersign acme first.o.intoto.jsonl --report "$report"
cat first.o.intoto.jsonl export*.jsonl > all.intoto.jsonl
cdi export sigstore-bundle all.intoto.jsonl --into sigstore

# The public keys by their ids, as whoever verifies has them.
mkdir public
for key in gcc export export-ed25519; do cdi key show "$key.pem" --output json > "public/$key.json"; done
cdi key show "$CDI_STATE-journal/key.pub.pem" --output json > public/journal.json
for name in acme borealis; do cdi key show "$name/public.pem" --output json > "public/$name.json"; done
