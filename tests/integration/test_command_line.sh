#!/bin/bash
# `run` as people and schedulers start and stop it: closed and full outputs, signals to it and to its whole group, values left
# empty, passwords in the environment, a clock that was wrong.
. "$(dirname "$0")/lib.sh"

cat >"$work/line.scenario" <<'E2'
network 127.76
instance GOOD address=${network}.0.1
  login audit password=pw
instance STUCK address=${network}.0.2 behaviour=hang-in-query
  login audit password=pw
E2
secret "$work/password" pw
# configuration FILE INSTANCE-ADDRESS LINES OF [audit]...
configuration() {
    local file=$1 address=$2
    shift 2
    mkdir -p "$work/out"
    printf '%s\n' '[audit]' 'output_dir = out' 'connect_timeout = 1s' 'tls_timeout = 1s' 'query_timeout = 60s' "$@" \
        '[login audit]' 'uid = audit' 'password_file = password' \
        '[instance ONE]' "server = $address" 'login = audit' >"$work/$file"
}
configuration good.ini 127.76.0.1
configuration stuck.ini 127.76.0.2
start_estate "$work/line.scenario" || exit 1
new_output() { rm -rf "$work/out" && mkdir "$work/out"; }
# The run before this line has left a report, and it is whole.
has_report() {
    if [ -e "$work/out/latest.xml" ]; then valid_report "$1" "$work/out/latest.xml"; else not_ok "$1: there is none"; fi
}

# ---- where its words go ----------------------------------------------------------------------------------------------

# outputs "what" SHELL-TEXT: the run with these redirections ends as ever
outputs() {
    new_output
    bash -c "exec \"\$0\" run -c \"\$1\" $2" "$linkaudit" "$work/good.ini" 2>"$work/err.txt"
    equals "$1: exit code" 0 $?
    has_report "$1: the report"
    if [ -e "$work/out/latest.html" ]; then ok "$1: and its page"; else not_ok "$1: no page"; fi
}
outputs "standard output closed" '>&-'
check "it is said" grep -q 'standard output: ' "$work/err.txt"
outputs "standard error closed" '>/dev/null 2>&-'
outputs "all three closed" '<&- >&- 2>&-'
outputs "a full standard output" '>/dev/full'
check "it is said" grep -q 'standard output: No space' "$work/err.txt"
outputs "a reader that is gone" '> >(exec true)'
for command in "config -c $work/good.ini" "check 127.76.0.1" "--version"; do
    # shellcheck disable=SC2086 # a list of words
    "$linkaudit" $command >&- 2>"$work/err.txt"
    equals "${command%% *} with a closed standard output fails" 3 $?
done

# ---- a system that gives little ----------------------------------------------------------------------------------------

for descriptors in 12 20 24; do
    new_output
    (ulimit -n $descriptors && exec timeout -s KILL 60 "$linkaudit" run -q -c "$work/good.ini" >"$work/out.txt" 2>"$work/err.txt")
    status=$?
    if [ $status -eq 0 ] || [ $status -eq 2 ]; then ok "a limit of $descriptors descriptors: the run ends ($status)"; else not_ok "a limit of $descriptors descriptors: the run ended with $status"; fi
    has_report "its report"
done
# As an upgrade does it: the file is another one while the run goes on.
new_output
mkdir "$work/installed"
cp "$linkaudit" "$work/installed/linkaudit"
"$work/installed/linkaudit" run -q -c "$work/good.ini" >"$work/out.txt" 2>"$work/err.txt" &
main=$!
cp "$linkaudit" "$work/installed/new" && mv "$work/installed/new" "$work/installed/linkaudit"
wait $main
equals "a program that is replaced while it runs goes on" 0 $?
has_report "its report"

# ---- signals -----------------------------------------------------------------------------------------------------------

# In a process group of its own, with the signals as a terminal's shell leaves them, whatever this test was started with.
cat >"$work/launch.py" <<'PY'
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[1] == "nohup" else signal.SIG_DFL)
os.setsid()
os.execv(sys.argv[2], sys.argv[2:])
PY
counted() { awk -v i="[$1]" -v k="$2" '$0 == i {on = 1; next} /^\[/ {on = 0} on && $1 == k {print $2}' "$work/statistics.txt"; }
launch() { # launch terminal|nohup CONFIGURATION
    new_output
    take_statistics
    before=$(counted STUCK statements)
    /usr/bin/python3 "$work/launch.py" "$1" "$linkaudit" run -c "$work/$2" >"$work/out.txt" 2>"$work/err.txt" &
    main=$!
    pids="$pids $main"
}
# Main listens to SIGTERM (bit 14 of what it catches), and its collector has asked for what no answer comes to.
is_waiting() {
    local caught
    caught=$(awk '$1 == "SigCgt:" {print $2}' "/proc/$main/status" 2>/dev/null)
    [ $((0x${caught:-0} & 0x4000)) -ne 0 ] && take_statistics && [ "$(counted STUCK statements)" -gt "$before" ]
}
until_it_waits() {
    within 60 is_waiting || not_ok "a question of the collector waits for its answer"
}
ended() { # ended "what" REASON
    wait $main
    equals "$1: exit code" 2 $?
    pids=${pids% *}
    has_report "$1: the report"
    if [ -e "$work/out/latest.html" ]; then ok "$1: and its page"; else not_ok "$1: no page"; fi
    xpath_is "$1: the report says why" "$work/out/latest.xml" "count(//r:problems/r:message[contains(., '$2')])" 1
    xpath_is "$1: no process was gone before" "$work/out/latest.xml" "count(//r:message[contains(., 'signal')])" "${3-0}"
    no_role_is_left "$1: no child is left"
}
launch terminal stuck.ini
until_it_waits
kill -INT -- -$main
ended "interrupt of a terminal" interrupted
launch terminal stuck.ini
until_it_waits
kill -TERM -- -$main
ended "SIGTERM to the whole group" 'terminated by SIGTERM'
launch terminal stuck.ini
until_it_waits
kill -INT $main && kill -INT $main && kill -TERM $main
ended "an impatient person" interrupted
launch terminal stuck.ini
until_it_waits
kill -HUP -- -$main
ended "a terminal that is closed" 'terminal is gone'
launch nohup stuck.ini
until_it_waits
kill -HUP -- -$main
sleep 0.3 # it would have ended by now, or will with a reason that is not the next one
kill -TERM $main
ended "under nohup" 'terminated by SIGTERM'

# ---- values left empty ---------------------------------------------------------------------------------------------------

new_output
configuration empty.ini 127.76.0.1 'title =' 'format =' 'ca_file =' 'dns_suffixes =' 'allow =' 'deny =' 'policy =' 'notify_command ='
sed -i 's/^uid = audit/driver =\nencrypt =\npassword_env =\npassword_command =\n&/; s/^login = audit/&\ntags =\nname =\ndsn =\nconnection =/' "$work/empty.ini"
"$linkaudit" run -c "$work/empty.ini" >"$work/out.txt" 2>"$work/err.txt"
equals "an empty value is none: exit code" 0 $?
has_report "its report"
if [ -e "$work/out/latest.html" ]; then ok "the formats are the default ones"; else not_ok "no page"; fi
xpath_is "and so is the title" "$work/out/latest.xml" "string(/r:audit/@title)" 'Linked servers'
printf '%s\n' '[audit]' 'output_dir = out' 'keep =' 'deadline =' 'usage =' 'link_test =' '[login audit]' 'uid =' '[instance ONE]' 'server =' >"$work/empty.ini"
"$linkaudit" run -c "$work/empty.ini" >"$work/out.txt" 2>"$work/err.txt"
equals "a number that is empty is a mistake" 3 $?
for key in keep deadline usage link_test; do check "$key is named" grep -q ":[0-9]*: $key = : expected" "$work/err.txt"; done

# ---- a password in the environment ----------------------------------------------------------------------------------------

new_output
configuration env.ini 127.76.0.1 "notify_command = env >'$work/notified'"
sed -i 's/^password_file = password/password_env = AUDIT_SECRET/' "$work/env.ini"
printf '%s\n' '[login other]' 'uid = other' "password_command = env >'$work/asked'; echo x" >>"$work/env.ini"
AUDIT_SECRET=pw "$linkaudit" run -q -c "$work/env.ini" 2>"$work/err.txt"
equals "password_env: exit code" 0 $?
for file in asked notified; do
    check "$file was written" test -s "$work/$file"
    if grep -q '^AUDIT_SECRET' "$work/$file"; then not_ok "the variable is in the environment of a command ($file)"; else ok "no command has the variable ($file)"; fi
done

# ---- a clock that was wrong -----------------------------------------------------------------------------------------------

new_output
"$linkaudit" run -q -c "$work/good.ini" 2>"$work/err.txt"
first=$(readlink "$work/out/latest.xml")
future=linkaudit-21000101T000000Z-${first#linkaudit-*Z-}
mv "$work/out/$first" "$work/out/$future"
ln -sf "$future" "$work/out/latest.xml"
"$linkaudit" run -q -c "$work/good.ini" 2>"$work/err.txt"
equals "after a report of the year 2100: exit code" 0 $?
if [ "$(readlink "$work/out/latest.xml")" != "$future" ]; then ok "today's is the latest"; else not_ok "the one of 2100 stays the latest"; fi
equals "of one run" "$(readlink "$work/out/latest.xml" | sed 's/xml$//')" "$(readlink "$work/out/latest.html" | sed 's/html$//')"
finish
