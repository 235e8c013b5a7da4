#include "audit/target/data_source.h"

#include <string.h>

static const struct {
    const char *prefix;
    enum data_source_protocol protocol;
} protocols[] = {
    {"tcp", DATA_SOURCE_TCP},
    {"np", DATA_SOURCE_PIPES},
    {"lpc", DATA_SOURCE_SHARED_MEMORY},
    {"admin", DATA_SOURCE_ADMIN},
};

const char *data_source_error_text(enum data_source_error error)
{
    static const char *const texts[DATA_SOURCE_ERRORS] = {
        [DATA_SOURCE_OK] = "the data source is well-formed",
        [DATA_SOURCE_NO_HOST] = "the data source names no server before its separator; expected "
                                "server[\\instance][,port]",
        [DATA_SOURCE_HOST_TOO_LONG] = "the server name is longer than the 253 bytes of a DNS name",
        [DATA_SOURCE_BAD_HOST] =
            "the server name has characters that no host name has; it can only be a client "
            "alias of the instance's machine",
        [DATA_SOURCE_BAD_IPV6] = "this is not an IPv6 address; expected address[,port] or [address][,port]",
        [DATA_SOURCE_UNKNOWN_PROTOCOL] =
            "the text before the colon is no protocol; expected tcp:, np:, lpc: or "
            "admin:, and a comma before a port",
        [DATA_SOURCE_EMPTY_INSTANCE] =
            "the backslash is followed by no instance name; expected server\\instance, "
            "or the server alone for the default instance",
        [DATA_SOURCE_DEFAULT_INSTANCE] =
            "drivers refuse the default instance by its name MSSQLSERVER; name the "
            "server alone",
        [DATA_SOURCE_BAD_INSTANCE] =
            "the instance name has characters that no instance name has, or over 128 bytes",
        [DATA_SOURCE_BAD_PORT] = "the comma is not followed by a port of 1 to 65535",
        [DATA_SOURCE_PORT_WITH_PROTOCOL] =
            "a port belongs to TCP, and the prefix names another protocol; remove "
            "the prefix or the port",
        [DATA_SOURCE_TOO_MANY_PARTS] = "there is more than one backslash or comma; expected "
                                       "server[\\instance][,port]",
        [DATA_SOURCE_BAD_PIPE] = "expected \\\\server\\pipe\\NAME after two backslashes",
    };
    return texts[error];
}

static const char localdb[] = "(localdb)";

static size_t count(struct text_span span, char c)
{
    size_t found = 0;
    for (size_t i = 0; i < span.length; i++)
        found += span.start[i] == c;
    return found;
}

/* Removes a known "protocol:" from the front of *TEXT. Two or more colons are an IPv6 address, unless the
   part before the first is a protocol: drivers disagree about "tcp:2001:db8::1", people mean the address. */
static enum data_source_error take_protocol(struct text_span *text, enum data_source_protocol *protocol)
{
    struct text_span rest;
    struct text_span before = text_split(*text, ':', &rest);
    if (!rest.start || memchr(before.start, '[', before.length) || memchr(before.start, '\\', before.length))
        return DATA_SOURCE_OK;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        if (text_span_equal(text_trim(before), protocols[i].prefix)) {
            *protocol = protocols[i].protocol;
            *text = text_trim(rest);
            return DATA_SOURCE_OK;
        }
    }
    return count(*text, ':') == 1 ? DATA_SOURCE_UNKNOWN_PROTOCOL : DATA_SOURCE_OK;
}

static enum data_source_error set_host(struct text_span name, struct data_source *out)
{
    switch (host_name_canonical(name, out->host)) {
    case HOST_NAME_OK:
        break;
    case HOST_NAME_EMPTY:
        return DATA_SOURCE_NO_HOST;
    case HOST_NAME_TOO_LONG:
        return DATA_SOURCE_HOST_TOO_LONG;
    case HOST_NAME_BAD_IPV6:
        return DATA_SOURCE_BAD_IPV6;
    case HOST_NAME_BAD_CHARACTER:
        return DATA_SOURCE_BAD_HOST;
    }
    if (host_name_is_own(out->host)) {
        out->own_host = true;
        out->host[0] = '\0';
    }
    return DATA_SOURCE_OK;
}

static enum data_source_error set_instance(struct text_span name, struct data_source *out)
{
    name = text_trim(name);
    if (name.length == 0)
        return DATA_SOURCE_EMPTY_INSTANCE;
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.start[i] <= ' ' || name.start[i] == 0x7F ||
            strchr("/:;*?\"'<>|=", name.start[i]))
            return DATA_SOURCE_BAD_INSTANCE;
    if (!text_is_utf8(name))
        return DATA_SOURCE_BAD_INSTANCE;
    if (text_span_equal(name, "MSSQLSERVER"))
        return DATA_SOURCE_DEFAULT_INSTANCE;
    if (!text_copy(out->instance, sizeof out->instance, name))
        return DATA_SOURCE_BAD_INSTANCE;
    text_upper(out->instance);
    return DATA_SOURCE_OK;
}

/* "\\host\pipe\NAME", with the first two backslashes already removed. */
static enum data_source_error parse_pipe(struct text_span text, struct data_source *out)
{
    if (out->protocol != DATA_SOURCE_ANY && out->protocol != DATA_SOURCE_PIPES)
        return DATA_SOURCE_BAD_PIPE;
    if (memchr(text.start, ',', text.length))
        return DATA_SOURCE_PORT_WITH_PROTOCOL;
    out->protocol = DATA_SOURCE_PIPES;
    struct text_span rest, pipe;
    struct text_span host = text_split(text, '\\', &rest);
    if (!rest.start || !text_span_equal(text_split(rest, '\\', &pipe), "pipe") || pipe.length == 0)
        return DATA_SOURCE_BAD_PIPE;
    if (!text_is_utf8(pipe) || !text_copy(out->pipe, sizeof out->pipe, pipe))
        return DATA_SOURCE_BAD_PIPE;
    text_lower(out->pipe);
    out->localdb = text_starts(pipe, "LOCALDB#");
    return set_host(host, out);
}

/* What follows "(localdb)": "\X", "/X", "\.\shared"; the name is kept as the instance. */
static enum data_source_error parse_localdb(struct text_span text, struct data_source *out)
{
    struct text_span name = text_trim(text);
    out->localdb = true;
    if (name.length > 0 && name.start[0] != '\\' && name.start[0] != '/')
        return DATA_SOURCE_BAD_INSTANCE;
    if (name.length > 0)
        name = text_trim((struct text_span){name.start + 1, name.length - 1});
    if (name.length == 0)
        return DATA_SOURCE_EMPTY_INSTANCE;
    if (!text_is_utf8(name) || !text_copy(out->instance, sizeof out->instance, name))
        return DATA_SOURCE_BAD_INSTANCE;
    text_upper(out->instance);
    return DATA_SOURCE_OK;
}

static enum data_source_error set_port(struct text_span text, struct data_source *out)
{
    if (out->protocol == DATA_SOURCE_PIPES || out->protocol == DATA_SOURCE_SHARED_MEMORY)
        return DATA_SOURCE_PORT_WITH_PROTOCOL;
    out->port = host_name_port(text);
    if (out->port == 0)
        return DATA_SOURCE_BAD_PORT;
    if (out->protocol == DATA_SOURCE_ANY)
        out->protocol = DATA_SOURCE_TCP;
    out->instance[0] = '\0'; /* the driver asks no SQL Browser once it has a port */
    return DATA_SOURCE_OK;
}

/* "server", "server\instance", "server,port" and both, in either order. */
static enum data_source_error parse_server(struct text_span text, struct data_source *out)
{
    if (count(text, '\\') > 1 || count(text, ',') > 1)
        return DATA_SOURCE_TOO_MANY_PARTS;
    const char *backslash = memchr(text.start, '\\', text.length);
    const char *comma = memchr(text.start, ',', text.length);
    const char *end = text.start + text.length;
    const char *host_end = backslash && (!comma || backslash < comma) ? backslash : comma ? comma : end;
    enum data_source_error error =
        set_host((struct text_span){text.start, (size_t)(host_end - text.start)}, out);
    if (error != DATA_SOURCE_OK)
        return error;
    if (backslash) {
        const char *stop = comma && comma > backslash ? comma : end;
        error = set_instance((struct text_span){backslash + 1, (size_t)(stop - backslash - 1)}, out);
        if (error != DATA_SOURCE_OK && (error != DATA_SOURCE_DEFAULT_INSTANCE || !comma))
            return error;
    }
    if (comma) {
        const char *stop = backslash && backslash > comma ? backslash : end;
        return set_port((struct text_span){comma + 1, (size_t)(stop - comma - 1)}, out);
    }
    return DATA_SOURCE_OK;
}

enum data_source_error data_source_parse(const char *text, struct data_source *out)
{
    *out = (struct data_source){.protocol = DATA_SOURCE_ANY};
    struct text_span rest = text_trim(text_span(text));
    enum data_source_error error = take_protocol(&rest, &out->protocol);
    if (error != DATA_SOURCE_OK)
        return error;
    if (rest.length == 0) {
        out->own_host = true;
        return DATA_SOURCE_OK;
    }
    if (text_starts(rest, "\\\\"))
        return parse_pipe((struct text_span){rest.start + 2, rest.length - 2}, out);
    if (text_starts(rest, localdb))
        return parse_localdb((struct text_span){rest.start + strlen(localdb), rest.length - strlen(localdb)},
                             out);
    return parse_server(rest, out);
}
