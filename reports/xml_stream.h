/* libxml2's output into a C stream. */
#pragma once

#include <libxml/xmlIO.h>
#include <stdio.h>

/* An xmlOutputWriteCallback whose context is a FILE. */
int xml_stream_write(void *stream, const char *bytes, int length);

/* The caller closes the buffer, or gives it to a text writer. Errors stay in the stream, where ferror finds
 * them; libxml2 would print them. */
xmlOutputBufferPtr xml_stream(FILE *stream);
