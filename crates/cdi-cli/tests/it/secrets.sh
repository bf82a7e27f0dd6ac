# A chain from key to verdict, and everything that tells of it. What this knows and must not tell: the passphrase in `pass`, the
# private keys in `private`, $COMMITTED, whose value goes in as a commitment, $UNNAMED, which no command names, what is in `notes`.
exec 2>&1
mkdir private told
cdi key generate --out private/gcc.pem --encrypt --passphrase-file pass
cdi key generate --out private/agent.pem
key="--key private/gcc.pem --passphrase-file pass"
cdi authority create acme --name Acme
mv acme/key.pem private/acme.pem && ln -s ../private/acme.pem acme/key.pem
cdi authority template --for gcc --out claims.json

cdi wrap --summary told/summary.json --input first.c --output first.o -- gcc -c -o first.o first.c
cdi request certification $key --tool-name gcc --tool-version 12 --supplier gnu --summary told/summary.json --linkage dynamic \
    --custody software --out request.intoto.jsonl
cdi authority certify acme --request request.intoto.jsonl --claims claims.json --for 90d --vetting-method read \
    --out certification.intoto.jsonl
cdi authority publish acme --out revocations.intoto.jsonl
evidence="--bundle certification.intoto.jsonl --bundle revocations.intoto.jsonl"
wrap="cdi wrap --verbose --log-level debug $key $evidence --commit-env COMMITTED"
compile="gcc -fstack-protector-strong -c -o"
$wrap --salts private/1 --input first.c --output declared.o -- $compile declared.o first.c
$wrap --salts private/2 --capture traced -- $compile traced.o first.c
$wrap --salts private/3 --capture confined --allow-read /usr --input first.c --output confined.o -- $compile confined.o first.c
cdi wrap --suggest --pass-env PATH -- gcc -c -o suggested.o first.c
cdi wrap --capture traced $key -- cat pass private/gcc.pem >/dev/null || true
cdi key agent private/agent.pem -- cdi wrap --key private/agent.pub.pem --input first.c --output agent.o -- gcc -c -o agent.o first.c
cdi origin sign $key --kind source first.c
# What goes wrong tells of it too.
cdi wrap $key --commit-env NOT_THERE --salts private/4 --output x -- true || true
cdi wrap --key pass --output x -- true || true
cdi key show private/gcc.pem --passphrase-file notes || true
cdi verify private/gcc.pem || true
cdi verify declared.o --config pass || true
cdi inspect pass || true

cat > me.yaml <<END
apiVersion: code-deployment-integrity.io/v1
kind: Policy
metadata: {name: me-v1}
spec:
  principal: me
  rule: default-deny
  catalogue: "$(cdi catalogue --output digest)"
  trust:
    anchors:
      - {name: acme, keys: ["$(cdi key show acme/public.pem --only public-key)"], scope: [STACK_CANARIES]}
    quorum: {default: 1}
    custody: software
    revocation: {maxAge: 7d}
  require: {allOf: [STACK_CANARIES]}
END
cat > cdi.yaml <<'END'
apiVersion: code-deployment-integrity.io/v1
kind: Configuration
metadata: {name: my-host}
spec:
  host: me
  principals: [{name: me, policy: me.yaml, required: always}]
END
for object in declared.o traced.o confined.o agent.o; do
    for output in text json; do
        cdi verify $object --output $output || true
        cdi explain $object --output $output || true
        cdi inspect $object.intoto.jsonl --output $output
    done
    cdi report $object --out told/$object.html || true
    for output in svg dot json text; do cdi graph $object --output $output; done
    cdi export scai $object --out told/$object.scai || true
    cdi export slsa-provenance $object --out told/$object.slsa || true
    cdi export cyclonedx $object --out told/$object.cdx || true
    cdi export sigstore-bundle $object.intoto.jsonl --out told/$object.sigstore || true
done
cdi doctor --config cdi.yaml --output json || true
cdi trust || true
cdi state show || true
cdi journal list || true
cdi affected --help >/dev/null
