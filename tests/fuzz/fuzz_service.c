/* What other services say before TLS: each reader reads or refuses, and takes no more than there is. The
 * first byte chooses the reader. */
#include "audit/prober/service.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static service_reader *const readers[] = {postgresql_read, mysql_read, ldap_read, oracle_read, db2_read};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct service_answer answer = {0};
    size_t taken = 0, length = size - 1;
    uint8_t *exact = malloc(size);
    if (!exact)
        return 0;
    memcpy(exact, data + 1, length);
    enum greeting greeting =
        readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](exact, length, &taken, &answer);
    if ((greeting == GREETING_DONE || greeting == GREETING_NO_TLS) && (taken == 0 || taken > length))
        abort();
    if (greeting == GREETING_DONE && !answer.tls)
        abort();
    free(exact);
    return 0;
}
