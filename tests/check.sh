#!/bin/bash
# Every test, in the order of what they rest on: check.sh BUILD-FOLDER PLAIN-BUILD-FOLDER (the first of a sanitized build,
# which cannot be sealed: what needs the seal runs in the second)
# Each test program or script is one test here; it prints what it found, and its exit status counts.
set -u
build=$(cd "$1" && pwd)
plain=$(cd "$2" && pwd)
cd "$(dirname "$0")/.." || exit 1
export LINKAUDIT_BUILD=$build
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
passed=0
failed=0
failures=

check() { # check NAME COMMAND...
    local name=$1 began=$SECONDS
    shift
    echo "== $name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures="$failures $name"
        echo "FAILED: $name"
    fi
    echo "== $name took $((SECONDS - began)) s"
}

check include-rules sh tests/include_rules.sh
for program in tests/unit/test_*.c; do
    name=$(basename "$program" .c)
    check "$name" "$build/unit/$name"
done
for script in tests/integration/test_*.sh; do
    check "$(basename "$script" .sh)" bash "$script"
done
check test_sandbox-sealed "$plain/unit/test_sandbox"
check test_prober-sealed env LINKAUDIT_BUILD="$plain" bash tests/integration/test_prober.sh

# Fuzz targets need a core each and nothing else: as many at a time as there are cores.
mkdir -p "$build/fuzz" && rm -f "$build"/fuzz/*.status
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    { bash tests/fuzz/run.sh "$build" "$name" "${FUZZ_SECONDS:-20}" >"$build/fuzz/$name.out" 2>&1; echo $? >"$build/fuzz/$name.status"; } &
done
wait
fuzzed() { cat "$build/fuzz/$1.out"; [ "$(cat "$build/fuzz/$1.status")" = 0 ]; }
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    check "$name" fuzzed "$name"
done
check browser bash tests/browser/run.sh "$build"

[ -z "$failures" ] || echo "failed:$failures"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
