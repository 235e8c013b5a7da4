#include "audit/target/host_table.h"

#include "audit/model/arena.h"

#include <stdlib.h>
#include <string.h>

struct line {
    const char *name, *value; /* the name canonical */
    size_t place;
};

/* Sorted by name; of one name the first is first. */
struct host_table {
    struct line *lines;
    size_t count;
};

static int compare(const void *one, const void *other)
{
    const struct line *left = one, *right = other;
    int difference = strcmp(left->name, right->name);
    return difference ? difference : left->place < right->place ? -1 : left->place > right->place;
}

struct host_table *host_table_new(struct arena *arena, const struct host_entry *entries, size_t count)
{
    struct host_table *table = arena_alloc(arena, sizeof(*table));
    char name[HOST_NAME_SIZE];
    table->lines = arena_alloc(arena, (count + 1) * sizeof(*table->lines));
    for (size_t i = 0; i < count; i++)
        if (host_name_canonical(text_span(entries[i].name), name) == HOST_NAME_OK)
            table->lines[table->count++] = (struct line){arena_text(arena, name), entries[i].value, i};
    qsort(table->lines, table->count, sizeof(*table->lines), compare);
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++)
        if (kept == 0 || strcmp(table->lines[kept - 1].name, table->lines[i].name) != 0)
            table->lines[kept++] = table->lines[i];
    table->count = kept;
    return table;
}

static int compare_name(const void *name, const void *line)
{
    return strcmp(name, ((const struct line *)line)->name);
}

const char *host_table_find(const struct host_table *table, const char *canonical)
{
    const struct line *found =
        table ? bsearch(canonical, table->lines, table->count, sizeof(*table->lines), compare_name) : NULL;
    return found ? found->value : NULL;
}
