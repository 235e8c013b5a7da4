#include "audit/prober/ssrp.h"

#include <string.h>
#include <strings.h>

enum { CLNT_UCAST_EX = 0x03, CLNT_UCAST_INST = 0x04, SVR_RESP = 0x05, HEADER = 3, NAME_MAXIMUM = 32 };

size_t ssrp_request(uint8_t request[SSRP_REQUEST_MAXIMUM], const char *instance)
{
    if (!instance) {
        request[0] = CLNT_UCAST_EX;
        return 1;
    }
    size_t length = strlen(instance);
    if (length > NAME_MAXIMUM)
        return 0;
    request[0] = CLNT_UCAST_INST;
    memcpy(request + 1, instance, length + 1);
    return length + 2;
}

/* What is left of the text of an answer. */
struct reader {
    const char *at, *end;
    struct arena *arena;
};

/* The text up to the next semicolon, which is taken too; NULL when there is none. */
static char *next_token(struct reader *reader)
{
    const char *semicolon = memchr(reader->at, ';', (size_t)(reader->end - reader->at));
    if (!semicolon)
        return NULL;
    char *token = arena_text_n(reader->arena, reader->at, (size_t)(semicolon - reader->at));
    reader->at = semicolon + 1;
    return token;
}

/* 1 to 65535, or not known. */
static struct number read_port(const char *text)
{
    int64_t port = 0;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || port > 65535)
            return (struct number){0};
        port = port * 10 + (*at - '0');
    }
    return port >= 1 && port <= 65535 ? number_of(port) : (struct number){0};
}

static bool take_pair(struct ssrp_instance *instance, const char *key, char *value)
{
    if (strcasecmp(key, "ServerName") == 0)
        instance->server_name = value;
    else if (strcasecmp(key, "InstanceName") == 0)
        instance->name = value;
    else if (strcasecmp(key, "Version") == 0)
        instance->version = value;
    else if (strcasecmp(key, "np") == 0)
        instance->pipe = value;
    else if (strcasecmp(key, "tcp") == 0)
        instance->tcp_port = read_port(value);
    else if (strcasecmp(key, "IsClustered") == 0)
        instance->clustered = strcasecmp(value, "Yes") == 0 ? TERNARY_TRUE : TERNARY_FALSE;
    else
        return false;
    return true;
}

/* Reads up to the empty key that ends an instance; false when the text ends before it. */
static bool read_instance(struct reader *reader, struct ssrp_instance *instance)
{
    for (;;) {
        char *key = next_token(reader);
        if (!key)
            return false;
        if (*key == '\0')
            return true;
        char *value = next_token(reader);
        if (!value)
            return false;
        /* Banyan Vines has three values: item, group, organization. */
        if (!take_pair(instance, key, value) && strcasecmp(key, "bv") == 0 &&
            (!next_token(reader) || !next_token(reader)))
            return false;
    }
}

const char *ssrp_read(struct arena *arena, const uint8_t *answer, size_t length, ssrp_list *instances)
{
    if (length < HEADER || answer[0] != SVR_RESP)
        return "not an answer of SQL Browser";
    size_t size = (size_t)answer[1] | (size_t)answer[2] << 8;
    if (size != length - HEADER)
        return "the answer's length is not what it says";
    struct reader reader = {(const char *)answer + HEADER, (const char *)answer + length, arena};
    /* Servers may end the text with a NUL that is counted. */
    while (reader.end > reader.at && reader.end[-1] == '\0')
        reader.end--;
    if (reader.at == reader.end)
        return "the answer is empty";
    while (reader.at < reader.end) {
        struct ssrp_instance *instance = arena_alloc(arena, sizeof(*instance));
        if (!read_instance(&reader, instance))
            return "the answer is cut off";
        if (!instance->server_name || !instance->name || !*instance->name)
            return "the answer names no instance";
        if (instances->count >= SSRP_INSTANCES_MAXIMUM)
            return "the answer lists too many instances";
        list_append(instances, instance);
    }
    return NULL;
}

struct ssrp_instance *ssrp_find(const ssrp_list *instances, const char *name)
{
    list_each (struct ssrp_instance, instance, instances)
        if (strcasecmp(instance->name, name) == 0)
            return instance;
    return NULL;
}
