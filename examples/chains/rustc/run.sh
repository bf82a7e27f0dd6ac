#!/bin/sh
# The same Rust program as in the chain rust, built by cargo as it is, with a report for each run of rustc: what the library has, the
# program keeps only if it was compiled in the same way itself.
. "$(dirname "$0")/../chain.sh"
needs cargo:Rust rustc:Rust gcc:gcc dpkg:dpkg
needs_place confined
rust=$(rustc --print sysroot)
needs "$rust/bin/cargo:Rust, as rustup installs it"
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

# rustc is certified by the claims that ship, for one more option: a static program runs anywhere.
cdi authority create acme --name acme-vetting
echo 'fn main() {}' > sample.rs
cdi wrap --capture traced --summary 1.json -- "$rust/bin/rustc" -Ctarget-feature=+crt-static -o sample sample.rs
cdi wrap --capture traced --summary 2.json -- "$rust/bin/rustc" --crate-type=lib -o sample.rlib sum/vendor/numbers/src/lib.rs
cdi authority template --for rustc --supplier debian.pub.pem --out shipped.json
sed 's/"strip": {/"target-feature": { "value": { "is": "+crt-static" }, "repeats": "same" }, &/' shipped.json > rustc-claims.json
certify rustc rustc 1.json 2.json
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl library.intoto.jsonl packages.intoto.jsonl rust.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl
cat > tools.yaml <<END
apiVersion: code-deployment-integrity.io/v1
kind: Tools
metadata: {name: this-machine}
spec:
  tools: [{program: "$rust/bin/rustc", key: rustc.pem, bundles: [rustc.intoto.jsonl, evidence.intoto.jsonl]}]
END

# built NAME FLAGS OPTIONS...: cargo builds what lies in the folder NAME, with these flags for each rustc.
built() {
  cd "$1"
  flags=$2
  shift 2
  mkdir -p home
  shown cdi wrap --per-tool ../tools.yaml --summary ../build.json "$@" --env RUSTC="$rust/bin/rustc" --env CARGO_HOME="$PWD/home" \
    --env RUSTFLAGS="$flags" -- "$rust/bin/cargo" build --offline --locked --release
  cd ..
}

# program NAME: what cargo has built there. Its other name, in the folder above, was made later and has no bundle.
program() { find "$1/target/release/deps" -name 'sum-*' -perm -u+x; }

# Two runs, two reports. A script stands between cargo and rustc, and lets nothing through that nobody could measure.
checked='-Coverflow-checks=on -Ctarget-feature=+crt-static'
cp -R sum build
built build "$checked" --env RUSTC_WRAPPER="$here/alone"
grep -q '"reports": 2' build.json
policy <<END
  require: INTEGER_OVERFLOW_CHECKED
  history:
    complete:
      origins:
        - {key: "$(key_of developer.pem)", kinds: [source]}
        - {key: "$(key_of numbers.pem)", kinds: [library]}
      exempt: [toolchain]
END
cdi verify "$(program build)" --environment confined
prints '6 42' cdi run --environment confined "$(program build)" -- '1 2 3' '40 2'
ends 101 cdi run --environment confined "$(program build)" -- '9223372036854775807 1'

# Another library in the place of the one that its author signed:
cp -R sum poisoned
sed -i 's/sum()$/sum::<i64>() + 1/' poisoned/vendor/numbers/src/lib.rs
built poisoned "$checked" --env RUSTC_WRAPPER="$here/alone"
denied origin-not-accepted cdi verify "$(program poisoned)" --environment confined

# Arithmetic that is not checked:
cp -R sum unchecked
built unchecked '-Ctarget-feature=+crt-static' --env RUSTC_WRAPPER="$here/alone"
denied condition-false cdi verify "$(program unchecked)" --environment confined

# Without the script rustc is handed a pipe, and nobody can vouch for what came through it: no report.
cp -R sum piped
built piped "$checked"
grep -q '"descriptor-unmeasured"' build.json
denied no-report cdi verify "$(program piped)" --environment confined
