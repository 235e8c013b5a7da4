#!/bin/bash
# linkaudit run from end to end: what it reports of servers that work and of servers that do not, its exit codes, and what it
# does to the servers it looks at.
. "$(dirname "$0")/lib.sh"

cat >"$work/run.scenario" <<'E2'
network 127.41
ca root subject="CN=Test Root"
certificate good subject="CN=sql01.test" dns=sql01.test issuer=root
instance SQL01 address=${network}.0.1 version=15.0.4312.2 certificate=good
  login audit password="S3cret-of-01" grant="VIEW SERVER STATE" grant="ALTER ANY LINKED SERVER" grant="VIEW ANY DEFINITION"
  link PLAIN product="" provider=SQLNCLI data_source=sql02.test
    mapping local=* remote=app password=x
  link AGAIN product="" provider=MSOLEDBSQL data_source="tcp:SQL02.test.,1433" provider_string="UID=app;PWD={S3cret-of-link}"
    mapping local=* self=yes
  link "<script>alert(1)</script>" product="" provider=SQLNCLI data_source=nowhere.invalid
  link "control \x01 and \uD800 surrogate" data_source="x\x07\uDC00y"
  link ORACLE product=Oracle provider=OraOLEDB.Oracle data_source=ORCL
  link CLOSED product="" provider=SQLNCLI data_source="sql02.test,1499"
instance SQL02 address=${network}.0.2 version=16.0.4230.1 certificate=good
  login audit password="S3cret-of-01"
  login app password=x
instance WRONG address=${network}.0.3 version=13.0.7050.2
  login audit password="another password"
instance SILENT address=${network}.0.4 behaviour=silent
instance STUCK address=${network}.0.5 behaviour=hang-in-query
  login audit password="S3cret-of-01"
instance FLOOD address=${network}.0.6 behaviour=endless-tokens
  login audit password="S3cret-of-01"
instance SQLSHORT address=${network}.0.8
  login audit password="S3cret-of-01"
instance NAMED address=${network}.0.7 port=51433 instance=SALES version=14.0.3475.1
  login audit password="S3cret-of-01"
E2
secret "$work/password" 'S3cret-of-01'
mkdir "$work/out"
cat >"$work/run.ini" <<E2
[audit]
output_dir = out
ca_file = ca.pem
connect_timeout = 3s
tls_timeout = 3s
dns_suffixes = nowhere.test corp.test
[hosts]
sqlshort.corp.test = 127.41.0.8
sql01.test = 127.41.0.1
sql02.test = 127.41.0.2
[login audit]
uid = audit
password_file = password
[login odd]
driver = No Such Driver
uid = audit
password_file = password
[instance ONE]
server = sql01.test
login = audit
tags = prod, first
[instance WRONG]
server = 127.41.0.3
login = audit
[instance SILENT]
server = 127.41.0.4
login = audit
login_timeout = 3s
[instance STUCK]
server = 127.41.0.5
login = audit
query_timeout = 3s
instance_deadline = 12s
[instance FLOOD]
server = 127.41.0.6
login = audit
query_timeout = 3s
instance_deadline = 12s
[instance DOWN]
server = 127.41.0.99
login = audit
[instance DRIVERLESS]
server = sql01.test
login = odd
[instance SHORT]
server = sqlshort
login = audit
[instance NAMED]
server = 127.41.0.7\\SALES
login = audit
tags = prod
E2
start_estate "$work/run.scenario" || exit 1

began=$SECONDS
timeout 300 "$linkaudit" run -c "$work/run.ini" >"$work/run.out" 2>"$work/run.err"
equals "a run with failing instances ends with exit code 2" 2 $?
echo "# it took $((SECONDS - began)) s"
report=$work/out/latest.xml
valid_report "the report" "$report"

status() { xpath_is "instance $1 is $2" "$report" "string(//r:instance[@name='$1']/@status)" "$2"; }
phase() { xpath_is "instance $1 failed in phase $2" "$report" "string(//r:instance[@name='$1']/r:failure/@phase)" "$2"; }
status ONE audited
status NAMED audited
status SHORT audited # its driver got the name that dns_suffixes made of it
status WRONG failed
phase WRONG login
status DOWN failed
phase DOWN connect
status SILENT failed
phase SILENT connect
status DRIVERLESS failed
phase DRIVERLESS connect
for instance in STUCK FLOOD; do
    xpath_is "instance $instance is not taken for audited" "$report" "string(//r:instance[@name='$instance']/@status)='audited'" False
done
xpath_is "a wrong password gives the server's own message" "$report" "count(//r:instance[@name='WRONG']/r:failure/r:message[@number='18456'])" 1
xpath_is "a driver that does not exist gives the driver manager's message" "$report" "boolean(//r:instance[@name='DRIVERLESS']//r:message[contains(.,'No Such Driver') or @sqlstate='01000' or @sqlstate='IM002'])" True
xpath_is "the probe of an instance that is down says why" "$report" "string(//r:endpoint[@audited-as='DOWN']/r:diagnosis/@cause)" port-refused
xpath_is "the probe of a silent instance says why" "$report" "string(//r:endpoint[@audited-as='SILENT']/r:diagnosis/@cause)" accepts-but-silent

xpath_is "all links of ONE are there" "$report" "count(//r:instance[@name='ONE']/r:linked-server)" 6
xpath_is "two spellings of one server share an endpoint" "$report" "//r:linked-server[@name='PLAIN']/@endpoint = //r:linked-server[@name='AGAIN']/@endpoint" True
xpath_is "the shared endpoint counts its links" "$report" "string(//r:endpoint[@host='sql02.test' and @port='1433']/@links)" 2
xpath_is "the password of the provider string is ***" "$report" "string(//r:linked-server[@name='AGAIN']/@provider-string)" 'UID=app;PWD=***'
xpath_is "a link named as a script is text" "$report" "count(//r:linked-server[@name='<script>alert(1)</script>'])" 1
xpath_is "control characters and unpaired surrogates are replaced visibly" "$report" "count(//r:linked-server[contains(@name,'control') and contains(@data-source, '�')])" 1
xpath_is "a name that does not exist is diagnosed" "$report" "string(//r:endpoint[@host='nowhere.invalid']/r:diagnosis/@cause)" name-not-found
xpath_is "an Oracle alias is no network endpoint" "$report" "string(//r:linked-server[@name='ORACLE']/r:diagnosis/@cause)" not-a-network-target
xpath_is "a closed port is diagnosed" "$report" "string(//r:endpoint[@port='1499']/r:diagnosis/@cause)" port-refused
xpath_is "the certificate's chain is trusted through ca_file" "$report" "string(//r:endpoint[@host='sql02.test' and @port='1433']/r:certificate[@position='0']/@trusted)" true
xpath_is "TLS 1.2 is found" "$report" "string(//r:endpoint[@host='sql02.test' and @port='1433']/r:tls[@protocol='TLSv1.2']/@outcome)" accepted
xpath_is "a named instance is found by its own SQL Browser question" "$report" "string(//r:endpoint[@audited-as='NAMED']/r:browser/@tcp-port)" 51433
xpath_is "a fixed remote login is tested" "$report" "string(//r:linked-server[@name='PLAIN']/r:test/@outcome)" ok
xpath_is "a self mapping under a SQL login is not tested" "$report" "string(//r:linked-server[@name='AGAIN']/r:test/@outcome)" skipped

html=$work/out/latest.html
if [ -s "$html" ]; then ok "the HTML was made"; else not_ok "the HTML was made"; fi
if grep -q '<script>alert(1)' "$html"; then not_ok "the hostile name is escaped in the HTML"; else ok "the hostile name is escaped in the HTML"; fi
if grep -rqE 'S3cret-of' "$work/out" "$work/run.out" "$work/run.err"; then not_ok "no password is anywhere in reports or logs"; else ok "no password is anywhere in reports or logs"; fi
equals "reports are not for others to read" 640 "$(stat -L -c %a "$report")"

# ---- the same conclusions from the report -----------------------------------------------------------------------

check "render --reassess reads the report" "$linkaudit" render --reassess --format xml -o "$work/again.xml" "$report"
check "and concludes the same from it" cmp "$report" "$work/again.xml"
printf '[severity]\nR03 = critical\n[policy]\ndisabled = H02\n' >"$work/policy.ini"
check "with a policy of its own" "$linkaudit" render --reassess --policy "$work/policy.ini" --format xml -o "$work/strict.xml" "$report"
xpath_is "it concludes by that policy" "$work/strict.xml" "string(//r:finding[@rule='R03'][1]/@severity)" critical
xpath_is "and leaves out what that policy leaves out" "$work/strict.xml" "count(//r:finding[@rule='H02'])" 0
echo 'X99 = critical' >>"$work/policy.ini"
"$linkaudit" render --reassess --policy "$work/policy.ini" "$report" >"$work/out.txt" 2>"$work/err.txt"
equals "a mistake in the policy is told" 3 $?

# ---- the command line ---------------------------------------------------------------------------------------

code() { # code "what" EXPECTED COMMAND...
    local what=$1 expected=$2
    shift 2
    "$@" >"$work/out.txt" 2>"$work/err.txt"
    equals "$what: exit code" "$expected" $?
}
code "one instance by name, without findings counting" 0 "$linkaudit" run -q -c "$work/run.ini" --only NAMED --output "$work/out" --no-link-test
xpath_is "a limited run says so" "$work/out/latest.xml" "string(//r:scope/@only)" NAMED
xpath_is "a limited run has only its instances" "$work/out/latest.xml" "count(//r:instance)" 1
equals "quiet is quiet" "" "$(cat "$work/out.txt" "$work/err.txt")"
code "a name that nothing has" 3 "$linkaudit" run -c "$work/run.ini" --only NOBODY
code "no configuration file" 3 "$linkaudit" run -c "$work/none.ini"
code "an unknown option" 3 "$linkaudit" run --nonsense
code "an unknown command" 3 "$linkaudit" nonsense
code "no command" 3 "$linkaudit"
code "an output folder that is not there" 3 "$linkaudit" run -c "$work/run.ini" --output "$work/none"
code "an unknown format" 3 "$linkaudit" run -c "$work/run.ini" --format xml,pdf
chmod 644 "$work/password"
code "a password file that others can read" 3 "$linkaudit" run -c "$work/run.ini" --only NAMED
check "it names file, line and reason" grep -q 'run.ini:[0-9]*: \[login audit\] password_file' "$work/err.txt"
chmod 600 "$work/password"
code "config" 0 "$linkaudit" config -c "$work/run.ini"
if grep -q S3cret "$work/out.txt"; then not_ok "config prints no password"; else ok "config prints no password"; fi
check "config prints what the driver gets" grep -q 'TDS_Version=7.4' "$work/out.txt"
"$linkaudit" config -c "$work/run.ini" >/dev/full 2>"$work/err.txt"
equals "a full standard output is told" 3 $?

# ---- ending early, twice at once ------------------------------------------------------------------------------

# Neither ends of itself before the signal, which comes when both have been refused by WRONG.
sed 's/^\(query_timeout\|instance_deadline\) = .*/\1 = 5m/' "$work/run.ini" >"$work/long.ini"
# counted INSTANCE COUNTER: from the estate's statistics
counted() { awk -v i="[$1]" -v k="$2" '$0 == i {on = 1; next} /^\[/ {on = 0} on && $1 == k {print $2}' "$work/statistics.txt"; }
refused_thrice() {
    take_statistics
    [ "$(counted WRONG logins_refused)" -ge 3 ]
}
"$linkaudit" run -q -c "$work/long.ini" >/dev/null 2>&1 &
first=$!
"$linkaudit" run -q -c "$work/long.ini" >/dev/null 2>&1 &
second=$!
within 120 refused_thrice || not_ok "each of three runs logged in to WRONG"
kill -TERM $first
wait $first
equals "SIGTERM ends a run early, with a report" 2 $?
kill -INT $second 2>/dev/null
wait $second
equals "a second run at the same time does as well" 2 $?
valid_report "the report of an interrupted run" "$work/out/latest.xml"
xpath_is "it says that it is not complete" "$work/out/latest.xml" "string(/r:audit/@complete)" false
equals "nothing half-written is left" "" "$(find "$work/out" -name '.*' -type f)"
no_role_is_left "no child outlives its run"

# ---- what was done to the servers -----------------------------------------------------------------------------

stop_estate
equals "a refused login is not tried again on that instance (one attempt in each of three runs)" 3 "$(counted WRONG logins_refused)"
equals "no login was tried at a server that is only a target" 0 "$(counted SQL02 logins_refused)"
equals "a link test ran once in each run for the link that may be tested" "$(counted SQL01 link_tests)" \
    "$(awk '/^link_test link="PLAIN"/ {sub("count=", "", $NF); print $NF}' "$work/statistics.txt")"
finish
