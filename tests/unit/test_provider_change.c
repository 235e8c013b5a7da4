/* Each change is read back: what counts in the new text is what was asked for, and the rest is as it was. */
#include "audit/target/provider_change.h"
#include "tests/unit/check.h"

#include <stdlib.h>

static void a_change_is_where_its_reader_looks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum provider_keyword keyword;
        const char *value, *changed;
    } cases[] = {
        {NULL, KEYWORD_ENCRYPT, "Optional", "Encrypt=Optional"},
        {"", KEYWORD_MULTI_SUBNET_FAILOVER, "Yes", "MultiSubnetFailover=Yes"},
        {"APP=x", KEYWORD_ENCRYPT, "Strict", "APP=x;Encrypt=Strict"},
        {"APP=x; ; ", KEYWORD_ENCRYPT, "Strict", "APP=x;Encrypt=Strict"},
        /* The first counts, whatever it is called: an appended one would not. */
        {"Encrypt=yes;APP=x", KEYWORD_ENCRYPT, "Optional", "Encrypt=Optional;APP=x"},
        {"APP=x;Use Encryption for Data=true;encrypt=no", KEYWORD_ENCRYPT, "Strict", "APP=x;Encrypt=Strict"},
        {"Host Name In Certificate=old", KEYWORD_HOST_NAME_IN_CERTIFICATE, "new",
         "HostNameInCertificate=new"},
        {"HostNameInCertificate=", KEYWORD_HOST_NAME_IN_CERTIFICATE, "new", "HostNameInCertificate=new"},
        {"APP={a;Encrypt=no}", KEYWORD_ENCRYPT, "Strict", "APP={a;Encrypt=no};Encrypt=Strict"},
        {"Encrypt=yes; TrustServerCertificate = yes ;APP=x", KEYWORD_TRUST_SERVER_CERTIFICATE, NULL,
         "Encrypt=yes;APP=x"},
        {"TrustServerCertificate=yes", KEYWORD_TRUST_SERVER_CERTIFICATE, NULL, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct provider_string string;
        char *changed = provider_string_change(cases[i].text, cases[i].keyword, cases[i].value);
        if (!changed)
            fail_msg("refused: %s", cases[i].text);
        assert_string_equal(changed, cases[i].changed);
        assert_true(provider_string_parse(PROVIDER_OLEDB, changed, &string));
        const char *value = provider_string_value(&string, cases[i].keyword);
        if (cases[i].value)
            assert_string_equal(value, cases[i].value);
        else
            assert_null(value);
        provider_string_clear(&string);
        free(changed);
    }
}

static void what_is_not_certain_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "UID=a;PWD=***",       "APP=x;***",   "APP={x",     "x",
        "APP={x}y;Encrypt=no", "APP=\"a;b\"", "APP='x';b'", "Encrypt=yes;PWD=***;APP=x",
        "APP={a}};Encrypt=no}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (provider_string_change(texts[i], KEYWORD_ENCRYPT, "no"))
            fail_msg("changed: %s", texts[i]);
    static const char *const values[] = {"x;Server=evil", "{x}", " x", "x ", "", "a=b", "a'b"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (provider_string_change("APP=x", KEYWORD_HOST_NAME_IN_CERTIFICATE, values[i]))
            fail_msg("taken: %s", values[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_where_its_reader_looks),
        cmocka_unit_test(what_is_not_certain_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
