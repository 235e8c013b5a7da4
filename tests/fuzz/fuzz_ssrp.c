/* SQL Browser's answers: read, or refused; never out of bounds, never without end. */
#include "audit/prober/ssrp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    ssrp_list instances = {0};
    const char *error = ssrp_read(arena, data, size, &instances);
    if (!error && (instances.count == 0 || instances.count > SSRP_INSTANCES_MAXIMUM))
        abort();
    list_each (struct ssrp_instance, instance, &instances) {
        if (!instance->name || !instance->server_name)
            abort();
        if (instance->tcp_port.known && (instance->tcp_port.value < 1 || instance->tcp_port.value > 65535))
            abort();
    }
    arena_free(arena);
    return 0;
}
