/* A report file of any bytes: read, or refused with a reason; what was read can be written, read again and
 * turned into every format. */
#include "reports/diff.h"
#include "reports/output.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"
#include "reports/row.h"

#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *keep(const uint8_t *bytes, size_t size)
{
    static char path[64];
    snprintf(path, sizeof(path), "/dev/shm/linkaudit-fuzz-%ld", (long)getpid());
    FILE *stream = fopen(path, "w");
    if (!stream || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0)
        abort();
    return path;
}

static void use(struct arena *arena, struct audit *audit)
{
    const char *error;
    const struct output_options options = {0};
    for (const struct output *output = outputs; output->format; output++) {
        char *text;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        if (!output->write(stream, audit, &options, arena, &error))
            abort();
        fclose(stream);
        free(text);
    }
    if (changes_count(report_diff(arena, audit, audit)) > 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = arena_new();
    const char *error = NULL, *path = keep(bytes, size);
    struct audit *audit = report_read_all(arena, path, &error);
    if (!audit && !error)
        abort();
    if (audit) {
        if (!report_write(arena, path, audit, &error) || !report_read_all(arena, path, &error))
            abort();
        use(arena, audit);
    }
    unlink(path);
    struct row row = row_read(arena, (const char *)bytes, size, &error);
    if (row.element)
        free(row_write(row.element, row.item, &size));
    arena_free(arena);
    return 0;
}
