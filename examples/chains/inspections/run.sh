#!/bin/sh
# Scanners and tests: tools that make nothing, look at something, and say by their exit status what they found. A scan of the
# source becomes a property of the program, a look at the binary stands in for a linker that nobody certified, and a script counts
# as tested if the tests that the vetter has read pass.
. "$(dirname "$0")/../chain.sh"
needs gcc:gcc dpkg:dpkg python3:python3 flawfinder:flawfinder hardening-check:devscripts
set -v

# Two words of our own. What was scanned stays scanned when it is compiled, if a certified step says so.
cat > words.yaml <<END
apiVersion: code-deployment-integrity.io/v1
kind: Catalogue
metadata: {name: acme-1}
spec:
  extends: "$(cdi catalogue --output digest)"
  prefix: ACME_
  properties:
    ACME_SCANNED: {kind: code, of: bytes, preservable: true, meaning: flawfinder had nothing of level 3 or above to say of the source.}
    ACME_TESTED: {kind: code, of: bytes, preservable: false, meaning: The tests that the vetter has read pass.}
END
words=words.yaml
cdi authority create acme --name acme-vetting
cp "$here"/../sum/* .
debian_signs libc6 libc6-dev libgcc-s1 linux-libc-dev "libgcc-$(gcc -dumpversion)-dev"

# The scanner: a sample run is described to the letter, and certified to attest by status 0.
cdi key generate --out scan.pem --quiet
cdi wrap --capture traced --key scan.pem --summary scan.json --inspect main.c --inspect sum.c --inspect sum.h --finds ACME_SCANNED \
    --report sample-scan.intoto.jsonl -- flawfinder --quiet --error-level=3 main.c sum.c sum.h
cdi authority template sample-scan.intoto.jsonl --catalogue words.yaml --attests ACME_SCANNED --out scan-claims.json
certify scan flawfinder scan.json

# The look at the binary: it attests what the linker was asked for.
cdi key generate --out look.pem --quiet
gcc -O2 -fPIE -pie -Wl,-z,relro -Wl,-z,now -o sample main.c sum.c
cdi wrap --capture traced --key look.pem --summary look.json --inspect sample --finds PIE --finds FULL_RELRO \
    --report sample-look.intoto.jsonl -- hardening-check --nostackprotector --nofortify --nocfprotection sample
cdi authority template sample-look.intoto.jsonl --attests PIE --attests FULL_RELRO --out look-claims.json
certify look hardening-check look.json

# The tests: the file with them is known by its digest, so that nobody else's tests will do.
cdi key generate --out test.pem --quiet
cdi wrap --capture traced --key test.pem --summary test.json --inspect price.py --finds ACME_TESTED --input test_price.py \
    --report sample-test.intoto.jsonl -- python3 -B -I test_price.py price.py
cdi authority template sample-test.intoto.jsonl --catalogue words.yaml --attests ACME_TESTED --out test-claims.json
grep -q "$(sha256sum test_price.py | cut -d' ' -f1)" test-claims.json
certify test python3 test.json

# The compiler, by the claims that ship and one more: it keeps what was scanned. Its linking is certified for that and no more.
cdi wrap --capture traced --summary compile.json -- gcc -O2 -fPIE -c -o sample.o sum.c
cdi wrap --capture traced --summary link.json -- gcc -pie -Wl,--fatal-warnings -o sample sample.o main.c
cdi authority template --for gcc --supplier debian.pub.pem --out gcc-shipped.json
python3 - > gcc-claims.json <<'END'
import json
claims = json.load(open("gcc-shipped.json"))
kept = [claim for claim in claims["claims"] if claim["invocation"] != "link"]
scanned = {"property": "ACME_SCANNED", "effect": "preserves", "lowestCapture": "traced"}
claims["claims"] = kept + [scanned | {"invocation": way} for way in ("compile", "link")]
print(json.dumps(claims, indent=2))
END
certify gcc gcc compile.json link.json
cdi authority publish acme --out revocations.intoto.jsonl
cat packages.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl

# inspected NAME 'PROPERTIES' FILES -- COMMAND: a recorded run of a certified inspector.
inspected() {
  name=$1 options=
  for property in $2; do options="$options --finds $property"; done
  shift 2
  while [ "$1" != -- ]; do options="$options --inspect $1" && shift; done
  shift
  shown cdi wrap --capture traced --key "$name.pem" --bundle "$name.intoto.jsonl" --bundle evidence.intoto.jsonl $options -- "$@"
}

# From scanned source to a program that was looked at.
inspected scan ACME_SCANNED main.c sum.c sum.h -- flawfinder --quiet --error-level=3 main.c sum.c sum.h
traced gcc gcc -O2 -fPIE -c -o main.o main.c
traced gcc gcc -O2 -fPIE -c -o sum.o sum.c
traced gcc gcc -pie -Wl,-z,relro -Wl,-z,now -Wl,--fatal-warnings -o app main.o sum.o
policy <<END
  require: {allOf: [ACME_SCANNED, PIE, FULL_RELRO]}
END
denied property-not-claimed cdi verify app --environment none
inspected look 'PIE FULL_RELRO' app -- hardening-check --nostackprotector --nofortify --nocfprotection app
cdi verify app --environment none

# The scanner finds a flaw, and ends with another status: nothing is recorded, and what is made of that source is denied.
sed 's/strncpy(text, line, sizeof text - 1)/strcpy(text, line)/' sum.c > flawed.c
ends 1 inspected scan ACME_SCANNED flawed.c main.c sum.h -- flawfinder --quiet --error-level=3 flawed.c main.c sum.h
traced gcc gcc -O2 -fPIE -c -o flawed.o flawed.c
traced gcc gcc -pie -Wl,-z,relro -Wl,-z,now -Wl,--fatal-warnings -o flawed main.o flawed.o
denied property-lost cdi verify flawed --environment none

# The same scanner, told to end with status 0 whatever it finds: recorded, and another invocation than the certified one.
inspected scan ACME_SCANNED flawed.c -- flawfinder --quiet flawed.c
traced gcc gcc -O2 -fPIE -c -o flawed.o flawed.c
traced gcc gcc -pie -Wl,-z,relro -Wl,-z,now -Wl,--fatal-warnings -o flawed main.o flawed.o
denied invocation-arguments cdi verify flawed --environment none

# A script and its tests.
policy <<END
  require: ACME_TESTED
END
cdi wrap --capture traced --key test.pem --bundle test.intoto.jsonl --bundle evidence.intoto.jsonl \
    --inspect price.py --finds ACME_TESTED --input test_price.py -- python3 -B -I test_price.py price.py
cdi verify price.py --environment none

# Easier tests: the run is recorded, and these are not the tests that were certified.
mkdir easier
cp price.py easier
echo 'import sys; open(sys.argv[1])' > easier/test_price.py
cd easier
cdi wrap --capture traced --key ../test.pem --bundle ../test.intoto.jsonl --bundle ../evidence.intoto.jsonl \
    --inspect price.py --finds ACME_TESTED --input test_price.py -- python3 -B -I test_price.py price.py
denied invocation-input cdi verify price.py --environment none --config ../cdi.yaml
cd ..

# A change of the program that the tests catch:
sed 's/count >= 10/count > 10/' price.py > wrong.py
ends 1 cdi wrap --capture traced --key test.pem --bundle test.intoto.jsonl --bundle evidence.intoto.jsonl \
    --inspect wrong.py --finds ACME_TESTED --input test_price.py -- python3 -B -I test_price.py wrong.py
denied no-report cdi verify wrong.py --environment none
