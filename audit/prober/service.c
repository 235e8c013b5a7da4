#include "audit/prober/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_text(char *to, size_t size, const uint8_t *from, size_t length)
{
    size_t count = length < size - 1 ? length : size - 1;
    for (size_t i = 0; i < count; i++)
        to[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
    to[count] = '\0';
}

/* ---- PostgreSQL ------------------------------------------------------------------------------------ */

void postgresql_ask(struct bytes *out)
{
    bytes_add(out, "\x00\x00\x00\x08\x04\xd2\x16\x2f", 8);
}

enum greeting postgresql_read(const uint8_t *bytes, size_t length, size_t *taken,
                              struct service_answer *answer)
{
    if (length == 0)
        return GREETING_MORE;
    *taken = 1; /* never more: what follows must already be TLS */
    switch (bytes[0]) {
    case 'S':
        answer->tls = true;
        return GREETING_DONE;
    case 'N':
        return GREETING_NO_TLS;
    case 'E':
        copy_text(answer->detail, sizeof(answer->detail), bytes, length);
        return length < 5 || bytes[1] != 0 ? GREETING_WRONG : GREETING_NO_TLS;
    default:
        return GREETING_WRONG;
    }
}

/* ---- MySQL and MariaDB ----------------------------------------------------------------------------- */

enum { MYSQL_HEADER = 4, MYSQL_MAXIMUM = 4096, MYSQL_CLIENT_SSL = 0x0800 };

static enum greeting mysql_error(const uint8_t *body, size_t size, struct service_answer *answer)
{
    if (size < 3)
        return GREETING_WRONG;
    copy_text(answer->detail, sizeof(answer->detail), body + 3, size - 3);
    return GREETING_NO_TLS;
}

enum greeting mysql_read(const uint8_t *bytes, size_t length, size_t *taken, struct service_answer *answer)
{
    if (length < MYSQL_HEADER + 1)
        return GREETING_MORE;
    size_t size = (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16;
    const uint8_t *body = bytes + MYSQL_HEADER;
    if (size == 0 || size > MYSQL_MAXIMUM || bytes[3] != 0 || (body[0] != 0x0a && body[0] != 0xff))
        return GREETING_WRONG;
    if (length - MYSQL_HEADER < size)
        return GREETING_MORE;
    *taken = MYSQL_HEADER + size;
    if (body[0] == 0xff)
        return mysql_error(body, size, answer);
    const uint8_t *end = memchr(body + 1, '\0', size - 1);
    /* behind the version: thread, salt, a filler; then the capabilities */
    if (!end || (size_t)(end - body) + 16 > size)
        return GREETING_WRONG;
    copy_text(answer->version, sizeof(answer->version), body + 1, (size_t)(end - body - 1));
    answer->tls = (((unsigned)end[14] | (unsigned)end[15] << 8) & MYSQL_CLIENT_SSL) != 0;
    return answer->tls ? GREETING_DONE : GREETING_NO_TLS;
}

void mysql_ask_for_tls(struct bytes *out)
{
    static const uint8_t request[36] = {0x20, 0, 0, 1, 0x01, 0x8a, 0x08, 0x00, 0, 0, 0, 1, 0x21};
    bytes_add(out, request, sizeof(request));
}

/* ---- LDAP ------------------------------------------------------------------------------------------ */

enum {
    LDAP_MAXIMUM = 4096,
    BER_SEQUENCE = 0x30,
    BER_INTEGER = 0x02,
    BER_ENUMERATED = 0x0a,
    EXTENDED_RESPONSE = 0x78
};

void ldap_ask(struct bytes *out)
{
    bytes_add(out,
              "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
              "1.3.6.1.4.1.1466.20037",
              31);
}

/* One BER element of that tag: its content's place and length. Long forms of length are Active Directory's
 * habit. */
static enum greeting ber_read(const uint8_t *bytes, size_t length, uint8_t tag, size_t *offset, size_t *size)
{
    if (length > 0 && bytes[0] != tag)
        return GREETING_WRONG;
    if (length < 2)
        return GREETING_MORE;
    size_t count = bytes[1] & 0x80 ? bytes[1] & 0x7f : 0;
    if (count > 4 || bytes[1] == 0x80)
        return GREETING_WRONG;
    if (length < 2 + count)
        return GREETING_MORE;
    *offset = 2 + count;
    *size = count ? 0 : bytes[1];
    for (size_t i = 0; i < count; i++)
        *size = *size << 8 | bytes[2 + i];
    if (*size > LDAP_MAXIMUM)
        return GREETING_WRONG;
    return length - *offset < *size ? GREETING_MORE : GREETING_DONE;
}

enum greeting ldap_read(const uint8_t *bytes, size_t length, size_t *taken, struct service_answer *answer)
{
    size_t offset, size, message, response, code;
    enum greeting outer = ber_read(bytes, length, BER_SEQUENCE, &offset, &size);
    if (outer != GREETING_DONE)
        return outer;
    *taken = offset + size;
    const uint8_t *at = bytes + offset;
    if (ber_read(at, size, BER_INTEGER, &offset, &message) != GREETING_DONE)
        return GREETING_WRONG;
    at += offset + message;
    size -= offset + message;
    if (ber_read(at, size, EXTENDED_RESPONSE, &offset, &response) != GREETING_DONE)
        return GREETING_WRONG;
    at += offset;
    if (ber_read(at, response, BER_ENUMERATED, &offset, &code) != GREETING_DONE || code != 1)
        return GREETING_WRONG;
    answer->tls = at[offset] == 0;
    if (!answer->tls)
        snprintf(answer->detail, sizeof(answer->detail), "StartTLS is refused with result code %u",
                 at[offset]);
    return answer->tls ? GREETING_DONE : GREETING_NO_TLS;
}

/* ---- Oracle ---------------------------------------------------------------------------------------- */

enum { TNS_HEADER = 8, TNS_ACCEPT = 2, TNS_REFUSE = 4, TNS_REDIRECT = 5, TNS_RESEND = 11 };

void oracle_ask(struct bytes *out)
{
    static const uint8_t head[58] = {0x00, 0x5a, 0, 0,    0x01, 0,    0,    0,    0x01, 0x36,
                                     0x01, 0x2c, 0, 0,    0x08, 0x00, 0x7f, 0xff, 0x7f, 0x08,
                                     0,    0,    0, 0x01, 0x00, 0x20, 0x00, 0x3a};
    static const uint8_t tail[] = {0x34, 0xe6, 0x00, 0x00, 0x00, 0x01};
    static const char question[] = "(CONNECT_DATA=(COMMAND=version))";
    size_t start = out->length;
    bytes_add(out, head, sizeof(head));
    memcpy(out->at + start + 44, tail, sizeof(tail));
    bytes_add(out, question, sizeof(question) - 1);
}

/* "(VSNNUM=318767104)" is 19.0.0.0.0: 8, 4, 8, 4 and 8 bits. */
static void oracle_version(const char *text, struct service_answer *answer)
{
    const char *at = strstr(text, "(VSNNUM=");
    unsigned long number = at ? strtoul(at + 8, NULL, 10) : 0;
    if (number > 0 && number <= UINT32_MAX)
        snprintf(answer->version, sizeof(answer->version), "%lu.%lu.%lu.%lu.%lu", number >> 24,
                 number >> 20 & 15, number >> 12 & 255, number >> 8 & 15, number & 255);
}

enum greeting oracle_read(const uint8_t *bytes, size_t length, size_t *taken, struct service_answer *answer)
{
    char text[512];
    if (length < TNS_HEADER)
        return GREETING_MORE;
    size_t size = u16_at(bytes);
    uint8_t type = bytes[4];
    if (size < TNS_HEADER ||
        (type != TNS_ACCEPT && type != TNS_REFUSE && type != TNS_REDIRECT && type != TNS_RESEND))
        return GREETING_WRONG;
    if (length < size)
        return GREETING_MORE;
    *taken = size;
    copy_text(text, sizeof(text), bytes + TNS_HEADER, size - TNS_HEADER);
    oracle_version(text, answer);
    const char *error = strstr(text, "(ERR=");
    if (type == TNS_REFUSE && error)
        snprintf(answer->detail, sizeof(answer->detail), "the listener refuses with ORA-%05lu or TNS-%05lu",
                 strtoul(error + 5, NULL, 10), strtoul(error + 5, NULL, 10));
    return GREETING_NO_TLS; /* TCPS is a port of its own */
}

/* ---- Db2 ------------------------------------------------------------------------------------------- */

enum { DSS_HEADER = 6, DSS_MAGIC = 0xd0, EXCSATRD = 0x1443, SRVRLSLV = 0x115a };

void db2_ask(struct bytes *out)
{
    static const uint8_t request[] = {
        0x00, 0x32, 0xd0, 0x01, 0x00, 0x01, 0x00, 0x2c, 0x10, 0x41, 0x00, 0x04, 0x11, 0x5e, 0x00, 0x04, 0x11,
        0x6d, 0x00, 0x04, 0x11, 0x5a, 0x00, 0x18, 0x14, 0x04, 0x14, 0x03, 0x00, 0x07, 0x24, 0x07, 0x00, 0x08,
        0x24, 0x0f, 0x00, 0x08, 0x14, 0x40, 0x00, 0x08, 0x14, 0x74, 0x00, 0x08, 0x00, 0x04, 0x11, 0x47};
    bytes_add(out, request, sizeof(request));
}

/* Letters and digits of EBCDIC, which is what a release level is made of. */
static char from_ebcdic(uint8_t byte)
{
    static const struct {
        uint8_t first, last;
        char character;
    } ranges[] = {{0xf0, 0xf9, '0'}, {0xc1, 0xc9, 'A'}, {0xd1, 0xd9, 'J'}, {0xe2, 0xe9, 'S'},
                  {0x81, 0x89, 'a'}, {0x91, 0x99, 'j'}, {0xa2, 0xa9, 's'}, {0x4b, 0x4b, '.'},
                  {0x40, 0x40, ' '}, {0x61, 0x61, '/'}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (byte >= ranges[i].first && byte <= ranges[i].last)
            return (char)(ranges[i].character + (byte - ranges[i].first));
    return '?';
}

static void db2_version(const uint8_t *at, size_t length, struct service_answer *answer)
{
    while (length >= 4) {
        size_t size = u16_at(at);
        if (size < 4 || size > length)
            return;
        if (u16_at(at + 2) == SRVRLSLV) {
            size_t count = size - 4 < sizeof(answer->version) - 1 ? size - 4 : sizeof(answer->version) - 1;
            for (size_t i = 0; i < count; i++)
                answer->version[i] = from_ebcdic(at[4 + i]);
            return;
        }
        at += size;
        length -= size;
    }
}

enum greeting db2_read(const uint8_t *bytes, size_t length, size_t *taken, struct service_answer *answer)
{
    if (length > 2 && bytes[2] != DSS_MAGIC)
        return GREETING_WRONG;
    if (length < DSS_HEADER + 4)
        return GREETING_MORE;
    size_t size = u16_at(bytes);
    if (size < DSS_HEADER + 4)
        return GREETING_WRONG;
    if (length < size)
        return GREETING_MORE;
    *taken = size;
    if (u16_at(bytes + 8) == EXCSATRD)
        db2_version(bytes + DSS_HEADER + 4, size - DSS_HEADER - 4, answer);
    else
        snprintf(answer->detail, sizeof(answer->detail), "DRDA reply with code point %04X",
                 u16_at(bytes + 8));
    return GREETING_NO_TLS; /* TLS is a port of its own */
}
