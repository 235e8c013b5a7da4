#!/bin/bash
# How the audit gets in: what a configuration may hold, who may read a password, and what becomes of its commands.
. "$(dirname "$0")/lib.sh"
cat >"$work/in.scenario" <<'E2'
network 127.70
instance IN address=${network}.9.1
  login audit password=planted-secret
E2
secret "$work/password" planted-secret
configure() { printf '%s\n' '[audit]' 'output_dir = out' 'format = xml' "$@" >"$work/in.ini"; }
# refused "what" TEXT: the run stops before anything connects, and the reason has that text and no secret
refused() {
    "$linkaudit" run -q -c "$work/in.ini" >"$work/out.txt" 2>&1
    equals "$1: nothing is audited" 3 $?
    check "$1: the reason says so" grep -qF -- "$2" "$work/out.txt"
    check "$1: with file and line" grep -qE "in.ini:[0-9]+: " "$work/out.txt"
    equals "$1: without the password" 0 "$(grep -c planted-secret "$work/out.txt")"
}
mkdir "$work/out"
start_estate "$work/in.scenario" || exit 1

string='DRIVER=FreeTDS;Server=127.70.9.1;Port=1433'
configure '[instance IN]' "connection = $string;UID=audit;PWD=planted-secret"
refused "a password in a connection string" 'password_file'
configure '[instance IN]' "connection = $string;Encrypt=yes" 'login = audit' '[login audit]' 'uid = audit' 'password_file = password'
refused "a keyword that FreeTDS would ignore" 'Encryption=require'
configure '[instance IN]' "connection = $string" 'login = audit' '[login audit]' 'uid = audit' 'password_file = password'
"$linkaudit" run -q -c "$work/in.ini"
equals "the same string without its password, and a [login], get in" 0 $?

configure '[hosts]' 'sql07.corp.test = 127.70.9.1' '[login kerberos]' 'driver = FreeTDS' 'trusted = yes' \
    '[instance IN]' 'server = SQL07.corp.test' 'login = kerberos' '[instance PLAIN]' 'server = sql08.corp.test' 'login = kerberos'
"$linkaudit" config -c "$work/in.ini" >"$work/out.txt"
check "with Kerberos the ticket is of the server's name, though [hosts] has another address" \
    grep -q 'Server=127.70.9.1;.*ServerSPN=MSSQLSvc/[Ss][Qq][Ll]07.corp.test:1433' "$work/out.txt"
check "and elsewhere the driver's own choice" grep -q 'Server=sql08.corp.test;.*Trusted_Connection=Yes;APP' "$work/out.txt"

# What a variable held is in no command's environment.
configure "notify_command = env >$work/notify.env; tr '\\0' '\\n' </proc/\$PPID/environ >>$work/notify.env; tr '\\0' '\\n' <\"/proc/\$(ps -o ppid= \$PPID | tr -d ' ')/environ\" >>$work/notify.env" \
    '[instance IN]' 'server = 127.70.9.1' 'login = audit' '[login audit]' 'uid = audit' 'password_env = AUDIT_PASSWORD'
AUDIT_PASSWORD=planted-secret "$linkaudit" run -q -c "$work/in.ini"
equals "a password from a variable gets in" 0 $?
check "the command behind the run was run" grep -q '^LINKAUDIT_EXIT=0' "$work/notify.env"
equals "its environment, and the program's own, hold no password" 0 "$(grep -c planted-secret "$work/notify.env")"

# A command that is asked for a password ends with the program, and so does what it has started.
configure '[instance IN]' 'server = 127.70.9.1' 'login = audit' '[login audit]' 'uid = audit' \
    "password_command = sleep 600 & echo \$! >$work/started; mv $work/started $work/pid; sleep 600"
"$linkaudit" run -q -c "$work/in.ini" 2>/dev/null &
program=$!
tries=0
until [ -f "$work/pid" ] || [ $tries -ge 300 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -9 $program
wait $program 2>/dev/null
tries=0
started=$(cat "$work/pid")
while grep -q '^State:.[^ZX]' "/proc/$started/status" 2>/dev/null && [ $tries -lt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
check "what a killed program's password_command had started is gone" [ $tries -lt 300 ]
kill -9 "$started" 2>/dev/null

stop_estate
equals "what was refused connected to nothing" 2 "$(sed -n '/^\[IN\]/,/^$/s/^logins_accepted //p' "$work/statistics.txt")"
finish
