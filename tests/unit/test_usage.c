#include "odbc/usage.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Each use as "how name" (! where it is certain), joined by "; ". */
static const struct {
    const char *text, *uses;
} cases[] = {
    {"", ""},
    {"SELECT 1", ""},
    {"SELECT * FROM SQL07.sales.dbo.t", "four-part-name SQL07!"},
    {"SELECT * FROM SQL07.sales..t", "four-part-name SQL07!"},
    {"SELECT * FROM SQL07...t", "four-part-name SQL07!"},
    {"SELECT * FROM [SQL07\\PROD].sales.dbo.t", "four-part-name SQL07\\PROD!"},
    {"SELECT * FROM \"SQL07\".sales.dbo.t", "four-part-name SQL07!"},
    {"SELECT * FROM [a]]b].sales.dbo.t", "four-part-name a]b!"},
    {"SELECT * FROM \"a\"\"b\".sales.dbo.t", "four-part-name a\"b!"},
    {"SELECT * FROM SQL07 . sales . dbo . t", "four-part-name SQL07!"},
    {"SELECT * FROM SQL07/* ... */.sales.\n-- x.y.z.a\ndbo.t", "four-part-name SQL07!"},
    {"SELECT * FROM sales.dbo.t", ""},
    {"SELECT * FROM dbo.t", ""},
    {"SELECT * FROM sales..t", ""},
    {"SELECT a.b.c.d FROM t", "four-part-name a"},
    {"SELECT 1.5, 0xFF, 1e5 FROM t", ""},
    {"SELECT * FROM a.b.c.", ""},
    {"-- SELECT * FROM SQL07.sales.dbo.t", ""},
    {"-- x\rSELECT * FROM SQL07.sales.dbo.t", "four-part-name SQL07!"},
    {"/* SQL07.sales.dbo.t */ SELECT 1", ""},
    {"/* a /* b */ FROM SQL07.sales.dbo.t */ SELECT 1", ""},
    {"/* never closed FROM SQL07.sales.dbo.t", ""},
    {"SELECT '-- ' FROM SQL07.sales.dbo.t", "four-part-name SQL07!"},
    {"SELECT 'it''s /* ' FROM SQL07.sales.dbo.t", "four-part-name SQL07!"},
    {"SELECT N'x''' FROM SQL07.sales.dbo.t", "four-part-name SQL07!"},
    {"SELECT [a--b] FROM SQL07.sales.dbo.t", "four-part-name SQL07!"},
    {"EXEC SQL07.sales.dbo.p @a = 1", "four-part-name SQL07!"},
    {"EXEC @rc = SQL07.sales.dbo.p", "four-part-name SQL07!"},
    {"EXECUTE @rc=[SQL07].sales.dbo.p", "four-part-name SQL07!"},
    {"EXEC @procedure SELECT a.b.c.d FROM t", "four-part-name a"},
    {"INSERT SQL07.s.dbo.t VALUES (1)", "four-part-name SQL07!"},
    {"DELETE SQL07.s.dbo.t", "four-part-name SQL07!"},
    {"FROM t CROSS APPLY dbo.t.x.nodes('/a') AS n(c)", "four-part-name dbo"},
    {"EXEC(\"SELECT * FROM SQL07.sales.dbo.t\")", "string SQL07"},
    {"SET @s = \"SELECT 'it' FROM OPENQUERY(ORA1, 'q')\"", "string ORA1"},
    {"SELECT * FROM OPENQUERY(ORA1, \"select 1\")", "openquery ORA1!"},
    {"SELECT \"a column (of mine)\" FROM t", ""},
    {"INSERT INTO SQL07.s.dbo.t SELECT * FROM SQL08.s.dbo.t", "four-part-name SQL07!; four-part-name SQL08!"},
    {"SELECT * FROM OPENQUERY(ORA1, 'select 1 from dual')", "openquery ORA1!"},
    {"select * from openquery ( [ORA 1] , N'select 1')", "openquery ORA 1!"},
    {"SELECT * FROM OPENQUERY /* x */ (--\nORA1 --\n, 'q')", "openquery ORA1!"},
    {"SELECT openquery FROM t", ""},
    {"SELECT * FROM OPENQUERY('ORA1', 'q')", ""},
    {"SELECT * FROM [OPENQUERY](ORA1, 'q')", ""},
    {"SELECT * FROM OPENROWSET('SQLNCLI', 'server=x', 'q')", ""},
    {"EXEC ('select 1') AT SQL07", "execute-at SQL07!"},
    {"EXECUTE('select 1', @a, (1)) AT [SQL07\\PROD];", "execute-at SQL07\\PROD!"},
    {"INSERT t EXEC(@sql) AT SQL07", "execute-at SQL07!"},
    {"EXEC('x') AT DATA_SOURCE pool", ""},
    {"EXEC('x') SELECT d AT TIME ZONE 'UTC' FROM t", ""},
    {"EXEC (", ""},
    {"EXEC ('a' AT SQL07", ""},
    {"EXEC('EXEC(''x'') AT SQL08') AT SQL07", "string SQL08; execute-at SQL07!"},
    {"EXEC sp_executesql N'SELECT * FROM SQL07.sales.dbo.t'", "string SQL07"},
    {"EXEC('SELECT * FROM [SQL''07].sales.dbo.t')", "string SQL'07"},
    {"EXEC('SELECT * FROM [SQL''''07].sales.dbo.t')", "string SQL''07"},
    {"SET @s = 'SQL07.sales.dbo.t'", "string SQL07"},
    {"SET @s = 'SELECT ''a.b.c.d'' FROM t'", "string a"},
    {"SELECT 'never closed FROM SQL07.sales.dbo.t", "string SQL07"},
    {"SELECT [never closed FROM SQL07.sales.dbo.t", ""},
    {"SELECT * FROM srv\xC3\xA4"
     "1.sales.dbo.t",
     "four-part-name srv\xC3\xA4"
     "1!"},
    {"SELECT * FROM #t.a.b.c", "four-part-name #t!"},
    {"SELECT @a.b.c.d", ""},
    {"MERGE INTO t USING SQL07.a.b.c AS s ON 1 = 1", "four-part-name SQL07!"},
    {"[SQL07].[sales].[dbo].[t]", "four-part-name SQL07"},
    {"[sales].[dbo].[t]", ""},
};

static void append_use(void *context, const struct name_use *use)
{
    char *uses = context;
    sprintf(uses + strlen(uses), "%s%s %s%s", *uses ? "; " : "", use->how, use->name,
            use->certain ? "!" : "");
}

static void test_uses_are_told_from_comments_strings_and_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char uses[4096] = "";
        usage_find(cases[i].text, append_use, uses);
        if (strcmp(uses, cases[i].uses) != 0)
            print_error("%s\n", cases[i].text);
        assert_string_equal(uses, cases[i].uses);
    }
}

static void count_use(void *context, const struct name_use *use)
{
    (void)use;
    ++*(int *)context;
}

static void test_hostile_text_takes_time_in_proportion_to_its_length(void **state)
{
    (void)state;
    static const char *const pieces[] = {"EXEC(", "OPENQUERY(", "a.",     "/*",
                                         "[a].",  "'' ",        "--\n.a", "EXEC /* */ ("};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t length = strlen(pieces[i]), count = 400000;
        char *text = malloc(length * count + 1);
        assert_non_null(text);
        for (size_t k = 0; k < count; k++)
            memcpy(text + k * length, pieces[i], length + 1);
        int uses = 0;
        clock_t start = clock();
        usage_find(text, count_use, &uses);
        assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
        free(text);
    }
}

static void test_a_name_longer_than_any_server_is_cut_not_overrun(void **state)
{
    (void)state;
    char text[8192] = "FROM [";
    memset(text + 6, 'x', 4000);
    strcpy(text + 4006, "].a.b.c");
    int uses = 0;
    usage_find(text, count_use, &uses);
    assert_int_equal(uses, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uses_are_told_from_comments_strings_and_columns),
        cmocka_unit_test(test_hostile_text_takes_time_in_proportion_to_its_length),
        cmocka_unit_test(test_a_name_longer_than_any_server_is_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
