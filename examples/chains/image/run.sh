#!/bin/sh
# A program in an OCI image: decided about by the digest of the image's manifest, taken out of it again, and run in gVisor. Both
# steps are scripts that somebody has read; they reach only what they need.
. "$(dirname "$0")/../chain.sh"
needs gcc:gcc dpkg:dpkg umoci:umoci runsc:runsc
needs_place gvisor
needs_place confined
set -v

# The program: compiled and linked by a certified compiler, as in the chain native-c.
cp "$here"/../sum/* .
cdi key generate --out developer.pem --quiet
cdi origin sign --key developer.pem --kind source --out source.intoto.jsonl main.c sum.c sum.h
debian_signs libc6-dev linux-libc-dev "libgcc-$(gcc -dumpversion)-dev" umoci tzdata
cdi authority create acme --name acme-vetting
options='-O2 -fPIE -fstack-protector-strong'
linked='-static-pie -Wl,-z,relro -Wl,-z,now -Wl,--fatal-warnings'
mkdir sample
cdi wrap --capture traced --summary 1.json -- gcc $options -c -o sample/main.o main.c
gcc $options -c -o sample/sum.o sum.c
cdi wrap --capture traced --summary 2.json -- gcc $linked -o sample/app sample/main.o sample/sum.o
certify gcc gcc 1.json 2.json
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl packages.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl
traced gcc gcc $options -c -o main.o main.c
traced gcc gcc $options -c -o sum.o sum.c
traced gcc gcc $linked -o app main.o sum.o

# Packing is certified to keep what the program has, in the manifest, which stands for the whole image, and in the layer; taking
# out keeps what both have.
supplier="{ \"key\": \"$(key_of debian.pem)\", \"kind\": \"toolchain\", \"role\": \"toolchain\" }"
cat > pack-claims.json <<END
{
  "claims": [
    { "property": "*", "effect": "preserves", "invocation": "pack", "output": "manifest" },
    { "property": "*", "effect": "preserves", "invocation": "pack", "output": "layer" },
    { "property": "STEP", "effect": "establishes", "invocation": "pack", "output": "manifest" },
    { "property": "STEP", "effect": "establishes", "invocation": "pack", "output": "layer" } ],
  "invocations": { "pack": {
    "program": ["pack"], "arguments": [ { "input": "code" }, { "output": "manifest" }, { "output": "layer" } ],
    "environment": { "PATH": { "oneOf": ["/usr/bin:/bin"] }, "TMPDIR": "any" }, "exitStatus": [0], "manifests": [ $supplier ] } }
}
END
cat > flatten-claims.json <<END
{
  "claims": [
    { "property": "*", "effect": "preserves", "invocation": "flatten" },
    { "property": "STEP", "effect": "establishes", "invocation": "flatten" } ],
  "invocations": { "flatten": {
    "program": ["flatten"], "arguments": [ { "input": "code" }, { "input": "code" }, { "output": "code" } ],
    "environment": { "PATH": { "oneOf": ["/usr/bin:/bin"] }, "TMPDIR": "any" }, "exitStatus": [0], "manifests": [ $supplier ] } }
}
END

# confined NAME 'OPTIONS' COMMAND: a recorded run that reaches the system's programs, and of the rest what the options say.
confined() {
  name=$1 options=$2
  shift 2
  shown cdi wrap --capture confined --allow-read /usr --allow-read "$name" $options -- "$@"
}
mkdir oci
confined pack '--summary pack.json --input app --allow-write oci' ./pack app oci/manifest.json oci/layer.tar.gz
confined flatten '--summary flatten.json --input oci/manifest.json --input oci/layer.tar.gz --output root.tar' \
    ./flatten oci/manifest.json oci/layer.tar.gz root.tar
certify pack umoci pack.json
certify flatten gzip flatten.json
rm -r oci root.tar

# The image, and its root file system.
mkdir oci
recorded='--bundle evidence.intoto.jsonl --key'
confined pack "$recorded pack.pem --bundle pack.intoto.jsonl --input app --allow-write oci" \
    ./pack app oci/manifest.json oci/layer.tar.gz
confined flatten "$recorded flatten.pem --bundle flatten.intoto.jsonl --input oci/manifest.json --input oci/layer.tar.gz --output root.tar" \
    ./flatten oci/manifest.json oci/layer.tar.gz root.tar

# We ask the same of the image and of what runs.
policy <<END
  require: {allOf: [STACK_CANARIES, PIE, FULL_RELRO, SYSCALL_INTERPOSITION]}
  history:
    complete:
      origins: [{key: "$(key_of developer.pem)", kinds: [source]}]
      exempt: [toolchain]
END
cdi verify oci/manifest.json --environment gvisor
grep -q "sha256:$(sha256sum oci/manifest.json | cut -c1-64)" oci/image/index.json
cdi verify root.tar --environment gvisor
prints '6 42' cdi run --environment gvisor root.tar -- /app '1 2 3' '40 2'

# An image with another layer has another manifest, which no report is about.
cp -R oci/image other
printf '#!/bin/sh\n' > evil
umoci insert --image other:app evil /evil
other=other/blobs/sha256/$(sed 's|.*manifest.v1+json","digest":"sha256:\([0-9a-f]*\)".*|\1|' other/index.json)
denied no-report cdi verify "$other" --bundle oci/manifest.json.intoto.jsonl --environment gvisor

# Another layer under the old manifest's name does not come out:
printf x >> oci/layer.tar.gz
ends 1 confined flatten "$recorded flatten.pem --input oci/manifest.json --input oci/layer.tar.gz --output out.tar" \
    ./flatten oci/manifest.json oci/layer.tar.gz out.tar

# And an archive that did not come out of the image does not run.
mkdir root
cp evil root/app
chmod +x root/app
tar -C root -cf evil.tar app
denied no-report cdi run --environment gvisor --bundle root.tar.intoto.jsonl evil.tar -- /app
