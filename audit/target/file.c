#include "audit/target/provider_family.h"

#include <string.h>

/* Windows takes both slashes and no case for the same path. */
static void canonical_path(struct text_span path, char *out, size_t size)
{
    text_copy_shortened(out, size, path);
    for (char *c = out; *c; c++)
        if (*c == '\\')
            *c = '/';
    text_lower(out);
}

static const char long_share[] = "//?/unc/";

bool file_add(struct target_list *list, const char *path)
{
    if (!target_set_name_only(list, ENDPOINT_FILE, path,
                              "a file, opened by the instance: not a network endpoint"))
        return false;
    struct target *target = &list->at[list->count - 1];
    char name[TARGET_NAME_SIZE];
    canonical_path(text_span(target->name), name, sizeof name);
    if (strncmp(name, long_share, sizeof long_share - 1) ==
        0) /* the same share without its limit of length */
        memmove(name + 2, name + sizeof long_share - 1, strlen(name + sizeof long_share - 1) + 1);
    bool share = strncmp(name, "//", 2) == 0;
    text_copy(target->name, sizeof target->name, text_span(share ? name + 2 : name));
    if (!share)
        return true;
    struct text_span rest;
    struct text_span server = text_split(text_span(target->name), '/', &rest);
    /* "\\?\C:\x" and "\\.\C:\x" are paths of the machine itself. */
    if (text_span_equal(server, "?") || text_span_equal(server, "."))
        return true;
    if (host_name_canonical(server, target->host) == HOST_NAME_OK) {
        target->port = 445;
        target_set_reason(target,
                          "a file on a share, opened by the instance over SMB: not a network endpoint");
    }
    return true;
}

bool file_family(const struct link_definition *link, const struct target_surroundings *surroundings,
                 const struct provider_row *row, struct target_list *out)
{
    (void)surroundings;
    (void)row;
    if (text_trim(text_span(link->data_source)).length > 0)
        return file_add(out, link->data_source);
    struct provider_string string;
    if (!provider_string_parse(PROVIDER_OLEDB, link->provider_string, &string))
        return false;
    const char *path = provider_string_server(&string);
    bool done = file_add(out, path ? path : target_link_label(link));
    provider_string_clear(&string);
    return done;
}
