#!/bin/sh
# A Rust program with a dependency that is vendored, built by cargo as one step without a network: whatever cargo, rustc and the
# linker read has an origin or comes with the toolchain. It reaches nothing else.
. "$(dirname "$0")/../chain.sh"
needs cargo:Rust rustc:Rust gcc:gcc dpkg:dpkg
needs_place confined
rust=$(rustc --print sysroot)
needs "$rust/bin/cargo:Rust, as rustup installs it"
set -v

# Who wrote what: the program is the developer's, the library somebody else's, and the rest comes with Rust or the distribution.
cdi key generate --out developer.pem --quiet
cdi key generate --out numbers.pem --quiet
cdi origin sign --key developer.pem --kind source --out source.intoto.jsonl sum/Cargo.toml sum/Cargo.lock sum/.cargo/config.toml sum/src
cdi origin sign --key numbers.pem --kind library --out library.intoto.jsonl sum/vendor/numbers
debian_signs libc6-dev "libgcc-$(gcc -dumpversion)-dev"
host=$(rustc -vV | sed -n 's/^host: //p')
cdi origin sign --key debian.pem --kind toolchain --out rust.intoto.jsonl "$rust/lib/rustlib/$host/lib"

# built NAME FLAGS 'OPTIONS': cargo builds the program in the folder NAME with these flags for the compiler, confined.
built() {
  cd "$1"
  mkdir -p home
  # shellcheck disable=SC2086
  shown cdi wrap --capture confined --allow-read /usr --allow-read "$rust" --allow-read . --allow-write . $3 \
    --env RUSTC="$rust/bin/rustc" --env CARGO_HOME="$PWD/home" --env RUSTFLAGS="$2" -- \
    "$rust/bin/cargo" rustc --offline --locked --release -- -C extra-filename= -o ./app
  cd ..
}

# An authority certifies cargo by the claims that ship, for one more option: a static program runs anywhere. cargo goes on from
# what it finds in its folder, so whatever it read must be listed by somebody whom the claims name.
cdi authority create acme --name acme-vetting
flags='-C overflow-checks=on -C target-feature=+crt-static'
cp -R sum sample
built sample "$flags" '--summary ../cargo.json'
cdi authority template --for cargo --supplier debian.pub.pem --supplier source=developer.pub.pem --supplier library=numbers.pub.pem \
  --out shipped.json
sed "s/\"-C overflow-checks=on\"/\"$flags\"/" shipped.json > cargo-claims.json
certify cargo cargo cargo.json
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl library.intoto.jsonl packages.intoto.jsonl rust.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl

# The program.
recorded='--key ../cargo.pem --bundle ../cargo.intoto.jsonl --bundle ../evidence.intoto.jsonl'
cp -R sum build
built build "$flags" "$recorded"

# We ask for checked arithmetic, and for a history that begins at the developer's source and the library that we know.
policy <<END
  require: INTEGER_OVERFLOW_CHECKED
  history:
    complete:
      origins:
        - {key: "$(key_of developer.pem)", kinds: [source]}
        - {key: "$(key_of numbers.pem)", kinds: [library]}
      exempt: [toolchain]
END
cdi verify build/app --environment confined
prints '6 42' cdi run --environment confined build/app -- '1 2 3' '40 2'
ends 101 cdi run --environment confined build/app -- '9223372036854775807 1'

# Another library in the place of the one that was signed:
cp -R sum poisoned
sed -i 's/sum()$/sum::<i64>() + 1/' poisoned/vendor/numbers/src/lib.rs
built poisoned "$flags" "$recorded"
denied origin-not-accepted cdi verify poisoned/app --environment confined

# Arithmetic that is not checked:
cp -R sum unchecked
built unchecked '-C overflow-checks=off -C target-feature=+crt-static' "$recorded"
denied invocation-environment cdi verify unchecked/app --environment confined

# A build script is a program that nobody certified, whoever wrote it:
cp -R sum scripted
echo 'fn main() {}' > scripted/build.rs
built scripted "$flags" "$recorded"
denied tool-closure cdi verify scripted/app --environment confined
