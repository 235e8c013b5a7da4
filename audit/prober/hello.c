#include "audit/prober/hello.h"

#include <string.h>

enum { RECORD_ALERT = 0x15, RECORD_HANDSHAKE = 0x16, RECORD_HEADER = 5, RECORD_MAXIMUM = 16384 + 2048 };
enum { SERVER_HELLO = 2, CERTIFICATE = 11, SERVER_HELLO_DONE = 14, SERVER_KEY_EXCHANGE = 12 };
enum { SSL2_SERVER_HELLO = 4, SUITE_RENEGOTIATION_INFO = 0x00ff };

const struct legacy_suite legacy_suites[] = {
    {0x000a, "DES-CBC3-SHA", "RSA", 112},
    {0xc012, "ECDHE-RSA-DES-CBC3-SHA", "ECDHE", 112},
    {0xc008, "ECDHE-ECDSA-DES-CBC3-SHA", "ECDHE", 112},
    {0x0016, "DHE-RSA-DES-CBC3-SHA", "DHE", 112},
    {0x0013, "DHE-DSS-DES-CBC3-SHA", "DHE", 112},
    {0x0005, "RC4-SHA", "RSA", 128},
    {0x0004, "RC4-MD5", "RSA", 128},
    {0xc011, "ECDHE-RSA-RC4-SHA", "ECDHE", 128},
    {0xc007, "ECDHE-ECDSA-RC4-SHA", "ECDHE", 128},
    {0x0007, "IDEA-CBC-SHA", "RSA", 128},
    {0x0009, "DES-CBC-SHA", "RSA", 56},
    {0x0015, "DHE-RSA-DES-CBC-SHA", "DHE", 56},
    {0x0012, "DHE-DSS-DES-CBC-SHA", "DHE", 56},
    {0x0062, "EXP1024-DES-CBC-SHA", "RSA 1024", 56},
    {0x0064, "EXP1024-RC4-SHA", "RSA 1024", 56},
    {0x0003, "EXP-RC4-MD5", "RSA 512", 40},
    {0x0006, "EXP-RC2-CBC-MD5", "RSA 512", 40},
    {0x0008, "EXP-DES-CBC-SHA", "RSA 512", 40},
};
const size_t legacy_suite_count = sizeof(legacy_suites) / sizeof(legacy_suites[0]);

const struct legacy_suite ssl3_suites[] = {
    {0x0035, "AES256-SHA", "RSA", 256},
    {0x002f, "AES128-SHA", "RSA", 128},
    {0x0039, "DHE-RSA-AES256-SHA", "DHE", 256},
    {0x0033, "DHE-RSA-AES128-SHA", "DHE", 128},
    {0x0038, "DHE-DSS-AES256-SHA", "DHE", 256},
    {0x0032, "DHE-DSS-AES128-SHA", "DHE", 128},
    {0xc014, "ECDHE-RSA-AES256-SHA", "ECDHE", 256},
    {0xc013, "ECDHE-RSA-AES128-SHA", "ECDHE", 128},
    {0x0084, "CAMELLIA256-SHA", "RSA", 256},
    {0x0041, "CAMELLIA128-SHA", "RSA", 128},
    {0x0096, "SEED-SHA", "RSA", 128},
};
const size_t ssl3_suite_count = sizeof(ssl3_suites) / sizeof(ssl3_suites[0]);

const struct legacy_suite *legacy_suite_find(uint16_t number)
{
    for (size_t i = 0; i < legacy_suite_count; i++)
        if (legacy_suites[i].number == number)
            return &legacy_suites[i];
    for (size_t i = 0; i < ssl3_suite_count; i++)
        if (ssl3_suites[i].number == number)
            return &ssl3_suites[i];
    return NULL;
}

/* SSL 3.0 is 3.0 on the wire, TLS 1.0 is 3.1, and so on. */
static unsigned wire_version(enum tls_version version)
{
    return 0x0300 + (unsigned)(version - TLS_SSL3);
}

static enum tls_version version_of(unsigned wire)
{
    return wire >= 0x0300 && wire <= 0x0303 ? (enum tls_version)(TLS_SSL3 + (wire - 0x0300)) : 0;
}

static void write_extensions(struct bytes *out)
{
    static const uint8_t extensions[] = {
        0x00, 0x28,                                     /* length of all */
        0x00, 0x0a, 0x00, 0x08, 0x00, 0x06,             /* supported_groups */
        0x00, 0x17, 0x00, 0x18, 0x00, 0x19,             /* secp256r1 secp384r1 secp521r1 */
        0x00, 0x0b, 0x00, 0x02, 0x01, 0x00,             /* ec_point_formats: uncompressed */
        0x00, 0x0d, 0x00, 0x12, 0x00, 0x10,             /* signature_algorithms */
        0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x02, 0x01, /* RSA with SHA-256, -384, -512, -1 */
        0x04, 0x03, 0x05, 0x03, 0x02, 0x03, 0x02, 0x02, /* ECDSA with SHA-256, -384, -1; DSA with SHA-1 */
    };
    _Static_assert(sizeof(extensions) == 0x28 + 2, "the length in front is that of what follows");
    bytes_add(out, extensions, sizeof(extensions));
}

void hello_write(struct bytes *out, enum tls_version version, const uint16_t *suites, size_t count,
                 const uint8_t random[HELLO_RANDOM])
{
    size_t start = out->length;
    bytes_add_u8(out, RECORD_HANDSHAKE);
    /* TLS 1.0 in the record whatever is asked inside: what servers of all ages expect (RFC 5246 E.1). */
    bytes_add_u16(out, version == TLS_SSL3 ? 0x0300 : 0x0301);
    bytes_add_u16(out, 0);
    bytes_add_u8(out, 1); /* ClientHello */
    bytes_add_u24(out, 0);
    bytes_add_u16(out, wire_version(version));
    bytes_add(out, random, HELLO_RANDOM);
    bytes_add_u8(out, 0); /* no session */
    bytes_add_u16(out, (unsigned)(count * 2 + 2));
    for (size_t i = 0; i < count; i++)
        bytes_add_u16(out, suites[i]);
    bytes_add_u16(out, SUITE_RENEGOTIATION_INFO);
    bytes_add_u16(out, 0x0100); /* no compression */
    if (version != TLS_SSL3)
        write_extensions(out);
    bytes_put_u16(out, start + 3, out->length - start - RECORD_HEADER);
    bytes_put_u24(out, start + 6, out->length - start - RECORD_HEADER - 4);
}

void hello_write_ssl2(struct bytes *out, const uint8_t random[HELLO_RANDOM])
{
    static const uint8_t hello[] = {
        0x80, 0x2e, 0x01, 0x00, 0x02, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10, /* lengths, version 2, no session */
        0x07, 0x00, 0xc0, 0x03, 0x00, 0x80, 0x01, 0x00, 0x80, 0x06, 0x00, /* 3DES, RC2, RC4, DES */
        0x40, 0x04, 0x00, 0x80, 0x02, 0x00, 0x80, 0x05, 0x00, 0x80,       /* export RC2 and RC4, IDEA */
    };
    bytes_add(out, hello, sizeof(hello));
    bytes_add(out, random, 16);
}

/* Gathers the handshake messages of whole records. HELLO_ACCEPTED here: more may follow. */
static enum hello_outcome gather_records(const uint8_t *at, size_t length, struct bytes *messages,
                                         struct hello_answer *read)
{
    while (length > 0) {
        if ((at[0] != RECORD_ALERT && at[0] != RECORD_HANDSHAKE) || (length > 1 && at[1] != 3))
            return HELLO_NOT_TLS;
        if (length < RECORD_HEADER)
            return HELLO_MORE;
        size_t size = u16_at(at + 3);
        if (size == 0 || size > RECORD_MAXIMUM)
            return HELLO_NOT_TLS;
        if (length - RECORD_HEADER < size)
            return HELLO_MORE;
        if (at[0] == RECORD_ALERT) {
            if (size != 2)
                return HELLO_NOT_TLS;
            read->alert = at[RECORD_HEADER + 1];
            return HELLO_ALERT;
        }
        bytes_add(messages, at + RECORD_HEADER, size);
        at += RECORD_HEADER + size;
        length -= RECORD_HEADER + size;
    }
    return HELLO_MORE;
}

static bool read_server_hello(const uint8_t *body, size_t length, struct hello_answer *read)
{
    if (length < 35 || length < 35 + (size_t)body[34] + 2)
        return false;
    read->version = version_of(u16_at(body));
    read->suite = (uint16_t)u16_at(body + 35 + body[34]);
    return read->version != 0;
}

static bool read_certificates(const struct bytes *messages, size_t offset, size_t length,
                              struct hello_answer *read)
{
    const uint8_t *body = messages->at + offset;
    if (length < 3 || u24_at(body) != length - 3)
        return false;
    for (size_t at = 3; at < length;) {
        if (length - at < 3 || u24_at(body + at) > length - at - 3)
            return false;
        size_t size = u24_at(body + at);
        if (read->certificates < HELLO_CERTIFICATES) {
            read->certificate[read->certificates].offset = offset + at + 3;
            read->certificate[read->certificates++].length = size;
        }
        at += 3 + size;
    }
    return true;
}

/* Walks the messages: ServerHello first, Certificate if there is one before the server's turn ends. */
static enum hello_outcome read_messages(const struct bytes *messages, struct hello_answer *read)
{
    size_t at = 0;
    while (messages->length - at >= 4) {
        uint8_t type = messages->at[at];
        size_t size = u24_at(messages->at + at + 1);
        if ((read->version == 0) != (type == SERVER_HELLO) || size > HELLO_ANSWER_MAXIMUM)
            return HELLO_NOT_TLS;
        if (messages->length - at - 4 < size)
            return HELLO_MORE;
        const uint8_t *body = messages->at + at + 4;
        if (type == SERVER_HELLO && !read_server_hello(body, size, read))
            return HELLO_NOT_TLS;
        if (type == CERTIFICATE)
            return read_certificates(messages, at + 4, size, read) ? HELLO_ACCEPTED : HELLO_NOT_TLS;
        if (type == SERVER_HELLO_DONE || type == SERVER_KEY_EXCHANGE)
            return HELLO_ACCEPTED;
        at += 4 + size;
    }
    return HELLO_MORE;
}

enum hello_outcome hello_read(const uint8_t *answer, size_t length, struct bytes *messages,
                              struct hello_answer *read)
{
    *read = (struct hello_answer){0};
    messages->length = 0;
    enum hello_outcome records = gather_records(answer, length, messages, read);
    enum hello_outcome found = read_messages(messages, read);
    if (found == HELLO_ACCEPTED || found == HELLO_NOT_TLS)
        return found;
    /* A ServerHello and then an alert or silence is still a version that was accepted; the caller decides
     * that when no more comes. */
    return records;
}

enum hello_outcome hello_read_ssl2(const uint8_t *answer, size_t length, struct bytes *messages,
                                   struct hello_answer *read)
{
    *read = (struct hello_answer){0};
    messages->length = 0;
    if (length > 0 && !(answer[0] & 0x80)) /* a server that knows only SSL 3.0 and newer sends its alert */
        return hello_read(answer, length, messages, read);
    if (length < 2)
        return HELLO_MORE;
    size_t size = u16_at(answer) & 0x7fff;
    if (length > 2 && answer[2] != SSL2_SERVER_HELLO)
        return HELLO_NOT_TLS;
    if (length - 2 < size)
        return HELLO_MORE;
    /* type, session hit, certificate type, version, and three lengths; then the certificate */
    if (size < 11 || u16_at(answer + 5) != 2)
        return HELLO_NOT_TLS;
    read->version = TLS_SSL2;
    size_t certificate = u16_at(answer + 7);
    if (certificate > 0 && certificate <= size - 11) {
        bytes_add(messages, answer + 13, certificate);
        read->certificate[0].length = certificate;
        read->certificates = 1;
    }
    return HELLO_ACCEPTED;
}
