#!/bin/bash
# Planted secrets: wherever people paste passwords, none comes out again: not in a report of any format, not in what the
# program says, not in its history, nor in what the system shows of its processes.
. "$(dirname "$0")/lib.sh"
word=pl4nted # the beginning of each secret; each is a different one, so that a leak names its place
planted=0
plant() { # plant FORMAT: the text with a new secret for each %s
    local text=$1
    while [ -z "${text##*%s*}" ]; do
        planted=$((planted + 1))
        text=${text/\%s/$word$planted}
    done
    printf '%s\n' "$text"
}

# A link for each way to spell, to quote and to surround a password.
links() {
    local keyword quote frame
    for keyword in PWD pwd Password 'P W D' 'Jet OLEDB:Database Password' AccessToken; do
        for quote in '%s' '{%s}' '{%s;x}}y}' '\"%s\"' "'%s'" '%s;a=b' '{%s' '\"%s'; do
            for frame in '@' 'Server=a;@;Encrypt=yes' 'Extended Properties=\"@\"'; do
                plant "  link P$planted provider=MSDASQL product=\"\" data_source=127.70.12.9 provider_string=\"${frame/@/$keyword=$quote}\""
            done
        done
    done
    plant '  link ORACLE provider=OraOLEDB.Oracle product=Oracle data_source="scott/%s@//127.70.12.9:1521/X"'
    plant '  link URL provider=MSDASQL product="" location="https://u:%s@h/" catalog="PWD=%s" data_source=x'
    plant '  link TOLD provider=MSOLEDBSQL product="" data_source=127.70.12.9'
    plant '    mapping local=* remote=app password=%s'
    plant '    message number=7412 info=yes text="cannot open Server=a;UID=app;PWD=%s;Encrypt=no"'
    plant '    message number=7303 text="failed"'
}
{
    echo 'network 127.70'
    echo 'instance SRC address=${network}.12.1'
    echo '  login audit password=pl4nted-of-the-audit grant="ALTER ANY LINKED SERVER" grant="VIEW ANY DEFINITION" grant="CONNECT ANY DATABASE" database=msdb database_grant="msdb: SELECT dbo.sysjobs" database_grant="msdb: SELECT dbo.sysjobsteps"'
    links
    echo '  database Sales'
    plant "    module m1 text=\"CREATE PROC m1 AS EXEC TOLD.a.dbo.p '%s' -- %s\""
    echo '  database msdb'
    echo '    job Nightly'
    plant '      step one subsystem=CmdExec command="sqlcmd -S TOLD -P %s -Q TOLD.a.dbo.p"'
    echo 'instance HANGS address=${network}.12.2 behaviour=hang-in-query'
    echo '  login audit password=pl4nted-of-the-audit'
    echo 'instance WRONG address=${network}.12.3'
    echo '  login audit password=another'
} >"$work/secrets.scenario"
secret "$work/password" pl4nted-of-the-audit
cat >"$work/secrets.ini" <<'E2'
[audit]
output_dir = out
format = xml,html,csv,metrics,junit,xccdf
connect_timeout = 1s
[history]
[login audit]
uid = audit
password_file = password
[instance SRC]
server = 127.70.12.1
login = audit
[instance HANGS]
server = 127.70.12.2
login = audit
query_timeout = 1s
[instance WRONG]
server = 127.70.12.3
login = audit
E2
mkdir "$work/out"
start_estate "$work/secrets.scenario" || exit 1
ulimit -S -c "$(ulimit -H -c)"
: >"$work/said"
: >"$work/proc"
LINKAUDIT_CHILD_ERRORS=1 "$linkaudit" run -v -c "$work/secrets.ini" >"$work/said" 2>&1 &
program=$!

# While one instance keeps it waiting: what /proc shows of the program and of each process it has started.
family() { # family PID: it and its descendants
    local child
    echo "$1"
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do family "$child"; done
}
tries=0
until grep -q 'SRC: ' "$work/said" || [ $tries -ge 600 ]; do sleep 0.1; tries=$((tries + 1)); done
family $program >"$work/family"
seen=0
for pid in $(cat "$work/family"); do
    limits=$(cat "/proc/$pid/limits" 2>/dev/null) && [ -n "$limits" ] || continue # it has ended
    seen=$((seen + 1))
    if ! grep -qE '^Max core file size +0 ' <<<"$limits"; then not_ok "process $pid leaves core files: $(tr '\0' ' ' <"/proc/$pid/cmdline")"; fi
    cat "/proc/$pid/cmdline" "/proc/$pid/environ" >>"$work/proc" 2>/dev/null
done
if [ $seen -ge 3 ]; then ok "$seen processes leave no core files"; else not_ok "only $seen processes were seen"; fi
wait $program
equals "the run has a report, two instances failed" 2 $?
stop_estate

xpath_is "all links with planted secrets are in the report" "$work/out/latest.xml" "count(//r:instance[@name='SRC']/r:linked-server) >= 147" True
xpath_is "and so are the uses" "$work/out/latest.xml" "count(//r:linked-server[@name='TOLD']/r:use)" 2
xpath_is "and what the provider told, as far as it may be" "$work/out/latest.xml" "count(//r:linked-server[@name='TOLD']/r:test/r:message[contains(., 'UID=app;PWD=***')])" 1
equals "$planted planted secrets: none in a report of any format, in the history or beside them" "" "$(grep -rlaF $word "$work/out")"
equals "none in what the program and its roles say" "" "$(grep -aF $word "$work/said")"
equals "none in arguments or environments" 0 "$(grep -caF $word "$work/proc")"
"$linkaudit" config -c "$work/secrets.ini" >"$work/config" 2>&1
equals "none in the configuration as it is printed" 0 "$(grep -cF $word "$work/config")"
finish
