#include "audit/target/provider_family.h"

#include <string.h>

/* Connect identifiers as Oracle Net reads them ("Local Naming Parameters" and "Easy Connect Plus" of the Net
   Services reference): a descriptor in parentheses, [protocol:][//]host[:port][,host[:port]…][/service…], or
   an alias. */

#define DESCRIPTOR_DEPTH 16

static const char alias_reason[] =
    "a TNS alias: only the instance's tnsnames.ora or directory knows where it leads";
static const char local_reason[] = "a protocol that never leaves the instance's own machine";

/* TCPS is TLS from the first byte. */
static enum endpoint_kind kind_of(struct text_span protocol)
{
    return text_span_equal(protocol, "tcps") ? ENDPOINT_TLS : ENDPOINT_ORACLE;
}

static bool add_listener(struct target_list *list, enum endpoint_kind kind, struct text_span host,
                         unsigned port)
{
    char canonical[HOST_NAME_SIZE];
    if (host_name_canonical(host, canonical) != HOST_NAME_OK)
        return false;
    struct target *target = target_add(list, kind);
    text_copy(target->host, sizeof target->host, text_span(canonical));
    target->port = port ? port : 1521;
    target->port_given = port != 0;
    return true;
}

/* A group in parentheses and the parameters that stand directly in it. */
struct group {
    struct text_span name, protocol, host, port;
};

/* At the end of a group: an ADDRESS, or a DESCRIPTION of the old form that holds HOST and PORT itself. The
   client describes itself in CID, where HOST is the client's. */
static void close_group(const struct group *group, struct target_list *list, bool *local)
{
    if (text_span_equal(group->protocol, "ipc") || text_span_equal(group->protocol, "beq"))
        *local = true;
    else if (group->host.length > 0 && !text_span_equal(group->name, "cid") &&
             !text_span_equal(group->name, "connect_data"))
        add_listener(list, kind_of(group->protocol), group->host, host_name_port(group->port));
}

static void set_parameter(struct group *group, struct text_span name, struct text_span value)
{
    value = text_trim(value);
    if (value.length > 1 && value.start[0] == '"' && value.start[value.length - 1] == '"')
        value = text_trim((struct text_span){value.start + 1, value.length - 2});
    if (text_span_equal(name, "host"))
        group->host = value;
    else if (text_span_equal(name, "port"))
        group->port = value;
    else if (text_span_equal(name, "protocol"))
        group->protocol = value;
}

/* "(NAME=(NAME=value)…)": adds a target for each address; *LOCAL when one of them is IPC or bequeath. */
static void read_descriptor(const char *text, struct target_list *list, bool *local)
{
    struct group groups[DESCRIPTOR_DEPTH] = {0};
    size_t depth = 0;
    while (*text) {
        if (*text == ')') {
            if (depth > 0)
                close_group(&groups[--depth], list, local);
            text++;
        } else if (*text++ == '(' && depth < DESCRIPTOR_DEPTH) {
            size_t length = strcspn(text, "=()");
            struct text_span name = text_trim((struct text_span){text, length});
            text += length;
            if (*text != '=')
                continue;
            text++;
            while (text_is_blank(*text))
                text++;
            length = strcspn(text, "()");
            if (text[length] == '(') {
                groups[depth++] = (struct group){.name = name};
                continue; /* read from the inner parenthesis on */
            }
            if (depth > 0)
                set_parameter(&groups[depth - 1], name, (struct text_span){text, length});
            text += length + (text[length] == ')');
        }
    }
    while (depth > 0) /* parentheses that were forgotten at the end */
        close_group(&groups[--depth], list, local);
}

static bool add_descriptor(struct target_list *list, const char *text)
{
    bool local = false;
    size_t before = list->count;
    read_descriptor(text, list, &local);
    if (list->count > before)
        return true;
    return local
               ? target_set_name_only(list, ENDPOINT_LOCAL, text, local_reason)
               : target_set_name_only(list, ENDPOINT_ALIAS, text, "a TNS descriptor without a readable HOST");
}

/* "h1,h2:1522,h3": a port holds for the hosts without one before it. */
static bool add_group(struct target_list *list, enum endpoint_kind kind, struct text_span hosts)
{
    size_t pending = list->count; /* the first target that waits for a port */
    struct text_span rest = hosts;
    do {
        struct text_span host, port;
        if (!host_name_split_port(text_split(rest, ',', &rest), &host, &port))
            return false;
        unsigned number = port.start ? host_name_port(port) : 0;
        if ((port.start && number == 0) || !add_listener(list, kind, host, number))
            return false;
        for (; number != 0 && pending < list->count; pending++) {
            list->at[pending].port = number;
            list->at[pending].port_given = true;
        }
    } while (rest.start);
    return true;
}

/* Address lists, ";" between them. */
static bool add_hosts(struct target_list *list, enum endpoint_kind kind, struct text_span lists)
{
    struct text_span rest = lists;
    do {
        if (!add_group(list, kind, text_split(rest, ';', &rest)))
            return false;
    } while (rest.start);
    return true;
}

/* Where the "//" of "//host", "tcps://host" or "user@//host" stands; a password may hold one, too. NULL:
 * none. */
static const char *find_slashes(const char *text)
{
    for (const char *at = strstr(text, "//"); at; at = strstr(at + 1, "//"))
        if (at == text || at[-1] == ':' || at[-1] == '@')
            return at;
    return NULL;
}

/* Removes "user/password@"; an "@" within a descriptor or behind "//" belongs to no credentials. */
static const char *without_credentials(const char *text)
{
    const char *end = strchr(text, '(');
    if (!end)
        end = find_slashes(text);
    const char *at = memrchr(text, '@', end ? (size_t)(end - text) : strlen(text));
    return at ? at + 1 : text;
}

/* Removes "protocol:" before "//"; an empty protocol for "//" alone. */
static struct text_span take_protocol(struct text_span text, struct text_span *protocol)
{
    *protocol = (struct text_span){text.start, 0};
    const char *slashes = memmem(text.start, text.length, "//", 2);
    if (!slashes)
        return text;
    size_t before = (size_t)(slashes - text.start);
    if (before > 0 && text.start[before - 1] == ':')
        *protocol = text_trim((struct text_span){text.start, before - 1});
    else if (before > 0)
        return text;
    return (struct text_span){slashes + 2, text.length - before - 2};
}

bool oracle_add(struct target_list *list, const char *identifier)
{
    struct text_span text = text_trim(text_span(without_credentials(identifier)));
    if (text.length > 0 && text.start[0] == '(')
        return add_descriptor(list, text.start);
    struct text_span protocol;
    struct text_span hosts = take_protocol(text, &protocol);
    bool easy = hosts.start != text.start || memchr(text.start, '/', text.length) ||
                memchr(text.start, ':', text.length);
    bool known =
        protocol.length == 0 || text_span_equal(protocol, "tcp") || text_span_equal(protocol, "tcps");
    size_t before = list->count;
    for (size_t i = 0; i < hosts.length; i++)
        if (hosts.start[i] == '/' || hosts.start[i] == '?')
            hosts.length = i;
    if (easy && known && add_hosts(list, kind_of(protocol), hosts))
        return true;
    list->count = before;
    return target_set_name_only(list, ENDPOINT_ALIAS, text.start,
                                easy ? "an Oracle connect identifier that cannot be read; expected "
                                       "[protocol://]host[:port][/service]"
                                     : alias_reason);
}

bool oracle_family(const struct link_definition *link, const struct target_surroundings *surroundings,
                   const struct provider_row *row, struct target_list *out)
{
    (void)surroundings;
    (void)row;
    if (text_trim(text_span(link->data_source)).length > 0)
        return oracle_add(out, link->data_source);
    struct provider_string string;
    if (!provider_string_parse(PROVIDER_OLEDB, link->provider_string, &string))
        return false;
    const char *identifier = provider_string_server(&string);
    bool done = identifier ? oracle_add(out, identifier)
                           : target_set_name_only(out, ENDPOINT_ALIAS, link->name, alias_reason);
    provider_string_clear(&string);
    return done;
}
