#!/bin/bash
# An audit with default settings does no harm: what the stand-in counted, not what the report says of itself.
. "$(dirname "$0")/lib.sh"

# Four instances; S1 to S3 have links that share the remote login "shared" of TARGET with a wrong stored password.
shared_link() { # shared_link NAME DATA_SOURCE PASSWORD MODIFIED [LOGIN]
    cat <<E2
  link $1 provider=MSOLEDBSQL product="" data_source="$2" target=TARGET modified="$4"
    mapping local=* remote=${5-shared} password=$3 modified="$4"
E2
}
source_instance() { # source_instance NUMBER
    cat <<E2
instance S$1 address=\${network}.2.$1 version=15.0.4480.2
  login audit password=audit-password grant="ALTER ANY LINKED SERVER" grant="VIEW ANY DEFINITION"
  link SELF provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=* self=yes
  link IMPLICIT provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
  link OWN provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=audit self=yes
    mapping local=* remote=good password=good
  link ORACLE provider=OraOLEDB.Oracle product=Oracle data_source="//127.70.2.21:1521/X" target=TARGET
    mapping local=* remote=good password=good
  link ODBC provider=MSDASQL product="" provider_string="DRIVER={SQL Server};SERVER=127.70.2.20" target=TARGET
    mapping local=* remote=good password=good
  link repl_distributor provider=MSOLEDBSQL product="" data_source=127.70.2.20 system=yes distributor=yes target=TARGET
    mapping local=* remote=good password=good
  link SUBSCRIBER provider=MSOLEDBSQL product="" data_source=127.70.2.20 subscriber=yes target=TARGET
    mapping local=* remote=good password=good
  link REMOTE provider=MSOLEDBSQL product="SQL Server" data_source=127.70.2.20 is_linked=no target=TARGET
    mapping local=* remote=good password=good
  link NONE provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=none
  link GOOD provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=* remote=good password=good
E2
}
scenario() { # scenario DATE-OF-S1's-SHARED1
    cat <<'E2'
network 127.70
certificate target subject="CN=target" dns=target
E2
    for number in 1 2 3; do
        source_instance $number
        shared_link SHARED1 127.70.2.20 stale "$([ $number = 1 ] && echo "$1" || echo 2024-01-01)"
        shared_link SHARED2 'tcp:127.70.2.20,1433' stale-too 2024-01-02 Shared # the same login to most servers
        shared_link SHARED3 'target.test,1433' "$([ $number = 3 ] && echo right || echo stale)" 2024-01-03
    done
    # Locked, disabled, expired: each offered once as well
    cat <<'E2'
  link LOCKED provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=* remote=locked password=right
  link LOCKED2 provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=* remote=locked password=right
  link DISABLED provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=* remote=disabled password=right
  link EXPIRED provider=MSOLEDBSQL product="" data_source=127.70.2.20 target=TARGET
    mapping local=* remote=expired password=right
  link FORBIDDEN provider=MSOLEDBSQL product="" data_source=127.70.2.30
    mapping local=* self=yes
  link FORBIDDEN_NAME provider=MSOLEDBSQL product="" data_source=forbidden.test
    mapping local=* self=yes
  link OUTSIDE provider=MSOLEDBSQL product="" data_source=127.70.3.1
    mapping local=* self=yes
instance TARGET address=${network}.2.20 certificate=target
  login good password=good
  login shared password=right
  login locked password=right locked=yes
  login disabled password=right disabled=yes
  login expired password=right expired=yes
instance DENIED address=${network}.2.30
instance OUTSIDE address=${network}.3.1
instance W1 address=${network}.2.41
  login audit password=another
instance W2 address=${network}.2.42
  login audit password=another
instance W3 address=${network}.2.43
  login audit password=another
instance W4 address=${network}.2.44
  login audit password=another
instance W5 address=${network}.2.45
  login audit password=another
E2
}
secret "$work/password" audit-password
mkdir "$work/out" "$work/out-wrong"
cat >"$work/run.ini" <<'E2'
[audit]
output_dir = out
fail_on = never
allow = 127.70.2.0/24
deny = 127.70.2.30
[hosts]
forbidden.test = 127.70.2.30
target.test = 127.70.2.20
[login audit]
uid = audit
password_file = password
[instance S1]
server = 127.70.2.1
login = audit
[instance S2]
server = 127.70.2.2
login = audit
[instance S3]
server = 127.70.2.3
login = audit
E2
{
    printf '%s\n' '[audit]' 'output_dir = out-wrong' '[login audit]' 'uid = audit' 'password_file = password'
    for number in 1 2 3 4 5; do printf '%s\n' "[instance W$number]" "server = 127.70.2.4$number" 'login = audit'; done
} >"$work/wrong.ini"
report=$work/out/latest.xml

# Since the last `night`, from the estate's statistics:
# counted INSTANCE COUNTER
counted() { echo $(($(count_in "$work/statistics.txt" "$@") - $(count_in "$work/before.txt" "$@"))); }
count_in() { awk -v i="[$2]" -v k="$3" '$0 == i {on = 1; next} /^\[/ {on = 0} on && $1 == k {n = $2} END {print n + 0}' "$1"; }
# offered PATTERN: how many logins that match were tried, at any server
offered() { echo $(($(offers_in "$work/statistics.txt" "$1") - $(offers_in "$work/before.txt" "$1"))); }
offers_in() { grep "^login" "$1" | grep -iE -- "$2" | sed 's/.*count=//' | awk '{n += $1} END {print n + 0}'; }
# tested LINK: how often, on any instance
tested() { echo $(($(tests_in "$work/statistics.txt" "$1") - $(tests_in "$work/before.txt" "$1"))); }
tests_in() { awk -v l="link=\"$2\"" '$1 == "link_test" && $2 == l {sub("count=", "", $NF); n += $NF} END {print n + 0}' "$1"; }
night() { # night [OPTIONS OF RUN...]
    if [ -f "$work/statistics.txt" ]; then mv "$work/statistics.txt" "$work/before.txt"; else : >"$work/before.txt"; fi
    "$linkaudit" run -q -c "$work/run.ini" "$@"
    equals "a run${*+ $*} is complete" 0 $?
    take_statistics
}
reason() { xpath_is "$1 is skipped: $2" "$report" "count(//r:linked-server[@name='$1']/r:test[@outcome='skipped' and contains(@reason, '$2')])" "$3"; }

# ---- the first night ----------------------------------------------------------------------------------------------

scenario 2024-01-01 >"$work/night.scenario"
start_estate "$work/night.scenario" || exit 1
night
valid_report "its report" "$report"
for link in SELF IMPLICIT OWN ORACLE ODBC repl_distributor SUBSCRIBER REMOTE NONE FORBIDDEN; do
    equals "link $link is not tested" 0 "$(tested $link)"
done
equals "the audit login's password reaches no other server by a link" 0 "$(offered 'user="audit".*by="link')"
equals "a link that may be tested is, on each instance" 3 "$(tested GOOD)"
equals "its login works" 3 "$(offered 'user="good".*accepted')"
equals "a remote login that is refused is offered once, though nine links on three instances have it, by two names of the server and in two spellings" 1 "$(offered 'user="shared".*refused')"
equals "a locked one once" 1 "$(offered 'user="locked"')"
equals "a disabled one once" 1 "$(offered 'user="disabled"')"
equals "an expired one once" 1 "$(offered 'user="expired"')"
reason SELF 'hand the audit login' 3
reason IMPLICIT 'hand the audit login' 3
reason OWN 'hand the audit login' 3
reason ORACLE 'not a SQL Server provider' 3
reason ODBC 'not a SQL Server provider' 3
reason repl_distributor 'system link' 3
reason SUBSCRIBER replication 3
reason NONE 7416 3
xpath_is "every skipped test says why" "$report" "count(//r:test[@outcome='skipped' and not(@reason)])" 0
# The ninth link has the right password: it may have been tested before.
shared="//r:linked-server[starts-with(@name,'SHARED')]/r:test"
xpath_is "one link was refused, and the others say that they were not tested for it" "$report" \
    "concat(count($shared[@outcome='failed']), ' ', count($shared[@outcome='ok' or @outcome='skipped' and contains(@reason, 'refused')]))" '1 8'
equals "not one packet goes to a denied address" 0 "$(counted DENIED connections)"
equals "nor to one that is not allowed" 0 "$(counted OUTSIDE connections)"
xpath_is "the report says that they were denied" "$report" "count(//r:endpoint/r:resolve[@outcome='denied'])" 3
both="//r:endpoint[@host='127.70.2.20' or @host='target.test']" # two names, one server
equals "the endpoints' count of connections is what the target counted" "$(counted TARGET connections)" "$(xpath "$report" "sum($both/@connections)")"
first=$(counted TARGET connections)
broken=$(counted TARGET severity_20)
equals "so is its count of broken-off handshakes" "$broken" "$(xpath "$report" "sum($both/@broken-off)")"
probed=$(xpath "$report" "string(//r:endpoint[@host='127.70.2.20']/@probed)")

# ---- the second night: nothing has changed -------------------------------------------------------------------------

night
valid_report "its report" "$report"
equals "a login that was refused is not offered again, by any link" 0 "$(offered 'user="shared"')"
equals "nor a locked, disabled or expired one" 0 "$(offered 'user="(locked|disabled|expired)"')"
equals "what works is tested again" 3 "$(tested GOOD)"
xpath_is "the former refusal is carried over, dated" "$report" \
    "count(//r:linked-server[starts-with(@name,'SHARED')]/r:test[@outcome='failed' and contains(@reason,'carried over') and @at])" 1
equals "the TLS versions are carried over: one PRELOGIN and one handshake for each name" 2 "$(counted TARGET connections)"
if [ "$first" -gt 3 ]; then ok "the first night made $first connections"; else not_ok "the first night made $first connections"; fi
equals "no handshake is broken off" 0 "$(counted TARGET severity_20)"
xpath_is "what is carried over has the first night's date" "$report" \
    "count(//r:endpoint[@host='127.70.2.20']/r:tls[@as-of='$probed']) > 1" True
xpath_is "what was found this night has none" "$report" "count(//r:endpoint[@host='127.70.2.20']/r:tls[@outcome='accepted' and not(@as-of)])" 1

# ---- one instance alone, then all again ------------------------------------------------------------------------------

night --only S2
equals "a run of one instance offers nothing that was refused" 0 "$(offered 'user="(shared|locked|disabled|expired)"')"
night
equals "nor does the next one of all" 0 "$(offered 'user="(shared|locked|disabled|expired)"')"
equals "which remembers the TLS versions, too" 2 "$(counted TARGET connections)"
night --no-link-test
night
equals "a run without link tests does not make it forget" 0 "$(offered 'user="(shared|locked|disabled|expired)"')"
sed -E 's/^server = 127.70.2.([123])$/server = 127.70.2.9\1/' "$work/run.ini" >"$work/down.ini"
"$linkaudit" run -q -c "$work/down.ini" 2>/dev/null
equals "a night on which nothing can be read is incomplete" 2 $?
night
equals "and makes it forget nothing" 0 "$(offered 'user="(shared|locked|disabled|expired)"')"
xpath_is "the refusal is carried over again" "$report" \
    "count(//r:linked-server[starts-with(@name,'SHARED')]/r:test[@outcome='failed' and contains(@reason,'carried over')])" 1
stop_estate
rm "$work/statistics.txt"

# ---- the mapping is changed --------------------------------------------------------------------------------------------

where=$(xpath "$report" "string(//r:linked-server[starts-with(@name,'SHARED') and r:test/@outcome='failed']/../@name)")
who=$(xpath "$report" "string(//r:linked-server[starts-with(@name,'SHARED') and r:test/@outcome='failed']/@name)")
echo "    ($where/$who was the one that offered it)"
awk -v i="instance $where " -v l="  link $who " 'index($0, "instance ") == 1 {here = index($0, i) == 1}
    here && index($0, "  link ") == 1 {link = index($0, l) == 1}
    here && link {gsub(/modified="[^"]*"/, "modified=\"2026-11-01\"")} {print}' "$work/night.scenario" >"$work/changed.scenario"
start_estate "$work/changed.scenario" || exit 1
night
stop_estate
equals "a changed mapping is tried again, once" 1 "$(offered 'user="shared".*refused')"
equals "the unchanged ones are not" 0 "$(offered 'user="(locked|disabled|expired)"')"

# ---- allow and deny hold for the audited instances, too ---------------------------------------------------------------

mkdir "$work/out-denied"
cat >"$work/denied.ini" <<'E2'
[audit]
output_dir = out-denied
deny = 127.70.2.30
[hosts]
forbidden.test = 127.70.2.30
[login audit]
uid = audit
password_file = password
[instance ADDRESS]
server = 127.70.2.30
login = audit
[instance NAME]
server = forbidden.test,1433
login = audit
[instance STRING]
connection = DRIVER=FreeTDS;Server=127.70.2.30;Port=1433;TDS_Version=7.4
login = audit
[instance NOWHERE]
server = nowhere.invalid
login = audit
[instance FREE]
server = 127.70.2.1
login = audit
E2
start_estate "$work/night.scenario" || exit 1
: >"$work/before.txt"
"$linkaudit" run -q -c "$work/denied.ini" 2>"$work/denied.err"
equals "instances at denied addresses make the run incomplete" 2 $?
stop_estate
equals "nothing connects to them" 0 "$(counted DENIED connections)"
xpath_is "each says why" "$work/out-denied/latest.xml" \
    "count(//r:instance[r:failure/@phase='connect' and r:failure/r:message[contains(., 'allow and deny')]])" 4
xpath_is "the others are audited" "$work/out-denied/latest.xml" "string(//r:instance[@name='FREE']/@status)" audited
xpath_is "the endpoint's diagnosis says it as well" "$work/out-denied/latest.xml" \
    "count(//r:endpoint[@host='127.70.2.30']/r:diagnosis[@cause='not-tested' and contains(r:text, 'allow and deny') and not(r:next)])" 1

# ---- the audit's own login is refused -------------------------------------------------------------------------------------

start_estate "$work/night.scenario" || exit 1
: >"$work/before.txt"
"$linkaudit" run -q -c "$work/wrong.ini" 2>"$work/wrong.err"
equals "a refused login makes the run incomplete" 2 $?
stop_estate
equals "after three refusals the login is tried nowhere else" 3 "$(offered 'user="audit" .*refused')"
for number in 1 2 3 4 5; do
    if [ "$(counted W$number logins_refused)" -gt 1 ]; then not_ok "W$number was offered the login more than once"; fi
done
xpath_is "the others say why they were not tried" "$work/out-wrong/latest.xml" \
    "count(//r:instance/r:failure[@phase='login']/r:message[contains(., 'not tried') and contains(., 'was refused by 3 other instances')])" 2

# Ten instances know the login with another password, an eleventh lets it in: three refusals are three all the same.
{
    echo 'network 127.70'
    for number in $(seq 1 10); do printf '%s\n' "instance N$number address=\${network}.4.$number" '  login audit password=another'; done
    printf '%s\n' 'instance IN address=${network}.4.20' '  login audit password=audit-password'
} >"$work/three.scenario"
{
    printf '%s\n' '[audit]' 'output_dir = out-three' '[login audit]' 'uid = audit' 'password_file = password'
    printf '%s\n' '[login the same]' 'uid = AUDIT' 'password_file = password' 'encrypt = off'
    printf '%s\n' '[instance IN]' 'server = 127.70.4.20' 'login = audit'
    for number in $(seq 1 10); do
        printf '%s\n' "[instance N$number]" "server = 127.70.4.$number" "login = $([ $((number % 2)) = 0 ] && echo the same || echo audit)"
    done
} >"$work/three.ini"
mkdir "$work/out-three"
start_estate "$work/three.scenario" || exit 1
: >"$work/before.txt"
"$linkaudit" run -q -c "$work/three.ini" 2>"$work/three.err"
stop_estate
equals "sixteen collectors may be under way and one instance have let it in: three refusals are three" 3 "$(offered 'refused')"
xpath_is "every instance that was not tried says so" "$work/out-three/latest.xml" \
    "count(//r:instance/r:failure[@phase='login']/r:message[contains(., 'not tried')])" 7

# Passwords that are changed during the night: the audit's own after the first session, a remote login's after two tests.
{
    printf '%s\n' 'network 127.70' 'instance CHANGED address=${network}.5.1' '  login audit password=audit-password changed_after=1 grant="ALTER ANY LINKED SERVER"'
    for link in 1 2 3 4 5 6; do
        printf '%s\n' "  link L$link provider=MSOLEDBSQL product=\"\" data_source=127.70.5.$((10 + link)) test=refused delay=1500" '    mapping local=* remote=x password=x'
    done
    for number in 1 2 3; do
        printf '%s\n' "instance D$number address=\${network}.5.2$number" '  login audit password=audit-password grant="ALTER ANY LINKED SERVER"'
        for link in 1 2 3; do
            printf '%s\n' "  link T$link provider=MSOLEDBSQL product=\"\" data_source=127.70.5.10 target=TARGET" '    mapping local=* remote=app password=pw'
        done
    done
    printf '%s\n' 'instance TARGET address=${network}.5.10' '  login app password=pw changed_after=2'
} >"$work/changing.scenario"
{
    printf '%s\n' '[audit]' 'output_dir = out-changing' '[login audit]' 'uid = audit' 'password_file = password'
    printf '%s\n' '[instance CHANGED]' 'server = 127.70.5.1' 'login = audit'
    for number in 1 2 3; do printf '%s\n' "[instance D$number]" "server = 127.70.5.2$number" 'login = audit'; done
} >"$work/changing.ini"
mkdir "$work/out-changing"
start_estate "$work/changing.scenario" || exit 1
: >"$work/before.txt"
"$linkaudit" run -q -c "$work/changing.ini" 2>"$work/changing.err"
stop_estate
changing=$work/out-changing/latest.xml
valid_report "its report" "$changing"
equals "an instance whose password was changed while it was audited is offered the former one once more" 1 "$(counted CHANGED logins_refused)"
xpath_is "tests that could not be made say why" "$changing" "count(//r:test[@outcome='skipped' and contains(@reason, 'did not let the audit in again')]) > 0" True
xpath_is "and the instance is partial, with the server's answer" "$changing" \
    "count(//r:instance[@status='partial' and r:failure/@phase='login' and r:failure/r:message/@number='18456'])" 1
equals "a remote login whose password was changed during the night is refused once" 1 "$(offered 'user="app".*refused')"

# link_test_self = yes: the audit's own login is one that a target may refuse, on this night and on the next
{
    echo 'network 127.70'
    for number in 1 2; do
        printf '%s\n' "instance SELF$number address=\${network}.6.$number" '  login audit password=audit-password grant="ALTER ANY LINKED SERVER"'
        for link in 1 2; do
            printf '%s\n' "  link L$link provider=MSOLEDBSQL product=\"\" data_source=127.70.6.10 target=TARGET" '    mapping local=* self=yes'
        done
    done
    printf '%s\n' 'instance WINDOWS address=${network}.6.3' '  login account type=U password=audit-password grant="ALTER ANY LINKED SERVER"' \
        '  link L1 provider=MSOLEDBSQL product="" data_source=127.70.6.10 target=TARGET' '    mapping local=* self=yes'
    printf '%s\n' 'instance TARGET address=${network}.6.10' '  login audit password=another'
} >"$work/self.scenario"
{
    printf '%s\n' '[audit]' 'output_dir = out-self' 'link_test_self = yes' '[login audit]' 'uid = audit' 'password_file = password'
    for number in 1 2; do printf '%s\n' "[instance SELF$number]" "server = 127.70.6.$number" 'login = audit'; done
    printf '%s\n' '[login account]' 'uid = account' 'password_file = password' '[instance WINDOWS]' 'server = 127.70.6.3' 'login = account'
} >"$work/run.ini"
mkdir "$work/out-self"
rm -f "$work/statistics.txt"
start_estate "$work/self.scenario" || exit 1
night
equals "the audit's own login, which a target refuses, is offered there by one link of four" 1 "$(offered 'user="audit".*by="link.*refused')"
night
stop_estate
equals "and by none on the next night" 0 "$(offered 'user="audit".*by="link')"
equals "a Windows account, whose refusal proves the way there and locks nothing, is tried each night" 1 "$(offered 'user="account".*by="link')"

# ---- databases ------------------------------------------------------------------------------------------------------------

cat >"$work/databases.scenario" <<'E2'
network 127.70
instance DATABASES address=${network}.7.1
  login audit password=audit-password default_database=Gone grant="CONNECT ANY DATABASE" grant="VIEW ANY DEFINITION"
  login sleepy password=audit-password default_database=Asleep grant="CONNECT ANY DATABASE" grant="VIEW ANY DEFINITION"
  link L1 provider=MSOLEDBSQL product="" data_source=127.70.7.2
  database Gone state=OFFLINE
  database Asleep auto_close=yes
  database Awake auto_close=yes open=yes
    module m1 text="CREATE PROC m1 AS SELECT 1 FROM L1.a.b.c"
  database Single access=SINGLE_USER
  database Standby standby=yes read_only=yes
  database Long
E2
printf '    module m2 text="CREATE PROC m2 AS SELECT 1 FROM L1.a.b.c -- %s"\n' "$(head -c 1100000 /dev/zero | tr '\0' x)" >>"$work/databases.scenario"
cat >"$work/databases.ini" <<'E2'
[audit]
output_dir = out-databases
[login audit]
uid = audit
password_file = password
[login sleepy]
uid = sleepy
password_file = password
[instance OFFLINE]
server = 127.70.7.1
login = audit
[instance ASLEEP]
server = 127.70.7.1
login = sleepy
E2
mkdir "$work/out-databases"
start_estate "$work/databases.scenario" --verbose || exit 1
: >"$work/before.txt"
"$linkaudit" run -q -c "$work/databases.ini"
equals "a login whose default database is offline or asleep audits all the same" 0 $?
stop_estate
equals "no closed database is woken" 0 "$(counted DATABASES databases_woken)"
equals "no single seat is taken, and nobody stands in the way of CREATE DATABASE or a restore" 0 "$(counted DATABASES databases_seized)"
equals "whoever has searched holds no database open" 'USE [master]' "$(grep -ahoE 'USE \[[^]]*\]' "$work"/estate.*.log | tail -n 1)"
databases=$work/out-databases/latest.xml
for name in model Gone Asleep Single Standby; do
    xpath_is "$name is named as not searched, with the reason" "$databases" "count(//r:database[@name='$name' and @searched='false' and @reason])" 2
done
xpath_is "an AUTO_CLOSE database that is open is searched" "$databases" "count(//r:linked-server[@name='L1']/r:use[@database='Awake' and @object='dbo.m1'])" 2
xpath_is "what was read only in part is named" "$databases" "count(//r:database[@name='Long' and contains(@reason, 'too long')])" 2
xpath_is "and what was read of it, searched" "$databases" "count(//r:linked-server[@name='L1']/r:use[@database='Long' and @object='dbo.m2'])" 2
finish
