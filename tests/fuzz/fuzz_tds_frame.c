/* TDS packets as they come: however the bytes are cut, the same message is read. The first byte says where to
 * cut. */
#include "audit/prober/tds.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum tds_result read_cut(const uint8_t *data, size_t size, size_t step, struct bytes *payload)
{
    struct bytes in = {0};
    enum tds_result result = TDS_MORE;
    uint8_t type;
    for (size_t at = 0; at < size && result == TDS_MORE; at += step) {
        bytes_add(&in, data + at, size - at < step ? size - at : step);
        result = tds_message_read(&in, payload, &type);
    }
    bytes_free(&in);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes whole = {0}, cut = {0};
    if (size < 2)
        return 0;
    size_t step = (size_t)data[0] + 1;
    enum tds_result result = read_cut(data + 1, size - 1, size, &whole);
    enum tds_result result_cut = read_cut(data + 1, size - 1, step, &cut);
    if (result == TDS_WHOLE && (result_cut != TDS_WHOLE || cut.length != whole.length ||
                                (whole.length && memcmp(cut.at, whole.at, whole.length) != 0)))
        abort();
    if (whole.length > TDS_MESSAGE_MAXIMUM || cut.length > TDS_MESSAGE_MAXIMUM)
        abort();
    bytes_free(&whole);
    bytes_free(&cut);
    return 0;
}
