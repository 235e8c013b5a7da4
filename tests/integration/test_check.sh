#!/bin/bash
# linkaudit check: what a DBA runs before creating a linked server.
. "$(dirname "$0")/lib.sh"
cat >"$work/check.scenario" <<'E2'
network 127.70
certificate one subject="CN=sql01" dns=sql01
host ${network}.7.2 browser=normal
host ${network}.7.6 browser=silent
instance GOOD address=${network}.7.1 certificate=one version=16.0.4230.1
instance "NAMED\\SALES" address=${network}.7.2 port=51433 version=15.0.4480.2 tls=1.2
instance OLD address=${network}.7.3 tls=1.0 version=10.50.4000.0
instance STRICT address=${network}.7.4 strict=only certificate=one version=17.0.1000.7
tls LDAPS address=${network}.7.5 port=6363 certificate=one
tls TLS10 address=${network}.7.5 port=6364 certificate=one tls=1.0
tcp ORACLE address=${network}.7.5 port=1521
instance HTTP address=${network}.7.7 behaviour=http
E2
start_estate "$work/check.scenario" || exit 1

# run EXPECTED "what" ARGUMENTS...: output in $work/out.txt and err.txt
run() {
    local expected=$1 what=$2
    shift 2
    "$linkaudit" check "$@" >"$work/out.txt" 2>"$work/err.txt" </dev/null
    equals "$what: exit code" "$expected" $?
}
says() { check "$1" grep -qE -- "$2" "$work/out.txt"; }

run 0 "a good target" 127.70.7.1
equals "the verdict is the first line" "1 of 1 targets can be reached with TLS 1.2 or newer" "$(head -n 1 "$work/out.txt")"
says "then a line with target, cause, version, TLS and certificate" '^ok   127.70.7.1,1433 +ok, 127.70.7.1 port 1433, version 16.0.4230, .*TLSv1.2.*, certificate until 20[0-9-]+, not trusted, another name$'
equals "nothing on standard error" "" "$(cat "$work/err.txt")"
if grep -q $'\033' "$work/out.txt"; then not_ok "no colour without a terminal"; else ok "no colour without a terminal"; fi

run 0 "targets as in a data source, and as URLs" 'tcp:127.70.7.1' '127.70.7.2\SALES' '127.70.7.2,51433' 127.70.7.4 tls://127.70.7.5:6363 tcp://127.70.7.5:1521
equals "each is counted" "6 of 6 targets can be reached with TLS 1.2 or newer" "$(head -n 1 "$work/out.txt")"
says "a named instance is found through SQL Browser" '^ok   127.70.7.2\\SALES +ok, 127.70.7.2 port 51433'
says "a strict-only server is good, and is told" '^ok   127.70.7.4,1433 +strict-only.*TDS 8.0'
says "what speaks no TLS by nature needs none" '^ok   tcp:.*1521|^ok   tcp://127.70.7.5:1521'

run 1 "a refused port among good ones" 127.70.7.1 127.70.7.1,1499
equals "the verdict counts" "1 of 2 targets can be reached with TLS 1.2 or newer" "$(head -n 1 "$work/out.txt")"
says "the cause" '^FAIL 127.70.7.1,1499 +port-refused'
says "the failing step with its evidence" '^ +port +fail +127.70.7.1:1499 refused'
says "what to do" '^ +next: .*LocalPort 1499'
run 1 "a server with TLS 1.0 alone" 127.70.7.3
says "is too old" '^FAIL 127.70.7.3,1433 +tls-too-old.*TLSv1.0'
run 1 "another service" 127.70.7.7
says "is not the expected one" 'not-the-expected-service'
run 1 "an instance that SQL Browser does not know" '127.70.7.2\NOSUCH'
says "is not found" 'instance-not-found'
run 1 "a silent SQL Browser" '127.70.7.6\X'
says "is told" 'browser-silent'
run 1 "TLS from the first byte, 1.0 alone" tls://127.70.7.5:6364
run 1 "a name that does not exist" nowhere.invalid
says "is not found" 'name-not-found'
run 0 "all steps of a good one with -v" -v 127.70.7.1
equals "the network half of the checklist, each step once, in order" "name address instance port firewall service tls pressure" \
    "$(awk '$1 ~ /^(name|address|instance|port|firewall|service|tls|pressure|servername|login)$/ {printf "%s%s", n++ ? " " : "", $1}' "$work/out.txt")"

# ---- from a file and standard input -----------------------------------------------------------------------------------

printf '# the new servers\n\n127.70.7.1\n   127.70.7.2\\SALES  \r\n' >"$work/targets.txt"
run 0 "targets of a file" -f "$work/targets.txt"
equals "comments and empty lines are no targets" "2 of 2 targets can be reached with TLS 1.2 or newer" "$(head -n 1 "$work/out.txt")"
run 0 "a file and an argument" -f "$work/targets.txt" 127.70.7.4
equals "count together" "3 of 3 targets can be reached with TLS 1.2 or newer" "$(head -n 1 "$work/out.txt")"
"$linkaudit" check - <"$work/targets.txt" >"$work/out.txt" 2>&1
equals "targets of standard input: exit code" 0 $?
"$linkaudit" check -f - <"$work/targets.txt" >"$work/again.txt" 2>&1
equals "so with -f -" "$(head -n 1 "$work/out.txt")" "$(head -n 1 "$work/again.txt")"

printf '\357\273\277127.70.7.1\r\n' >"$work/windows.txt"
run 0 "a file of a Windows editor, with its mark in front" -f "$work/windows.txt"

# ---- wrong usage: nothing is sent ---------------------------------------------------------------------------------------

take_statistics
before=$(grep '^connections' "$work/statistics.txt")
run 3 "no target"
run 3 "a file that is not there" -f "$work/none"
run 3 "an empty file" -f /dev/null
run 3 "a folder" -f "$work"
check "is named as one" grep -q "[Ii]s a directory" "$work/err.txt"
run 3 "a target with an escape sequence" $'evil\033[31m'
if grep -q $'\033' "$work/err.txt"; then not_ok "which does not reach the terminal"; else ok "which does not reach the terminal"; fi
for target in '' '127.70.7.1,port' '127.70.7.1,70000' 'ftp://127.70.7.1:21' 'tls://127.70.7.5' '\SALES' "$(printf 'a%.0s' $(seq 300))"; do
    run 3 "the target '${target:0:30}'" 127.70.7.1 "$target"
    if [ -s "$work/err.txt" ]; then ok "it is named, with the reason"; else not_ok "it is named, with the reason"; fi
done
printf '127.70.7.1\n127.70.7.1,x\n' >"$work/wrong.txt"
run 3 "a wrong line in a file" -f "$work/wrong.txt"
check "file and line are named" grep -q "wrong.txt:2: " "$work/err.txt"
run 3 "an unknown option" --nonsense 127.70.7.1
take_statistics
equals "not one connection was made for any of them" "$before" "$(grep '^connections' "$work/statistics.txt")"

# ---- XML, terminals -------------------------------------------------------------------------------------------------------

run 1 "XML" --xml 127.70.7.1 127.70.7.1,1499
valid_report "it" "$work/out.txt"
xpath_is "with both endpoints diagnosed" "$work/out.txt" "concat(//r:endpoint[1]/r:diagnosis/@cause, ' ', //r:endpoint[2]/r:diagnosis/@cause)" 'ok port-refused'
xpath_is "and no instance" "$work/out.txt" "count(//r:instance)" 0
"$linkaudit" check 127.70.7.1 >/dev/full 2>"$work/err.txt"
equals "a full standard output is told" 3 $?
if command -v script >/dev/null; then
    TERM=xterm script -qec "'$linkaudit' check 127.70.7.1" /dev/null >"$work/terminal.txt" </dev/null
    check "on a terminal the verdict is green" grep -q $'\033\\[32m1 of 1' "$work/terminal.txt"
    TERM=xterm NO_COLOR=1 script -qec "'$linkaudit' check 127.70.7.1" /dev/null >"$work/terminal.txt" </dev/null
    if grep -q $'\033\\[3' "$work/terminal.txt"; then not_ok "NO_COLOR is obeyed"; else ok "NO_COLOR is obeyed"; fi
else
    echo "skipped: colours need script(1)"
fi
finish
