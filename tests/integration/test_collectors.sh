#!/bin/bash
# How collectors are made: copies of a process that has everything loaded. What that process knows, what harming it may
# cost, and how often an instance is logged in to.
. "$(dirname "$0")/lib.sh"
export ODBCSYSINI=$work
unset LSAN_OPTIONS
died='the process died of signal'
[ -n "${build##*sanitized*}" ] || died='the process ended with'
{
    printf '%s\n' '[FreeTDS]' "Driver=$(find /usr/lib -name libtdsodbc.so | head -n 1)" Threading=0
    printf '%s\n' '[Bad]' "Driver=$build/integration/bad_driver.so"
    for behaviour in crash-on-load hang-on-load threads-on-load; do
        cp "$build/integration/bad_driver.so" "$work/$behaviour.so"
        printf '%s\n' "[$behaviour]" "Driver=$work/$behaviour.so"
    done
} >"$work/odbcinst.ini"
cat >"$work/estate.scenario" <<'E2'
network 127.70
instance GOOD1 address=${network}.11.1
  login audit password=Planted-Secret-4711 grant="ALTER ANY LINKED SERVER"
  link TO_GOOD2 provider=MSOLEDBSQL product="" data_source=127.70.11.2 test=ok
    mapping local=* remote=app password=x
  link TO_SLOW provider=MSOLEDBSQL product="" data_source=127.70.11.9 test=ok
    mapping local=* remote=app password=x
  link TO_SLOW_TOO provider=MSOLEDBSQL product="" data_source=127.70.11.9 test=ok
    mapping local=* remote=other password=x
instance GOOD2 address=${network}.11.2
  login audit password=Planted-Secret-4711
instance SLOW address=${network}.11.9 behaviour=hang-in-tls
instance QUEUE address=${network}.11.3 delay=20
  login audit password=Planted-Secret-4711
instance LONG address=${network}.11.4
  login audit password=Planted-Secret-4711 grant="ALTER ANY LINKED SERVER"
  link DEAD provider=MSOLEDBSQL product="" data_source=127.70.11.8 test=timeout delay=5000
    mapping local=* remote=app password=x
instance SHORT address=${network}.11.5
  login audit password=Planted-Secret-4711 grant="ALTER ANY LINKED SERVER"
  link DEAD provider=MSOLEDBSQL product="" data_source=127.70.11.7
    mapping local=* remote=app password=x
E2
# Of a DSN only its driver knows the address: no probe's connections are among those that the stand-in counts.
printf '%s\n' '[queue]' 'Driver = FreeTDS' 'Server = 127.70.11.3' 'Port = 1433' >"$work/odbc.ini"
secret "$work/password" Planted-Secret-4711
good='[instance GOOD1]
server = 127.70.11.1
login = audit
[instance GOOD2]
server = 127.70.11.2
login = audit'
# configuration NAME KEY...: of [audit]; standard input follows
configuration() {
    local name=$1
    shift
    mkdir -p "$work/$name"
    {
        printf '%s\n' '[audit]' "output_dir = $name" 'format = xml' 'connect_timeout = 1s' 'tls_timeout = 1s' "$@"
        printf '%s\n' '[login audit]' 'uid = audit' 'password_file = password'
        cat
    } >"$work/$name.ini"
}
start_estate "$work/estate.scenario" || exit 1
both_audited() { xpath_is "$1" "$2" "count(//r:instance[starts-with(@name, 'GOOD') and @status='audited'])" 2; }

# ---- one login ---------------------------------------------------------------------------------------------------------

configuration healthy <<<"$good"
"$linkaudit" run -q -c "$work/healthy.ini" 2>"$work/err.txt"
report=$work/healthy/latest.xml
valid_report "the report of a healthy estate" "$report"
xpath_is "every link is tested" "$report" "count(//r:instance[@name='GOOD1']/r:linked-server/r:test[@outcome='ok'])" 3
take_statistics
equals "each instance is logged in to once, also where the probes of its targets take longer than its inventory" "1 1" \
    "$(awk '/^\[/ {at = $1} /^logins_accepted/ && at ~ /GOOD/ {print $2}' "$work/statistics.txt" | xargs)"

# ---- as many at a time as the configuration lets there be -----------------------------------------------------------------

{
    for number in $(seq 6); do printf '%s\n' "[instance QUEUE$number]" 'dsn = queue' 'login = audit'; done
} | configuration queue 'instance_concurrency = 2'
"$linkaudit" run -q -c "$work/queue.ini" 2>"$work/err.txt"
xpath_is "instances that wait for their turn are audited" "$work/queue/latest.xml" "count(//r:instance[@status='audited'])" 6
take_statistics
equals "as many are read at a time as the configuration lets there be" 2 \
    "$(sed -n '/^\[QUEUE\]/,/^$/s/^peak_connections //p' "$work/statistics.txt")"

{
    printf '%s\n' '[instance LONG]' 'server = 127.70.11.4' 'login = audit' '[instance SHORT]' 'server = 127.70.11.5' 'login = audit'
    for number in $(seq 3); do printf '%s\n' "[instance QUEUE$number]" 'dsn = queue' 'login = audit'; done
} | configuration long 'instance_concurrency = 1'
"$linkaudit" run -q -c "$work/long.ini" 2>"$work/err.txt"
at() { printf "translate(//r:instance[@name='%s']/@%s, '-:TZ', '')" "$1" "$2"; }
xpath_is "one whose links take their time holds nobody: the others are audited meanwhile" "$work/long/latest.xml" \
    "$(at QUEUE1 started) < $(at LONG finished) and count(//r:instance[@status='audited']) = 5" True
xpath_is "but no more instances test their links at a time than may be read" "$work/long/latest.xml" \
    "$(at SHORT finished) >= $(at LONG finished) and count(//r:instance[@name='SHORT']//r:test[@outcome='ok']) = 1" True

# With few descriptors. A prober for each processor takes some as well, so there is one.
{
    for number in $(seq 24); do printf '%s\n' "[instance QUEUE$number]" 'dsn = queue' 'login = audit'; done
} | configuration few 'instance_concurrency = 24'
(
    ulimit -n 40
    exec taskset -c "$(taskset -cp $BASHPID | sed -E 's/.*: ([0-9]+).*/\1/')" "$linkaudit" run -q -c "$work/few.ini" 2>"$work/err.txt"
)
xpath_is "where the system has descriptors for a few only, all the instances are audited" "$work/few/latest.xml" "count(//r:instance[@status='audited'])" 24
xpath_is "a few at a time, which is told" "$work/few/latest.xml" "count(//r:problems/r:message[contains(., 'at a time')]) >= 1" True

# ---- more of them at once than the fork server's socket holds ------------------------------------------------------------

{
    for number in $(seq 150); do printf '%s\n' "[instance MANY$number]" 'connection = DRIVER=Bad;Behaviour=refuse'; done
} | configuration many 'instance_concurrency = 200' 'keep = 1'
"$linkaudit" run -q -c "$work/many.ini" 2>"$work/err.txt"
xpath_is "a hundred and fifty collectors that start at once are collectors" "$work/many/latest.xml" \
    "count(//r:instance[@status='failed' and r:failure/@phase='connect'])" 150
xpath_is "and none of them is lost with the process that makes them" "$work/many/latest.xml" "count(//r:problems/r:message)" 0

# ---- drivers that do harm as soon as they are loaded ---------------------------------------------------------------------

configuration drivers 'deny = 127.70.11.9' <<E2
$good
[instance CRASH]
connection = DRIVER={crash-on-load}
[instance HANG]
connection = DRIVER=hang-on-load
instance_deadline = 3s
[instance THREADS]
connection = DRIVER={$work/threads-on-load.so}
[instance LEFT]
connection = DRIVER=Bad;Behaviour=leave-behind
E2
"$linkaudit" run -q -c "$work/drivers.ini" 2>"$work/err.txt"
equals "a run with drivers that do harm when they are loaded has a report" 2 $?
report=$work/drivers/latest.xml
valid_report "its report" "$report"
both_audited "the others are whole" "$report"
# failed INSTANCE PHASE MESSAGE
failed() {
    xpath_is "$1: the report says what happened" "$report" \
        "boolean(//r:instance[@name='$1']/r:failure[@phase='$2']/r:message[contains(., '$3')])" True
}
failed CRASH crash "$died"
failed HANG timeout 'overran its deadline'
failed LEFT crash "$died"
xpath_is "a driver's threads are its collector's" "$report" "count(//r:instance[@name='THREADS']/r:failure[@phase='crash' or @phase='timeout'])" 0
xpath_is "none of them costs the process that collectors are forked from" "$report" "count(//r:problems/r:message)" 0

# ---- what drivers get to know of main's environment -----------------------------------------------------------------------

configuration environment <<'E2'
[instance ENVIRONMENT]
connection = DRIVER=Bad;Behaviour=environment
E2
KRB5CCNAME=FILE:/nowhere/ticket KRB5_CLIENT_KTNAME=/nowhere/keytab TDSDUMP=$work/dump \
    "$linkaudit" run -q -c "$work/environment.ini" 2>"$work/err.txt"
xpath_is "the Kerberos tickets and keys that the audit was given, and no switch that writes passwords into a file" \
    "$work/environment/latest.xml" "normalize-space(//r:instance[@name='ENVIRONMENT']/r:failure/r:message[1])" \
    'KRB5CCNAME=FILE:/nowhere/ticket KRB5_CLIENT_KTNAME=/nowhere/keytab TDSDUMP=-'

# ---- what the processes know, and what becomes of them -------------------------------------------------------------------

configuration held 'instance_concurrency = 1' 'deny = 127.70.11.9' <<E2
[instance HELD]
connection = DRIVER=Bad;Behaviour=hang-in-connect
$good
E2
await() { # await COMMAND...: until it succeeds, half a minute at most
    local tries=0
    until "$@" || [ $tries -ge 300 ]; do tries=$((tries + 1)); sleep 0.1; done
    "$@"
}
holding() { # a run whose collector hangs in its driver
    "$linkaudit" run -q -c "$work/held.ini" 2>"$work/err.txt" &
    main=$!
    await collecting
}
collecting() {
    forks=$(pgrep -P "$main" -f -- --role=fork-server) && collector=$(pgrep -P "$forks" -x collector)
}
cat >"$work/knows.py" <<'PY'
"""knows.py PID TEXT: 0 when the process has the text in what it can write to, 1 when not, 2 when it may not be read."""
import re, sys
found = False
try:
    with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(number, 16) for number in line.split()[0].split("-"))
            if line.split()[1].startswith("rw") and end - begin < 1 << 27 and "[v" not in line:
                memory.seek(begin)
                found = found or sys.argv[2].encode() in memory.read(end - begin)
except PermissionError:
    sys.exit(2)
sys.exit(0 if found else 1)
PY
knows() { /usr/bin/python3 "$work/knows.py" "$1" "Planted-Secret-4711"; echo $?; }
if holding; then ok "a collector is a child of the fork server"; else not_ok "a collector is a child of the fork server"; cat "$work/err.txt"; fi
if [ "$(knows "$main")" = 2 ]; then
    echo "skipped: this user may not look into the processes' memory"
else
    equals "main knows the password" 0 "$(knows "$main")"
    equals "the fork server does not" 1 "$(knows "$forks")"
    equals "nor does the collector of an instance without it" 1 "$(knows "$collector")"
fi
kill -KILL "$forks"
wait "$main"
equals "a run whose fork server is killed has a report" 2 $?
report=$work/held/latest.xml
valid_report "its report" "$report"
failed HELD crash 'the process that it was forked from died'
both_audited "the instances after it are whole" "$report"
xpath_is "the run's problems tell" "$report" "count(//r:problems/r:message[contains(., 'forked from is gone') and contains(., 'signal 9')])" 1

if holding; then
    disown "$main"
    kill -KILL "$main"
fi
gone() { ! grep -qs . "/proc/$forks/cmdline" "/proc/$collector/cmdline"; } # one that nobody waits for has no arguments
check "main's death ends the fork server and what it made" await gone
no_role_is_left "nor is anything left of what drivers started"
finish
