# What the integration scripts share. Source it; LINKAUDIT_BUILD is the build folder under test.
# Each check prints "ok …" or "not ok …"; `finish` gives the script's exit status.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${LINKAUDIT_BUILD:-$PWD/build}
linkaudit=$build/linkaudit
work=$(mktemp -d "${TMPDIR:-/tmp}/linkaudit-test-XXXXXX")
checks=0
bad=0
pids=

stop_all() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    [ -n "${KEEP_WORK-}" ] && echo "kept: $work" || rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 1' INT TERM

ok() { checks=$((checks + 1)); echo "ok $*"; }
not_ok() { checks=$((checks + 1)); bad=$((bad + 1)); echo "not ok $*"; }

# check "what must hold" COMMAND...
check() {
    local what=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then ok "$what"; else not_ok "$what"; sed 's/^/    /' "$work/check.log" | head -n 20; fi
}

# equals "what" EXPECTED ACTUAL
equals() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: expected '$2', got '$3'"; fi; }

# xpath FILE EXPRESSION: its string value; r: is the report's namespace
xpath() {
    /usr/bin/python3 - "$1" "$2" <<'PY'
import sys
from lxml import etree
try:
    result = etree.parse(sys.argv[1]).xpath(sys.argv[2], namespaces={"r": "urn:linkaudit:report:1"})
except (OSError, etree.LxmlError) as error:
    sys.exit(f"{sys.argv[1]}: {error}")
if isinstance(result, list):
    result = "\n".join(r if isinstance(r, str) else "".join(r.itertext()) for r in result)
elif isinstance(result, float):
    result = int(result) if result == int(result) else result
print(result)
PY
}

# xpath_is "what" FILE EXPRESSION EXPECTED
xpath_is() { equals "$1" "$4" "$(xpath "$2" "$3" 2>&1)"; }

# start_estate SCENARIO [OPTIONS...]: returns when everything listens. Its addresses are this machine's: while another
# run of the same script has them, it waits, up to a minute.
start_estate() {
    local scenario=$1 log=$work/estate.$RANDOM.log tries=0
    shift
    launch_estate "$@"
    until grep -q '^ready' "$log"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "the estate did not start"; return 1; }
        sleep 0.1
        kill -0 "$estate" 2>/dev/null || grep -q '^ready' "$log" && continue
        grep -q 'Address already in use' "$log" || { cat "$log"; return 1; }
        pids=${pids% *} # nobody's number now
        launch_estate "$@"
    done
}
launch_estate() { # of start_estate
    : >"$log"
    "$build/estate" --ca "$work/ca.pem" --statistics "$work/statistics.txt" "$@" "$scenario" >"$log" 2>&1 &
    estate=$!
    pids="$pids $estate"
}

# The estate writes its counters and ends; they are in $work/statistics.txt.
stop_estate() {
    kill "$estate" 2>/dev/null
    wait "$estate" 2>/dev/null
}

# The estate writes its counters and goes on.
take_statistics() {
    local tries=0
    rm -f "$work/statistics.txt"
    kill -USR1 "$estate"
    until [ -f "$work/statistics.txt" ] || [ $tries -ge 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}

# secret FILE TEXT: a password file that nobody else can read
secret() { (umask 077 && printf '%s\n' "$2" >"$1"); }

valid_report() { check "$1 is valid against the schema" xmllint --noout --schema reports/report.xsd "$2"; }

finish() {
    echo "$((checks - bad)) of $checks checks passed"
    [ $bad -eq 0 ] && [ $checks -gt 0 ]
}
