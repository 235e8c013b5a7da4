#include "audit/prober/looks_like.h"

#include <string.h>

struct pattern {
    const char *name;
    size_t offset, length;
    const char *bytes;
};

/* The first that fits. Binary greetings are told by the bytes that their specification fixes. */
static const struct pattern patterns[] = {
    {"http", 0, 5, "HTTP/"},       {"http", 0, 5, "<html"},
    {"http", 0, 5, "<HTML"},       {"http", 0, 9, "<!DOCTYPE"},
    {"ssh", 0, 4, "SSH-"},         {"tls", 0, 2, "\x15\x03"},
    {"tls", 0, 2, "\x16\x03"},     {"smtp or ftp", 0, 4, "220 "},
    {"smtp or ftp", 0, 4, "220-"}, {"smtp", 0, 4, "554 "},
    {"pop3", 0, 3, "+OK"},         {"imap", 0, 4, "* OK"},
    {"vnc", 0, 4, "RFB "},         {"redis", 0, 5, "-ERR "},
    {"mysql", 3, 2, "\x00\x0a"},   {"mysql", 3, 2, "\x00\xff"}, /* "host is blocked" */
    {"rdp", 0, 2, "\x03\x00"},     {"postgresql", 0, 3, "E\x00\x00"},
    {"smb", 4, 4, "\xffSMB"},      {"smb", 4, 4, "\xfeSMB"},
    {"oracle", 4, 2, "\x04\x00"}, /* TNS refuse */
    {"drda", 2, 1, "\xd0"},        {"ldap", 0, 1, "\x30"},
};

const char *looks_like(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        const struct pattern *pattern = &patterns[i];
        if (length >= pattern->offset + pattern->length &&
            memcmp(bytes + pattern->offset, pattern->bytes, pattern->length) == 0)
            return pattern->name;
    }
    return NULL;
}
