/* Sentences that grow: text of any length in an arena. */
#pragma once

#include "audit/model/arena.h"

#include <stdbool.h>

struct prose {
    struct arena *arena;
    char *text; /* never NULL after the first prose_add; owned by the arena */
    size_t length, room;
};

static inline struct prose prose_new(struct arena *arena)
{
    return (struct prose){.arena = arena};
}

/* Appends printf's text. */
void prose_add(struct prose *prose, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends text as it is; NULL adds nothing. */
void prose_put(struct prose *prose, const char *text);

/* Appends the separator when something stands there already. */
void prose_separate(struct prose *prose, const char *separator);

/* What was written, "" when nothing was. */
char *prose_text(struct prose *prose);
