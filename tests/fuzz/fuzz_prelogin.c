/* Answers to PRELOGIN: what is read twice is the same, and comes from within. */
#include "audit/prober/tds.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prelogin_answer first, second;
    uint8_t *exact = malloc(size ? size : 1); /* so that the sanitizer sees the last byte's end */
    if (!exact)
        return 0;
    if (size)
        memcpy(exact, data, size);
    const char *error = prelogin_read(exact, size, &first);
    if (prelogin_read(exact, size, &second) != error || first.build != second.build ||
        first.encryption != second.encryption)
        abort();
    free(exact);
    return 0;
}
