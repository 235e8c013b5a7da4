#!/bin/bash
# The stand-in estate is an honest peer: clients written by others (FreeTDS's tsql and bsqldb, unixODBC's isql and ODBC,
# Impacket, nmap) log in and read, and whatever a SQL Server would refuse is refused.
. "$(dirname "$0")/lib.sh"

network=127.$((100 + $$ % 100))
password='Passw0rd!'
start_estate tests/integration/estate.scenario --network "$network" || { echo "not ok the estate starts"; exit 1; }
export TDSVER=7.4
printf '[FreeTDS]\nDriver=libtdsodbc.so\n' >"$work/odbcinst.ini"
export ODBCSYSINI=$work ODBCINI=$work/odbc.ini

# ask HOST PORT USER PASSWORD STATEMENT: what tsql prints, rows and messages
ask() {
    printf '%s\ngo\nexit\n' "$5" | timeout 20 tsql -H "$network.$1" -p "$2" -U "$3" -P "$4" 2>&1 | tr -d '\r' |
        sed -e '/^locale/d' -e '/^using default/d' -e 's/^\([0-9]*> \)*//'
}

# answers "what" STATEMENT PATTERN [USER PASSWORD [HOST PORT]]
answers() {
    local what=$1 statement=$2 pattern=$3 output
    output=$(ask "${6-0.1}" "${7-1433}" "${4-audit}" "${5-$password}" "$statement")
    if printf '%s\n' "$output" | grep -qE "$pattern"; then ok "$what"; else not_ok "$what: no $pattern in: $output"; fi
}

# refused NUMBER STATEMENT [USER PASSWORD [HOST PORT]]: that error and no row
refused() {
    local number=$1 statement=$2 output
    output=$(ask "${5-0.1}" "${6-1433}" "${3-audit}" "${4-$password}" "$statement")
    if printf '%s\n' "$output" | grep -q "^Msg $number " && ! printf '%s\n' "$output" | grep -q 'row.* affected'; then
        ok "$number for: $statement"
    else
        not_ok "$number for: $statement: $output"
    fi
}

# counter INSTANCE NAME: from the statistics
counter() {
    awk -v section="[$1]" -v name="$2" '$0 == section { inside = 1; next } /^\[/ { inside = 0 }
        inside && $1 == name { print $2 }' "$work/statistics.txt"
}

# ---- tsql: logins ------------------------------------------------------------------------------------------

join='SELECT s.name, l.remote_name FROM sys.servers AS s JOIN sys.linked_logins AS l ON l.server_id = s.server_id'
answers "tsql joins two views, server with encryption off" "$join WHERE s.name = N'GOOD'" '^GOOD	app$'
answers "tsql logs in to a server that forces encryption" 'SELECT @@SERVERNAME AS n' '^TWO$' audit "$password" 0.2
answers "tsql logs in to a server without encryption" 'SELECT @@SERVERNAME AS n' '^THREE\\INST$' audit "$password" 0.3 51433
answers "tsql logs in to a server with TLS 1.0 only" 'SELECT @@SERVERNAME AS n' '^OLD$' audit "$password" 0.5
answers "tsql logs in to a server with its fallback certificate" 'SELECT @@SERVERNAME AS n' '^FALLBACK$' audit "$password" 0.6
for version in 7.1 7.2 7.3; do
    TDSVER=$version answers "a client of TDS $version" "$join WHERE s.name = N'GOOD'" '^GOOD	app$'
done
refused 18456 'SELECT 1' audit wrong
refused 18456 'SELECT 1' nobody wrong
refused 18470 'SELECT 1' gone gone
refused 18486 'SELECT 1' shut shut
refused 18487 'SELECT 1' late late
refused 18488 'SELECT 1' change change
refused 4060 'SELECT 1' lost lost
take_statistics
equals "a wrong password counts once" 'login user="audit" password="wrong" by="client" refused count=1' \
    "$(grep 'user="audit" password="wrong"' "$work/statistics.txt")"
equals "refused logins; the one without its database had the right password" 6 "$(counter ONE logins_refused)"
equals "one connection at a time" 1 "$(counter ONE peak_connections)"
equals "no handshake was broken off" 0 "$(counter ONE severity_20)"

# ---- what a SQL Server refuses, or SQLite would misread ------------------------------------------------------

while IFS='	' read -r number statement; do
    refused "$number" "$statement"
done <<'LIST'
102	SELECT name FROM sys.servers LIMIT 1
102	SELECT name FROM sys.servers ORDER BY name LIMIT 1 OFFSET 1
102	SELECT TOP 1 name FROM sys.servers
102	SELECT TOP (1) name FROM sys.servers
102	SELECT 'a' || 'b'
102	SELECT 'a' + 'b'
102	SELECT "name" FROM sys.servers
102	SELECT name AS "n" FROM sys.servers
102	SELECT name FROM sys.servers WHERE name = "GOOD"
102	PRAGMA table_info(servers)
102	SELECT ISNULL(name, '') FROM sys.servers
102	SELECT CONVERT(int, 1)
102	SELECT CAST(1 AS sysname)
102	SELECT CAST(1 AS datetime2)
102	SELECT CAST(1 AS TEXT)
102	SELECT CAST(1 AS INTEGER)
102	SELECT CAST(name AS nvarchar(max)) FROM sys.servers
102	SELECT name FROM sys.servers WHERE name GLOB '*'
102	SELECT name FROM sys.servers WHERE name REGEXP 'x'
102	SELECT name FROM sys.servers WHERE name ISNULL
102	SELECT name FROM sys.servers WHERE is_linked
102	SELECT name = 'x' FROM sys.servers
102	SELECT server_id == 1 FROM sys.servers
102	SELECT name FROM sys.servers WHERE server_id == 1
102	SELECT name FROM sys.servers NATURAL JOIN sys.linked_logins
102	SELECT name FROM sys.servers JOIN sys.linked_logins USING (server_id)
102	SELECT length(name) FROM sys.servers
102	SELECT sqlite_version()
102	SELECT json('{}')
102	SELECT IIF(1 = 1, 1, 2)
102	SELECT max(1, 2)
102	SELECT 1.5
102	SELECT 1 UNION SELECT 2
102	SELECT name FROM sys.servers WINDOW w AS ()
102	VALUES (1)
102	WITH c AS (SELECT 1 AS a) SELECT a FROM c
102	INSERT INTO sys.servers VALUES (1)
102	UPDATE sys.servers SET name = ''
102	DELETE FROM sys.servers
102	DROP TABLE sys.servers
102	ATTACH ':memory:' AS x
102	CREATE TABLE dbo.t (a int)
102	SELECT * FROM OPENQUERY(GOOD, 'SELECT 1')
102	SELECT * FROM GOOD.master.sys.servers
102	SET NOCOUNT MAYBE
102	SET NOSUCHOPTION ON
102	DECLARE @x int
102	EXEC ('SELECT 1') AT GOOD
102	SELECT name FROM sys.servers; SELECT name FROM sys.servers LIMIT 1
102	SELECT name FROM sys.servers WHERE (server_id = 0
102	SELECT name FROM sys.servers WHERE server_id IN ()
102	SELECT name FROM sys.servers OPTION (MAXDOP 1)
137	SELECT @x
137	SELECT @@NOSUCH
207	SELECT nosuch FROM sys.servers
207	SELECT s.nosuch FROM sys.servers AS s
207	SELECT rowid FROM sys.servers
208	SELECT name FROM sys.nosuch
208	SELECT name FROM servers
208	SELECT name FROM main.servers
208	SELECT name FROM sqlite_master
208	SELECT name FROM sys.sqlite_schema
209	SELECT server_id FROM sys.servers JOIN sys.linked_logins ON 1 = 1
4104	SELECT x.name FROM sys.servers AS s
4104	SELECT sys.servers.name FROM sys.servers AS s
448	SELECT name COLLATE NOCASE FROM sys.servers
8117	SELECT MAX(is_linked) FROM sys.servers
8117	SELECT SUM(name) FROM sys.servers
8120	SELECT name, COUNT(*) FROM sys.servers
8120	SELECT name, COUNT(*) FROM sys.servers GROUP BY server_id
116	SELECT (SELECT name, server_id FROM sys.servers) AS a
147	SELECT name FROM sys.servers WHERE COUNT(*) = 1
245	SELECT COALESCE(1, name) AS a, CASE WHEN server_id = 1 THEN name ELSE 1 END AS b FROM sys.servers WHERE server_id = 1
2812	EXEC sys.sp_nosuch
7202	EXEC sp_testlinkedserver N'NOSUCH'
911	USE [Nowhere]
942	USE [Closed]
924	USE [Alone]
976	USE [Secondary]
916	USE [Private]
916	SELECT name FROM Private.sys.objects
208	SELECT name FROM Nowhere.sys.objects
229	SELECT name FROM msdb.dbo.sysjobs
22001	EXEC master.sys.xp_regread N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Secret', N'x'
LIST

# ---- what it answers -----------------------------------------------------------------------------------------

while read -r line; do
    answers "answers: ${line%% => *}" "${line%% => *}" "${line##* => }"
done <<'LIST'
SELECT COUNT(DISTINCT remote_name) - 0 FROM sys.linked_logins => ^1$
SELECT CAST(N'3' AS int) AS n => ^3$
SELECT CASE WHEN 1 > 2 THEN N'one' ELSE N'two' END AS n => ^two$
SELECT CASE WHEN (1 = 1 AND (2) = 2) OR NOT (3 = 4) THEN 1 ELSE 0 END AS n => ^1$
SELECT x.name, x.server_id FROM (SELECT name, server_id FROM sys.servers) AS x WHERE x.server_id = 0 => ^ONE	0$
SELECT name FROM sys.servers WHERE EXISTS (SELECT 1 FROM sys.linked_logins AS l WHERE l.server_id = servers.server_id) AND server_id IN (0, 1) => ^GOOD$
SELECT MAX(configuration_id) AS n FROM sys.configurations WHERE name = 'remote login timeout (s)' => ^1519$
SELECT remote_name, COUNT(*) AS n FROM sys.linked_logins WHERE remote_name IS NOT NULL GROUP BY remote_name HAVING COUNT(*) > 2 ORDER BY n DESC => ^app	10$
/* a /* nested */ comment */ SELECT 'x' AS [a name] -- and the rest => ^x$
SELECT 'it''s' AS a => ^it's$
EXEC master.sys.xp_regenumvalues N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo' => ^OLD	DBMSSOCN,new,1433$
EXEC master..xp_instance_regread N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Microsoft\MSSQLServer\MSSQLServer\SuperSocketNetLib', N'ForceEncryption' => ^ForceEncryption	0$
DBCC TRACESTATUS(17600, -1) WITH NO_INFOMSGS => ^17600	1	1	0$
DBCC TRACESTATUS(17601, -1) WITH NO_INFOMSGS => ^17601	0	0	0$
SELECT name FROM Sales.sys.objects WHERE type = 'P' => ^usp_a$
SELECT name, HAS_DBACCESS(name) AS a FROM sys.databases WHERE name = 'Private' => ^Private	0$
SELECT PARSENAME(N'[a.b].c.[d]]e]', 3) AS a => ^a.b$
SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS a => ^1$
SELECT COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER SECURITY STATE'), 9) AS a => ^9$
SELECT IS_SRVROLEMEMBER('sysadmin') AS a => ^0$
SELECT COALESCE(IS_SRVROLEMEMBER('nosuchrole'), 9) AS a => ^9$
EXEC master.sys.xp_enum_oledb_providers => ^OraOLEDB.Oracle		Oracle Provider for OLE DB$
LIST

# ---- versions and permissions --------------------------------------------------------------------------------

refused 207 'SELECT is_rda_server FROM sys.servers' audit "$password" 0.3 51433
answers "is_rda_server is there from 2016" 'SELECT is_rda_server FROM sys.servers WHERE server_id = 0' '^0$'
refused 207 'SELECT is_remote_proc_transaction_promotion_enabled FROM sys.servers' audit "$password" 0.5
refused 208 'SELECT host_platform FROM sys.dm_os_host_info' audit "$password" 0.3 51433
refused 208 'SELECT port FROM sys.dm_tcp_listener_states' audit "$password" 0.3 51433
refused 102 "SELECT CONNECTIONPROPERTY('net_transport')" audit "$password" 0.5
refused 300 'SELECT cpu_count FROM sys.dm_os_sys_info' plain plain
refused 300 'SELECT registry_key FROM sys.dm_server_registry' audit "$password" 0.2
answers "2022 names its own permission" 'SELECT cpu_count FROM sys.dm_os_sys_info' 'VIEW SERVER PERFORMANCE STATE' audit "$password" 0.2
answers "2019 names its own permission" 'SELECT cpu_count FROM sys.dm_os_sys_info' '"VIEW SERVER STATE permission' plain plain
answers "without the permission provider strings are NULL" "SELECT COUNT(provider_string) AS n FROM sys.servers" '^0$'
answers "with it they are shown" "SELECT provider_string FROM sys.servers WHERE name = 'GOOD'" '^UID=u;PWD=\{p;\}\}q\};Encrypt=no$' boss boss
answers "the signed procedure hides passwords" 'EXEC master.dbo.linkaudit_provider_strings' '^1	UID=u;PWD=\*\*\*;Encrypt=no$' reader reader
refused 229 'EXEC master.dbo.linkaudit_provider_strings'
answers "a link without a mapping for the login is invisible" "SELECT COUNT(*) AS n FROM sys.servers WHERE name = 'NOBODY'" '^0$'
answers "and visible to a sysadmin" "SELECT COUNT(*) AS n FROM sys.servers WHERE name = 'NOBODY'" '^1$' boss boss
answers "other logins are invisible" "SELECT COUNT(*) AS n FROM sys.server_principals WHERE name = 'boss'" '^0$' plain plain
answers "and visible with VIEW ANY DEFINITION" "SELECT COUNT(*) AS n FROM sys.server_principals WHERE name = 'boss'" '^1$'
answers "the own login is always visible" "SELECT name FROM sys.server_principals WHERE name = SUSER_SNAME()" '^plain$' plain plain
answers "jobs are visible to a sysadmin" \
    'SELECT j.name, s.step_name FROM msdb.dbo.sysjobs AS j JOIN msdb.dbo.sysjobsteps AS s ON s.job_id = j.job_id' \
    '^Nightly	First$' boss boss

# ---- link tests: what the target sees --------------------------------------------------------------------------

for link in GOOD STALE SELF NOBODY; do ask 0.1 1433 audit "$password" "EXEC sp_testlinkedserver N'$link'" >"$work/$link"; done
take_statistics
offered() { grep -F "by=\"link ONE/$1\"" "$work/statistics.txt"; }
equals "a good credential is offered once" 'login user="app" password="app" by="link ONE/GOOD" accepted count=1' "$(offered GOOD)"
equals "a stale one is refused" 'login user="app" password="stale" by="link ONE/STALE" refused count=1' "$(offered STALE)"
equals "a self mapping hands out the client's own password" \
    "login user=\"audit\" password=\"$password\" by=\"link ONE/SELF\" accepted count=1" "$(offered SELF)"
equals "no mapping, nothing offered" '' "$(offered NOBODY)"
check "the stale test says 18456" grep -q '^Msg 18456 ' "$work/STALE"
check "the test without mapping says 7416" grep -q '^Msg 7416 ' "$work/NOBODY"

# ---- other clients ---------------------------------------------------------------------------------------------

printf '%s\n' "$join WHERE s.name = N'GOOD'" >"$work/query.sql"
check "bsqldb joins two views" sh -c "bsqldb -S $network.0.1 -U audit -P '$password' -i '$work/query.sql' | grep -q '^GOOD .*app'"
for encryption in off request require; do
    driver="DRIVER=FreeTDS;Server=$network.0.1;Port=1433;UID=audit;PWD=$password;TDS_Version=7.4;Encryption=$encryption"
    # isql itself dies without a HOME.
    check "isql joins two views, encryption $encryption" \
        env HOME="${HOME-/nonexistent}" sh -c "isql -v -b -d'|' -k '$driver' <'$work/query.sql' | grep -q '^GOOD|app'"
    "$build/integration/estate_odbc" "$driver" >"$work/odbc.log" 2>&1
    status=$?
    sed "s/^\(not \)*ok odbc:/\1ok odbc, encryption $encryption:/" "$work/odbc.log"
    equals "every check of estate_odbc held, encryption $encryption" 0 $status
done
equals "Impacket's client logs in and reads" 'GOOD|app' "$(/usr/bin/python3 tests/integration/estate_impacket.py \
    "$network.0.1" 1433 audit "$password" "$join WHERE s.name = N'GOOD'" 2>&1)"
equals "Impacket's client is refused with a wrong password" 'login refused' "$(/usr/bin/python3 \
    tests/integration/estate_impacket.py "$network.0.1" 1433 audit wrong 'SELECT 1' 2>&1 | tail -n 1)"
if command -v nmap >/dev/null; then
    nmap -Pn -n -p 1433 --script ssl-cert "$network.0.2" >"$work/nmap.log" 2>&1
    check "nmap reads the certificate inside TDS" grep -q 'Subject: commonName=one.test' "$work/nmap.log"
fi

# ---- the wire ----------------------------------------------------------------------------------------------------

/usr/bin/python3 tests/integration/estate_wire.py "$network" "$work/ca.pem" >"$work/wire.log" 2>&1
status=$?
cat "$work/wire.log"
equals "every check on the wire held" 0 $status

# ---- IPv6, and many at once ----------------------------------------------------------------------------------------

kill "$estate"
wait "$estate"
equals "the estate ends well" 0 $?
port=$((24000 + $$ % 4000))
cat >"$work/six.scenario" <<SCENARIO
instance SIX address=::1 port=$port version=15.0.4312.2
  login audit password="$password"
SCENARIO
if grep -q ' lo$' /proc/net/if_inet6 2>/dev/null; then
    start_estate "$work/six.scenario"
    equals "an instance at an IPv6 address" 'SIX|::1|::1' "$(/usr/bin/python3 tests/integration/estate_impacket.py ::1 \
        "$port" audit "$password" "SELECT @@SERVERNAME AS a, CAST(CONNECTIONPROPERTY('local_net_address') AS nvarchar(48))
        AS b, CAST(CONNECTIONPROPERTY('client_net_address') AS nvarchar(48)) AS c" 2>&1)"
    stop_estate
else
    echo "skipped: an instance at an IPv6 address (this machine's loopback has none)"
fi
cat >"$work/many.scenario" <<SCENARIO
network 127.1
instance LOAD{i} address=\${network}.64.0 count=3000
  login audit password="$password"
  link LINK{n} data_source="load{i}-{n}" count=20
SCENARIO
if start_estate "$work/many.scenario" --network "$network"; then ok "3,000 instances listen"; else not_ok "3,000 instances listen"; fi
equals "the last of them has its links" 'LOAD2999|load2999-19' "$(/usr/bin/python3 tests/integration/estate_impacket.py \
    "$network.75.183" 1433 audit "$password" "SELECT @@SERVERNAME AS a, data_source FROM sys.servers WHERE name = 'LINK19'" 2>&1)"

# ---- the end -----------------------------------------------------------------------------------------------------

kill "$estate"
wait "$estate"
equals "the estate ends well" 0 $?
finish
