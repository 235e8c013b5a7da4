#!/bin/bash
# Estates by chance, for SOAK_SECONDS: soak.sh BUILD-FOLDER. SOAK_SEED=N begins with that one.
LINKAUDIT_BUILD=$(cd "$1" && pwd)
export LINKAUDIT_BUILD LINKAUDIT_CHILD_ERRORS=1 ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
. "$(dirname "$0")/../integration/lib.sh"
/usr/bin/python3 tests/soak/soak.py "$build" "${SOAK_SECONDS:-600}" ${SOAK_SEED-}
