#!/bin/bash
# Reports that exist already: render, diff, merge, and the reporter role alone.
. "$(dirname "$0")/lib.sh"

sample=tests/corpus/reports/estate.xml
cp "$sample" "$work/estate.xml"

# command EXPECTED "what" ARGUMENTS...
command() {
    local expected=$1 what=$2
    shift 2
    "$linkaudit" "$@" >"$work/out" 2>"$work/err"
    equals "$what: exit code" "$expected" $?
}
says() { check "$1" grep -q -- "$2" "$work/$3"; }

# ---- render
command 0 "render" render "$work/estate.xml"
equals "render puts the page beside the report" "$work/estate.html" "$(cat "$work/out")"
equals "the page is not for everybody" 640 "$(stat -c %a "$work/estate.html")"
check "the page is whole" grep -q '</html>' "$work/estate.html"
# Half of a page of some length is made by another process where there are two processors; its nonce differs each time.
without_nonce() { sed "s/$(grep -o "nonce-[0-9a-f]*" "$1" | head -n 1 | cut -c7-)/NONCE/g" "$1" >"$1.same"; }
one=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
"$build/unit/make_report" 600 "$work/long.xml"
command 0 "a long page" render "$work/long.xml"
check "it is made on one processor as well" taskset -c "$one" "$linkaudit" render "$work/long.xml" -o "$work/one.html"
check "their nonces are left out" eval 'without_nonce "$work/long.html" && without_nonce "$work/one.html" && grep -q "nonce-NONCE" "$work/one.html.same"'
check "and it is the same" cmp "$work/long.html.same" "$work/one.html.same"
command 0 "render to standard output" render "$work/estate.xml" --format csv -o -
says "the table begins with its head" '^instance,link,state' out
command 0 "render --redact" render "$work/estate.xml" --redact --format xml
equals "the copy has a name of its own" "$work/estate.redacted.xml" "$(cat "$work/out")"
valid_report "the copy" "$work/estate.redacted.xml"
xpath_is "the copy names no login" "$work/estate.redacted.xml" "count(//@*[contains(., 'reporting')])" 0
check "the original is untouched" cmp "$sample" "$work/estate.xml"
command 3 "a report does not overwrite itself" render "$work/estate.xml" --format xml
says "and says so" 'would overwrite itself' err
check "the report is still there" cmp "$sample" "$work/estate.xml"
command 3 "an unknown format" render "$work/estate.xml" --format pdf
says "the formats are named" 'there are: xml html' err
command 3 "no report" render "$work/missing.xml"
says "the file is named" 'missing.xml: No such file' err
head -c 20000 "$sample" >"$work/cut.xml"
command 3 "a report that was cut off" render "$work/cut.xml"
says "the line is named" 'cut.xml: line [0-9]*' err
check "no page is made of it" test ! -e "$work/cut.html"
if [ -e /dev/full ]; then
    "$linkaudit" render "$work/estate.xml" -o - >/dev/full 2>"$work/err"
    equals "a full disk" 3 $?
fi

# ---- diff
command 0 "no difference" diff "$work/estate.xml" "$work/estate.xml"
sed -e 's/data-source="sql-old"/data-source="sql-new"/' -e 's/name="DWH_03"/name="DWH_3\&#155;31m"/' "$sample" >"$work/other.xml"
command 1 "differences" diff "$work/estate.xml" "$work/other.xml"
says "a changed attribute" 'changed  *link  *SQL01 -> SQLOLD  data-source: sql-old -> sql-new' out
says "what the terminal would obey is not printed" 'appeared  *link  *SQL03 -> DWH_3?31m' out
command 3 "one report alone" diff "$work/estate.xml"
command 3 "no report" diff "$work/estate.xml" "$work/cut.xml"

# ---- merge
sed -e 's/run-id="[^"]*"/run-id="another"/' -e 's/ host="audit1[^"]*"/ host="dmz1"/' -e 's/SQL0\([1-3]\)/DMZ0\1/g' "$sample" >"$work/zone.xml"
command 0 "merge" merge "$work/estate.xml" "$work/zone.xml" -o "$work/whole.xml"
valid_report "the whole" "$work/whole.xml"
xpath_is "all instances, the common ones once" "$work/whole.xml" 'count(//r:instance)' 11
xpath_is "all views of all endpoints" "$work/whole.xml" 'count(//r:endpoint)' 34
xpath_is "the summary counts the whole" "$work/whole.xml" 'string(//r:summary/@instances)' 11
command 0 "the whole is a report" render "$work/whole.xml"
command 3 "the same run twice" merge "$work/estate.xml" "$work/estate.xml" -o "$work/twice.xml"
check "nothing is written then" test ! -e "$work/twice.xml"

# ---- the reporter: frames on file descriptor 3
cat >"$work/reporter.py" <<'PY'
import os, socket, struct, subprocess, sys
program, job = sys.argv[1], sys.argv[2].encode()
ours, theirs = socket.socketpair()
def begin():
    os.dup2(theirs.fileno(), 3)
    os.set_inheritable(3, True)
child = subprocess.Popen([program, "--role=reporter"], preexec_fn=begin, close_fds=False)
theirs.close()
ours.sendall(struct.pack("<IB", len(job), ord("J")) + job)
ours.shutdown(socket.SHUT_WR)
data = b""
while part := ours.recv(65536):
    data += part
while data:
    length, kind = struct.unpack("<IB", data[:5])
    print(chr(kind), data[5:5 + length].decode())
    data = data[5 + length:]
print("exit", child.wait())
PY
reporter() { python3 "$work/reporter.py" "$linkaudit" "$1"; }
run=linkaudit-20261122T021500Z-b81e6c0f2a37
cp "$sample" "$work/$run.xml"
answer=$(reporter "<reporter-job report=\"$work/$run.xml\" latest=\"true\"><reporter-output format=\"html\" path=\"$work/$run.html\"/><reporter-output format=\"metrics\" path=\"$work/$run.prom\"/></reporter-job>")
equals "the reporter is done" "D exit 0" "$(echo $answer)"
equals "the latest page" "$run.html" "$(readlink "$work/latest.html")"
equals "the latest metrics" "$run.prom" "$(readlink "$work/latest.prom")"
answer=$(reporter "<reporter-job report=\"$work/$run.xml\"><reporter-output format=\"html\" path=\"$work/nowhere/a.html\"/><reporter-output format=\"csv\" path=\"$work/$run.csv\"/></reporter-job>")
case $answer in
"L $work/nowhere/a.html: cannot be written"*"exit 1") ok "what failed is told, and nothing is done" ;;
*) not_ok "what failed is told: $answer" ;;
esac
check "the other output is there" test -s "$work/$run.csv"
case $(reporter '<endpoint id="e1"/>') in
L*"exit 1") ok "another job is refused" ;;
*) not_ok "another job is refused" ;;
esac
finish
