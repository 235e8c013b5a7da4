#!/bin/bash
# Many links of one instance that all lead nowhere: as many tests side by side as the configuration lets there be, never more.
. "$(dirname "$0")/lib.sh"
cat >"$work/dead.scenario" <<'E2'
network 127.70
instance SRC address=${network}.10.1
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link DEAD{n} count=9 provider=MSOLEDBSQL product="" data_source=127.70.11.{n} test=timeout delay=1500
    mapping local=* remote=app password=x
  link HERE provider=MSOLEDBSQL product="" data_source=127.70.10.2
    mapping local=* remote=app password=x
instance MIXED address=${network}.10.4
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link EARLY{n} count=12 provider=MSOLEDBSQL product="" data_source=127.70.12.{n}
    mapping local=* remote=app password=x
  link SLOW{n} count=3 provider=MSOLEDBSQL product="" data_source=127.70.13.{n} test=timeout delay=1500
    mapping local=* remote=app password=x
  link LATE{n} count=9 provider=MSOLEDBSQL product="" data_source=127.70.14.{n}
    mapping local=* remote=app password=x
instance SHAKY address=${network}.10.3
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link BEFORE{n} count=3 provider=MSOLEDBSQL product="" data_source=127.70.15.{n}
    mapping local=* remote=zero password=x
  link KILLED provider=MSOLEDBSQL product="" data_source=127.70.10.2 test=session-killed
    mapping local=* remote=one password=x
  link OTHER provider=MSOLEDBSQL product="" data_source=127.70.10.2
    mapping local=* remote=two password=x
  link AFTER{n} count=3 provider=MSOLEDBSQL product="" data_source=127.70.16.{n}
    mapping local=* remote=three password=x
instance LATE address=${network}.10.6
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link LATE{n} count=5 provider=MSOLEDBSQL product="" data_source=127.70.18.{n} test=timeout delay=60000
    mapping local=* remote=app password=x
instance HANGS address=${network}.10.5
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link HANG{n} count=9 provider=MSOLEDBSQL product="" data_source=127.70.17.{n} test=hang
    mapping local=* remote=app password=x
E2
secret "$work/password" pw
cat >"$work/dead.ini" <<'E2'
[audit]
output_dir = out
format = xml
connect_timeout = 1s
link_test_concurrency = 3
[login audit]
uid = audit
password_file = password
[instance SRC]
server = 127.70.10.1
login = audit
[instance MIXED]
server = 127.70.10.4
login = audit
[instance SHAKY]
server = 127.70.10.3
login = audit
[instance HANGS]
server = 127.70.10.5
login = audit
query_timeout = 4s
[instance LATE]
server = 127.70.10.6
login = audit
instance_deadline = 8s
E2
mkdir "$work/out"
start_estate "$work/dead.scenario" || exit 1
"$linkaudit" run -q -c "$work/dead.ini"
stop_estate
statistic() { sed -n "/^\[${2:-SRC}\]/,/^\$/s/^$1 //p" "$work/statistics.txt"; }
report=$work/out/latest.xml
valid_report "its report" "$report"
xpath_is "every link is tested" "$report" "count(//r:linked-server[r:test[@outcome='failed'] and starts-with(@name, 'DEAD')])" 9
xpath_is "with every message the instance sent" "$report" "count(//r:linked-server[starts-with(@name, 'DEAD') and count(r:test/r:message) = 3 and r:test/r:message/@number = '10060'])" 9
equals "as many side by side as the configuration lets there be" 3 "$(statistic peak_link_tests)"
check "not in a session for each link" [ "$(statistic logins_accepted)" -lt 9 ]
xpath_is "the instance is whole" "$report" "string(//r:instance[@name='SRC']/@status)" audited
# Quick links go several to a job; what a slow one keeps waiting there is given to others.
xpath_is "quick and slow links are all tested" "$report" "count(//r:instance[@name='MIXED']/r:linked-server[r:test[@outcome='ok']])" 21
xpath_is "the slow ones too" "$report" "count(//r:linked-server[starts-with(@name, 'SLOW') and r:test/r:message/@number = '10060'])" 3
equals "each once" 24 "$(statistic link_tests MIXED)"
check "the slow ones side by side with others" [ "$(statistic peak_link_tests MIXED)" -ge 2 ]
xpath_is "a test in which the audit's own session ended says nothing of its link" "$report" \
    "count(//r:linked-server[@name='KILLED' and r:test[@outcome='skipped' and contains(@reason, 'own connection')]])" 1
xpath_is "nor does a finding" "$report" "count(//r:finding[@rule='R01' and @link='KILLED'])" 0
xpath_is "and the instance's other links are tested in another session, also those of its job" "$report" "count(//r:instance[@name='SHAKY']/r:linked-server[r:test/@outcome='ok'])" 7
# A provider that hangs inside the engine holds a worker of it: those under way with the first, and no further one.
xpath_is "of tests that do not end, no more are begun than were side by side when the first timed out" "$report" \
    "count(//r:instance[@name='HANGS']/r:linked-server[r:test/@outcome='timeout']) <= 3" True
xpath_is "two at least did" "$report" "count(//r:instance[@name='HANGS']/r:linked-server[r:test/@outcome='timeout']) >= 2" True
xpath_is "the others say why they were not begun" "$report" \
    "count(//r:instance[@name='HANGS']/r:linked-server[r:test/@outcome='timeout' or r:test[@outcome='skipped' and contains(@reason, 'two tests')]])" 9
check "and so the stand-in counts" [ "$(statistic link_tests HANGS)" -le 3 ]
# At the instance's deadline
xpath_is "an instance whose deadline comes during its link tests is partial, and says so" "$report" \
    "count(//r:instance[@name='LATE' and @status='partial' and r:failure/@phase='timeout']/r:failure/r:message[contains(., 'while testing its linked servers')]) > 0" True
xpath_is "its links are in the report" "$report" "count(//r:instance[@name='LATE']/r:linked-server)" 5
xpath_is "the tests that were under way are not taken for answers" "$report" \
    "count(//r:instance[@name='LATE']/r:linked-server[r:test/@outcome='skipped'])" 5
xpath_is "and none is begun any more" "$report" \
    "count(//r:instance[@name='LATE']/r:linked-server[r:test[contains(@reason, 'deadline was reached before')]]) >= 2" True
finish
