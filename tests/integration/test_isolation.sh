#!/bin/bash
# What a driver, a server or the system's killer does to one process costs one instance or one endpoint, and is told.
. "$(dirname "$0")/lib.sh"
export ODBCSYSINI=$work
unset LSAN_OPTIONS
# The sanitizers make an exit of a crash, and reserve more addresses than the limit allows.
sanitized= died='the process died of signal'
if [ -z "${build##*sanitized*}" ]; then sanitized=yes died='the process ended with'; fi
cat >"$work/odbcinst.ini" <<INI
[FreeTDS]
Driver=$(find /usr/lib -name libtdsodbc.so | head -n 1)
Threading=0
[Bad]
Driver=$build/integration/bad_driver.so
INI
cat >"$work/isolation.scenario" <<'E2'
network 127.70
instance GOOD1 address=${network}.6.1
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link TO_SLOW provider=MSOLEDBSQL product="" data_source=127.70.6.9
    mapping local=* self=yes
  link TO_NAME provider=MSOLEDBSQL product="" data_source=good2.test
    mapping local=* remote=app password=x
instance GOOD2 address=${network}.6.2
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link TO_SLOW provider=MSOLEDBSQL product="" data_source=127.70.6.9
    mapping local=* remote=app password=x
  link TO_ONE provider=MSOLEDBSQL product="" data_source=127.70.6.1 test=ok
    mapping local=* remote=app password=x
instance ROWS address=${network}.6.3 behaviour=row-flood
  login audit password=pw
instance GARBAGE address=${network}.6.4 behaviour=garbage-in-query
  login audit password=pw
instance LENGTHS address=${network}.6.5 behaviour=lying-length
instance SLOW address=${network}.6.9 behaviour=hang-in-tls
instance TESTED address=${network}.6.7
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link L1 provider=MSOLEDBSQL product="" data_source=127.70.6.21
    mapping local=* remote=app password=x
  link L2 provider=MSOLEDBSQL product="" data_source=127.70.6.22
    mapping local=* remote=app password=x
  link L3 provider=MSOLEDBSQL product="" data_source=127.70.6.23 test=timeout delay=60000
    mapping local=* remote=app password=x
  link L4 provider=MSOLEDBSQL product="" data_source=127.70.6.24
    mapping local=* remote=app password=x
E2
secret "$work/password" pw
mkdir "$work/out"
behaviours="crash-in-connect hang-in-connect crash-in-query hang-in-query flood endless deluge lengths messages columns results refuse"
{
    cat <<'E2'
[audit]
output_dir = out
connect_timeout = 3s
tls_timeout = 3s
[hosts]
good2.test = 127.70.6.2
[login audit]
uid = audit
password_file = password
[login flooded]
uid = audit
password_file = password
E2
    for number in 1 2; do printf '%s\n' "[instance GOOD$number]" "server = 127.70.6.$number" 'login = audit'; done
    # Who must reach what the test is about has time; who hangs has little.
    printf '%s\n' '[instance WIRE-ROWS]' 'server = 127.70.6.3' 'login = flooded' 'instance_deadline = 15s'
    printf '%s\n' '[instance WIRE-GARBAGE]' 'server = 127.70.6.4' 'login = flooded' 'query_timeout = 3s'
    printf '%s\n' '[instance WIRE-LENGTHS]' 'server = 127.70.6.5' 'login = flooded' 'login_timeout = 2s'
    for behaviour in $behaviours; do
        printf '%s\n' "[instance $behaviour]" "connection = DRIVER=Bad;Behaviour=$behaviour"
        case $behaviour in crash* | refuse) ;; *) printf '%s\n' 'instance_deadline = 8s' 'login_timeout = 2s' 'query_timeout = 2s' ;; esac
    done
    [ -n "$sanitized" ] || printf '%s\n' '[instance leak-in-connect]' 'connection = DRIVER=Bad;Behaviour=leak-in-connect'
} >"$work/run.ini"
start_estate "$work/isolation.scenario" || exit 1

# ---- drivers and servers that misbehave ----------------------------------------------------------------------------

began=$SECONDS
timeout 300 "$linkaudit" run -q -c "$work/run.ini" 2>"$work/run.err"
equals "a run with a dozen bad drivers and three bad servers has a report" 2 $?
echo "# it took $((SECONDS - began)) s"
report=$work/out/latest.xml
valid_report "the report" "$report"
# bad INSTANCE PHASE MESSAGE
bad() {
    xpath_is "$1: the report names the phase" "$report" "string(//r:instance[@name='$1']/r:failure/@phase)" "$2"
    xpath_is "$1: and the reason: $3" "$report" "boolean(//r:instance[@name='$1']/r:failure/r:message[contains(., '$3')])" True
}
first='while connecting or logging in' then='while reading its inventory'
bad crash-in-connect crash "$first: $died"
bad crash-in-query crash "$then: $died"
bad hang-in-connect timeout "$first: the process overran its deadline"
bad hang-in-query timeout "$then: the process overran its deadline"
bad messages timeout 'overran its deadline'
for behaviour in flood deluge; do
    xpath_is "$behaviour: cut off, by its deadline or by the number of rows, and told" "$report" \
        "boolean(//r:instance[@name='$behaviour'][r:failure/@phase='timeout' or r:not-readable[contains(@reason, 'only the first')]])" True
done
bad refuse connect 'gave no reason'
# Whichever comes first: how much a machine reads in 8 s differs.
xpath_is "WIRE-ROWS: cut off, by its deadline or by what main keeps of one instance, and told" "$report" \
    "boolean(//r:instance[@name='WIRE-ROWS']/r:failure[(@phase='timeout' and contains(r:message, 'while reading its inventory')) or (@phase='inventory' and contains(r:message, 'more than 256 MiB'))])" True
bad WIRE-GARBAGE inventory 'the connection broke during the inventory'
bad WIRE-LENGTHS connect 'imeout'
if [ -z "$sanitized" ]; then bad leak-in-connect crash "$first: $died"; else echo "skipped: the address-space limit is tested without the sanitizers"; fi
for number in 1 2; do
    xpath_is "instance GOOD$number is whole" "$report" "string(//r:instance[@name='GOOD$number']/@status)" audited
done
xpath_is "with all its links" "$report" "count(//r:instance[@name='GOOD1']/r:linked-server[r:diagnosis])" 2
xpath_is "what had arrived from a partial one is kept" "$report" "string(//r:instance[@name='WIRE-ROWS']/@status)" partial
no_role_is_left "no child is left"

# ---- kill -9 ---------------------------------------------------------------------------------------------------------

cat >"$work/kill.ini" <<'E2'
[audit]
output_dir = killed
format = xml
connect_timeout = 1s
tls_timeout = 2s
[hosts]
good2.test = 127.70.6.2
[login audit]
uid = audit
password_file = password
[instance GOOD1]
server = 127.70.6.1
login = audit
[instance GOOD2]
server = 127.70.6.2
login = audit
E2
mkdir "$work/killed"
report=$work/killed/latest.xml
kill_role() { pkill -KILL -P "$main" -f -- "--role=$1"; } # of our own run only
good_endpoints() {
    for host in 127.70.6.1 127.70.6.2 good2.test; do
        xpath_is "endpoint $host is whole" "$report" \
            "concat(//r:endpoint[@host='$host']/r:diagnosis/@cause, ' ', //r:endpoint[@host='$host']/r:tls[@protocol='TLSv1.2']/@outcome)" 'ok accepted'
    done
}

"$linkaudit" run -q -c "$work/kill.ini" 2>"$work/kill.err" &
main=$!
tries=0
until kill_role prober || [ $tries -ge 50 ]; do tries=$((tries + 1)); sleep 0.02; done
kill_role resolver
wait $main
status=$?
if [ $status -le 1 ]; then ok "a run whose probers and resolver are killed once is complete"; else not_ok "the run whose probers were killed once ended with $status"; cat "$work/kill.err"; fi
valid_report "its report" "$report"
good_endpoints
xpath_is "the slow endpoint, too" "$report" "string(//r:endpoint[@host='127.70.6.9']/r:diagnosis/@cause)" tls-handshake-failed
xpath_is "nobody is blamed for one death" "$report" "count(//r:property[@name='probe-failure'])" 0

# Whenever nothing but that endpoint is in flight, its prober dies. Without link tests no session waits for them.
connected() { awk -v rem="$1:0599" '$3 == rem && $4 == "01" {found = 1} END {exit !found}' /proc/net/tcp; } # client's side
only_slow() { connected 0906467F && ! connected 0106467F && ! connected 0206467F; }
"$linkaudit" run -q --no-link-test -c "$work/kill.ini" 2>"$work/kill.err" &
main=$!
deaths=0
while kill -0 $main 2>/dev/null && [ $deaths -lt 20 ]; do
    sleep 0.2
    only_slow && sleep 0.3 && only_slow && kill_role prober && deaths=$((deaths + 1))
done
wait $main
status=$?
if [ $status -le 1 ]; then ok "a run whose probers die again and again ends"; else not_ok "the run whose probers die ended with $status"; fi
valid_report "its report" "$report"
xpath_is "the endpoint that was in flight is blamed" "$report" \
    "boolean(//r:endpoint[@host='127.70.6.9']/r:property[@name='probe-failure' and contains(@value, 'signal 9')])" True
xpath_is "and no other" "$report" "count(//r:property[@name='probe-failure'])" 1
xpath_is "the run's problems name it" "$report" "count(//r:problems/r:message[contains(., '127.70.6.9')])" 1
good_endpoints

# ---- SIGTERM while a link's test waits for the probe of its target -----------------------------------------------------

tests_of_good2() { take_statistics; awk '/^\[/ {at = $1} /^link_tests/ && at == "[GOOD2]" {print $2}' "$work/statistics.txt"; }
sed 's/^tls_timeout.*/tls_timeout = 30s/' "$work/kill.ini" >"$work/term.ini"
before=$(tests_of_good2)
"$linkaudit" run -q -c "$work/term.ini" 2>"$work/kill.err" &
main=$!
tries=0
until [ "$(tests_of_good2)" -gt "$before" ] || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
kill -TERM $main
wait $main
equals "a run that is ended while a test waits has a report" 2 $?
xpath_is "the instance is whole" "$report" "string(//r:instance[@name='GOOD2']/@status)" audited
xpath_is "and its test says why it was not made" "$report" \
    "string(//r:instance[@name='GOOD2']/r:linked-server[@name='TO_SLOW']/r:test[@outcome='skipped']/@reason)" 'the run was ended before'

# ---- kill -9 of a collector within a job of several link tests ---------------------------------------------------------

{
    sed -e '/^\[instance/,$d' -e 's/^format = .*/&\nlink_test_concurrency = 1/' "$work/kill.ini"
    printf '%s\n' '[instance TESTED]' 'server = 127.70.6.7' 'login = audit' 'instance_deadline = 60s'
} >"$work/tested.ini"
tests_of_l3() { take_statistics; sed -n 's/^link_test link="L3" count=//p' "$work/statistics.txt"; }
"$linkaudit" run -q -c "$work/tested.ini" 2>"$work/kill.err" &
main=$!
tries=0
until [ "$(tests_of_l3)" = 1 ] || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
pkill -KILL -P "$(pgrep -P $main -f -- --role=fork-server)" -x collector
wait $main
equals "a run whose collector is killed within a test has a report" 2 $?
xpath_is "what that had tested is kept" "$report" "string(//r:linked-server[@name='L2']/r:test/@outcome)" ok
xpath_is "the link that it was at is not tested" "$report" \
    "string(//r:linked-server[@name='L3']/r:test[@outcome='skipped']/@reason)" 'its collector ended before it'
equals "nor begun again: its login may have been offered" 1 "$(tests_of_l3)"
xpath_is "the others are tested by another collector" "$report" "string(//r:linked-server[@name='L4']/r:test/@outcome)" ok
finish
