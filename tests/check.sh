#!/bin/bash
# Every test, in the order of what they rest on: check.sh BUILD-FOLDER PLAIN-BUILD-FOLDER (the first of a sanitized build,
# which can neither be sealed nor limited in its memory nor shut to others: what needs that runs in the second)
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

# At most so many tests run beside each other; each is told of when it and all that were started before it have ended.
places=1
names=()                     # of the tests not told of yet, in the order of their start
declare -A test_of=()        # by its process, while it runs
declare -A began=() ended=() # by name: when; exit status and seconds

check() { # check NAME COMMAND...: started, once there is a place; one that hangs is ended, and fails
    local name=$1
    shift
    while [ ${#test_of[@]} -ge "$places" ]; do one_ends; done
    # A shell's background ignores what a terminal sends; these are ended by it.
    env --default-signal=INT,QUIT timeout --foreground -k 30 "${CHECK_SECONDS:-900}" "$@" >"$logs/$name.log" 2>&1 &
    names+=("$name")
    test_of[$!]=$name
    began[$name]=$SECONDS
}
one_ends() { # waits until a test ends, and tells of those that are due
    local process status name
    wait -n -p process
    status=$?
    if [ -z "${process-}" ]; then # the shell has noticed all that were left by itself, and knows them by their numbers only
        for process in "${!test_of[@]}"; do break; done
        wait "$process"
        status=$?
    fi
    name=${test_of[$process]}
    unset "test_of[$process]"
    ended[$name]="$status $((SECONDS - began[$name]))"
    while [ ${#names[@]} -gt 0 ] && [ -n "${ended[${names[0]}]-}" ]; do
        # shellcheck disable=SC2086 # two words
        tell "${names[0]}" ${ended[${names[0]}]}
        names=("${names[@]:1}")
    done
}
all_end() { while [ ${#test_of[@]} -gt 0 ]; do one_ends; done; }
tell() { # tell NAME STATUS SECONDS
    echo "== $1"
    cat "$logs/$1.log"
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures="$failures $1"
        echo "FAILED: $1, exit status $2"
    fi
    echo "== $1 took $3 s"
}
end_tests() { # those that still run when this script is ended
    [ ${#test_of[@]} -gt 0 ] || return
    echo "ended: ${test_of[*]}"
    kill "${!test_of[@]}"
    wait
}
trap 'end_tests; exit 1' INT TERM HUP

# why NAME: of a failed test's output, what says why, and its last lines
why() {
    echo "== $1 failed:"
    grep -aE 'not ok|✖|ERROR|LINE|runtime error|AddressSanitizer|LeakSanitizer' "$logs/$1.log" | head -n 20
    echo "-- its last lines, of $logs/$1.log:"
    tail -n 15 "$logs/$1.log"
}

# Programs and fuzz targets need a core each and nothing else; scripts share the machine's addresses, unless each gets a
# network of its own. Those wait more than they work.
cores=$(nproc)
. tests/integration/own_network.sh
if own_network; then networks=$cores; else networks=1; fi

places=$cores
check include-rules sh tests/include_rules.sh
for program in tests/unit/test_*.c; do
    name=$(basename "$program" .c)
    check "$name" "$build/unit/$name"
done
all_end
places=$networks
for script in tests/integration/test_*.sh; do
    check "$(basename "$script" .sh)" bash "$script"
done
check test_sandbox-sealed "$plain/unit/test_sandbox"
check test_prober-sealed env LINKAUDIT_BUILD="$plain" bash tests/integration/test_prober.sh
all_end
places=$cores
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    check "$name" bash tests/fuzz/run.sh "$build" "$name" "${FUZZ_SECONDS:-10}"
done
all_end
check browser bash tests/browser/run.sh "$build"
all_end

for name in $failures; do why "$name"; done
[ -z "$failures" ] || echo "failed:$failures"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
