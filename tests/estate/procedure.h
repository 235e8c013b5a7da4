/* EXEC of the procedures that the estate knows, and DBCC TRACESTATUS. */
#pragma once

#include "select.h"
#include "session.h"

enum { MOST_ARGUMENTS = 8 };

struct argument {
    char *name; /* "@servername", or NULL by position */
    char *text; /* NULL is NULL */
};

struct call {
    char *procedure; /* without its schema */
    struct argument arguments[MOST_ARGUMENTS];
    size_t count;
};

void call_free(struct call *call);
/* The argument of that name, or at that place; NULL when it was not given. */
const char *call_argument(const struct call *call, const char *name, size_t place);

/* Result sets and messages; each result set is ended by `done`. False after an ERROR token. */
typedef void (*result_end)(void *context, uint64_t rows);
bool procedure_run(struct session *session, const struct call *call, result_end done, void *context);
/* DBCC TRACESTATUS of one flag, as a result set. */
void trace_status(struct session *session, const char *flag, result_end done, void *context);

/* sp_testlinkedserver: messages, what the target's statistics record, and the outcome. False after an ERROR
 * token or when the client interrupted it. */
bool link_test(struct session *session, const char *link);
