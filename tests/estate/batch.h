/* Statements, and what batches and remote procedure calls share. */
#pragma once

#include "select.h"
#include "session.h"

/* Runs the statements of `text` one after the other, up to the first that cannot be read; every one is
 * answered. False after such an error or when the client interrupted. */
bool statements_run(struct session *session, const char *text, const struct sql_parameters *parameters,
                    bool in_procedure);

/* *at becomes the first byte after ALL_HEADERS; false when they do not fit. */
bool skip_headers(const struct session *session, const struct buffer *payload, size_t *at);
/* The reply to a message that cannot be read. */
void protocol_error(struct session *session);
