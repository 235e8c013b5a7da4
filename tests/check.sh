#!/bin/bash
# Every test, in the order of what they rest on: check.sh BUILD-FOLDER PLAIN-BUILD-FOLDER (the first of a sanitized build,
# which cannot be sealed: what needs the seal runs in the second)
# Each test program or script is one test here; it prints what it found, and its exit status counts.
set -u
# Whatever started it: programs that find their standard input closed take its number for something else.
exec </dev/null
build=$(cd "$1" && pwd)
plain=$(cd "$2" && pwd)
cd "$(dirname "$0")/.." || exit 1
export LINKAUDIT_BUILD=$build LINKAUDIT_PLAIN_BUILD=$plain
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
logs=$build/check
rm -rf "$logs"
mkdir -p "$logs"
passed=0
failed=0
failures=

check() { # check NAME COMMAND...
    local name=$1 began=$SECONDS
    shift
    echo "== $name"
    "$@" >"$logs/$name.log" 2>&1
    local status=$?
    cat "$logs/$name.log"
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures="$failures $name"
        echo "FAILED: $name, exit status $status"
    fi
    echo "== $name took $((SECONDS - began)) s"
}
# program COMMAND...: one that hangs is ended, and fails
program() { timeout --foreground -k 30 "${CHECK_SECONDS:-900}" "$@"; }

# why NAME: of a failed test's output, what says why, and its last lines
why() {
    echo "== $1 failed:"
    grep -aE 'not ok|✖|ERROR|LINE|runtime error|AddressSanitizer|LeakSanitizer' "$logs/$1.log" | head -n 20
    echo "-- its last lines, of $logs/$1.log:"
    tail -n 15 "$logs/$1.log"
}

check include-rules sh tests/include_rules.sh
for program in tests/unit/test_*.c; do
    name=$(basename "$program" .c)
    check "$name" program "$build/unit/$name"
done
for script in tests/integration/test_*.sh; do
    check "$(basename "$script" .sh)" program bash "$script"
done
check test_sandbox-sealed program "$plain/unit/test_sandbox"
check test_prober-sealed program env LINKAUDIT_BUILD="$plain" bash tests/integration/test_prober.sh

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
check browser program bash tests/browser/run.sh "$build"

for name in $failures; do why "$name"; done
[ -z "$failures" ] || echo "failed:$failures"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
