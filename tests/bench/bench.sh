#!/bin/bash
# How fast, how small, against a floor measured in the same run: bench.sh BUILD-FOLDER [PART...]
# Without a part, or BENCH=PART in the environment, all of them; `bench.sh BUILD-FOLDER list` names them.
set -eu
build=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/../.."
make -s BUILD="$build" bench-programs
# shellcheck disable=SC2086 # a list of words
exec /usr/bin/python3 tests/bench/bench.py "$build" "$@" ${BENCH-}
