/* Answers to hellos made by hand: alerts, ServerHello, Certificate, SSL 2.0. What is found lies within what
 * was gathered. */
#include "audit/prober/hello.h"
#include "audit/prober/looks_like.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_by(enum hello_outcome (*read)(const uint8_t *, size_t, struct bytes *,
                                               struct hello_answer *),
                    const uint8_t *data, size_t size)
{
    struct bytes messages = {0};
    struct hello_answer answer;
    enum hello_outcome outcome = read(data, size, &messages, &answer);
    if (outcome == HELLO_ACCEPTED && !answer.version)
        abort();
    if (answer.certificates > HELLO_CERTIFICATES)
        abort();
    for (size_t i = 0; i < answer.certificates; i++)
        if (answer.certificate[i].offset > messages.length ||
            answer.certificate[i].length > messages.length - answer.certificate[i].offset)
            abort();
    bytes_free(&messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        return 0;
    if (size)
        memcpy(exact, data, size);
    read_by(hello_read, exact, size);
    read_by(hello_read_ssl2, exact, size);
    looks_like(exact, size);
    free(exact);
    return 0;
}
