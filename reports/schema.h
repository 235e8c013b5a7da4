/* The report's XML schema, made from the vocabulary: reports/report.xsd is its result, kept in the tree. */
#pragma once

#include <stdio.h>

/* Writes the schema; errors stay in the stream. */
void schema_write(FILE *stream);
