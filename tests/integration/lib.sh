# What the integration scripts share. Source it; LINKAUDIT_BUILD is the build folder under test.
# Each check prints "ok …" or "not ok …"; `finish` gives the script's exit status.
set -u
# As root, in a network and with a name server of our own: neither what else runs on this machine nor the name servers that it
# has, or lacks, take part.
# shellcheck source=tests/integration/own_network.sh
. "$(dirname "${BASH_SOURCE[0]}")/own_network.sh"
if own_network; then
    exec env LINKAUDIT_TEST_NETWORK=own unshare -n -m sh -c 'ip link set lo up; exec bash "$0" "$@"' "$0" "$@"
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${LINKAUDIT_BUILD:-$PWD/build}
linkaudit=$build/linkaudit
# Neither make nor PostgreSQL takes a folder's name with blanks.
case ${TMPDIR-} in *[[:space:]]*) export TMPDIR=/tmp ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/linkaudit-test-XXXXXX") || exit 1
export PYTHONDONTWRITEBYTECODE=1 # nothing into the source
checks=0
bad=0
pids=

stop_all() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    [ -n "${KEEP_WORK-}" ] && echo "kept: $work" || rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 1' INT TERM HUP

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

# within SECONDS COMMAND...: whether it succeeds within that time, which is there for machines that are slow, not for tests
within() {
    local last=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -le $last ] || return 1
        sleep 0.1
    done
}

# start_estate SCENARIO [OPTIONS...]: returns when everything listens. Its addresses are this machine's where tests have no
# network of their own: while another run has them, it waits.
start_estate() {
    local scenario=$1 log=$work/estate.$RANDOM.log
    shift
    launch_estate "$@"
    within 300 estate_listens "$@" && grep -q '^ready' "$log" && return
    echo "the estate did not start:"
    cat "$log"
    return 1
}
launch_estate() { # of start_estate
    : >"$log"
    setpriv --pdeathsig TERM "$build/estate" --ca "$work/ca.pem" --statistics "$work/statistics.txt" "$@" "$scenario" >"$log" 2>&1 &
    estate=$!
    pids="$pids $estate"
}
estate_listens() { # of start_estate: true as well when there is nothing to wait for
    grep -q '^ready' "$log" && return
    kill -0 "$estate" 2>/dev/null && return 1
    grep -q 'Address already in use' "$log" || return 0
    pids=${pids% *} # nobody's number now
    launch_estate "$@"
    return 1
}

# The estate writes its counters and ends; they are in $work/statistics.txt.
stop_estate() {
    kill "$estate" 2>/dev/null
    wait "$estate" 2>/dev/null
}

# The estate writes its counters and goes on.
take_statistics() {
    rm -f "$work/statistics.txt"
    kill -USR1 "$estate"
    within 60 test -f "$work/statistics.txt" || not_ok "the estate writes its statistics"
}

# free_ports ADDRESS COUNT: TCP ports that nobody has there, in one line; another run at the same time gets others
free_ports() {
    /usr/bin/python3 - "$@" <<'PY'
import socket, sys
free = [socket.create_server((sys.argv[1], 0)) for _ in range(int(sys.argv[2]))]
print(*(listener.getsockname()[1] for listener in free))
PY
}

# secret FILE TEXT: a password file that nobody else can read
secret() { (umask 077 && printf '%s\n' "$2" >"$1"); }

# no_role_is_left "what": of the runs before it. Most end with main, some a little later: it is told which.
no_role_is_left() {
    no_role || { echo "# still there:"; roles | xargs -r ps -o pid,ppid,stat,etime,wchan:24,args -p; }
    if within 90 no_role; then ok "$1"; else not_ok "$1"; fi
}
no_role() { [ -z "$(roles)" ]; }
# The roles that run now; not those of a test beside this one, whose network is known to be another.
roles() {
    local role network
    for role in $(pgrep -f "^$linkaudit --role"); do
        network=$(readlink "/proc/$role/ns/net") && [ "$network" != "$(readlink /proc/self/ns/net)" ] || echo "$role"
    done
}

valid_report() { check "$1 is valid against the schema" xmllint --noout --schema reports/report.xsd "$2"; }

finish() {
    echo "$((checks - bad)) of $checks checks passed"
    [ $bad -eq 0 ] && [ $checks -gt 0 ]
}

# The name server knows the names of resolver/name_server.py; others, and those of this machine, do not exist.
serve_names() {
    export LINKAUDIT_TEST_NETWORK=served
    printf 'nameserver 127.0.0.1\n' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || return
    mkfifo "$work/name_server.end"
    : >"$work/name_server.log"
    setpriv --pdeathsig TERM /usr/bin/python3 tests/integration/resolver/name_server.py <>"$work/name_server.end" >"$work/name_server.log" 2>&1 &
    pids="$pids $!"
    within 60 grep -q '^ready' "$work/name_server.log" && return
    echo "the name server did not start:"
    cat "$work/name_server.log"
}
if [ "${LINKAUDIT_TEST_NETWORK-}" = own ]; then serve_names; fi
