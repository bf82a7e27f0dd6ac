#!/bin/sh
# A Rust program and its library, a report for each run of rustc: what the library has, the program keeps only if it was compiled in
# the same way itself.
. "$(dirname "$0")/../chain.sh"
needs rustc:Rust gcc:gcc dpkg:dpkg
needs_place confined
rust=$(rustc --print sysroot)
needs "$rust/bin/rustc:Rust, as rustup installs it"
set -v

# Who wrote what.
cp -R "$here"/../rust/sum .
cdi key generate --out developer.pem --quiet
cdi key generate --out numbers.pem --quiet
cdi origin sign --key developer.pem --kind source --out source.intoto.jsonl sum/src
cdi origin sign --key numbers.pem --kind library --out library.intoto.jsonl sum/vendor/numbers
debian_signs libc6-dev "libgcc-$(gcc -dumpversion)-dev"
host=$(rustc -vV | sed -n 's/^host: //p')
cdi origin sign --key debian.pem --kind toolchain --out rust.intoto.jsonl "$rust/lib/rustlib/$host/lib"

# rustc is certified for two command lines. A library has what its options say, whatever goes in. A program has it if the library
# has it too: that is the code that goes in, while its own source is what the options are about.
cat > rustc-claims.json <<END
{
  "claims": [
    { "property": "INTEGER_OVERFLOW_CHECKED", "effect": "establishes", "invocation": "library" },
    { "property": "UNSAFE_CODE_FORBIDDEN", "effect": "establishes", "invocation": "library" },
    { "property": "STEP", "effect": "establishes", "invocation": "library", "lowestCapture": "traced" },
    { "property": "INTEGER_OVERFLOW_CHECKED", "effect": "preserves", "invocation": "program" },
    { "property": "UNSAFE_CODE_FORBIDDEN", "effect": "preserves", "invocation": "program" },
    { "property": "STEP", "effect": "establishes", "invocation": "program", "lowestCapture": "traced" } ],
  "invocations": {
    "library": {
      "program": ["rustc"],
      "arguments": [ { "is": "--edition=2021" }, { "is": "-Coverflow-checks=on" }, { "is": "-Funsafe_code" }, { "is": "-O" },
        { "is": "--crate-type=lib" }, { "is": "--crate-name=numbers" }, { "is": "-o" }, { "output": "code" }, { "input": "code" } ],
      "environment": { "PATH": { "oneOf": ["/usr/bin:/bin"] } }, "exitStatus": [0],
      "manifests": [ { "key": "$(key_of debian.pem)", "kind": "toolchain", "role": "toolchain" } ] },
    "program": {
      "program": ["rustc"],
      "arguments": [ { "is": "--edition=2021" }, { "is": "-Coverflow-checks=on" }, { "is": "-Funsafe_code" }, { "is": "-O" },
        { "is": "-Ctarget-feature=+crt-static" }, { "is": "-L." }, { "is": "--extern=numbers" }, { "is": "-o" }, { "output": "code" },
        { "input": "source" } ],
      "environment": { "PATH": { "oneOf": ["/usr/bin:/bin"] } }, "exitStatus": [0],
      "manifests": [ { "key": "$(key_of debian.pem)", "kind": "toolchain", "role": "toolchain" } ] } }
}
END

# The tool is the compiler itself, not the proxy that chooses one.
checked='--edition=2021 -Coverflow-checks=on -Funsafe_code -O'
linked='-Ctarget-feature=+crt-static -L. --extern=numbers'
cdi authority create acme --name acme-vetting
cdi wrap --capture traced --summary 1.json -- "$rust/bin/rustc" $checked --crate-type=lib --crate-name=numbers -o libnumbers.rlib sum/vendor/numbers/src/lib.rs
cdi wrap --capture traced --summary 2.json -- "$rust/bin/rustc" $checked $linked -o sample sum/src/main.rs
certify rustc rustc 1.json 2.json
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl library.intoto.jsonl packages.intoto.jsonl rust.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl
rm libnumbers.rlib

# The library, then the program.
traced rustc "$rust/bin/rustc" $checked --crate-type=lib --crate-name=numbers -o libnumbers.rlib sum/vendor/numbers/src/lib.rs
traced rustc "$rust/bin/rustc" $checked $linked -o app sum/src/main.rs
policy <<END
  require: {allOf: [INTEGER_OVERFLOW_CHECKED, UNSAFE_CODE_FORBIDDEN]}
  history:
    complete:
      origins:
        - {key: "$(key_of developer.pem)", kinds: [source]}
        - {key: "$(key_of numbers.pem)", kinds: [library]}
      exempt: [toolchain]
END
cdi verify app --environment confined
prints '6 42' cdi run --environment confined app -- '1 2 3' '40 2'
ends 101 cdi run --environment confined app -- '9223372036854775807 1'

# The library without checks, the program with them:
mkdir unchecked
traced rustc "$rust/bin/rustc" --edition=2021 -Funsafe_code -O --crate-type=lib --crate-name=numbers -o unchecked/libnumbers.rlib sum/vendor/numbers/src/lib.rs
cd unchecked
cp -R ../sum .
cdi wrap --capture traced --key ../rustc.pem --bundle ../rustc.intoto.jsonl --bundle ../evidence.intoto.jsonl -- \
    "$rust/bin/rustc" $checked $linked -o app sum/src/main.rs
denied property-lost cdi verify app --environment confined --config ../cdi.yaml
cd ..

# A library that lies there already, from nobody knows where:
mkdir found
"$rust/bin/rustc" $checked --crate-type=lib --crate-name=numbers -C debuginfo=1 -o found/libnumbers.rlib sum/vendor/numbers/src/lib.rs
cd found
cp -R ../sum .
cdi wrap --capture traced --key ../rustc.pem --bundle ../rustc.intoto.jsonl --bundle ../evidence.intoto.jsonl -- \
    "$rust/bin/rustc" $checked $linked -o app sum/src/main.rs
denied origin-not-accepted cdi verify app --environment confined --config ../cdi.yaml
cd ..

# The program's own source, compiled with other options:
traced rustc "$rust/bin/rustc" --edition=2021 -O $linked -o careless sum/src/main.rs
denied invocation-arguments cdi verify careless --environment confined
