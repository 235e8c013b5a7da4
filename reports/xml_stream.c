#include "reports/xml_stream.h"

#include <stdlib.h>

static int write_stream(void *context, const char *bytes, int length)
{
    fwrite(bytes, 1, (size_t)length, context);
    return length;
}

xmlOutputBufferPtr xml_stream(FILE *stream)
{
    xmlOutputBufferPtr output = xmlOutputBufferCreateIO(write_stream, NULL, stream, NULL);
    if (!output)
        abort();
    return output;
}
