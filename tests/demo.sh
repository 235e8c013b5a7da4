#!/bin/sh
# The demo: a stand-in estate on loopback addresses, audited through ODBC. demo.sh BUILD-FOLDER [FOLDER [NIGHTS]]
# What it makes goes to FOLDER, which is emptied first: `demo` of the build folder. NIGHTS audits, one after the other (1), and
# one before them that did not know SQLDEV yet: so the first of them has something to compare with, and something changed.
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
work=${2-$build/demo}
nights=${3-1}
rm -rf "$work"
mkdir -p "$work/reports"

# The password that the demo's configuration names, readable by nobody else.
(umask 077 && printf '%s\n' 'Nightly-Audit-2026' >"$work/linkaudit.password")
cp tests/estate/demo.ini "$work/linkaudit.ini"
sed '/^\[instance SQLDEV\]/,/^$/d' tests/estate/demo.ini >"$work/before.ini"
cp tests/estate/demo-policy.ini "$work/policy.ini"

"$build/estate" --ca "$work/ca.pem" --statistics "$work/statistics.txt" tests/estate/demo.scenario >"$work/estate.log" 2>&1 &
estate=$!
trap 'kill $estate 2>/dev/null; wait $estate 2>/dev/null || true' EXIT INT TERM
tries=0
until grep -q '^ready' "$work/estate.log"; do
    kill -0 $estate 2>/dev/null || { cat "$work/estate.log" >&2; exit 1; }
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { echo "the stand-in estate did not start within 20 s" >&2; exit 1; }
    sleep 0.1
done

# One instance of the demo is down and one has another password: the audit must say that it is incomplete.
night() {
    status=0
    "$build/linkaudit" run "$@" || status=$?
    if [ $status -ne 2 ]; then
        echo "the demo expected exit code 2, not $status" >&2
        exit 1
    fi
}
echo "The night before, without SQLDEV:"
night -q -c "$work/before.ini"
echo "The night:"
while [ "$nights" -gt 0 ]; do
    night -c "$work/linkaudit.ini"
    nights=$((nights - 1))
done
xmllint --noout --schema reports/report.xsd "$work/reports/latest.xml" || exit 1
echo "The exit code is as it must be: in this estate one instance is down and one has another password."
echo
readlink -f "$work/reports/latest.xml"
readlink -f "$work/reports/latest.html"
