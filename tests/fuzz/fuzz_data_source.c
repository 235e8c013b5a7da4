/* Any text as a data source leads somewhere, with canonical names, and a reason where it is no network
 * endpoint. */
#include "audit/target/endpoint_target.h"
#include "audit/target/name_completion.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const providers[] = {
    "SQLNCLI",  "MSOLEDBSQL", "MSDASQL", "OraOLEDB.Oracle",          "MSOLAP", "ADsDSOObject",
    "DB2OLEDB", "PGNP.1",     "Acme",    "Microsoft.ACE.OLEDB.16.0",
};

static void check_target(const struct target *target)
{
    char key[TARGET_KEY_SIZE], again[HOST_NAME_SIZE];
    target_key(target, key);
    bool network = endpoint_kind_is_network(target->kind);
    if (!network && !target->reason[0])
        abort();
    if (network && (!target->host[0] || (target->port == 0 && !target->instance[0])))
        abort();
    if (target->host[0] && (host_name_canonical(text_span(target->host), again) != HOST_NAME_OK ||
                            strcmp(again, target->host) != 0))
        abort();
}

static void check_link(const struct link_definition *link, const struct target_surroundings *around)
{
    struct target_list list;
    if (!link_targets(link, around, &list) || list.count < 1 || list.count > TARGETS_MAX)
        abort();
    for (size_t i = 0; i < list.count; i++)
        check_target(&list.at[i]);
}

static void check_names(const char *host)
{
    static const char *const suffixes[] = {"corp.example", ".x"};
    const struct name_completion completion = {.suffixes = suffixes, .suffix_count = 2, .owner_domain = host};
    struct name_candidates found;
    name_completion_candidates(&completion, host, &found);
    for (size_t i = 0; i < found.count; i++)
        if (!found.at[i].name[0])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4000)
        return 0;
    char *text = strndup((const char *)data + 1, size - 1);
    const struct alias_entry alias = {"alias", text};
    const struct target_surroundings around = {.owner = "sql01",
                                               .owner_host = "sql01.example",
                                               .owner_domain = text,
                                               .aliases = &alias,
                                               .alias_count = 1};
    const struct link_definition link = {
        .name = "LINK",
        .provider = providers[(data[0] & 0x7F) % (sizeof providers / sizeof *providers)],
        .data_source = data[0] & 0x80 ? NULL : text,
        .provider_string = text,
    };
    check_link(&link, &around);
    check_link(&(struct link_definition){.provider = "SQLNCLI", .data_source = "alias"}, &around);
    struct target typed;
    if (target_from_text(text, &typed))
        check_target(&typed);
    check_names(text);
    free(text);
    return 0;
}
