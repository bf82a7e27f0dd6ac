#!/bin/sh
# A makefile that knows nothing of all this: its compiler, archiver, linker and strip are recorded one by one while `make -j2` runs,
# and what they made of it is decided about and run.
. "$(dirname "$0")/../chain.sh"
needs make:make gcc:gcc ar:binutils strip:binutils dpkg:dpkg
needs_place confined
set -v

# Who wrote what.
cp "$here"/../sum/* .
cdi key generate --out developer.pem --quiet
cdi origin sign --key developer.pem --kind source --out source.intoto.jsonl main.c sum.c sum.h
debian_signs libc6-dev linux-libc-dev "libgcc-$(gcc -dumpversion)-dev"

# The tools, by claims that ship and by what runs of them execute.
cdi authority create acme --name acme-vetting
mkdir sample
cdi wrap --capture traced --summary 1.json -- gcc -O2 -fPIE -c -o sample/sum.o sum.c
cdi wrap --capture traced --summary 2.json -- ar rcs sample/libsum.a sample/sum.o
cdi wrap --capture traced --summary 3.json -- gcc -static-pie -Wl,--fatal-warnings -o sample/sum main.c sample/libsum.a
cdi wrap --capture traced --summary 4.json -- strip --strip-all -o sample/app sample/sum
certify gcc gcc 1.json 3.json
certify ar ar 2.json
certify strip strip 4.json
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl packages.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl
cat > tools.yaml <<'END'
apiVersion: code-deployment-integrity.io/v1
kind: Tools
metadata: {name: this-machine}
spec:
  tools:
    - {program: /usr/bin/gcc, key: gcc.pem, bundles: [gcc.intoto.jsonl, evidence.intoto.jsonl]}
    - {program: /usr/bin/ar, key: ar.pem, bundles: [ar.intoto.jsonl, evidence.intoto.jsonl]}
    - {program: /usr/bin/strip, key: strip.pem, bundles: [strip.intoto.jsonl, evidence.intoto.jsonl]}
END

# The build, and what we ask of its program.
cdi wrap --per-tool tools.yaml --summary build.json -- make -j2
grep -q '"reports": 5' build.json
policy <<END
  require: {allOf: [STACK_CANARIES, PIE, FULL_RELRO, NX_STACK]}
  history:
    complete:
      origins: [{key: "$(key_of developer.pem)", kinds: [source]}]
      exempt: [toolchain]
END
cdi verify app --environment confined
prints '6 42' cdi run --environment confined app -- '1 2 3' '40 2'

# A makefile that switches canaries off for one of two files:
make -s clean
sed 's/^HARDENED = .*/&\nsum.o: HARDENED = -O2 -fPIE/' Makefile > weak.mk
cdi wrap --per-tool tools.yaml -- make -j2 -f weak.mk
denied property-lost cdi verify app --environment confined

# An object that is changed between the compiler and the archiver, as a step of the build that nobody looks at:
make -s clean
sed 's/^\trm -f \$@$/&\n\tprintf x >> sum.o/' Makefile > meddling.mk
cdi wrap --per-tool tools.yaml -- make -j2 -f meddling.mk
denied no-report cdi verify app --environment confined
