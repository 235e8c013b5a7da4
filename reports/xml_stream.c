#include "reports/xml_stream.h"

#include <stdio.h>

int xml_stream_write(void *context, const char *bytes, int length)
{
    fwrite(bytes, 1, (size_t)length, context);
    return length;
}
