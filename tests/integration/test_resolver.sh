#!/bin/bash
# The resolver alone, in namespaces of its own: its name server, its /etc/resolv.conf and /etc/hosts.
. "$(dirname "$0")/lib.sh"
skip() { echo "skipped: $*"; exit 0; }
[ "$(id -u)" -eq 0 ] || skip "namespaces need root"
unshare -mn true 2>/dev/null || skip "this system makes no namespaces"
printf 'nameserver 127.0.0.1\n' >"$work/resolv.conf"
printf '127.0.0.1 localhost\n192.0.2.99 filed.test\n' >"$work/hosts"
inside() {
    set -e
    ip link set lo up
    mount --bind "$work/resolv.conf" "$(readlink -f /etc/resolv.conf)"
    mount --bind "$work/hosts" /etc/hosts
    mkfifo "$work/end"
    /usr/bin/python3 tests/integration/resolver/name_server.py <"$work/end" >"$work/name_server.log" 2>&1 &
    exec 8>"$work/end"
    tries=0
    until grep -q ready "$work/name_server.log"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat "$work/name_server.log"; exit 1; }
        sleep 0.1
    done
    status=0
    /usr/bin/python3 tests/integration/resolver/resolve.py 8>&- || status=$?
    exec 8>&-
    wait
    exit $status
}
export -f inside
export work
if LINKAUDIT_BUILD=$build unshare -mn bash -c inside >"$work/resolve.log" 2>&1; then
    ok "$(grep -c '^ok' "$work/resolve.log") names were resolved, or not, as they should"
else
    not_ok "some names were not resolved as they should"
fi
grep -v '^ok' "$work/resolve.log"
finish
