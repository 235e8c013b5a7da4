#!/bin/bash
# What `make demo` promises, and its estate on a night with a new instance and on a quiet one: nothing that did not change is told as a change.
# With the build that `make demo` makes: the sanitizers' takes its time, and the demo has deadlines.
LINKAUDIT_BUILD=${LINKAUDIT_PLAIN_BUILD-${LINKAUDIT_BUILD-}}
. "$(dirname "$0")/lib.sh"
elsewhere=$work/elsewhere
mkdir "$elsewhere"
demo=$PWD/tests/demo.sh
(cd "$elsewhere" && exec sh "$demo" "$build" "$work/demo" 2) >"$work/out.txt" 2>"$work/err.txt"
equals "the demo ends as expected, from any folder" 0 $?
reports=$work/demo/reports
xml=$(readlink -f "$reports/latest.xml") html=$(readlink -f "$reports/latest.html")
equals "its last lines are the two reports" "$xml
$html" "$(tail -n 2 "$work/out.txt")"
equals "each night that is shown told its exit code and what it means" 2 "$(grep -c '^exit code 2: the report is incomplete' "$work/out.txt")"
equals "the two instances that fail are named, each night" 6 "$(grep -c '^linkaudit: [^:]*: failed: ' "$work/err.txt")"
find "$reports" -name 'linkaudit-*.xml' | sort >"$work/nights.txt"
before=$(sed -n 1p "$work/nights.txt") first=$(sed -n 2p "$work/nights.txt")
equals "three nights have three reports, the last is the latest" "3 $xml" "$(wc -l <"$work/nights.txt") $(tail -n 1 "$work/nights.txt")"
valid_report "the report of the night before" "$before"
valid_report "the first night's" "$first"
valid_report "the second night's" "$xml"
if [ -s "$html" ]; then ok "there is a page"; else not_ok "there is no page"; fi
if grep -rqF 'Nightly-Audit-2026' "$reports" "$work/out.txt" "$work/err.txt"; then not_ok "no password is told"; else ok "no password is told"; fi

# ---- the estate is what the demo says ----------------------------------------------------------------------------------

at_least() { if [ "$3" -ge "$2" ]; then ok "$1 ($3)"; else not_ok "$1: $3, expected $2 or more"; fi; }
at_least "at least 12 instances" 12 "$(xpath "$xml" 'count(//r:instance)')"
at_least "at least 40 links" 40 "$(xpath "$xml" 'count(//r:linked-server)')"
equals "two instances could not be audited" 2 "$(xpath "$xml" "count(//r:instance[@status='failed'])")"

# ---- a night with a new instance ---------------------------------------------------------------------------------------

xpath_is "the night before has nothing to compare with" "$before" "count(//r:change)" 0
xpath_is "the first has: the new instance appeared, with what is found there" "$first" \
    "count(//r:change[@kind='appeared'][@what='instance'][@instance='SQLDEV']) = 1 and count(//r:change[@what='finding'][@instance='SQLDEV']) > 0" True
xpath_is "no other instance changed, as nothing was done there" "$first" \
    "count(//r:change[@kind != 'not-observed'][@instance != 'SQLDEV'])" 0

# ---- a quiet night -----------------------------------------------------------------------------------------------------

xpath_is "the second is compared with the first" "$xml" "string(//r:changes/@since-run)" "$(xpath "$first" 'string(/r:audit/@run-id)')"
# What could not be observed is no change; both nights it is the two instances that fail.
quiet=$(xpath "$xml" "count(//r:change[@kind != 'not-observed'])")
equals "a quiet night has no changes" 0 "$quiet"
[ "$quiet" = 0 ] || grep '<change ' "$xml" | head -n 20
xpath_is "what could not be compared is told" "$xml" "count(//r:change[@kind = 'not-observed'])" 2
"$linkaudit" diff "$first" "$xml" >"$work/diff.txt"
equals "diff finds none either" 0 $?
started=$(xpath "$first" 'string(/r:audit/@started)')
eve=$(xpath "$before" 'string(/r:audit/@started)')
xpath_is "every finding is open since the night that first had it" "$xml" \
    "count(//r:finding[@since='$eve' or @since='$started']) = count(//r:finding) and count(//r:finding[@instance='SQLDEV'][@since='$started']) = count(//r:finding[@instance='SQLDEV'])" True
# what FILE: each finding, cause and verdict, with its place
what() {
    /usr/bin/python3 - "$1" <<'PY'
import sys
from lxml import etree
r = "{urn:linkaudit:report:1}"
root = etree.parse(sys.argv[1])
for f in root.iter(r + "finding"):
    print("finding", f.get("rule"), f.get("severity"), f.get("instance"), f.get("link"))
for link in root.iter(r + "linked-server"):
    place = link.getparent().get("name"), link.get("name")
    print("link", *place, *(d.get("cause") for d in link.iter(r + "diagnosis")), *(x.get("verdict") for x in link.iter(r + "readiness")))
PY
}
what "$first" | sort >"$work/first.txt"
what "$xml" | sort >"$work/second.txt"
check "findings, causes and readiness are the same" diff "$work/first.txt" "$work/second.txt"
finish
