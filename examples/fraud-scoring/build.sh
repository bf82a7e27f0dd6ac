#!/bin/sh
# Builds fraud-scoring.wasm from src/, the same bytes wherever the same packages are installed.
#
#   ./build.sh            write fraud-scoring.wasm
#   ./build.sh --check    build elsewhere and compare with the committed fraud-scoring.wasm
#
# Exit status: 0 done, 1 the build differs from the committed file, 2 no build (usage, no compiler, error).
set -eu

PACKAGES='clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32'

# -ffp-contract=off: no fused multiply-add, so that a native build computes the same scores.
# -ffile-prefix-map, -g0: no path of this machine in the output.
CFLAGS='--target=wasm32-wasi -std=c11 -O2 -g0 -ffp-contract=off -fno-ident -Wall -Wextra
 -Werror -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes'

# No -O here: with it clang runs any `wasm-opt` on the PATH over the result, and says nothing.
# --stack-first: a stack overflow traps instead of overwriting data.
LDFLAGS='--target=wasm32-wasi -Wl,--strip-all -Wl,--gc-sections -Wl,--stack-first -Wl,-z,stack-size=65536'

# printf without floating point (report.h); it must stand before libc.
LIBS='-lc-printscan-no-floating-point -lm'

failed() {
    echo "build.sh: $1" >&2
    exit "${2:-2}"
}

check=no
case "$#:${1-}" in
0:) ;;
1:--check) check=yes ;;
*) failed 'usage: build.sh [--check]' ;;
esac

cd "$(dirname "$0")"

# An empty environment: CPATH, LIBRARY_PATH, CCC_OVERRIDE_OPTIONS and others change what clang does.
clang() {
    env -i PATH="$PATH" LC_ALL=C clang-14 "$@"
}

missing() {
    echo "build.sh: $1 is missing" >&2
    failed "hint: apt-get install --no-install-recommends $PACKAGES"
}

command -v clang-14 >/dev/null || missing 'the compiler clang-14'
[ -x "$(clang -print-prog-name=wasm-ld)" ] || missing 'the linker wasm-ld'
for library in libc.a libc-printscan-no-floating-point.a crt1-command.o; do
    [ -e "$(clang --target=wasm32-wasi -print-file-name=$library)" ] || missing "wasi-libc's $library"
done
[ -e "$(clang --target=wasm32-wasi -print-libgcc-file-name)" ] || missing 'the compiler runtime for wasm32'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

# In the order of the names, bytewise: the linker lays functions out in the order of its inputs.
sources=$(LC_ALL=C ls src | grep '\.c$')
objects=
for source in $sources; do
    object=${source%.c}.o
    # shellcheck disable=SC2086  # lists of flags, without blanks in any
    clang $CFLAGS "-ffile-prefix-map=$PWD=." -c "src/$source" -o "$work/$object" || failed "src/$source did not compile"
    objects="$objects $object"
done
# shellcheck disable=SC2086
(cd "$work" && clang $LDFLAGS $objects $LIBS -o fraud-scoring.wasm) || failed 'linking failed'

if [ $check = no ]; then
    cp "$work/fraud-scoring.wasm" fraud-scoring.wasm
    chmod 644 fraud-scoring.wasm
    sha256sum fraud-scoring.wasm
    exit 0
fi

[ -e fraud-scoring.wasm ] || failed 'there is no fraud-scoring.wasm to compare with'
if cmp "$work/fraud-scoring.wasm" fraud-scoring.wasm >&2; then
    echo 'build.sh: fraud-scoring.wasm is what src/ builds to'
    exit 0
fi
echo 'build.sh: fraud-scoring.wasm is not what src/ builds to' >&2
echo "build.sh: committed $(sha256sum <fraud-scoring.wasm | cut -d' ' -f1)" >&2
echo "build.sh: built     $(sha256sum <"$work/fraud-scoring.wasm" | cut -d' ' -f1)" >&2
echo 'build.sh: hint: README.md names the package versions of the committed file; installed are:' >&2
# shellcheck disable=SC2086
dpkg-query -W -f 'build.sh:   ${Package} ${Version}\n' $PACKAGES >&2 2>/dev/null || :
exit 1
