#!/bin/sh
# Puts libFuzzer's counters into the crates that engine.toml compiles for size, and into nothing else. The flags are LLVM's own, which
# stable rustc hands on.
case " $* " in
*" opt-level=s "*)
  exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
  ;;
*) exec "$@" ;;
esac
