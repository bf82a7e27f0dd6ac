#!/bin/sh
# A C program as WebAssembly: clang makes a module, wasm-validate looks at it, cdi-wasm-aot turns it into machine code, and `cdi run`
# runs that in its own process. The compilers are a distribution's and ours; one is traced, the other records itself.
. "$(dirname "$0")/../chain.sh"
needs clang-14:clang-14 wasm-ld-14:lld-14 wasm-validate:wabt dpkg:dpkg "cdi-wasm-aot:the folder tools/ of this repository"
set -v

# Who wrote what, and an authority.
cp "$here"/../sum/* .
cdi key generate --out developer.pem --quiet
cdi origin sign --key developer.pem --kind source --out source.intoto.jsonl main.c sum.c sum.h
debian_signs wasi-libc libclang-common-14-dev libclang-rt-14-dev-wasm32
cdi authority create acme --name acme-vetting

# clang makes a module of two sources in one step. It is certified for the step, and for nothing that the module has.
mkdir sample
cdi wrap --capture traced --summary clang.json -- clang-14 --target=wasm32-wasi -O2 -o sample/sum.wasm main.c sum.c
cat > clang-claims.json <<END
{
  "claims": [ { "property": "STEP", "effect": "establishes", "invocation": "module", "lowestCapture": "traced" } ],
  "invocations": { "module": {
    "program": ["clang-14"],
    "arguments": [ { "is": "--target=wasm32-wasi" }, { "is": "-O2" }, { "is": "-o" }, { "output": "code" }, { "input": "code" }, { "input": "code" } ],
    "environment": { "PATH": { "oneOf": ["/usr/bin:/bin"] } }, "exitStatus": [0],
    "manifests": [ { "key": "$(key_of debian.pem)", "kind": "toolchain", "role": "toolchain" } ] } }
}
END
certify clang clang-14 clang.json

# wasm-validate says by its status whether a module is valid.
cdi key generate --out look.pem --quiet
cdi wrap --capture traced --key look.pem --summary look.json --inspect sample/sum.wasm --finds WASM_VALIDATED \
    --report sample-look.intoto.jsonl -- wasm-validate sample/sum.wasm
cdi authority template sample-look.intoto.jsonl --attests WASM_VALIDATED --out look-claims.json
certify look wasm-validate look.json

# Our own compiler brings its claims: it records itself, with every setting.
cdi key generate --out aot.pem --quiet
cdi request certification --key aot.pem --tool-name cdi-wasm-aot --tool-version 0.1.0 --supplier cdi \
    --executable "$(command -v cdi-wasm-aot)" --linkage static --custody software --out aot-request.intoto.jsonl
cdi authority certify acme --request aot-request.intoto.jsonl --claims "$here"/../../demo/claims/cdi-wasm-aot.json --for 90d \
    --vetting-method 'source review' --out aot.intoto.jsonl
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl packages.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl

# compiled OUTPUT OPTIONS...: the module becomes machine code.
compiled() {
  out=$1
  shift
  shown cdi-wasm-aot --report-key aot.pem --evidence aot.intoto.jsonl --evidence evidence.intoto.jsonl \
    compile --profile wasmtime-48-guard-pages --opt-level speed "$@" -o "$out"
}

# From source to machine code.
traced clang clang-14 --target=wasm32-wasi -O2 -o sum.wasm main.c sum.c
cp sum.wasm.intoto.jsonl unseen.intoto.jsonl
cdi wrap --capture traced --key look.pem --bundle look.intoto.jsonl --bundle evidence.intoto.jsonl \
    --inspect sum.wasm --finds WASM_VALIDATED -- wasm-validate sum.wasm
compiled app.cwasm sum.wasm

policy <<END
  require: {allOf: [WASM_VALIDATED, WASM_SPECTRE_MITIGATED, CODE_SANDBOXING]}
  history:
    complete:
      origins: [{key: "$(key_of developer.pem)", kinds: [source]}]
      exempt: [toolchain]
END
cdi verify app.cwasm
prints '6 42' cdi run app.cwasm -- '1 2 3' '40 2'

# Mitigations switched off, which no loader notices:
compiled open.cwasm --spectre-mitigations dangerously-off sum.wasm
denied invocation-arguments cdi verify open.cwasm

# A module that nobody looked at:
cp sum.wasm unseen.wasm
mv unseen.intoto.jsonl unseen.wasm.intoto.jsonl
compiled unseen.cwasm unseen.wasm
denied property-lost cdi verify unseen.cwasm

# Other options for clang than those that were vetted: where it all began is not known any more.
traced clang clang-14 --target=wasm32-wasi -O2 -Wl,--allow-undefined -o other.wasm main.c sum.c
cdi wrap --capture traced --key look.pem --bundle look.intoto.jsonl --bundle evidence.intoto.jsonl \
    --inspect other.wasm --finds WASM_VALIDATED -- wasm-validate other.wasm
compiled other.cwasm other.wasm
denied invocation-arguments cdi verify other.cwasm
