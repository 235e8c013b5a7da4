#include "odbc/connection_string.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define FREETDS "FreeTDS"
#define MICROSOFT17 "ODBC Driver 17 for SQL Server"
#define MICROSOFT18 "ODBC Driver 18 for SQL Server"

/* NULL text: refused, and the reason holds `error`. */
static const struct {
    struct collector_job job;
    const char *password, *text, *error;
} cases[] = {
    {{.server = (char *)"10.0.0.7", .port = {1433, true}, .driver = (char *)FREETDS, .uid = (char *)"audit"},
     "pw",
     "DRIVER={FreeTDS};Server=10.0.0.7;Port=1433;TDS_Version=7.4;Encryption=request;Database=master;UID="
     "audit;PWD=pw;APP="
     "linkaudit;"
     "WSID=HOST",
     NULL},
    {{.server = (char *)"sql07",
      .driver = (char *)FREETDS,
      .uid = (char *)"audit",
      .encrypt = (char *)"require"},
     "pw",
     "DRIVER={FreeTDS};Server=sql07;TDS_Version=7.4;Encryption=require;Database=master;UID=audit;PWD=pw;APP="
     "linkaudit;WSID="
     "HOST",
     NULL},
    {{.server = (char *)"sql07", .driver = (char *)FREETDS, .uid = (char *)"audit", .encrypt = (char *)"off"},
     "",
     "DRIVER={FreeTDS};Server=sql07;TDS_Version=7.4;Encryption=off;Database=master;UID=audit;PWD=;APP="
     "linkaudit;WSID=HOST",
     NULL},
    {{.server = (char *)"sql07", .driver = (char *)FREETDS, .trusted = TERNARY_TRUE},
     NULL,
     "DRIVER={FreeTDS};Server=sql07;TDS_Version=7.4;Encryption=request;Database=master;Trusted_Connection="
     "Yes;APP=linkaudit;"
     "WSID=HOST",
     NULL},
    {{.server = (char *)"10.1.2.3",
      .driver = (char *)FREETDS,
      .trusted = TERNARY_TRUE,
      .spn = (char *)"MSSQLSvc/sql07.corp:1433"},
     NULL,
     "DRIVER={FreeTDS};Server=10.1.2.3;TDS_Version=7.4;Encryption=request;Database=master;Trusted_Connection="
     "Yes;"
     "ServerSPN=MSSQLSvc/sql07.corp:1433;APP=linkaudit;WSID=HOST",
     NULL},
    {{.server = (char *)"sql07", .driver = (char *)"/usr/lib/odbc/libtdsodbc.so", .uid = (char *)"D\\audit"},
     "a}b",
     "DRIVER={/usr/lib/odbc/"
     "libtdsodbc.so};Server=sql07;TDS_Version=7.4;Encryption=request;Database=master;UID=D\\audit;PWD=a}b;"
     "APP=linkaudit;WSID=HOST",
     NULL},
    {{.server = (char *)"::1", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "a;b",
     "DRIVER={FreeTDS};Server=::1;TDS_Version=7.4;Encryption=request;Database=master;UID=a;PWD={a;b};APP="
     "linkaudit;WSID=HOST",
     NULL},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "{ab",
     "DRIVER={FreeTDS};Server=s;TDS_Version=7.4;Encryption=request;Database=master;UID=a;PWD={{ab};APP="
     "linkaudit;WSID=HOST",
     NULL},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "a;b}",
     NULL,
     "FreeTDS cannot carry"},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "{a}",
     NULL,
     "FreeTDS cannot carry"},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "a\nb",
     NULL,
     "control character"},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a\x01"},
     "p",
     NULL,
     "control character"},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a", .encrypt = (char *)"strict"},
     "p",
     NULL,
     "TDS 8.0"},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a", .encrypt = (char *)"verify"},
     "p",
     NULL,
     "ca file"},
    {{.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a", .encrypt = (char *)"yes"},
     "p",
     NULL,
     "off, optional, require"},
    {{.server = (char *)"tcp:s", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "p",
     NULL,
     "plain host name"},
    {{.server = (char *)"s\\INST", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "p",
     NULL,
     "plain host name"},
    {{.server = (char *)"s,1433", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "p",
     NULL,
     "plain host name"},
    {{.server = (char *)"", .driver = (char *)FREETDS, .uid = (char *)"a"}, "p", NULL, "plain host name"},
    {{.server = (char *)"s;Database=x", .driver = (char *)MICROSOFT18, .uid = (char *)"a"},
     "p",
     NULL,
     "plain host name"},
    {{.server = (char *)"s", .port = {70000, true}, .driver = (char *)FREETDS, .uid = (char *)"a"},
     "p",
     NULL,
     "1 to 65535"},
    {{.server = (char *)"s", .driver = (char *)FREETDS}, "p", NULL, "no login"},
    {{.server = (char *)"s", .uid = (char *)"a"}, "p", NULL, "no driver"},
    {{.server = (char *)"s", .driver = (char *)"a}b", .uid = (char *)"a"}, "p", NULL, "without braces"},
    {{.driver = (char *)FREETDS}, "p", NULL, "exactly one"},
    {{.server = (char *)"s", .dsn = (char *)"d", .driver = (char *)FREETDS}, "p", NULL, "exactly one"},

    {{.server = (char *)"10.0.0.7",
      .port = {1433, true},
      .driver = (char *)MICROSOFT18,
      .uid = (char *)"audit"},
     "pw",
     "DRIVER={ODBC Driver 18 for SQL "
     "Server};Server=tcp:10.0.0.7,1433;Encrypt=no;TrustServerCertificate=yes;ConnectRetryCount=0;Database="
     "master;UID=audit;"
     "PWD=pw;APP=linkaudit;WSID=HOST",
     NULL},
    {{.server = (char *)"sql07",
      .driver = (char *)MICROSOFT17,
      .uid = (char *)"audit",
      .encrypt = (char *)"verify"},
     "a;}b",
     "DRIVER={ODBC Driver 17 for SQL "
     "Server};Server=tcp:sql07;Encrypt=yes;TrustServerCertificate=no;ConnectRetryCount=0;Database=master;UID="
     "audit;"
     "PWD={a;}}b};APP=linkaudit;WSID=HOST",
     NULL},
    {{.server = (char *)"sql07",
      .driver = (char *)MICROSOFT18,
      .trusted = TERNARY_TRUE,
      .encrypt = (char *)"strict"},
     NULL,
     "DRIVER={ODBC Driver 18 for SQL "
     "Server};Server=tcp:sql07;Encrypt=strict;ConnectRetryCount=0;Database=master;Trusted_Connection=Yes;APP="
     "linkaudit;"
     "WSID=HOST",
     NULL},
    {{.server = (char *)"sql07",
      .driver = (char *)MICROSOFT17,
      .uid = (char *)"a",
      .encrypt = (char *)"strict"},
     "p",
     NULL,
     "Driver 18"},

    {{.server = (char *)"pg",
      .port = {5432, true},
      .driver = (char *)"PostgreSQL Unicode",
      .uid = (char *)"a"},
     "p",
     "DRIVER={PostgreSQL Unicode};Server=pg;Port=5432;UID=a;PWD=p",
     NULL},

    {{.dsn = (char *)"SQL07", .uid = (char *)"a"},
     "p",
     "DSN=SQL07;UID=a;PWD=p;Database=master;APP=linkaudit",
     NULL},
    {{.dsn = (char *)"SQL07"}, NULL, "DSN=SQL07;Database=master;APP=linkaudit", NULL},
    {{.dsn = (char *)"SQL07", .driver = (char *)FREETDS, .uid = (char *)"a"},
     "p",
     "DSN=SQL07;UID=a;PWD=p;TDS_Version=7.4;Database=master;APP=linkaudit",
     NULL},
    {{.dsn = (char *)"a\tb"}, NULL, NULL, "control character"},

    {{.connection = (char *)"DRIVER={FreeTDS};Server=s;UID=a"},
     "p",
     "DRIVER={FreeTDS};Server=s;UID=a;PWD=p;TDS_Version=7.4;Database=master;APP=linkaudit",
     NULL},
    {{.connection =
          (char *)"Driver=FreeTDS;Server=s;uid=a;pwd={x;y};tds_version=7.3;App=mine;Initial Catalog=x;",
      .uid = (char *)"b"},
     "p",
     "Driver=FreeTDS;Server=s;uid=a;pwd={x;y};tds_version=7.3;App=mine;Initial Catalog=x;",
     NULL},
    {{.connection = (char *)"DSN=pg", .task = TASK_HISTORY_READ}, NULL, "DSN=pg;APP=linkaudit", NULL},
    {{.connection = (char *)"DRIVER={FreeTDS};Server=s;Encrypt=yes"}, NULL, NULL, "in the clear"},
    {{.connection = (char *)"DRIVER={FreeTDS};Server=s;tds_version=8.0"}, NULL, NULL, "no TDS 8.0"},
    {{.connection = (char *)"DRIVER={FreeTDS};Server=s;HostnameInCertificate=x"}, NULL, NULL, "ca file"},
    {{.connection = (char *)"DRIVER={FreeTDS};Server={tcp:s}"}, NULL, NULL, "host's name"},
    {{.connection = (char *)"DRIVER={FreeTDS};Server=np:s"}, NULL, NULL, "named pipes"},
    {{.connection = (char *)"DRIVER={ODBC Driver 18 for SQL Server};Server=s;Port=1433"},
     NULL,
     NULL,
     "no keyword Port"},
    {{.connection = (char *)"DRIVER={ODBC Driver 18 for SQL Server};Server=s;Encryption=require"},
     NULL,
     NULL,
     "write Encrypt=yes"},
    {{.connection = (char *)"DRIVER={ODBC Driver 18 for SQL Server};Server=np:s"}, NULL, NULL, "named pipes"},
    {{.connection = (char *)"DRIVER={SQLite3};Database=/tmp/x"},
     NULL,
     "DRIVER={SQLite3};Database=/tmp/x",
     NULL},
    {{.connection = (char *)"DRIVER={FreeTDS;Server=s"}, NULL, NULL, "every { closed"},
    {{.connection = (char *)"DRIVER={FreeTDS};Server"}, NULL, NULL, "every { closed"},
    {{.connection = (char *)"DRIVER={FreeTDS};Server=s;PWD={a}}b}"}, NULL, NULL, "as it is"},
    {{.connection = (char *)"DRIVER={FreeTDS};Server=s\n;"}, NULL, NULL, "no control characters"},
};

static void test_each_driver_gets_what_it_honours_or_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct connection_string string = connection_string_build(&cases[i].job, cases[i].password, "HOST");
        if (cases[i].text) {
            if (string.error)
                print_error("case %zu: %s\n", i, string.error);
            assert_non_null(string.text);
            assert_string_equal(string.text, cases[i].text);
            assert_null(string.error);
        } else {
            if (string.text)
                print_error("case %zu: %s\n", i, string.text);
            assert_null(string.text);
            assert_non_null(strstr(string.error, cases[i].error));
        }
        connection_string_clear(&string);
    }
}

static void test_the_driver_managers_limit_is_kept(void **state)
{
    (void)state;
    char given[4096] = "DRIVER={FreeTDS};TDS_Version=7.4;Database=m;APP=x;Server=";
    size_t length = strlen(given);
    memset(given + length, 'x', CONNECTION_STRING_MAXIMUM - length);
    struct collector_job job = {.connection = given};
    struct connection_string string = connection_string_build(&job, NULL, NULL);
    assert_non_null(string.text);
    assert_int_equal(strlen(string.text), CONNECTION_STRING_MAXIMUM);
    connection_string_clear(&string);
    given[CONNECTION_STRING_MAXIMUM] = 'x';
    string = connection_string_build(&job, NULL, NULL);
    assert_null(string.text);
    assert_non_null(strstr(string.error, "2047"));
}

static void test_no_password_is_printed(void **state)
{
    (void)state;
    static const char *const given[] = {
        "DRIVER={FreeTDS};Server=s;PWD=geheim",   "DRIVER={FreeTDS};Server=s;Password={ge;heim}",
        "DRIVER={X};p w d=1;ClientSecret=geheim", "DRIVER={X};pwd = geheim ",
        "DRIVER={X};AccessToken={geheim}",        "DRIVER={X};PWD=geheim;Server=s"};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        struct collector_job job = {.connection = (char *)given[i]};
        char *text = connection_string_redacted(arena, &job, false, NULL);
        assert_null(strstr(text, "heim"));
        assert_non_null(strstr(text, "***"));
    }
    struct collector_job job = {.server = (char *)"s", .driver = (char *)FREETDS, .uid = (char *)"a"};
    assert_string_equal(connection_string_redacted(arena, &job, true, "HOST"),
                        "DRIVER={FreeTDS};Server=s;TDS_Version=7.4;Encryption=request;Database=master;UID=a;"
                        "PWD=***;APP=linkaudit;"
                        "WSID=HOST");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_driver_gets_what_it_honours_or_a_reason),
        cmocka_unit_test(test_the_driver_managers_limit_is_kept),
        cmocka_unit_test(test_no_password_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
