#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/model/arena.h"
#include "audit/target/endpoint_target.h"
#include "audit/target/provider_string.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct alias_entry aliases[] = {
    {"OldName", "DBMSSOCN,sql99.corp.example,1500"},
    {"PIPED", "DBNMPNTW,\\\\fs1\\pipe\\sql\\query"},
    {"SQL01\\OLD", "DBMSSOCN, sql02 "},
    {"BROKEN", "DBMSSOCN"},
};
static const struct host_entry hosts[] = {{"MAPPED", "10.9.9.9"}};
static struct target_surroundings corp = {
    .owner = "SQL01\\PROD",
    .owner_host = "SQL01.Corp.Example",
    .owner_domain = "Corp.Example",
    .aliases = aliases,
    .alias_count = sizeof aliases / sizeof *aliases,
};

static int set_up(void **state)
{
    *state = arena_new();
    corp.hosts = host_table_new(*state, hosts, 1);
    return 0;
}

static int tear_down(void **state)
{
    corp.hosts = NULL;
    arena_free(*state);
    return 0;
}

/* The keys of all targets, " + " between them. */
static void keys_of(const struct link_definition *link, const struct target_surroundings *around, char *out,
                    size_t size)
{
    struct target_list list;
    assert_true(link_targets(link, around, &list));
    assert_true(list.count >= 1 && list.count <= TARGETS_MAX);
    out[0] = '\0';
    for (size_t i = 0; i < list.count; i++) {
        char key[TARGET_KEY_SIZE];
        target_key(&list.at[i], key);
        snprintf(out + strlen(out), size - strlen(out), "%s%s", i ? " + " : "", key);
        if (!endpoint_kind_is_network(list.at[i].kind) && !list.at[i].reason[0])
            fail_msg("%s: no reason why it is no network endpoint", key);
    }
}

/* Provider, product, data source and provider string of a link named LINK, and where it leads. */
static const struct {
    const char *provider, *product, *data_source, *provider_string, *keys;
} links[] = {
    /* SQL Server */
    {"SQLNCLI", "SQL Server", "SQL07.Corp.Example.", NULL, "sqlserver://sql07.corp.example:1433"},
    {"SQLNCLI", "", "sql07.corp.example,1433", NULL, "sqlserver://sql07.corp.example:1433"},
    {"SQLNCLI11", "", "tcp:sql07.corp.example", NULL, "sqlserver://sql07.corp.example:1433"},
    {"MSOLEDBSQL", "", "sql07.corp.example\\sales", NULL, "sqlserver://sql07.corp.example\\SALES"},
    {"MSOLEDBSQL19", "", "sql07.corp.example\\SALES,1444", NULL, "sqlserver://sql07.corp.example:1444"},
    {"msoledbsql19.1", "", "sql07.corp.example\\MSSQLSERVER", NULL, "sqlserver://sql07.corp.example:1433"},
    {"SQLNCLI", "", "sql07.corp.example\\", NULL, "sqlserver://sql07.corp.example:1433"},
    {"SQLOLEDB", "", "10.1.2.3", NULL, "sqlserver://10.1.2.3:1433"},
    {"SQLNCLI", "", "2001:DB8::1,1433", NULL, "sqlserver://[2001:db8::1]:1433"},
    {"SQLNCLI", "SQL Server", NULL, NULL, "sqlserver://link:1433 (corp.example)"},
    {NULL, "SQL Server", "", NULL, "sqlserver://link:1433 (corp.example)"},
    {"SQLNCLI", "x", NULL, NULL, "sqlserver://sql01.corp.example:1433"},
    {"SQLNCLI", "x", "", "Server=sql08.example;Address=sql09.example", "sqlserver://sql09.example:1433"},
    {"SQLNCLI", "x", "sql07.example", "Server=sql08.example", "sqlserver://sql07.example:1433"},
    {"SQLNCLI", "", "SQL07", NULL, "sqlserver://sql07:1433 (corp.example)"},
    {"SQLNCLI", "", "mapped", NULL, "sqlserver://mapped:1433"},
    {"SQLNCLI", "", ".", NULL, "sqlserver://sql01.corp.example:1433"},
    {"SQLNCLI", "", "(local)\\X", NULL, "sqlserver://sql01.corp.example\\X"},
    {"SQLNCLI", "", "localhost,1500", NULL, "sqlserver://sql01.corp.example:1500"},
    {"SQLNCLI", "", "::1", NULL, "sqlserver://sql01.corp.example:1433"},
    {"SQLNCLI", "", "admin:sql07.example", NULL, "sqlserver://sql07.example:1434"},
    {"SQLNCLI", "", "admin:sql07.example\\x", NULL, "sqlserver://sql07.example\\X admin"},
    {"SQLNCLI", "", "lpc:sql07", NULL, "local://lpc: (sql01\\prod)"},
    {"SQLNCLI", "", "(localdb)\\v11.0", NULL, "local://(localdb)\\V11.0 (sql01\\prod)"},
    {"SQLNCLI", "", "\\\\FS1.example\\pipe\\sql\\query", NULL, "tcp://fs1.example:445"},
    {"SQLNCLI", "", "\\\\.\\pipe\\sql\\query", NULL, "local://np:sql\\query (sql01\\prod)"},
    {"SQLNCLI", "", "np:(local)\\X", NULL, "local://np:mssql$x\\sql\\query (sql01\\prod)"},
    {"SQLNCLI", "", "np:fs1.example\\x", NULL, "tcp://fs1.example:445"},
    {"SQLNCLI", "", "fs1.example", "Network Library=dbnmpntw", "tcp://fs1.example:445"},
    {"SQLNCLI", "", "x.database.windows.net", NULL, "sqlserver://x.database.windows.net:1433"},
    {"SQLNCLI", "", "sql07.example", "Failover Partner=sql08.example,1444;UID=a",
     "sqlserver://sql07.example:1433 + sqlserver://sql08.example:1444"},
    {"SQLNCLI", "", " oldname ", NULL, "sqlserver://sql99.corp.example:1500"},
    {"SQLNCLI", "", "sql01\\old", NULL, "sqlserver://sql02:1433 (corp.example)"},
    {"SQLNCLI", "", "sql07.example", "Server=\"sql08.example\";Encrypt='yes'",
     "sqlserver://sql07.example:1433"},
    {"SQLNCLI", "x", "", "Server={sql08.example\\x}", "sqlserver://sql08.example\\X"},
    {"SQLNCLI", "x", "", "Server='tcp:sql08.example,1444'", "sqlserver://sql08.example:1444"},
    {"SQLNCLI", "", "piped", NULL, "tcp://fs1:445 (corp.example)"},
    {"SQLNCLI", "", "broken", NULL, "sqlserver://broken:1433 (corp.example)"},
    {"SQLNCLI", "", "sql07:1433", NULL, "alias://sql07:1433 (sql01\\prod)"},
    {"SQLNCLI", "", "My Alias", NULL, "alias://My Alias (sql01\\prod)"},
    /* Oracle */
    {"OraOLEDB.Oracle", "Oracle", "//ora1.example:1522/svc", NULL, "oracle://ora1.example:1522"},
    {"OraOLEDB.Oracle", "Oracle", "ora1.example/svc", NULL, "oracle://ora1.example:1521"},
    {"OraOLEDB.Oracle", "Oracle", "ORA1.example:1521/svc:dedicated/inst", NULL, "oracle://ora1.example:1521"},
    {"OraOLEDB.Oracle", "Oracle", "tcps://ora1.example:2484/svc?wallet_location=/x", NULL,
     "tls://ora1.example:2484"},
    {"OraOLEDB.Oracle", "Oracle", "[2001:db8::5]:1521/svc", NULL, "oracle://[2001:db8::5]:1521"},
    {"MSDAORA", "Oracle", "tcp://a.example,b.example:1522,c.example/svc", NULL,
     "oracle://a.example:1522 + oracle://b.example:1522 + oracle://c.example:1521"},
    {"MSDAORA", "Oracle", "a.example,b.example:1522;c.example/svc", NULL,
     "oracle://a.example:1522 + oracle://b.example:1522 + oracle://c.example:1521"},
    {"MSDAORA", "Oracle", "scott/ti//ger@b.example/svc", NULL, "oracle://b.example:1521"},
    {"MSDAORA", "Oracle", "scott/ti@ger@//b.example/svc", NULL, "oracle://b.example:1521"},
    {"MSDAORA", "Oracle", "//a.example:1522/svc?x=y@z", NULL, "oracle://a.example:1522"},
    {"MSDAORA", "Oracle", "a@(DESCRIPTION=(HOST=b.example)(X=y@z))", NULL, "oracle://b.example:1521"},
    {"MSDAORA", "Oracle", "ORCL", NULL, "alias://ORCL (sql01\\prod)"},
    {"MSDAORA", "Oracle", "orcl.world", NULL, "alias://orcl.world (sql01\\prod)"},
    {"MSDAORA", "Oracle", "ldap://x/y", NULL, "alias://ldap://x/y (sql01\\prod)"},
    {"MSDAORA", "Oracle", "scott/tiger@ora1.example/svc", NULL, "oracle://ora1.example:1521"},
    {"MSDAORA", "Oracle", "", "Data Source=ora1.example:1521/x;User ID=a", "oracle://ora1.example:1521"},
    {"OraOLEDB.Oracle", "",
     "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=a.example)(PORT=1521))"
     "( address = ( protocol = tcps ) ( host = B.example ) ( port = 2484 ) "
     "))(CONNECT_DATA=(SERVICE_NAME=x)))",
     NULL, "oracle://a.example:1521 + tls://b.example:2484"},
    {"OraOLEDB.Oracle", "", "(DESCRIPTION=(HOST=a.example)(PORT=1526)(CONNECT_DATA=(CID=(HOST=me))(SID=x)))",
     NULL, "oracle://a.example:1526"},
    {"OraOLEDB.Oracle", "", "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=a.example)(PORT=1521", NULL,
     "oracle://a.example:1521"},
    {"OraOLEDB.Oracle", "", "(DESCRIPTION=(ADDRESS=(PROTOCOL=IPC)(KEY=x)))", NULL,
     "local://(DESCRIPTION=(ADDRESS=(PROTOCOL=IPC)(KEY=x))) (sql01\\prod)"},
    {"OraOLEDB.Oracle", "",
     "(DESCRIPTION_LIST=(DESCRIPTION=(ADDRESS_LIST=(LOAD_BALANCE=on)(FAILOVER=on)"
     "(ADDRESS=(PROTOCOL=TCP)(HOST=a.example)(PORT=1521))(ADDRESS=(PROTOCOL=TCPS)(HOST=b.example)(PORT=2484))"
     ")"
     "(CONNECT_DATA=(SERVICE_NAME=x)(SERVER=DEDICATED)))(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=c.example))"
     "(CONNECT_DATA=(SID=x))))",
     NULL, "oracle://a.example:1521 + tls://b.example:2484 + oracle://c.example:1521"},
    {"OraOLEDB.Oracle", "Oracle", "tcps://a.example,b.example:2484/svc", NULL,
     "tls://a.example:2484 + tls://b.example:2484"},
    {"OraOLEDB.Oracle", "Oracle", "TCP://[2001:db8::5],b.example:1522/svc", NULL,
     "oracle://[2001:db8::5]:1522 + oracle://b.example:1522"},
    {"OraOLEDB.Oracle", "", "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=\"a.example\")(PORT=\"1522\")))", NULL,
     "oracle://a.example:1522"},
    {"OraOLEDB.Oracle", "Oracle", "a.example,b.example:0/svc", NULL,
     "alias://a.example,b.example:0/svc (sql01\\prod)"},
    {"OraOLEDB.Oracle", "Oracle", "[2001:db8::5:1521/svc", NULL,
     "alias://[2001:db8::5:1521/svc (sql01\\prod)"},
    {"OraOLEDB.Oracle", "Oracle", "a.example:65536/svc", NULL, "alias://a.example:65536/svc (sql01\\prod)"},
    {"OraOLEDB.Oracle", "", "((((", NULL, "alias://(((( (sql01\\prod)"},
    /* ODBC */
    {"MSDASQL", "", NULL,
     "DRIVER={PostgreSQL Unicode(x64)};Server=pg.example;Port=5433;Database=x;Uid=a;Pwd=b",
     "postgresql://pg.example:5433"},
    {"MSDASQL", "", NULL, "Driver=PostgreSQL ANSI;Servername=pg.example", "postgresql://pg.example:5432"},
    {"MSDASQL", "", NULL, "DRIVER={MySQL ODBC 8.0 Unicode Driver};SERVER=my.example",
     "mysql://my.example:3306"},
    {"MSDASQL", "", NULL, "DRIVER={MariaDB ODBC 3.1 Driver};SERVER=my.example;PORT=3307",
     "mysql://my.example:3307"},
    {"MSDASQL", "", NULL, "DRIVER={MySQL ODBC 8.0};SERVER=a.example,b.example:3308",
     "mysql://a.example:3306 + mysql://b.example:3308"},
    {"MSDASQL", "", NULL, "DRIVER={MySQL ODBC 8.0};SERVER=localhost", "mysql://sql01.corp.example:3306"},
    {"MSDASQL", "", NULL, "Driver={IBM DB2 ODBC DRIVER};Hostname=db.example;Port=50001;Protocol=TCPIP",
     "db2://db.example:50001"},
    {"MSDASQL", "", NULL, "Driver={Oracle in OraClient19Home1};DBQ=ora1.example:1521/x",
     "oracle://ora1.example:1521"},
    {"MSDASQL", "", NULL, "Driver={Microsoft ODBC for Oracle};Server=ORCL", "alias://ORCL (sql01\\prod)"},
    {"MSDASQL", "", NULL, "Driver={DataDirect 7.1 Oracle};HOST=ora1.example;PORT=1522",
     "oracle://ora1.example:1522"},
    {"MSDASQL", "", NULL, "DRIVER={ODBC Driver 18 for SQL Server};SERVER=tcp:sql07.example,1444",
     "sqlserver://sql07.example:1444"},
    {"MSDASQL", "", NULL, "DRIVER={SQL Server};SERVER=a.example;Address=b.example",
     "sqlserver://b.example:1433"},
    {"MSDASQL", "", NULL, "DRIVER=FreeTDS;SERVER=sql07.example;PORT=1444", "sqlserver://sql07.example:1444"},
    {"MSDASQL", "", NULL, "DRIVER={SQL Server};SERVER=sql07.example;PORT=1444",
     "sqlserver://sql07.example:1433"},
    {"MSDASQL", "", NULL, "DRIVER={ODBC Driver 17 for SQL Server};SERVER={sql07.example\\sales}",
     "sqlserver://sql07.example\\SALES"},
    {"MSDASQL", "", NULL, "driver = {SQL Server Native Client 11.0} ; server = (local)",
     "sqlserver://sql01.corp.example:1433"},
    {"MSDASQL", "", NULL, "Extended Properties=\"DRIVER={MySQL ODBC 8.0};SERVER=my.example;PWD=x\"",
     "mysql://my.example:3306"},
    {"MSDASQL", "", "DRIVER={MySQL ODBC 8.0};SERVER=my.example;PWD=x", NULL, "mysql://my.example:3306"},
    {"MSDASQL", "", NULL, "DRIVER={SnowflakeDSIIDriver};SERVER=x.snowflakecomputing.com",
     "tls://x.snowflakecomputing.com:443"},
    {"MSDASQL", "", NULL, "DRIVER=HDBODBC;SERVERNODE=hana.example:30041", "tcp://hana.example:30041"},
    {"MSDASQL", "", NULL, "DRIVER={Something};HOST=h.example;PORT=99", "tcp://h.example:99"},
    {"MSDASQL", "", NULL, "DRIVER={Something};HOST=h.example", "alias://LINK (sql01\\prod)"},
    {"MSDASQL", "", NULL, "Driver={Microsoft Excel Driver (*.xls)};DBQ=C:\\Data\\X.xls",
     "file://c:/data/x.xls (sql01\\prod)"},
    {"MSDASQL", "", NULL, "PWD={a;b}}c};DRIVER={PostgreSQL};Server=pg.example;Options='x;y'",
     "postgresql://pg.example:5432"},
    {"MSDASQL", "", "MyDsn", NULL, "alias://MyDsn (sql01\\prod)"},
    {"MSDASQL", "", "", "DSN=MyDsn;UID=a;PWD=s3cr3t", "alias://MyDsn (sql01\\prod)"},
    {"MSDASQL", "", NULL, "FILEDSN=c:\\x.dsn", "alias://c:\\x.dsn (sql01\\prod)"},
    /* The others */
    {"MSOLAP", "", "olap.example", NULL, "analysis-services://olap.example:2383"},
    {"MSOLAP.8", "", "olap.example\\tab", NULL, "analysis-services://olap.example\\TAB"},
    {"MSOLAP", "", "olap.example:2400", NULL, "analysis-services://olap.example:2400"},
    {"MSOLAP", "", "https://Olap.example/olap/msmdpump.dll", NULL, "tls://olap.example:443"},
    {"MSOLAP", "", "http://olap.example:8080/msmdpump.dll", NULL, "tcp://olap.example:8080"},
    {"MSOLAP", "", "asazure://westeurope.asazure.windows.net/x", NULL,
     "tls://westeurope.asazure.windows.net:443"},
    {"MSOLAP", "", "HTTPS://olap.example:8443/olap/msmdpump.dll", NULL, "tls://olap.example:8443"},
    {"MSOLAP", "", "powerbi://api.powerbi.com/v1.0/myorg/x", NULL, "tls://api.powerbi.com:443"},
    {"MSOLAP", "", "", "Data Source=olap.example", "analysis-services://olap.example:2383"},
    {"MSOLAP", "", "", "", "analysis-services://sql01.corp.example:2383"},
    {"ADSDSOObject", "", "adsdatasource", NULL, "ldap://corp.example:389"},
    {"ADsDSOObject", "", "LDAP://dc1.example:3268/DC=example", NULL, "ldap://dc1.example:3268"},
    {"ADsDSOObject", "", "LDAP://DC=corp,DC=example", NULL, "ldap://corp.example:389"},
    {"DB2OLEDB", "", "x", "Network Address=db.example;Network Port=50000", "db2://db.example:50000"},
    {"DB2OLEDB", "", "x", "Network Address=db.example", "db2://db.example:446"},
    {"IBMDADB2.DB2COPY1", "", "x", "Hostname=db.example;Port=50001;Security=SSL", "tls://db.example:50001"},
    {"IBMDADB2", "", "SAMPLE", NULL, "alias://SAMPLE (sql01\\prod)"},
    {"PGNP.1", "", "pg.example", "Extended Properties=\"PORT=5433;\"", "postgresql://pg.example:5433"},
    {"MySQLProv", "", "my.example", NULL, "mysql://my.example:3306"},
    {"ASEOLEDB", "", "ase.example,5001", NULL, "tcp://ase.example:5001"},
    {"Microsoft.ACE.OLEDB.16.0", "Excel", "\\\\FS1.example\\Share\\X.xlsx", "Excel 12.0;HDR=Yes",
     "file://fs1.example/share/x.xlsx"},
    {"Microsoft.Jet.OLEDB.4.0", "", "C:\\Data\\x.mdb", NULL, "file://c:/data/x.mdb (sql01\\prod)"},
    {"Microsoft.ACE.OLEDB.12.0", "", "\\\\?\\C:\\x.mdb", NULL, "file://?/c:/x.mdb (sql01\\prod)"},
    {"Microsoft.ACE.OLEDB.12.0", "", "\\\\?\\UNC\\fs1.example\\share\\x.mdb", NULL,
     "file://fs1.example/share/x.mdb"},
    {"MSIDXS", "", "Web", NULL, "local://Web (sql01\\prod)"},
    {"Acme.Provider", "", "x", NULL, "alias://x (sql01\\prod)"},
    {"Acme.Provider", "", "x", "Host=acme.example;Port=77", "tcp://acme.example:77"},
    {NULL, NULL, NULL, NULL, "alias://LINK (sql01\\prod)"},
};

static void every_definition_leads_somewhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const struct link_definition link = {.name = "LINK",
                                             .provider = links[i].provider,
                                             .product = links[i].product,
                                             .data_source = links[i].data_source,
                                             .provider_string = links[i].provider_string};
        char keys[4096];
        keys_of(&link, &corp, keys, sizeof keys);
        if (strcmp(keys, links[i].keys) != 0)
            fail_msg("%s \"%s\" \"%s\": %s, expected %s", links[i].provider, links[i].data_source,
                     links[i].provider_string, keys, links[i].keys);
    }
}

/* The collector redacts before anything leaves it, so that this is what targets are made from. */
static void a_redacted_definition_leads_to_the_same_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char *data_source = provider_string_redact(links[i].data_source, NULL);
        char *string = provider_string_redact(links[i].provider_string, NULL);
        const struct link_definition link = {.name = "LINK",
                                             .provider = links[i].provider,
                                             .product = links[i].product,
                                             .data_source = data_source,
                                             .provider_string = string};
        char keys[4096];
        keys_of(&link, &corp, keys, sizeof keys);
        const char *expected = links[i].keys;
        if (strcmp(keys, expected) != 0)
            fail_msg("%s \"%s\" \"%s\": %s, expected %s", links[i].provider, data_source, string, keys,
                     expected);
        free(data_source);
        free(string);
    }
}

static void a_name_of_the_own_machine_without_an_address_is_local(void **state)
{
    (void)state;
    char keys[4096];
    keys_of(&(struct link_definition){.provider = "SQLNCLI", .data_source = "."}, NULL, keys, sizeof keys);
    assert_string_equal(keys, "local://");
}

static void the_same_single_label_from_two_domains_is_two_endpoints(void **state)
{
    (void)state;
    const struct link_definition link = {.provider = "SQLNCLI", .data_source = "SQL07"};
    const struct target_surroundings a = {.owner = "x", .owner_domain = "a.example"};
    const struct target_surroundings b = {.owner = "x", .owner_domain = "b.example"};
    char from_a[4096], from_b[4096];
    keys_of(&link, &a, from_a, sizeof from_a);
    keys_of(&link, &b, from_b, sizeof from_b);
    assert_string_not_equal(from_a, from_b);
}

static void roles_and_flags_say_what_was_meant(void **state)
{
    (void)state;
    struct target_list list;
    struct link_definition link = {.provider = "SQLNCLI",
                                   .data_source = "tcp:x.database.windows.net,1433",
                                   .provider_string = "FailoverPartner=sql08"};
    assert_true(link_targets(&link, &corp, &list));
    assert_true(list.at[0].port_given && !list.at[0].own_host);
    assert_int_equal(list.at[0].role, TARGET_PRIMARY);
    assert_int_equal(list.at[1].role, TARGET_FAILOVER_PARTNER);
    assert_false(list.at[1].port_given);

    link = (struct link_definition){.provider = "SQLNCLI", .data_source = "admin:.\\x"};
    assert_true(link_targets(&link, &corp, &list));
    assert_true(list.at[0].own_host && list.at[0].dedicated_admin);
    assert_int_equal(list.at[0].port, 0);

    link = (struct link_definition){.provider = "SQLNCLI", .data_source = "np:fs1\\x"};
    assert_true(link_targets(&link, &corp, &list));
    assert_string_equal(list.at[0].pipe, "mssql$x\\sql\\query");

    link = (struct link_definition){.provider = "MSOLAP", .data_source = "olap.example\\tab"};
    assert_true(link_targets(&link, &corp, &list));
    assert_int_equal(list.at[0].port, 2382);
}

static void more_addresses_than_fit_are_said_so(void **state)
{
    (void)state;
    struct target_list list;
    const struct link_definition link = {.provider = "MSDAORA",
                                         .data_source = "//a,b,c,d,e,f,g,h,i,j,k:1521/x"};
    assert_true(link_targets(&link, &corp, &list));
    assert_int_equal(list.count, TARGETS_MAX);
    assert_true(list.more);
    assert_string_equal(list.at[0].host, "a");
}

static void no_target_holds_a_password(void **state)
{
    (void)state;
    static const struct link_definition secret[] = {
        {.provider = "MSDASQL", .data_source = "Nowhere=x;PWD=s3cr3t"},
        {.provider = "MSDASQL", .provider_string = "DSN=x;PWD=s3cr3t"},
        {.provider = "MSDASQL", .provider_string = "DRIVER={Acme;PWD=s3cr3t"},
        {.provider = "SQLNCLI", .data_source = "Server=x;Password={s3cr3t}"},
        {.provider = "SQLNCLI", .provider_string = "Server=x y;Password={s3cr3t}"},
        {.provider = "MSDAORA", .data_source = "scott/s3cr3t@ORCL"},
        {.provider = "MSDAORA", .data_source = "scott/s3cr3t@(DESCRIPTION=(X=1))"},
        {.provider = "MSDAORA", .data_source = "(DESCRIPTION=(SECURITY=(PASSWORD=s3cr3t)))"},
        {.provider = "Acme", .data_source = "acme://u:s3cr3t@host/x"},
        {.provider = "Microsoft.Jet.OLEDB.4.0", .data_source = "x.mdb;Jet OLEDB:Database Password=s3cr3t"},
        {.provider = "MSOLAP", .data_source = "https://u:s3cr3t@host/x"},
        {.provider = "DB2OLEDB",
         .data_source = "x;PWD=s3cr3t",
         .provider_string = "Network Address=a b;PWD=s3cr3t"},
    };
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        struct target_list list;
        memset(&list, 0, sizeof list);
        assert_true(link_targets(&secret[i], &corp, &list));
        if (memmem(&list, sizeof list, "s3cr3t", 6))
            fail_msg("link %zu: %s %s", i, list.at[0].name, list.at[0].reason);
    }
}

static void long_definitions_are_shortened_and_stay_different(void **state)
{
    (void)state;
    char a[4001], b[4001], key_a[4096], key_b[4096];
    memset(a, 'x', 4000);
    a[4000] = '\0';
    strcpy(b, a);
    b[3999] = 'y';
    static const char *const providers[] = {"SQLNCLI", "MSDASQL", "MSDAORA", "Microsoft.ACE.OLEDB.16.0",
                                            "Acme"};
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        keys_of(&(struct link_definition){.provider = providers[i], .data_source = a}, &corp, key_a,
                sizeof key_a);
        keys_of(&(struct link_definition){.provider = providers[i], .data_source = b}, &corp, key_b,
                sizeof key_b);
        assert_string_not_equal(key_a, key_b);
    }
}

static const struct {
    const char *text, *key; /* key NULL: refused */
} typed[] = {
    {"sql07", "sqlserver://sql07:1433"},
    {"sql07\\x", "sqlserver://sql07\\X"},
    {"tcp:sql07,1444", "sqlserver://sql07:1444"},
    {".", "sqlserver://localhost:1433"},
    {"admin:sql07", "sqlserver://sql07:1434"},
    {"np:sql07", "tcp://sql07:445"},
    {"sqlserver://SQL07.", "sqlserver://sql07:1433"},
    {"mssql://sql07:1444/", "sqlserver://sql07:1444"},
    {"sqlserver://sql07\\x", "sqlserver://sql07\\X"},
    {"sqlserver://sql07,1444", "sqlserver://sql07:1444"},
    {"PostgreSQL://pg", "postgresql://pg:5432"},
    {"postgres://[2001:db8::1]:5433", "postgresql://[2001:db8::1]:5433"},
    {"mysql://2001:db8::1", "mysql://[2001:db8::1]:3306"},
    {"ldaps://dc1", "tls://dc1:636"},
    {"tls://h:8443", "tls://h:8443"},
    {"tcp://h:22", "tcp://h:22"},
    {"analysis-services://olap", "analysis-services://olap:2383"},
    {"", NULL},
    {"  ", NULL},
    {"tcp://h", NULL},
    {"tls://h:0", NULL},
    {"tls://", NULL},
    {"gopher://h:70", NULL},
    {"file://x", NULL},
    {"mysql://h/x", NULL},
    {"mysql://a,b", NULL},
    {"tcp://h:70000", NULL},
    {"sql07:1433", NULL},
    {"lpc:x", NULL},
    {"(localdb)\\x", NULL},
    {"a b", NULL},
};

static void typed_targets_are_read_or_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        struct target target;
        char key[TARGET_KEY_SIZE] = "";
        bool read = target_from_text(typed[i].text, &target);
        if (read)
            target_key(&target, key);
        if (read != (typed[i].key != NULL) || (read && strcmp(key, typed[i].key) != 0) ||
            (!read && !target.reason[0]))
            fail_msg("\"%s\": <%s> %s", typed[i].text, key, target.reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_definition_leads_somewhere),
        cmocka_unit_test(a_redacted_definition_leads_to_the_same_place),
        cmocka_unit_test(a_name_of_the_own_machine_without_an_address_is_local),
        cmocka_unit_test(the_same_single_label_from_two_domains_is_two_endpoints),
        cmocka_unit_test(roles_and_flags_say_what_was_meant),
        cmocka_unit_test(more_addresses_than_fit_are_said_so),
        cmocka_unit_test(no_target_holds_a_password),
        cmocka_unit_test(long_definitions_are_shortened_and_stay_different),
        cmocka_unit_test(typed_targets_are_read_or_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
