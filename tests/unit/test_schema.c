#include "audit/embedded.h"
#include "reports/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_schema_in_the_tree_is_the_vocabulary(void **state)
{
    (void)state;
    char *made;
    size_t size;
    FILE *stream = open_memstream(&made, &size);
    schema_write(stream);
    fclose(stream);
    const struct embedded_file *kept = embedded_file_find("reports/report.xsd");
    assert_non_null(kept);
    if (size != (size_t)(kept->end - kept->data) || memcmp(made, kept->data, size) != 0)
        fail_msg("reports/report.xsd is not what the vocabulary says: make schema");
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_in_the_tree_is_the_vocabulary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
