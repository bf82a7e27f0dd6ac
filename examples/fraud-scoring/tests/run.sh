#!/bin/sh
# Runs the program natively, under the address and undefined-behaviour sanitizers, and as Wasm, and
# compares every output and exit status. Needs clang-14, libclang-rt-14-dev (the sanitizers), python3 and
# Node.js, or another runner:
#
#   ./tests/run.sh                                        Wasm under Node.js
#   WASM_RUN='wasmtime run --dir .' ./tests/run.sh        Wasm under another runtime
set -eu
cd "$(dirname "$0")/.."

WASM_RUN=${WASM_RUN:-node --no-warnings tests/run-wasi.mjs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $1" >&2
    failures=$((failures + 1))
}

# run NAME STATUS STDOUT STDERR INPUT COMMAND...: `-` for an output means empty, `any` what it likes.
run() {
    name=$1 status=$2 stdout=$3 stderr=$4 input=$5
    shift 5
    got=0
    "$@" <"$input" >"$work/stdout" 2>"$work/stderr" || got=$?
    [ "$got" -eq "$status" ] || fail "$name: exit status $got instead of $status"
    same "$name: stdout" "$stdout" "$work/stdout"
    same "$name: stderr" "$stderr" "$work/stderr"
}

same() {
    case $2 in
    any) ;;
    -) diff -a /dev/null "$3" >&2 || fail "$1" ;;
    *) diff -a "$2" "$3" >&2 || fail "$1" ;;
    esac
}

# every_case NAME COMMAND...: the cases that the native and the Wasm program must both pass.
every_case() {
    program=$1
    shift
    sample=transactions.csv
    run "$program, file" 0 expected-output.txt - /dev/null "$@" $sample
    run "$program, standard input" 0 expected-output.txt - $sample "$@"
    run "$program, dash" 0 expected-output.txt - $sample "$@" -
    run "$program, json" 0 tests/sample.json - /dev/null "$@" --json --threshold=0.8 --top 3 $sample
    run "$program, all flagged" 0 any - /dev/null "$@" --threshold 0 $sample
    run "$program, none shown" 0 any - /dev/null "$@" --top 0 $sample
    run "$program, malformed" 1 tests/malformed.stdout tests/malformed.stderr /dev/null \
        "$@" --threshold 0 tests/malformed.csv
    run "$program, empty input" 1 any any /dev/null "$@"
    run "$program, wrong header" 1 any any README.md "$@" --json
    run "$program, help" 0 any - /dev/null "$@" --help
    run "$program, no such file" 2 - any /dev/null "$@" missing.csv
    run "$program, directory" 2 - any /dev/null "$@" tests
    for bad in --threshold=1.001 --threshold=0.5x --threshold=-0.1 --threshold= --top=-1 --top=1.5 --nonsense \
        --threshold --top; do
        run "$program, $bad" 2 - any /dev/null "$@" $bad
    done
    run "$program, two files" 2 - any /dev/null "$@" $sample $sample
}

clang-14 -std=c11 -O1 -g -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover=all \
    -Wall -Wextra -Werror src/*.c -lm -o "$work/native"

every_case native "$work/native"
# shellcheck disable=SC2086  # a command and its arguments
every_case wasm $WASM_RUN fraud-scoring.wasm

python3 make-transactions.py | cmp - transactions.csv || fail 'make-transactions.py makes another sample'
python3 tests/imports.py fraud-scoring.wasm >/dev/null || fail 'imports'
"$work/native" --json --threshold 0 transactions.csv | python3 -m json.tool >/dev/null || fail 'not JSON'

[ $failures -eq 0 ] || exit 1
echo 'all cases passed'
