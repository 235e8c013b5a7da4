#!/bin/bash
# The collector role by itself: jobs in, rows out, against the stand-in estate through FreeTDS, against another product's
# driver, and against a driver that misbehaves.
. "$(dirname "$0")/lib.sh"
driver=$build/integration/collector_driver
libraries=$(dirname "$(find /usr/lib -name libtdsodbc.so | head -n 1)")
export ODBCSYSINI=$work
# What the driver manager and other people's drivers keep until the process ends is not ours to free.
printf 'leak:libodbc\nleak:libtdsodbc\nleak:libsqlite3odbc\nleak:bad_driver\n' >"$work/suppressions"
export LSAN_OPTIONS=suppressions=\'$work/suppressions\':print_suppressions=0
cat >"$work/odbcinst.ini" <<INI
[FreeTDS]
Driver=$libraries/libtdsodbc.so
Threading=0
[SQLite3]
Driver=$libraries/libsqlite3odbc.so
[Bad]
Driver=$build/integration/bad_driver.so
INI

# What must succeed has time on any machine, also when others use it; who does not answer has little.
query_timeout=30000 login_timeout=30000 limit=120 rows=1000
impatient() { local query_timeout=$1 login_timeout=$2; shift 2; "$@"; }
# collect OUTPUT PASSWORD JOB-ATTRIBUTES... [-- CHILDREN]
collect() {
    local output=$1 password=$2
    shift 2
    printf '<collector-job instance="X" query-timeout="%s" login-timeout="%s" maximum-rows="%s" %s' "$query_timeout" "$login_timeout" "$rows" "$*" >"$work/job.xml"
    printf %s "$password" >"$work/password"
    timeout -s KILL $limit "$driver" "$work/job.xml" ${password:+"$work/password"} >"$work/$output" 2>"$work/$output.errors"
}

# server OUTPUT ADDRESS LOGIN PASSWORD REST: a job over FreeTDS
server() {
    collect "$1" "$4" "server=\"127.30.$2\" port=\"1433\" driver=\"FreeTDS\" uid=\"$3\" has-password=\"true\" $5"
}

has() { check "$1" grep -qF -- "$3" "$work/$2"; }
has_not() { if grep -qF -- "$3" "$work/$2"; then not_ok "$1"; grep -F -- "$3" "$work/$2" | head -n 3; else ok "$1"; fi; }
# ends_well WHAT FILE [closed]: whether there is a session left for a next job is told
ends_well() { equals "$1" "D ${3-} exit 0" "$(tail -n 2 "$work/$2" | tr '\n' ' ' | sed 's/ $//')"; }
row() { grep -c "$2" "$work/$1"; }

start_estate tests/integration/collector.scenario || exit 1

# ---- every version ---------------------------------------------------------------------------------------
number=0
for version in "2005" "2008 R2" "2012" "2014" "2016" "2017" "2022" "2025" "Managed Instance" "" "2008"; do
    number=$((number + 1))
    [ -n "$version" ] || continue # Babelfish, below
    server version 5.$number reader pw 'task="inventory" usage="true"/>'
    check "$version: the product is told" grep -q "product=\"[A-Za-z ]*$version\"" "$work/version"
    ends_well "$version: the inventory ends" version
    has_not "$version: no failure" version '<failure'
    wrong='102|137|156|170|195|207|208|4104|8120|319'
    # Azure's engines have no version to go by: there a view may be asked for that does not exist.
    [ "$version" != "Managed Instance" ] || wrong='102|137|156|170|195|4104|8120|319'
    equals "$version: each statement is T-SQL of that version" "" "$(grep -E "<not-readable.* number=\"($wrong)\"" "$work/version")"
    has "$version: databases are listed" version '<database name="master"'
    has_not "$version: no password" version planted-secret
done
server version 5.1 reader pw 'task="inventory"/>'
has "2005: what is younger is named as not in this version" version '<not-readable what="connection" reason="this version has no such view or function"/>'
has "2005: the transport comes from elsewhere" version '<property name="net-transport" value="TCP"/>'
has "without the permission, a provider string is not visible rather than absent" version 'provider-string-visible="false"'
has "2005: the platform is known all the same" version '<property name="host-platform" value="Windows"/>'
server version 5.11 reader pw 'task="inventory"/>'
has "2008: the registry's view came with 2008 R2" version '<not-readable what="registry_network" reason="this version has no such view or function"/>'
server version 5.1 reader pw 'task="inventory"/>'
has_not "2005: a view of something that 2005 has not is no gap" version 'what="availability_replicas"'
server version 5.9 reader pw 'task="inventory"/>'
has "Managed Instance: no registry is asked for" version '<not-readable what="client_aliases" reason="no registry procedures on this kind of hosting"/>'
has "Managed Instance: 12.0.2000 is not 2014" version 'product="Azure SQL Managed Instance"'

server version 5.8 reader pw 'task="inventory"/>'
has "2025: trace flag 17600 is read" version '<property name="trace-flag-17600" value="1"/>'

server version 5.10 reader pw 'task="inventory"/>'
has "Babelfish is not SQL Server 2014" version 'product="Babelfish for PostgreSQL"'
has "Babelfish is named as the hosting" version '<property name="hosting" value="babelfish"/>'
has_not "Babelfish: no registry is asked for, and none is missing" version 'what="client_aliases"'

# ---- a full inventory -------------------------------------------------------------------------------------
server full 6.1 reader pw 'task="inventory" usage="true"/>'
ends_well "the full inventory ends" full
has "the header tells @@SERVERNAME and ServerName apart" full 'server-name="SQL2019" at-at-servername="OLDNAME"'
equals "that it was let in is the first row" 'X <session-opened instance="X"/>' "$(head -n 1 "$work/full")"
equals "the header is the second" "X <instance name" "$(sed -n 2p "$work/full" | cut -c1-16)"
equals "each linked server has one row of its own" 9 "$(grep -c '<linked-server name=.* server-id=' "$work/full")"
has "a password in a provider string is gone" full 'provider-string="Server=a;pwd = ***;Encrypt=yes"'
has "a password in a data source is gone" full 'data-source="scott/***@//ora:1521/X"'
has_not "no password comes up in any row" full planted-secret
has "mappings keep everyone and one login apart" full '<login local="*" local-id="0" remote="app" self="false"'
has "a mapping names its login and type" full '<login local="audit" local-type="S"'
has "hostile names are text" full "name=\"x'y]&lt;script&gt;alert(1)&lt;/script&gt;\" server-id"
has "characters that XML cannot carry are replaced" full 'data-source="a&#xFFFD;b&#10;"'
has "client aliases come" full '<client-alias name="SQLALIAS" target="DBMSSOCN,10.9.8.7,1433"/>'
equals "aliases come before the links that they redirect" yes "$(awk '/<client-alias/{a=NR} /server-id=/{if(!l)l=NR} END{print a<l?"yes":"no"}' "$work/full")"
has "force encryption comes" full '<property name="force-encryption" value="1"/>'
has "options come" full '<property name="option remote access" value="1"/>'
has "listeners come" full '<property name="listener" value="0.0.0.0:1433 TSQL ONLINE"/>'
has "who may change links comes" full '<principal name="reader" type="S" permission="ALTER ANY LINKED SERVER"'
has "members of sysadmin come" full '<principal name="sa" type="S" role="sysadmin"'
has "locked logins are told" full '<sql-login name="locked" disabled="false" locked="true"'
has "times are UTC" full '<property name="started" value="2026-06-01T04:00:12Z"/>'

has "options of providers come" full '<provider name="SQLNCLI11" description="SQL Server Native Client 11.0" allow-in-process="true"/>'
has "settings of the OLE DB driver come" full '<property name="oledb-driver-19-encrypt" value="2"/>'
has "sessions through links are counted" full '<session host="SOURCE" address="10.1.1.1" login="app" interface="OLEDB" encrypted="FALSE" auth-scheme="SQL" transport="TCP" sessions="2" last-seen="2026-11-02T10:00:00Z"/>'
has "replicas of availability groups come" full '<property name="availability-replica" value="AG1&#9;SQL2019B"/>'
has "listeners of availability groups come" full '<property name="availability-listener" value="AG1&#9;aglistener:1433"/>'

# ---- uses ---------------------------------------------------------------------------------------------------
has "a four-part name is found" full '<linked-server name="SQL07"><use how="four-part-name" database="Sales" object="dbo.p1" type="procedure" count="1"/>'
has "OPENQUERY is found" full '<linked-server name="ORA1"><use how="openquery" database="Sales" object="dbo.v1" type="view" count="1"/>'
has "dynamic SQL is found, and said to be a string" full '<linked-server name="SQL08"><use how="string" database="Sales" object="dbo.t1" type="trigger"'
has "a bracketed name is found" full '<use how="four-part-name" database="Sales" object="dbo.v1" type="view" count="1"/>'
has "what the engine recorded is found" full '<linked-server name="SQL08"><use how="dependency" database="Sales" object="dbo.v1" type="view" count="1"/>'
has "and a link there that does not exist" full '<dangling-use link="LOST" how="dependency" database="Sales" object="dbo.p1" type="procedure" count="1"/>'
has "a numbered procedure is found" full '<linked-server name="SQL08"><use how="four-part-name" database="Sales" object="dbo.p1;2" type="procedure" count="1"/>'
has "a server trigger is found" full '<linked-server name="SQL08"><use how="four-part-name" object="logon_audit" type="server-trigger" count="1"/>'
has "a synonym is found" full '<use how="synonym" database="Sales" object="dbo.s1" type="synonym" count="1"/>'
has "T-SQL in a command line is found" full '<linked-server name="SQL08"><use how="string" object="Nightly, step 1 (Shell)" type="job-step" count="1"/>'
has "a job step is found" full '<use how="four-part-name" object="Nightly, step 2 (1)" type="job-step" count="1"/>'
equals "a name in a comment is no use" 1 "$(grep -c '<linked-server name="ORA1"><use' "$work/full")"
has "EXECUTE AT a link that does not exist" full '<dangling-use link="GONE" how="execute-at" database="Sales" object="dbo.p1"'
has "a name is the same in small letters, beyond ASCII too" full '<linked-server name="M&#xDC;NCHEN"><use how="openquery" database="Sales" object="dbo.p3"'
has "wherever its line ends" full '<dangling-use link="GONE2" how="execute-at" database="Sales" object="dbo.p2"'
has "a synonym of a link that does not exist" full '<dangling-use link="NOSUCH" how="synonym" database="Sales" object="dbo.s2"'
has "an offline database is left alone" full '<database name="Closed" state="OFFLINE" searched="false" reason="not online: OFFLINE"/>'
has "a database of one seat is left alone" full 'name="Single" state="ONLINE" searched="false" reason="SINGLE_USER'
has "a database that sleeps is left alone" full 'name="Sleeping" state="ONLINE" searched="false" reason="AUTO_CLOSE'
has "a snapshot is left alone" full 'name="Snapshot" state="ONLINE" searched="false" reason="a snapshot'
has "a secondary that cannot be read is named" full 'name="Secondary" state="ONLINE" searched="false" reason="could not be entered'
server cased 6.3 reader pw 'task="inventory" usage="true"/>'
equals "names that differ in case are two where the collation says so" \
    '<linked-server name="UPPER"> dbo.exact, <dangling-use link="upper" dbo.other' \
    "$(sed -nE 's/^X (<linked-server name="UPPER">|<dangling-use link="upper") ?.*object="([^"]*)".*/\1 \2/p' "$work/cased" | sort -r | paste -sd, | sed 's/,/, /')"
equals "of more links than one statement asks about each is found, and once" '<dangling-use link="NOSUCH" <linked-server name="MANY1"> <linked-server name="MANY119">' \
    "$(sed -nE 's/^X (<[^ ]* [^ >]*>?).*object="dbo.many".*/\1/p' "$work/cased" | sed -E 's/><use$/>/' | sort | xargs -d '\n')"
rows=7
server cased 6.3 reader pw 'task="inventory" usage="true"/>'
rows=1000
has "more modules than rows are read are named" cased '<not-readable what="modules" database="Code" reason="only the first 7 rows were read"/>'
has "with their database" cased 'name="Code" state="ONLINE" searched="true" reason="modules: more rows than the limit" modules="7"'
server signed 6.1 signed pw 'task="inventory"/>'
has "the signed procedure shows provider strings without the permission" signed 'provider-string="Server=a;pwd = ***;Encrypt=yes" provider-string-visible="true"'
has "and then the absence of one is known" signed '<linked-server name="LAST" server-id="7" product="" provider="MSOLEDBSQL" data-source="h3" provider-string-visible="true"'
has_not "no password comes through it" signed planted-secret
server plain 6.1 audit pw 'task="inventory" usage="true"/>'
has "without a grant, a database is named as not searched" plain 'name="Sales" state="ONLINE" searched="false" reason="the audit login cannot enter it'
has "without a grant, jobs are named as not searched" plain '<not-readable what="job_steps" database="msdb"'
has "without a grant, no listener list is shown" plain '<not-readable what="listeners"'
has "what a permission hides is told" plain '<visibility permission="ALTER ANY LINKED SERVER" granted="false" hides="provider-strings unmapped-links"/>'
server plain 6.1 audit pw 'task="inventory"/>'
has "what only the usage search would miss is hidden from it only" plain '<visibility permission="CONNECT ANY DATABASE" granted="false"/>'
# seen OUTPUT: a line for each permission: whether it is held, what is hidden without it
seen() { sed -nE 's/^X <visibility permission="([^"]*)"( database="([^"]*)")?( granted="([^"]*)")?( hides="([^"]*)")?\/>$/\3|\1|\5|\7/p' "$work/$1"; }
server plain 5.7 bare pw 'task="inventory" usage="true"/>'
equals "2022: of a login without a grant, all that is hidden is told" "$(cat <<'E2'
|ALTER ANY LINKED SERVER|false|provider-strings unmapped-links
|ALTER ANY LOGIN|false|
|setupadmin|false|
|sysadmin|false|
|CONTROL SERVER|false|
|VIEW ANY DEFINITION|false|login-names role-members server-permissions availability-groups modules server-triggers
|VIEW ANY SECURITY DEFINITION|false|login-names role-members server-permissions
|VIEW ANY DATABASE|true|databases
|CONNECT ANY DATABASE|false|uses-in-databases
|VIEW SERVER STATE|false|connection-encryption load sessions listeners registry
|VIEW SERVER PERFORMANCE STATE|false|connection-encryption load sessions
|VIEW SERVER SECURITY STATE|false|listeners registry
|SELECT msdb.dbo.sysjobs|false|job-steps
|SELECT msdb.dbo.sysjobsteps|false|job-steps
master|VIEW DEFINITION|false|modules
master|SELECT sys.sql_expression_dependencies|false|dependencies
msdb|VIEW DEFINITION|false|modules
msdb|SELECT sys.sql_expression_dependencies|false|dependencies
E2
)" "$(seen plain)"
server plain 5.1 bare pw 'task="inventory" usage="true"/>'
equals "2005: a permission that the version has not is neither held nor refused" "$(printf '%s\n' \
    '|VIEW ANY SECURITY DEFINITION||login-names role-members server-permissions' '|CONNECT ANY DATABASE||uses-in-databases' \
    '|VIEW SERVER PERFORMANCE STATE||connection-encryption load sessions' '|VIEW SERVER SECURITY STATE||listeners registry')" \
    "$(seen plain | grep -E '^[^|]*[|][^|]*[|][|]')"
server plain 5.7 reader pw 'task="inventory" usage="true"/>'
equals "what is held in a database is told, too" "$(printf '%s\n' 'master|VIEW DEFINITION|true|modules' \
    'master|SELECT sys.sql_expression_dependencies|false|dependencies')" "$(seen plain | grep '^master')"
server full 6.1 reader pw 'task="inventory" usage="true"/>'
equals "and so is a right to a view" 'Sales|SELECT sys.sql_expression_dependencies|true|dependencies' "$(seen full | grep '^Sales|SELECT')"
server plain 5.7 reader pw 'task="inventory"/>'
has "what another permission shows is not hidden" plain '<visibility permission="VIEW SERVER STATE" granted="false"/>'
has "the number of sessions comes with the permission" plain '<property name="user-sessions" value='
collect cut pw 'task="inventory" connection="DRIVER={FreeTDS};Server=127.30.6.1;Port=1433;UID=reader" has-password="true"/>'
ends_well "a connection string works as well" cut

# ---- logins ---------------------------------------------------------------------------------------------------
server login 6.1 semicolon 'a;b' 'task="inventory"/>'
has "a password with a semicolon" login '<instance '
server login 6.1 unicode 'pä€𐍈' 'task="inventory"/>'
has "a password beyond ASCII" login '<instance '
server login 6.1 audit nope 'task="inventory"/>'
has "a wrong password is a failed login, with the server's number" login '<failure phase="login"><message number="18456"'
ends_well "a failed login ends well" login closed
has_not "the wrong password is not repeated" login nope
server login 6.1 locked pw 'task="inventory"/>'
has "a locked login is a failed login" login '<failure phase="login"><message number="18486"'
server login 6.99 audit pw 'task="inventory"/>'
has "nobody there is a failed connection" login '<failure phase="connect">'
impatient 30000 1000 server login 7.1 audit pw 'task="inventory"/>'
has "a silent server is a failed connection within the time-out" login '<failure phase="connect"><message number="0" sqlstate="HYT00"'
impatient 30000 1000 server login 7.7 audit pw 'task="inventory"/>'
has "a server silent after LOGIN7 too" login '<failure phase="connect">'
impatient 30000 1000 server login 7.8 audit pw 'task="inventory"/>'
has "a web server is a failed connection" login '<failure phase="connect">'
collect login pw 'task="inventory" server="127.30.6.1" driver="Nowhere" uid="a" has-password="true"/>'
has "a driver that does not exist is named" login "Can't open lib 'Nowhere'"

# ---- servers that misbehave ---------------------------------------------------------------------------------
impatient 1000 30000 server bad 7.2 audit pw 'task="inventory"/>'
has "questions without an answer: the reason is the time-out" bad 'reason="no answer within the query time-out'
has "after three of them no further question is asked" bad 'reason="three questions before it had no answer'
ends_well "the inventory ends" bad closed
impatient 1000 30000 server bad 7.3 audit pw 'task="inventory"/>'
has "a connection that breaks fails the inventory" bad '<failure phase="inventory"><message>the connection broke'
has "and keeps what came before" bad '<instance '
impatient 1000 30000 server bad 7.4 audit pw 'task="inventory"/>'
has "garbage in an answer fails the inventory" bad '<failure phase="inventory">'
impatient 1000 30000 server bad 7.5 audit pw 'task="inventory"/>'
has "rows without end are cut, and it is said" bad 'reason="only the first 1000 rows were read"'
ends_well "rows without end do not stop the collector" bad

# ---- link tests -------------------------------------------------------------------------------------------------
impatient 4000 30000 server tests 6.1 audit pw 'task="link-tests"><test-request link="SQL07" login="app" endpoint="e"/><test-request link="SQL08" login="app" endpoint="e"/><test-request link="REFUSED" login="app" endpoint="f"/><test-request link="NOSUCH" login="q"/><test-request link="x&#39;y]&lt;script&gt;alert(1)&lt;/script&gt;"/><test-request link="HANG1" login="h1"/><test-request link="HANG2" login="h2"/><test-request link="LAST" login="h3"/></collector-job>'
has "a refused login is a failed test with every message" tests '<linked-server name="SQL07"><test outcome="failed" login="app"'
has "the provider's message is kept" tests 'number="7412"'
has "the same login at the same endpoint is not offered again" tests '<linked-server name="SQL08"><test outcome="skipped" reason="the target refused this remote login when the link SQL07 was tested'
has "the same login elsewhere is" tests '<linked-server name="REFUSED"><test outcome="failed" login="app"'
has "a link that does not exist is a failed test" tests 'number="7202"'
has "a test that hangs is a time-out" tests '<linked-server name="HANG1"><test outcome="timeout" login="h1"'
has "and so is the second" tests '<linked-server name="HANG2"><test outcome="timeout" login="h2"'
has "after which no further one is started" tests '<linked-server name="LAST"><test outcome="skipped" reason="two tests on this instance'
has "a name with quotes and brackets reaches its link" tests "alert(1)&lt;/script&gt;\"><test outcome=\"ok\""
equals "each request has one row" 8 "$(row tests '<test outcome')"
ends_well "a job of tests ends" tests closed
impatient 1000 30000 server tests 6.1 audit pw 'task="link-tests" tests-for="500"><test-request link="HANG1" login="h1"/><test-request link="LAST" login="h3"/></collector-job>'
has "a job that has taken its time tests its first link" tests '<linked-server name="HANG1"><test outcome="timeout" login="h1"'
equals "and leaves the others" 1 "$(row tests '<test outcome')"
stop_estate
equals "the stand-in saw the stale password once" 1 "$(grep -c 'login user="app" password="wrong-password" by="link SQL2019/SQL07" refused count=1' "$work/statistics.txt")"
equals "and from no other link" 1 "$(grep -c 'password="wrong-password"' "$work/statistics.txt")"
equals "a wrong password was tried once" 1 "$(grep -c 'login user="audit" password="nope" by="client" refused count=1$' "$work/statistics.txt")"

# ---- another product, and drivers that misbehave ------------------------------------------------------------
collect other '' "task=\"inventory\" connection=\"DRIVER={SQLite3};Database=$work/other.db\"/>"
has "another product is told" other '<failure phase="inventory"><message>not a SQL Server (SQLite '
ends_well "another product ends well" other

misbehave() { impatient 1000 1000 collect bad '' "task=\"inventory\" memory=\"512\" connection=\"DRIVER={Bad};Behaviour=$1\"/>"; }
for behaviour in flood endless lengths columns results none; do
    misbehave "$behaviour"
    ends_well "a driver's $behaviour: the collector ends well" bad
    has "a driver's $behaviour: the header came" bad '<instance '
done
limit=20 # it never ends
misbehave deluge
limit=120
has "a driver's deluge: the rest is cut, and it is said" bad 'reason="only the first 64 rows were read"'
misbehave refuse
has "a driver without a reason is reported so" bad 'the ODBC driver could not connect and gave no reason'
collect bad planted-secret 'task="inventory" has-password="true" connection="DRIVER={Bad};Behaviour=echo;UID=a"/>'
has "a driver that repeats its connection string is heard" bad 'Behaviour=echo;UID=a'
has_not "but not with the password" bad planted-secret
collect bad planted-secret 'task="inventory" has-password="true" connection="DRIVER={Bad};Behaviour=echo-in-query;UID=a"/>'
has "one that does so for every statement, too" bad 'Behaviour=echo-in-query;UID=a'
ends_well "and the collector ends well" bad
has_not "again without the password" bad planted-secret
for behaviour in crash-in-connect crash-in-query; do
    misbehave "$behaviour"
    check "a driver's $behaviour ends its own process" grep -qE '^(signal [0-9]+|exit [1-9])' "$work/bad"
    has_not "a driver's $behaviour: not done" bad 'D '
done
# The sanitizers reserve more addresses than any limit allows: the same collector without them.
[ -n "${build##*sanitized*}" ] || build=${LINKAUDIT_PLAIN_BUILD-}
if [ -n "$build" ]; then
    driver=$build/integration/collector_driver
    printf '%s\n' '[Bad]' "Driver=$build/integration/bad_driver.so" >"$work/odbcinst.ini"
    misbehave leak-in-connect
    equals "a driver that leaks meets the address-space limit" 'signal 11' "$(tail -n 1 "$work/bad")"
else
    echo "skipped: the address-space limit needs a build without the sanitizers (LINKAUDIT_PLAIN_BUILD)"
fi
finish
