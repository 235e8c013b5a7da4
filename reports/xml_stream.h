/* libxml2's output into a C stream. */
#pragma once

/* An xmlOutputWriteCallback whose context is a FILE. Errors stay in the stream, where ferror finds them;
 * libxml2 would print them. */
int xml_stream_write(void *stream, const char *bytes, int length);
