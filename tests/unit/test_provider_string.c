#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/target/provider_string.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The pairs as "name|value/name|value/". */
static void assert_pairs(enum provider_dialect dialect, const char *text, const char *expected,
                         bool malformed)
{
    struct provider_string string;
    char pairs[1024] = "";
    assert_true(provider_string_parse(dialect, text, &string));
    for (size_t i = 0; i < string.count; i++)
        snprintf(pairs + strlen(pairs), sizeof pairs - strlen(pairs), "%s|%s/", string.pairs[i].name,
                 string.pairs[i].value);
    if (strcmp(pairs, expected) != 0 || string.malformed != malformed)
        fail_msg("<%s>: <%s>%s, expected <%s>", text ? text : "NULL", pairs,
                 string.malformed ? " malformed" : "", expected);
    provider_string_clear(&string);
}

static const struct {
    const char *text;
    const char *oledb, *odbc; /* odbc NULL: the same */
    bool oledb_malformed, odbc_malformed;
} strings[] = {
    {NULL, "", NULL, false, false},
    {"", "", NULL, false, false},
    {" ; ;; ", "", NULL, false, false},
    {"Server=a", "Server|a/", NULL, false, false},
    {"Server=a;", "Server|a/", NULL, false, false},
    {" Server = a b ; Port = 1 ", "Server|a b/Port|1/", NULL, false, false},
    {"Network  Address=a", "Network  Address|a/", NULL, false, false},
    {"a=", "a|/", NULL, false, false},
    {"=x", "|x/", NULL, false, false},
    {"a=b=c", "a|b=c/", NULL, false, false},
    {"a={b;c};d=e", "a|b;c/d|e/", NULL, false, false},
    {"a={b}}c};d=e", "a|b}c/d|e/", NULL, false, false},
    {"a={};d=e", "a|/d|e/", NULL, false, false},
    {"a={ b };d=e", "a| b /d|e/", NULL, false, false},
    {"a = {b} ; d=e", "a|b/d|e/", NULL, false, false},
    {"a=b{c;d=e", "a|b{c/d|e/", NULL, false, false},
    {"a={b", "a|b/", NULL, true, true},
    {"a={b}}", "a|b}/", NULL, true, true},
    {"a={b}c;d=e", "a|b/d|e/", NULL, true, true},
    {"a=\"b;c\";d=e", "a|b;c/d|e/", "a|\"b/d|e/", false, true},
    {"a='b;c';d=e", "a|b;c/d|e/", "a|'b/d|e/", false, true},
    {"a=\"b\"\"c\";d=e", "a|b\"c/d|e/", "a|\"b\"\"c\"/d|e/", false, false},
    {"a='b''c';d=e", "a|b'c/d|e/", "a|'b''c'/d|e/", false, false},
    {"a='b\"c'", "a|b\"c/", "a|'b\"c'/", false, false},
    {"a=\"\";d=e", "a|/d|e/", "a|\"\"/d|e/", false, false},
    {"a=\"\"\"\";d=e", "a|\"/d|e/", "a|\"\"\"\"/d|e/", false, false},
    {"a=\"b", "a|b/", "a|\"b/", true, false},
    {"a=b'c;d=e", "a|b'c/d|e/", NULL, false, false},
    {"a==b=c", "a=b|c/", "a|=b=c/", false, false},
    {"a==b", "", "a|=b/", true, false},
    {"junk", "", NULL, true, true},
    {"junk;a=b", "a|b/", NULL, true, true},
    {"a=b;junk;c=d", "a|b/c|d/", NULL, true, true},
    {"a=\xff\xfe;b=c", "a|\xff\xfe/b|c/", NULL, false, false},
    {"\n\ta\r=\tb\n;c=d", "a|b/c|d/", NULL, false, false},
};

static void pairs_follow_the_quoting_of_each_dialect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        const char *odbc = strings[i].odbc ? strings[i].odbc : strings[i].oledb;
        assert_pairs(PROVIDER_OLEDB, strings[i].text, strings[i].oledb, strings[i].oledb_malformed);
        assert_pairs(PROVIDER_ODBC, strings[i].text, odbc, strings[i].odbc_malformed);
    }
}

static void synonyms_have_one_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum provider_keyword keyword;
    } names[] = {
        {"SERVER", KEYWORD_SERVER},
        {"data source", KEYWORD_SERVER},
        {"addr", KEYWORD_ADDRESS},
        {"Network Address", KEYWORD_ADDRESS},
        {"use encryption for data", KEYWORD_ENCRYPT},
        {"Trust Server Certificate", KEYWORD_TRUST_SERVER_CERTIFICATE},
        {"Failover_Partner", KEYWORD_FAILOVER_PARTNER},
        {"FailoverPartner", KEYWORD_FAILOVER_PARTNER},
        {"Integrated Security", KEYWORD_TRUSTED_CONNECTION},
        {"uid", KEYWORD_UID},
        {"user id", KEYWORD_USER_ID},
        {"pwd", KEYWORD_PASSWORD},
        {"serverx", KEYWORD_UNKNOWN},
        {"", KEYWORD_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(provider_keyword_from_name(names[i].name), names[i].keyword);
    for (int i = KEYWORD_UNKNOWN + 1; i < KEYWORDS; i++)
        assert_int_equal(provider_keyword_from_name(provider_keyword_name((enum provider_keyword)i)), i);
}

static void the_first_of_two_counts_and_the_address_beats_the_server(void **state)
{
    (void)state;
    struct provider_string string;
    assert_true(
        provider_string_parse(PROVIDER_OLEDB, "Server=a;SERVER=b;Address=;Encrypt=yes;Encrypt=no", &string));
    assert_string_equal(provider_string_server(&string), "a");
    assert_string_equal(provider_string_value(&string, KEYWORD_ENCRYPT), "yes");
    assert_null(provider_string_value(&string, KEYWORD_PORT));
    provider_string_clear(&string);
    assert_true(provider_string_parse(PROVIDER_OLEDB, "Server=a;Addr=c", &string));
    assert_string_equal(provider_string_server(&string), "c");
    provider_string_clear(&string);
}

static void options_say_what_was_given(void **state)
{
    (void)state;
    struct provider_string string;
    assert_true(provider_string_parse(
        PROVIDER_OLEDB,
        "UID=app;PWD={x;y};Use Encryption for Data=Mandatory;TrustServerCertificate=Yes;"
        "HostNameInCertificate=sql.example;MultiSubnetFailover=1;Trusted_Connection=no;"
        "Failover Partner=sql08;ApplicationIntent=ReadOnly;Authentication=SqlPassword",
        &string));
    struct provider_options options = provider_options(&string);
    assert_string_equal(options.user, "app");
    assert_true(options.uid_without_user_id);
    assert_true(options.has_password);
    assert_string_equal(options.encrypt, "Mandatory");
    assert_int_equal(options.trust_server_certificate, PROVIDER_YES);
    assert_string_equal(options.host_name_in_certificate, "sql.example");
    assert_int_equal(options.multi_subnet_failover, PROVIDER_YES);
    assert_int_equal(options.trusted_connection, PROVIDER_NO);
    assert_string_equal(options.failover_partner, "sql08");
    assert_string_equal(options.application_intent, "ReadOnly");
    assert_string_equal(options.authentication, "SqlPassword");
    provider_string_clear(&string);

    assert_true(
        provider_string_parse(PROVIDER_OLEDB, "UID=a;User ID=b;PWD=;TrustServerCertificate=maybe", &string));
    options = provider_options(&string);
    assert_string_equal(options.user, "b");
    assert_false(options.uid_without_user_id);
    assert_false(options.has_password);
    assert_null(options.encrypt);
    assert_int_equal(options.trust_server_certificate, PROVIDER_UNRECOGNISED);
    assert_int_equal(options.multi_subnet_failover, PROVIDER_ABSENT);
    provider_string_clear(&string);
}

static const struct {
    const char *text, *redacted;
} redactions[] = {
    {"", ""},
    {"Server=a;Encrypt=yes", "Server=a;Encrypt=yes"},
    {" Server = a ;; ", " Server = a ;; "},
    {"PWD=x", "PWD=***"},
    {"Server=a;PWD=x;Encrypt=yes;", "Server=a;PWD=***;Encrypt=yes;"},
    {"pwd = x y ; b=c", "pwd = *** ; b=c"},
    {"PassWord=x;b=c", "PassWord=***;b=c"},
    {"P W D=x;b=c", "P W D=***;b=c"},
    {"\tPassword\n=\tx\n;b=c", "\tPassword\n=\t***\n;b=c"},
    {"Jet OLEDB:Database Password=x;b=c", "Jet OLEDB:Database Password=***;b=c"},
    {"New_Password=x;Old Password=y;b=c", "New_Password=***;Old Password=***;b=c"},
    {"AccessToken=x;Client Secret=y", "AccessToken=***;Client Secret=***"},
    {"PWD=;b=c", "PWD=;b=c"},
    {"PWD={};b=c", "PWD={};b=c"},
    {"PWD={x;y}}z};b=c", "PWD=***;b=c"},
    {"PWD=\"x;y\"\"z\";b=c", "PWD=***;b=c"},
    {"PWD='x;y''z';b=c", "PWD=***;b=c"},
    {"PWD=x=y;b=c", "PWD=***;b=c"},
    {"PWD==x;b=c", "PWD=***;b=c"},
    {"Uid=a;PWD=x;pwd=y", "Uid=a;PWD=***;pwd=***"},
    {"{PWD}=x;b=c", "{PWD}=***;b=c"},
    {"Extended Properties=\"DRIVER={X};PWD=x;b=c\";d=e",
     "Extended Properties=\"DRIVER={X};PWD=***;b=c\";d=e"},
    {"Extended Properties=\"PWD=\"\"x;y\"\";b=c\";d=e", "Extended Properties=\"PWD=***;b=c\";d=e"},
    {"Extended Properties='PWD=''x''''y'';b=c';d=e", "Extended Properties='PWD=***;b=c';d=e"},
    {"Extended Properties={PWD={x}}};d=e", "Extended Properties={PWD=***};d=e"},
    {"Extended Properties=PWD=x;d=e", "Extended Properties=PWD=***;d=e"},
    {"A={B=\"C='PWD=x;y=z'\"};d=e", "A={B=\"C='PWD=***;y=z'\"};d=e"},
    {"host=a password=x user=b;c=d", "host=a password=***;c=d"},
    {"PWD=\"x;Server=a", "PWD=***"},
    {"PWD={x;Server=a", "PWD=***"},
    {"PWD={x}y;Server=a", "PWD=***"},
    {"PWD=x;y;Server=a", "PWD=***"},
    {"A=\"x;PWD=\";y=z;w\";Server=a", "A=\"x;PWD=***"},
    {"PWD=x;APP=\"b c\";d={e;f'g};h='i;j'", "PWD=***;APP=\"b c\";d={e;f'g};h='i;j'"},
    {"PWD=x;APP={a};b=c'd;e=f", "PWD=***"},
    {"A=\"PWD={x;y\";Server=a", "A=\"PWD=***"},
    {"Server='a;PWD=x", "Server=***"},
    {"PWD: x;Server=a", "PWD***"},
    {"Server=\xff;PWD=\xfe;b=c", "Server=\xff;PWD=***;b=c"},
    {"https://u:x@h/p", "https://u:***@h/p"},
    {"https://h:80/p", "https://h:80/p"},
    {"Data Source=scott/x@//h:1521/s;b=c", "Data Source=scott/***@//h:1521/s;b=c"},
    {"scott/x;y@z@db", "scott/***@db"},
    {"//h:1521/s", "//h:1521/s"},
    {"PWDB01\\SALES", "PWDB01\\SALES"},
    {"C:\\passwords\\x.accdb", "C:\\passwords\\x.accdb"},
    {"Persist Security Info=False;Authentication=ActiveDirectoryPassword",
     "Persist Security Info=False;Authentication=ActiveDirectoryPassword"},
};

static void only_passwords_are_hidden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof redactions / sizeof *redactions; i++) {
        bool found;
        char *redacted = provider_string_redact(redactions[i].text, &found);
        if (strcmp(redacted, redactions[i].redacted) != 0)
            fail_msg("<%s> became <%s>, expected <%s>", redactions[i].text, redacted, redactions[i].redacted);
        free(redacted);
    }
}

/* Every way to write a keyword, to quote a value, to nest the string, and to break it off. */
static const char *const keywords[] = {"PWD",       "pwd",    "Password",
                                       "PASSWORD ", " P w d", "Jet OLEDB:Database Password"};
static const char *const quotes[] = {"%s",     " %s ", "\"%s\"", "'%s'", "{%s}",
                                     " {%s} ", "\"%s", "{%s",    "'%s",  "{%s}}"};
static const char *const frames[] = {"%s",
                                     "Server=a;%s",
                                     "%s;Server=a",
                                     ";; %s ;;",
                                     "junk;%s;junk",
                                     "Extended Properties=\"%s\"",
                                     "Extended Properties='%s;a=b';Server=a",
                                     "Extended Properties={%s}",
                                     "Extended Properties=%s",
                                     "a==b=%s",
                                     "a=\"b;%s",
                                     "a={%s;b",
                                     "Server=a, %s",
                                     "\"%s\""};
static const char *const secrets[] = {"s3cr3t",     "s3cr3t=1",   "x=s3cr3t",
                                      "a b s3cr3t", "a'b s3cr3t", "\xff s3cr3t"};

/* FORMAT with its one %s replaced. */
static void insert(char *out, size_t size, const char *format, const char *text)
{
    const char *mark = strstr(format, "%s");
    snprintf(out, size, "%.*s%s%s", (int)(mark - format), format, text, mark + 2);
}

static void no_spelling_lets_a_secret_through(void **state)
{
    (void)state;
    const size_t n[] = {sizeof keywords / sizeof *keywords, sizeof quotes / sizeof *quotes,
                        sizeof frames / sizeof *frames, sizeof secrets / sizeof *secrets};
    for (size_t i = 0; i < n[0] * n[1] * n[2] * n[3]; i++) {
        char value[128], pair[256], text[512];
        insert(value, sizeof value, quotes[i / n[0] % n[1]], secrets[i / n[0] / n[1] / n[2]]);
        snprintf(pair, sizeof pair, "%s=%s", keywords[i % n[0]], value);
        insert(text, sizeof text, frames[i / n[0] / n[1] % n[2]], pair);
        bool found;
        char *redacted = provider_string_redact(text, &found);
        if (!found || strstr(redacted, "s3cr3t"))
            fail_msg("<%s> became <%s>", text, redacted);
        free(redacted);
    }
}

/* Puts TEXT into braces, as a driver wants them: each "}" within doubled. */
static void nest(char *out, const char *text)
{
    out += sprintf(out, "a={");
    for (; *text; text++) {
        *out++ = *text;
        if (*text == '}')
            *out++ = '}';
    }
    strcpy(out, "}");
}

static void deep_nesting_is_hidden(void **state)
{
    (void)state;
    char text[8192] = "PWD=s3cr3t;b=c", outer[8192];
    for (int depth = 0; depth < 11; depth++) {
        nest(outer, text);
        strcpy(text, outer);
        bool found;
        char *redacted = provider_string_redact(text, &found);
        assert_null(strstr(redacted, "s3cr3t"));
        assert_true(found);
        assert_true(depth > 6 || strstr(redacted, "PWD=***;b=c}"));
        free(redacted);
    }
}

static void long_and_hostile_texts_are_read_to_their_end(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",   ";",    "=",  "\"", "'",    "{",   "}",
                                         "=\"", "PWD=", "={", "p ", "\xff", "a=b;"};
    char text[4001];
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t length = strlen(pieces[i]);
        for (size_t at = 0; at < 4000; at++)
            text[at] = pieces[i][at % length];
        text[4000] = '\0';
        char *redacted = provider_string_redact(text, NULL);
        assert_non_null(redacted);
        free(redacted);
        for (int dialect = PROVIDER_OLEDB; dialect <= PROVIDER_ODBC; dialect++) {
            struct provider_string string;
            assert_true(provider_string_parse((enum provider_dialect)dialect, text, &string));
            provider_string_clear(&string);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_follow_the_quoting_of_each_dialect),
        cmocka_unit_test(synonyms_have_one_meaning),
        cmocka_unit_test(the_first_of_two_counts_and_the_address_beats_the_server),
        cmocka_unit_test(options_say_what_was_given),
        cmocka_unit_test(only_passwords_are_hidden),
        cmocka_unit_test(no_spelling_lets_a_secret_through),
        cmocka_unit_test(deep_nesting_is_hidden),
        cmocka_unit_test(long_and_hostile_texts_are_read_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
