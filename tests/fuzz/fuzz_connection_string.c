/* Any text as a connection string, a password or a login: what is built can be carried, and what is printed
 * holds no password. */
#include "odbc/connection_string.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PLANTED "planted-secret"

static void check(const struct collector_job *job, const char *password)
{
    struct arena *arena = arena_new();
    struct connection_string string = connection_string_build(job, password, "HOST");
    if (!string.text == !string.error || (string.text && strlen(string.text) > CONNECTION_STRING_MAXIMUM))
        abort();
    /* Nothing that a driver could take for the end of the text. */
    for (const char *c = string.text; c && *c; c++)
        if ((unsigned char)*c < 0x20)
            abort();
    if (strstr(connection_string_redacted(arena, job, password != NULL, "HOST"), PLANTED))
        abort();
    connection_string_clear(&string);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const drivers[] = {"FreeTDS", "ODBC Driver 18 for SQL Server", "SQLite3"};
    if (size < 1 || size > 3000)
        return 0;
    char *text = strndup((const char *)data + 1, size - 1), *driver = (char *)drivers[data[0] % 3];
    char *connection = NULL;
    if (strstr(text, "planted")) { /* only what stands where a password does is one */
        free(text);
        return 0;
    }
    if (asprintf(&connection, "%s;PWD=" PLANTED, text) < 0)
        abort();
    check(&(struct collector_job){.connection = connection, .driver = driver}, NULL);
    check(&(struct collector_job){.connection = text, .driver = driver, .uid = text}, PLANTED);
    check(&(struct collector_job){.dsn = text, .uid = text}, PLANTED);
    check(&(struct collector_job){.server = (char *)"sql07", .driver = driver, .uid = text}, PLANTED);
    check(&(struct collector_job){.server = text, .driver = driver, .uid = (char *)"audit"}, text);
    free(connection);
    free(text);
    return 0;
}
