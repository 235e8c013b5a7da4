#!/bin/bash
# The history: runs stored through ODBC in SQLite and in PostgreSQL, whole or not at all and never twice; the trend in the next
# report; and that nothing of it ever harms a report.
. "$(dirname "$0")/lib.sh"
driver=$build/integration/collector_driver

# ---- a PostgreSQL server of our own ------------------------------------------------------------------------

postgres=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
pg_address=127.47.1.1
pg_port=$(free_ports $pg_address 1)
# initdb and postgres refuse to be root.
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$work/pg" "$@"; else "$@"; fi
}
stop_postgres() {
    if [ -s "$work/pg/data/postmaster.pid" ]; then
        (cd "$work/pg" && as_nobody "$postgres/pg_ctl" -D "$work/pg/data" -m immediate -w -t 20 stop >/dev/null)
    fi
    stop_all
}
start_postgres() {
    chmod 755 "$work"
    mkdir "$work/pg"
    printf '%s\n' 'Pass;w{rd' >"$work/pg/password"
    if [ "$(id -u)" -eq 0 ]; then chown -R nobody:nogroup "$work/pg"; fi
    cd "$work/pg" || return 1
    as_nobody "$postgres/initdb" -D "$work/pg/data" -U linkaudit --auth=scram-sha-256 --pwfile="$work/pg/password" -E UTF8 \
        --locale=C.UTF-8 -N >"$work/initdb.log" 2>&1 &&
        as_nobody "$postgres/pg_ctl" -D "$work/pg/data" -w -t 30 -l "$work/pg/log" -o "-c listen_addresses=$pg_address \
            -c port=$pg_port -c unix_socket_directories= -c fsync=off -c timezone=Asia/Tokyo" start >/dev/null
    local started=$?
    cd "$OLDPWD" || return 1
    [ $started -eq 0 ] && PGDATABASE=postgres psql_quietly 'CREATE DATABASE history'
}
psql_quietly() {
    PGPASSWORD='Pass;w{rd' "$postgres/psql" -h $pg_address -p $pg_port -U linkaudit -d "${PGDATABASE-history}" -v ON_ERROR_STOP=1 -AtqX -c "$1"
}
trap stop_postgres EXIT

# ---- the databases, behind the same few functions ----------------------------------------------------------

password_file=
use_sqlite() {
    database=SQLite
    connection="DRIVER={SQLite3};Database=$1"
    login=
    password_file=
    sqlite_file=$1
}
use_postgres() {
    database=PostgreSQL
    connection="DRIVER={PostgreSQL Unicode};Server=$pg_address;Port=$pg_port;Database=history"
    login='uid="linkaudit" has-password="true"'
    password_file=$work/pg/password
}

# sql STATEMENT: its rows, columns separated by |, NULL as nothing
sql() {
    if [ $database = PostgreSQL ]; then psql_quietly "$1"; return; fi
    /usr/bin/python3 - "$sqlite_file" "$1" <<'PY'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    for row in connection.execute(sys.argv[2]):
        print("|".join("" if value is None else str(value) for value in row))
PY
}

# job TASK ATTRIBUTES: what a collector answers
job() {
    cat >"$work/job.xml" <<E2
<collector-job task="$1" instance="history" connection="$connection" $login><history-request $2/></collector-job>
E2
    # shellcheck disable=SC2086 # one word, or none
    timeout 60 "$driver" "$work/job.xml" $password_file
}
store() { job history-store "report=\"$1\" ${2-}" >"$work/answer"; }
stored_well() { equals "$database: $1" "D  exit 0" "$(tr '\n' ' ' <"$work/answer" | sed 's/ $//')"; }
failed_with() { # failed_with "what" TEXT
    if grep -q '^X <failure' "$work/answer" && grep -qF "$2" "$work/answer"; then ok "$database: $1"; else not_ok "$database: $1: $(cat "$work/answer")"; fi
}
counts() { # of a run: instances|links|endpoints|findings
    sql "SELECT (SELECT count(*) FROM linkaudit_instances i WHERE i.run_number = r.run_number),
                (SELECT count(*) FROM linkaudit_links l WHERE l.run_number = r.run_number),
                (SELECT count(*) FROM linkaudit_endpoints e WHERE e.run_number = r.run_number),
                (SELECT count(*) FROM linkaudit_findings f WHERE f.run_number = r.run_number)
         FROM linkaudit_runs r WHERE run_id = '$1'"
}

# report FILE RUN-ID STARTED LINKS [TITLE] [MORE]: a report whose names are as hostile as a server can make them
report() {
    /usr/bin/python3 - "$1" "$2" "$3" "$4" "${5-Nightly}" "${6-}" <<'PY'
import sys
from xml.sax.saxutils import quoteattr as q
path, run, started, links, title, more = sys.argv[1:]
names = ["plain", "'; DROP TABLE linkaudit_runs; --", "\U0001F600" * 2000, "x" * 4000, "\u202Ertl\uFFFD\u0301", "{fn now()}", "?",
         "%s%n", "a]b[c\"d`\\", "<script>alert(1)</script>", " blanks ", "a&#10;b\n\tc", ""]
n = int(links)
with open(path, "w", encoding="utf-8") as out:
    out.write(f'<audit xmlns="urn:linkaudit:report:1" version="1" run-id={q(run)} started={q(started)} host="h" program="p" complete="true" title={q(title)}>{more}'
              f'<summary instances="2" links="{n}" links-ok="{n - 1}" links-failed="1" endpoints="{n}" endpoints-reachable="3" '
              'critical="4" high="5" medium="6" low="7" info="8" waived="9"/><instances>'
              '<instance name="EMPTY" status="failed"><failure phase="login"/></instance><instance name="I" status="audited">')
    for i in range(n):
        out.write(f'<linked-server name={q(names[i % len(names)])} data-source="sql{i}" endpoint="e{i}"><test outcome="ok" ms="{i}"/></linked-server>')
    out.write('</instance></instances><endpoints>')
    for i in range(n):
        out.write(f'<endpoint id="e{i}" key="sqlserver:sql{i}" kind="sqlserver" reachable="{"false" if i == 1 else "true"}"><connect ip="10.0.0.1" port="1433" outcome="refused"/>'
                  f'<connect ip="10.0.0.2" port="1433" outcome="ok" ms="{i}"/>'
                  f'<prelogin outcome="{"silent" if i == 1 else "ok"}" ms="{2 * i}"/><tls protocol="TLSv1.0" outcome="accepted"/><tls protocol="TLSv1.1" outcome="rejected"/><tls protocol="TLSv1.2" outcome="accepted"/>'
                  '<certificate position="0" not-after="2031-01-02T03:04:05Z"/></endpoint>')
    out.write('</endpoints><findings>')
    for i in range(n):
        out.write(f'<finding rule="R01" severity="high" link={q(names[i % len(names)])} since="2026-09-01T02:15:00Z" waived="{"true" if i == 1 else "false"}"><title>No {i}</title></finding>')
    out.write('</findings></audit>\n')
PY
}

# Whether the names in the database are, one by one, those in the report.
same_names() {
    local query="SELECT l.name FROM linkaudit_links l JOIN linkaudit_runs r ON r.run_number = l.run_number WHERE r.run_id = '$2' ORDER BY l.item"
    if [ $database = PostgreSQL ]; then
        psql_quietly "SELECT coalesce(json_agg(name), '[]') FROM ($query) names" >"$work/names.json"
    else
        /usr/bin/python3 -c 'import json, sqlite3, sys; print(json.dumps([row[0] for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])]))' \
            "$sqlite_file" "$query" >"$work/names.json"
    fi
    /usr/bin/python3 - "$1" "$work/names.json" <<'PY'
import json, sys
from lxml import etree
wanted = [link.get("name") for link in etree.parse(sys.argv[1]).iter("{*}linked-server")]
sys.exit(0 if wanted and wanted == json.load(open(sys.argv[2])) else 1)
PY
}

# ---- what holds for every database -------------------------------------------------------------------------

check_database() {
    local at=$work/$database
    mkdir "$at"
    job history-read 'title="Nightly" runs="5"' >"$work/answer"
    stored_well "a database without tables is an empty history"

    report "$at/one.xml" one 2026-11-01T02:15:00Z 250
    store "$at/one.xml"
    stored_well "the first run makes the tables and is stored"
    equals "$database: everything is there" "2|250|250|250" "$(counts one)"
    check "$database: hostile names are text, unchanged" same_names "$at/one.xml" one
    equals "$database: the run's own row" "h|p|Nightly||1|0|2||250|249|1||250|3|4|5|6|7|8|9|375" \
        "$(sql "SELECT host, program, title, zone, complete, limited, instances, instances_failed, links, links_ok, links_failed,
                links_unknown, endpoints, endpoints_reachable, critical, high, medium, low, info, waived, response_ms
                FROM linkaudit_runs WHERE run_id = 'one'")"
    equals "$database: an endpoint's row" "sqlserver:sql7|sqlserver|1|TLSv1.0 TLSv1.2|2031-01-02 03:04:05|7|14|21" \
        "$(sql "SELECT target, kind, reachable, tls_versions, substr(cast(certificate_expires AS text), 1, 19), connect_ms, prelogin_ms, response_ms
                FROM linkaudit_endpoints WHERE endpoint_id = 'e7'")"
    equals "$database: what did not answer has no response time" "e1|0|" \
        "$(sql "SELECT endpoint_id, reachable, response_ms FROM linkaudit_endpoints WHERE response_ms IS NULL")"
    equals "$database: a link's row" "I|sql7|e7|works||ok|7" \
        "$(sql "SELECT instance, data_source, endpoint_id, state, cause, test_outcome, test_ms FROM linkaudit_links WHERE item = 8")"
    equals "$database: a failed instance's row" "EMPTY|failed|login" \
        "$(sql "SELECT name, status, failure_phase FROM linkaudit_instances WHERE item = 1")"
    equals "$database: waived findings are marked" "1|2026-09-01 02:15:00|No 1" \
        "$(sql "SELECT waived, substr(cast(since AS text), 1, 19), title FROM linkaudit_findings WHERE waived = 1")"

    store "$at/one.xml"
    stored_well "the same run again is no error"
    equals "$database: and no duplicate" "1" "$(sql "SELECT count(*) FROM linkaudit_runs")"

    head -c 60000 "$at/one.xml" | sed 's/run-id="one"/run-id="cut"/' >"$at/cut.xml"
    store "$at/cut.xml"
    failed_with "a report that is cut off is refused, by its name" "$at/cut.xml"
    store "$at/missing.xml"
    failed_with "a report that is missing is refused, by its name" "$at/missing.xml"
    equals "$database: nothing of them is left" "1|250" "$(sql "SELECT (SELECT count(*) FROM linkaudit_runs), (SELECT count(*) FROM linkaudit_links)")"

    report "$at/refused.xml" refused 2026-11-02T02:15:00Z 130
    if [ $database = PostgreSQL ]; then
        sql "ALTER TABLE linkaudit_findings ADD CONSTRAINT small CHECK (title <> 'No 129') NOT VALID"
    else
        sql "CREATE TRIGGER small BEFORE INSERT ON linkaudit_findings WHEN new.title = 'No 129' AND new.run_number > 1 BEGIN SELECT raise(ABORT, 'small'); END"
    fi
    store "$at/refused.xml"
    failed_with "a row that the database refuses fails the run, by its table" "linkaudit_findings were not accepted"
    failed_with "with the database's own words" "small"
    equals "$database: and leaves nothing of it" "1|250|250" \
        "$(sql "SELECT (SELECT count(*) FROM linkaudit_runs), (SELECT count(*) FROM linkaudit_links), (SELECT count(*) FROM linkaudit_findings)")"
    if [ $database = PostgreSQL ]; then sql "ALTER TABLE linkaudit_findings DROP CONSTRAINT small"; else sql "DROP TRIGGER small"; fi

    check_series "$at"

    sql "UPDATE linkaudit_schema SET version = 2"
    store "$at/one.xml"
    failed_with "tables of a newer version are left alone" "its tables are of version 2"
    sql "UPDATE linkaudit_schema SET version = 1"
}

trend_of() { # the run-ids of the trend, in order
    job history-read "$1" >"$work/answer"
    sed -n 's/^X <trend run-id="\([^"]*\)".*/\1/p' "$work/answer" | tr '\n' ' '
}

check_series() {
    local day
    for day in 2 3 4 5; do
        report "$1/$day.xml" "day$day" "2026-11-0${day}T02:15:00Z" 13
        store "$1/$day.xml"
    done
    report "$1/other.xml" other 2026-11-03T04:00:00Z 1 "Another's title"
    store "$1/other.xml"
    report "$1/limited.xml" limited 2026-11-05T12:00:00Z 1 Nightly '<scope only="tag:prod"/>'
    store "$1/limited.xml"
    equals "$database: the newest runs of the series, the oldest first, without limited ones" "day3 day4 day5 " "$(trend_of 'title="Nightly" runs="3"')"
    equals "$database: a trend's numbers" '<trend run-id="day5" started="2026-11-05T02:15:00Z" complete="true" links="13" links-ok="12" links-failed="1" endpoints="13" endpoints-reachable="3" critical="4" high="5" medium="6" low="7" info="8" response-ms="18"/>' \
        "$(sed -n 's/^X \(.*day5.*\)/\1/p' "$work/answer")"
    equals "$database: another title is another series" "other " "$(trend_of "title=\"Another's title\" runs=\"30\"")"
    equals "$database: an unknown title has none" "" "$(trend_of 'title="nobody" runs="30"')"

    report "$1/6.xml" day6 2026-11-06T02:15:00Z 1
    store "$1/6.xml" 'keep-runs="4"'
    stored_well "old runs are removed"
    equals "$database: the newest four of the series and all of the other are left" "day4 day5 day6 limited other" \
        "$(sql "SELECT run_id FROM linkaudit_runs ORDER BY run_id" | tr '\n' ' ' | sed 's/ $//')"
    report "$1/7.xml" day7 2026-11-07T02:15:00Z 1
    store "$1/7.xml" "keep=\"$((2 * 86400))\""
    equals "$database: runs that are older than two days are gone" "day5 day6 day7 limited other" \
        "$(sql "SELECT run_id FROM linkaudit_runs ORDER BY run_id" | tr '\n' ' ' | sed 's/ $//')"
    equals "$database: with everything that belonged to them" "0" \
        "$(sql "SELECT (SELECT count(*) FROM linkaudit_links WHERE run_number NOT IN (SELECT run_number FROM linkaudit_runs))
                     + (SELECT count(*) FROM linkaudit_findings WHERE run_number NOT IN (SELECT run_number FROM linkaudit_runs))
                     + (SELECT count(*) FROM linkaudit_endpoints WHERE run_number NOT IN (SELECT run_number FROM linkaudit_runs))
                     + (SELECT count(*) FROM linkaudit_instances WHERE run_number NOT IN (SELECT run_number FROM linkaudit_runs))")"
}

use_sqlite "$work/a name with blanks.sqlite"
check_database
check "a PostgreSQL server of our own starts" start_postgres
use_postgres
if [ -s "$work/pg/data/postmaster.pid" ]; then check_database; fi

# ---- linkaudit run -----------------------------------------------------------------------------------------

cat >"$work/history.scenario" <<'E2'
network 127.47
instance SQL01 address=${network}.0.1 version=15.0.4312.2
  login audit password="S3cret-of-01" grant="VIEW SERVER STATE" grant="ALTER ANY LINKED SERVER"
  link SELF product="" provider=SQLNCLI data_source="127.47.0.1"
    mapping local=* remote=audit password=S3cret-of-01
  link CLOSED product="" provider=SQLNCLI data_source="127.47.0.1,1499"
  link "control \x01 and \uD800 surrogate" data_source="x\x07\uDC00y"
E2
secret "$work/password" 'S3cret-of-01'
secret "$work/history-password" 'Pass;w{rd'
mkdir "$work/out"
configure() { # configure LINES-OF-[history]
    cat >"$work/run.ini" <<E2
[audit]
title = History
output_dir = out
connect_timeout = 1s
tls_timeout = 1s
login_timeout = 3s
fail_on = never
[login audit]
uid = audit
password_file = password
[login history]
uid = linkaudit
password_file = history-password
[instance ONE]
server = 127.47.0.1
login = audit
tags = prod
$1
E2
}
run() { # run "what" OPTIONS...: the run's exit code must be 0 whatever becomes of the history
    local what=$1
    shift
    timeout 120 "$linkaudit" run -q -c "$work/run.ini" "$@" >"$work/run.out" 2>"$work/run.err"
    equals "$what: exit code" 0 $?
    report=$work/out/latest.xml
    valid_report "$what: the report" "$report"
    sleep 1 # runs of one second are told apart by their ids only
}
said() { if grep -qF "$2" "$work/run.err"; then ok "$1"; else not_ok "$1: $(cat "$work/run.err")"; fi; }
trends() { xpath "$report" "//r:history/r:trend/@run-id" | tr '\n' ' ' | sed 's/ $//'; }
run_id() { xpath "$report" "string(/r:audit/@run-id)"; }

start_estate "$work/history.scenario" || exit 1
configure ''
run "a run without [history]"
if [ -e "$work/out/history.sqlite" ]; then not_ok "nothing is stored without [history]"; else ok "nothing is stored without [history]"; fi

configure '[history]'
run "the first run with a history"
first=$(run_id)
use_sqlite "$work/out/history.sqlite"
equals "the file is not for others to read" 640 "$(stat -c %a "$sqlite_file")"
equals "the first run has no trend" "" "$(trends)"
equals "the run is stored as it is in the report" "$(xpath "$report" "concat(count(//r:instance), '|', count(//r:linked-server), '|', count(//r:endpoint), '|', count(//r:finding))")" "$(counts "$first")"
run "the second run"
second=$(run_id)
equals "the second run shows the first" "$first" "$(trends)"
check "and draws both in the HTML" grep -q 'Links</strong> over 2 runs' "$work/out/latest.html"
equals "with the numbers that it had" \
    "$(xpath "$work/out"/linkaudit-*-"$(tr -c '[:alnum:]\n' - <<<"$first")".xml "concat(//r:summary/@links, ' ', //r:summary/@links-ok, ' ', //r:summary/@links-failed, ' ', //r:summary/@endpoints, ' ', //r:summary/@high)")" \
    "$(xpath "$report" "concat(//r:trend/@links, ' ', //r:trend/@links-ok, ' ', //r:trend/@links-failed, ' ', //r:trend/@endpoints, ' ', //r:trend/@high)")"
run "a limited run" --only tag:prod
equals "a limited run is stored" 1 "$(sql "SELECT limited FROM linkaudit_runs WHERE run_id = '$(run_id)'")"
run "the run after it"
equals "but is no part of the trend" "$first $second" "$(trends)"
configure $'[history]\nruns = 1\nkeep_runs = 2'
run "a run that keeps two"
equals "as many former runs are shown as were asked for" 1 "$(trends | wc -w)"
equals "as many runs are kept as were asked for" 2 "$(sql "SELECT count(*) FROM linkaudit_runs")"

configure "[history]"$'\n'"connection = DRIVER={PostgreSQL Unicode};Server=$pg_address;Port=$pg_port;Database=history"$'\nlogin = history'
run "a run with a history in PostgreSQL"
first=$(run_id)
use_postgres
equals "is stored there" "$(xpath "$report" "concat(count(//r:instance), '|', count(//r:linked-server), '|', count(//r:endpoint), '|', count(//r:finding))")" "$(counts "$first")"
run "the next"
equals "shows it" "$first" "$(trends)"
"$linkaudit" config -c "$work/run.ini" >"$work/config.out" 2>&1
check "linkaudit config shows where runs are stored" grep -q '^history  .*PWD=\*\*\*' "$work/config.out"
if grep -rqF 'Pass;w{rd' "$work/out" "$work/config.out" "$work/run.err"; then not_ok "no password is in reports or messages"; else ok "no password is in reports or messages"; fi

cat >"$work/job.xml" <<'E2'
<collector-job task="history-read" instance="history" connection="DRIVER={FreeTDS};Server=127.47.0.1;Port=1433;TDS_Version=7.4"
    uid="audit" has-password="true"><history-request title="History" runs="5"/></collector-job>
E2
# The stand-in refuses OBJECT_ID: it is the first that SQL Server's dialect asks.
"$driver" "$work/job.xml" "$work/password" >"$work/answer" 2>&1
check "a SQL Server is recognised through its driver and asked in its own dialect" grep -q "near 'OBJECT_ID'" "$work/answer"

# ---- no harm -----------------------------------------------------------------------------------------------

problem() { xpath_is "$1: the report says so" "$report" "count(//r:problems/r:message[contains(., '$2')])" 1; }

printf '%s\n' wrong >"$work/history-password"
run "a wrong password of the history"
problem "a wrong password" 'the history could not be read'
said "a wrong password: it is not offered again, and standard error says that the run was not stored" 'whose login was refused before'

configure $'[history]\nconnection = DRIVER={No Such Driver};Database=x'
run "a driver that does not exist"
problem "a driver that does not exist" 'No Such Driver'

head -c 5000 /dev/urandom >"$work/out/history.sqlite"
configure '[history]'
run "a file that is no database"
said "a file that is no database: standard error has the driver's words" 'not a database'
rm "$work/out/history.sqlite"

mkdir "$work/no"
configure $'[history]\nfile = nowhere/history.sqlite'
run "a folder that does not exist"
problem "a folder that does not exist" 'the history could not be read'

configure $'[history]\ndeadline = 2s'
run "a run for the file to be there"
/usr/bin/python3 - "$work/out/history.sqlite" <<'PY' &
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
open(sys.argv[1] + ".locked", "w")
time.sleep(600)
PY
pids="$pids $!"
locker=$!
within 60 test -e "$work/out/history.sqlite.locked" || not_ok "somebody locks the database"
run "a database that somebody locks"
said "a locked database: standard error has the driver's words" 'database is locked'
kill $locker

/usr/bin/python3 - "$work/silent" <<'PY' &
import os, socket, sys, time
listener = socket.create_server(("127.47.1.2", 0))
with open(sys.argv[1] + ".new", "w") as file:
    print(listener.getsockname()[1], file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
PY
pids="$pids $!"
within 60 test -e "$work/silent" || not_ok "somebody listens and never answers"
configure "[history]"$'\n'"connection = DRIVER={PostgreSQL Unicode};Server=127.47.1.2;Port=$(cat "$work/silent");Database=x"$'\nlogin = history\ndeadline = 2s'
run "a server that never answers"
said "a server that never answers: the deadline ends it" 'overran its deadline'

finish
