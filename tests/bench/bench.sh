#!/bin/bash
# How fast, how small, against a floor measured in the same run: bench.sh BUILD-FOLDER [PART...]
# Without a part, or BENCH=PART in the environment, all of them; `bench.sh BUILD-FOLDER list` names them.
set -eu
build=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/../.."
make -s BUILD="$build" bench-programs
# shellcheck disable=SC2086 # a list of words
set -- /usr/bin/python3 tests/bench/bench.py "$build" "$@" ${BENCH-}
# As root in a network of its own: a name server of this host's that is silent is not what is measured.
if [ "$(id -u)" -eq 0 ] && unshare -n ip link set lo up 2>/dev/null; then
    set -- unshare -n sh -c 'ip link set lo up; exec "$@"' bench "$@"
fi
exec "$@"
