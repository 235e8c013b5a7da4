#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/target/data_source.h"
#include <stdlib.h>
#include <string.h>

enum {
    ANY = DATA_SOURCE_ANY,
    TCP = DATA_SOURCE_TCP,
    NP = DATA_SOURCE_PIPES,
    LPC = DATA_SOURCE_SHARED_MEMORY
};
enum { ADMIN = DATA_SOURCE_ADMIN };

/* "@own" in place of a host: the machine of the instance. "@localdb": LocalDB. */
static const struct {
    const char *text;
    int protocol;
    const char *host;
    const char *instance;
    unsigned port;
    const char *pipe;
} readable[] = {
    {"sql07", ANY, "sql07", "", 0, ""},
    {"SQL07", ANY, "sql07", "", 0, ""},
    {"  SQL07\t", ANY, "sql07", "", 0, ""},
    {"sql07.corp.example", ANY, "sql07.corp.example", "", 0, ""},
    {"SQL07.Corp.Example.", ANY, "sql07.corp.example", "", 0, ""},
    {"sql_07", ANY, "sql_07", "", 0, ""},
    {"sql07\\sales", ANY, "sql07", "SALES", 0, ""},
    {" sql07 \\ sales ", ANY, "sql07", "SALES", 0, ""},
    {"sql07\\SALES$1", ANY, "sql07", "SALES$1", 0, ""},
    {"sql07\\instänz", ANY, "sql07", "INSTäNZ", 0, ""},
    {"sql07.\\sales", ANY, "sql07", "SALES", 0, ""},
    {"sql07,1433", TCP, "sql07", "", 1433, ""},
    {"sql07 , 51433 ", TCP, "sql07", "", 51433, ""},
    {"sql07,00001433", TCP, "sql07", "", 1433, ""},
    {"sql07,1", TCP, "sql07", "", 1, ""},
    {"sql07,65535", TCP, "sql07", "", 65535, ""},
    {"sql07\\sales,1444", TCP, "sql07", "", 1444, ""},
    {"sql07,1444\\sales", TCP, "sql07", "", 1444, ""},
    {"sql07\\MSSQLSERVER,1444", TCP, "sql07", "", 1444, ""},
    {"tcp:sql07", TCP, "sql07", "", 0, ""},
    {"TCP:sql07", TCP, "sql07", "", 0, ""},
    {" tcp : sql07 ", TCP, "sql07", "", 0, ""},
    {"tcp:sql07,1433", TCP, "sql07", "", 1433, ""},
    {"tcp:sql07\\sales", TCP, "sql07", "SALES", 0, ""},
    {"tcp:sql07\\sales,1433", TCP, "sql07", "", 1433, ""},
    {"tcp:x.database.windows.net,1433", TCP, "x.database.windows.net", "", 1433, ""},
    {"admin:sql07", ADMIN, "sql07", "", 0, ""},
    {"ADMIN:sql07\\sales", ADMIN, "sql07", "SALES", 0, ""},
    {"admin:sql07,1435", ADMIN, "sql07", "", 1435, ""},
    {"np:sql07", NP, "sql07", "", 0, ""},
    {"np:sql07\\sales", NP, "sql07", "SALES", 0, ""},
    {"np:\\\\sql07\\pipe\\sql\\query", NP, "sql07", "", 0, "sql\\query"},
    {"\\\\SQL07\\pipe\\sql\\query", NP, "sql07", "", 0, "sql\\query"},
    {"\\\\sql07\\PIPE\\MSSQL$X\\sql\\query", NP, "sql07", "", 0, "mssql$x\\sql\\query"},
    {"\\\\.\\pipe\\sql\\query", NP, "@own", "", 0, "sql\\query"},
    {"np:\\\\.\\pipe\\MSSQL$X\\sql\\query", NP, "@own", "", 0, "mssql$x\\sql\\query"},
    {"np:\\\\.\\pipe\\LOCALDB#ABC\\tsql\\query", NP, "@localdb", "", 0, "localdb#abc\\tsql\\query"},
    {"\\\\10.1.2.3\\pipe\\sql\\query", NP, "10.1.2.3", "", 0, "sql\\query"},
    {"lpc:sql07", LPC, "sql07", "", 0, ""},
    {"lpc:.", LPC, "@own", "", 0, ""},
    {"lpc:(local)\\sales", LPC, "@own", "SALES", 0, ""},
    {"", ANY, "@own", "", 0, ""},
    {NULL, ANY, "@own", "", 0, ""},
    {"   ", ANY, "@own", "", 0, ""},
    {"tcp:", TCP, "@own", "", 0, ""},
    {".", ANY, "@own", "", 0, ""},
    {".\\sales", ANY, "@own", "SALES", 0, ""},
    {".,1500", TCP, "@own", "", 1500, ""},
    {"(local)", ANY, "@own", "", 0, ""},
    {"(LOCAL)\\sales", ANY, "@own", "SALES", 0, ""},
    {"localhost", ANY, "@own", "", 0, ""},
    {"LocalHost.", ANY, "@own", "", 0, ""},
    {"localhost,14330", TCP, "@own", "", 14330, ""},
    {"127.0.0.1", ANY, "@own", "", 0, ""},
    {"127.20.0.5,1433", TCP, "127.20.0.5", "", 1433, ""},
    {"::1", ANY, "@own", "", 0, ""},
    {"[::1],1433", TCP, "@own", "", 1433, ""},
    {"(localdb)\\MSSQLLocalDB", ANY, "@localdb", "MSSQLLOCALDB", 0, ""},
    {"(localdb)/v11.0", ANY, "@localdb", "V11.0", 0, ""},
    {"(LocalDB)\\.\\shared", ANY, "@localdb", ".\\SHARED", 0, ""},
    {"10.1.2.3", ANY, "10.1.2.3", "", 0, ""},
    {"10.1.2.3\\sales", ANY, "10.1.2.3", "SALES", 0, ""},
    {"10.1.2.3,1433", TCP, "10.1.2.3", "", 1433, ""},
    {"2001:DB8::1", ANY, "2001:db8::1", "", 0, ""},
    {"2001:db8:0:0:0:0:0:1", ANY, "2001:db8::1", "", 0, ""},
    {"2001:db8::1,1433", TCP, "2001:db8::1", "", 1433, ""},
    {"2001:db8::1\\sales", ANY, "2001:db8::1", "SALES", 0, ""},
    {"[2001:db8::1]", ANY, "2001:db8::1", "", 0, ""},
    {"[2001:db8::1],1433", TCP, "2001:db8::1", "", 1433, ""},
    {"[2001:db8::1]\\sales", ANY, "2001:db8::1", "SALES", 0, ""},
    {"tcp:2001:db8::1", TCP, "2001:db8::1", "", 0, ""},
    {"tcp:[2001:db8::1],1433", TCP, "2001:db8::1", "", 1433, ""},
    {"fe80::1%eth0", ANY, "fe80::1%eth0", "", 0, ""},
    {"::ffff:10.1.2.3", ANY, "::ffff:10.1.2.3", "", 0, ""},
    {"bücher.example", ANY, "bücher.example", "", 0, ""},
    {"SQL07.corp.example.,1433", TCP, "sql07.corp.example", "", 1433, ""},
    {"tcp:sql07\\sales , 1444", TCP, "sql07", "", 1444, ""},
    {"tcp: sql07 \\ sales", TCP, "sql07", "SALES", 0, ""},
    {"np:", NP, "@own", "", 0, ""},
    {"np:.", NP, "@own", "", 0, ""},
    {"np:sql07.", NP, "sql07", "", 0, ""},
    {"lpc:", LPC, "@own", "", 0, ""},
    {"lpc:sql07\\sales", LPC, "sql07", "SALES", 0, ""},
    {"admin:.", ADMIN, "@own", "", 0, ""},
    {"admin:(local)\\sales", ADMIN, "@own", "SALES", 0, ""},
    {"admin:[2001:db8::1]", ADMIN, "2001:db8::1", "", 0, ""},
    {"admin:2001:db8::1", ADMIN, "2001:db8::1", "", 0, ""},
    {"admin:sql07\\sales,1435", ADMIN, "sql07", "", 1435, ""},
    {"fe80::1%12,1433", TCP, "fe80::1%12", "", 1433, ""},
    {"[FE80::1%eth0] , 1433", TCP, "fe80::1%eth0", "", 1433, ""},
    {"(local),1433", TCP, "@own", "", 1433, ""},
    {"fe80::1%AZ_az-0.9", ANY, "fe80::1%AZ_az-0.9", "", 0, ""},
};

static void data_sources_are_read_by_the_full_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        struct data_source source;
        enum data_source_error error = data_source_parse(readable[i].text, &source);
        const char *host = source.localdb ? "@localdb" : source.own_host ? "@own" : source.host;
        if (error || (int)source.protocol != readable[i].protocol || strcmp(host, readable[i].host) != 0 ||
            strcmp(source.instance, readable[i].instance) != 0 || source.port != readable[i].port ||
            strcmp(source.pipe, readable[i].pipe) != 0)
            fail_msg("\"%s\": error %d, protocol %d, host %s, instance %s, port %u, pipe %s",
                     readable[i].text, error, source.protocol, host, source.instance, source.port,
                     source.pipe);
    }
}

static const struct {
    const char *text;
    enum data_source_error error;
} unreadable[] = {
    {",", DATA_SOURCE_NO_HOST},
    {",1433", DATA_SOURCE_NO_HOST},
    {"\\sales", DATA_SOURCE_NO_HOST},
    {"( local )", DATA_SOURCE_BAD_HOST},
    {" ; ", DATA_SOURCE_BAD_HOST},
    {"sql07:1433", DATA_SOURCE_UNKNOWN_PROTOCOL},
    {"via:sql07", DATA_SOURCE_UNKNOWN_PROTOCOL},
    {":", DATA_SOURCE_UNKNOWN_PROTOCOL},
    {"::::", DATA_SOURCE_BAD_IPV6},
    {"sql07\\", DATA_SOURCE_EMPTY_INSTANCE},
    {"sql07\\ ", DATA_SOURCE_EMPTY_INSTANCE},
    {"(localdb)x", DATA_SOURCE_BAD_INSTANCE},
    {"(localdb)\\", DATA_SOURCE_EMPTY_INSTANCE},
    {"(localdb)", DATA_SOURCE_EMPTY_INSTANCE},
    {"sql07\\mssqlserver", DATA_SOURCE_DEFAULT_INSTANCE},
    {"sql07\\sa les", DATA_SOURCE_BAD_INSTANCE},
    {"sql07\\sales\xff", DATA_SOURCE_BAD_INSTANCE},
    {"sql07,", DATA_SOURCE_BAD_PORT},
    {"sql07,0", DATA_SOURCE_BAD_PORT},
    {"sql07,65536", DATA_SOURCE_BAD_PORT},
    {"sql07,99999999999999999999", DATA_SOURCE_BAD_PORT},
    {"sql07,-1", DATA_SOURCE_BAD_PORT},
    {"sql07,+1", DATA_SOURCE_BAD_PORT},
    {"sql07,0x599", DATA_SOURCE_BAD_PORT},
    {"sql07,14 33", DATA_SOURCE_BAD_PORT},
    {"sql07,http", DATA_SOURCE_BAD_PORT},
    {"np:sql07,1433", DATA_SOURCE_PORT_WITH_PROTOCOL},
    {"lpc:sql07,1433", DATA_SOURCE_PORT_WITH_PROTOCOL},
    {"np:\\\\sql07\\pipe\\sql\\query,1433", DATA_SOURCE_PORT_WITH_PROTOCOL},
    {"a\\b\\c", DATA_SOURCE_TOO_MANY_PARTS},
    {"a,1,2", DATA_SOURCE_TOO_MANY_PARTS},
    {"\\\\sql07", DATA_SOURCE_BAD_PIPE},
    {"\\\\sql07\\pipe", DATA_SOURCE_BAD_PIPE},
    {"\\\\sql07\\pipe\\", DATA_SOURCE_BAD_PIPE},
    {"\\\\sql07\\share\\x", DATA_SOURCE_BAD_PIPE},
    {"tcp:\\\\sql07\\pipe\\sql\\query", DATA_SOURCE_BAD_PIPE},
    {"\\\\\\pipe\\sql\\query", DATA_SOURCE_NO_HOST},
    {"[2001:db8::1", DATA_SOURCE_BAD_IPV6},
    {"[]", DATA_SOURCE_BAD_IPV6},
    {"[sql07]", DATA_SOURCE_BAD_IPV6},
    {"[2001:db8::1]:1433", DATA_SOURCE_BAD_IPV6},
    {"2001:db8::zz", DATA_SOURCE_BAD_IPV6},
    {"1:2:3", DATA_SOURCE_BAD_IPV6},
    {"fe80::1%", DATA_SOURCE_BAD_IPV6},
    {"..", DATA_SOURCE_BAD_HOST},
    {".sql07", DATA_SOURCE_BAD_HOST},
    {"sql07..example", DATA_SOURCE_BAD_HOST},
    {"sql 07", DATA_SOURCE_BAD_HOST},
    {"<script>alert(1)</script>", DATA_SOURCE_BAD_HOST},
    {"sql\x01", DATA_SOURCE_BAD_HOST},
    {"sql\xc3", DATA_SOURCE_BAD_HOST},
    {"\xed\xa0\x80", DATA_SOURCE_BAD_HOST},
    {"Server=sql07", DATA_SOURCE_BAD_HOST},
    {"sql07;Encrypt=yes", DATA_SOURCE_BAD_HOST},
    {"\"sql07\"", DATA_SOURCE_BAD_HOST},
    {"{sql07}", DATA_SOURCE_BAD_HOST},
    {"//sql07/pipe/sql/query", DATA_SOURCE_BAD_HOST},
    {"sql07,１４３３", DATA_SOURCE_BAD_PORT},
    {"sql07,١٤٣٣", DATA_SOURCE_BAD_PORT},
    {"sql07,1433;", DATA_SOURCE_BAD_PORT},
    {"admin:sql07,0", DATA_SOURCE_BAD_PORT},
    {"\\\\.\\pipe\\MSSQL$X\\sql\\query,1433", DATA_SOURCE_PORT_WITH_PROTOCOL},
    {"fe80::1%eth 0", DATA_SOURCE_BAD_IPV6},
    {"sql07\\sales;x", DATA_SOURCE_BAD_INSTANCE},
};

static void each_mistake_has_its_own_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
        struct data_source source;
        enum data_source_error error = data_source_parse(unreadable[i].text, &source);
        if (error != unreadable[i].error)
            fail_msg("\"%s\": error %d, expected %d", unreadable[i].text, error, unreadable[i].error);
        assert_true(strlen(data_source_error_text(error)) > 20);
    }
}

static void the_default_instance_by_name_keeps_its_host(void **state)
{
    (void)state;
    struct data_source source;
    assert_int_equal(data_source_parse("SQL07\\MSSQLSERVER", &source), DATA_SOURCE_DEFAULT_INSTANCE);
    assert_string_equal(source.host, "sql07");
    assert_string_equal(source.instance, "");
}

static void long_texts_are_refused_not_cut(void **state)
{
    (void)state;
    char text[4001];
    struct data_source source;
    memset(text, 'a', 4000);
    text[4000] = '\0';
    assert_int_equal(data_source_parse(text, &source), DATA_SOURCE_HOST_TOO_LONG);
    text[253] = '\0';
    assert_int_equal(data_source_parse(text, &source), DATA_SOURCE_OK);
    assert_int_equal(strlen(source.host), 253);
    text[253] = '.';
    text[254] = '\0';
    assert_int_equal(data_source_parse(text, &source), DATA_SOURCE_OK);
    memset(text, 'a', 4000);
    text[1] = '\\';
    assert_int_equal(data_source_parse(text, &source), DATA_SOURCE_BAD_INSTANCE);
    assert_string_equal(source.instance, "");
    memcpy(text, "\\\\h\\pipe\\", 9);
    assert_int_equal(data_source_parse(text, &source), DATA_SOURCE_BAD_PIPE);
    memset(text, ',', 4000);
    assert_int_equal(data_source_parse(text, &source), DATA_SOURCE_TOO_MANY_PARTS);
    memset(text, ':', 4000);
    assert_int_equal(data_source_parse(text, &source), DATA_SOURCE_BAD_IPV6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_sources_are_read_by_the_full_grammar),
        cmocka_unit_test(each_mistake_has_its_own_error),
        cmocka_unit_test(the_default_instance_by_name_keeps_its_host),
        cmocka_unit_test(long_texts_are_refused_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
