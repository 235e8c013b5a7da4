#include "reports/xml_stream.h"

#include <stdlib.h>

int xml_stream_write(void *context, const char *bytes, int length)
{
    fwrite(bytes, 1, (size_t)length, context);
    return length;
}

xmlOutputBufferPtr xml_stream(FILE *stream)
{
    xmlOutputBufferPtr output = xmlOutputBufferCreateIO(xml_stream_write, NULL, stream, NULL);
    if (!output)
        abort();
    return output;
}
