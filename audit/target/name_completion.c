#include "audit/target/name_completion.h"

#include <string.h>

const char *name_source_name(enum name_source source)
{
    static const char *const names[NAME_SOURCES] = {
        [NAME_AS_WRITTEN] = "as-written",
        [NAME_FROM_HOSTS] = "hosts",
        [NAME_WITH_SUFFIX] = "dns-suffix",
        [NAME_WITH_OWNER_DOMAIN] = "owner-domain",
    };
    return names[source];
}

static void add(struct name_candidates *out, const char *name, enum name_source source)
{
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->at[i].name, name) == 0)
            return;
    if (out->count == NAME_CANDIDATES_MAX)
        return;
    struct name_candidate *candidate = &out->at[out->count++];
    text_copy(candidate->name, sizeof candidate->name, text_span(name));
    candidate->source = source;
}

/* The value of the [hosts] entry for HOST, canonical. */
static bool find_in_hosts(const struct name_completion *completion, const char *host,
                          char value[HOST_NAME_SIZE])
{
    const char *mapped = host_table_find(completion->hosts, host);
    return mapped && host_name_canonical(text_span(mapped), value) == HOST_NAME_OK;
}

/* A completed name may stand in [hosts] itself. */
static void add_completed(const struct name_completion *completion, struct name_candidates *out,
                          const char *label, const char *suffix, enum name_source source)
{
    char canonical[HOST_NAME_SIZE], mapped[HOST_NAME_SIZE];
    char name[2 * HOST_NAME_SIZE];
    struct text_span end = text_trim(text_span(suffix));
    while (end.length > 0 && end.start[0] == '.') {
        end.start++;
        end.length--;
    }
    if (end.length == 0)
        return;
    text_format(name, sizeof name, "%s.%.*s", label, (int)end.length, end.start);
    if (host_name_canonical(text_span(name), canonical) != HOST_NAME_OK)
        return;
    if (find_in_hosts(completion, canonical, mapped))
        add(out, mapped, NAME_FROM_HOSTS);
    else
        add(out, canonical, source);
}

void name_completion_candidates(const struct name_completion *completion, const char *host,
                                struct name_candidates *out)
{
    char name[HOST_NAME_SIZE], mapped[HOST_NAME_SIZE];
    struct text_span written = text_trim(text_span(host));
    bool complete = written.length > 0 && written.start[written.length - 1] == '.';
    enum name_source source = NAME_AS_WRITTEN;
    out->count = 0;
    if (host_name_canonical(written, name) != HOST_NAME_OK)
        return;
    if (find_in_hosts(completion, name, mapped)) {
        text_copy(name, sizeof name, text_span(mapped));
        source = NAME_FROM_HOSTS;
    }
    if (host_name_is_single_label(name) && !complete && !host_name_is_own(name)) {
        for (size_t i = 0; i < completion->suffix_count; i++)
            add_completed(completion, out, name, completion->suffixes[i], NAME_WITH_SUFFIX);
        add_completed(completion, out, name, completion->owner_domain, NAME_WITH_OWNER_DOMAIN);
    }
    add(out, name, source); /* a single label last: the audit host's own suffixes and files may know it */
}
