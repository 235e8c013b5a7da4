#include "legacy_tls.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    HELLO = 1,
    SERVER_HELLO = 2,
    CERTIFICATE = 11,
    SERVER_HELLO_DONE = 14,
    ALERT_HANDSHAKE_FAILURE = 40,
    RECORD_HEADER = 5,
    SUITES_AFTER = 38, /* handshake header, version and random; then the session id */
    SSL2_HELLO = 1,
    SSL2_SERVER_HELLO = 4,
};

struct client_hello {
    unsigned version;
    const unsigned char *suites;
    size_t suites_length;
};

static bool read_hello(const struct buffer *message, struct client_hello *hello)
{
    const unsigned char *body = message->data + RECORD_HEADER;
    if (message->length < RECORD_HEADER + SUITES_AFTER + 3 || message->data[0] != RECORD_HANDSHAKE ||
        body[0] != HELLO)
        return false;
    hello->version = read_u16_be(body + 4);
    size_t at = RECORD_HEADER + SUITES_AFTER + 1u + body[SUITES_AFTER];
    if (at + 2 > message->length)
        return false;
    hello->suites_length = read_u16_be(message->data + at);
    hello->suites = message->data + at + 2;
    return at + 2 + hello->suites_length <= message->length;
}

/* The server's favourite among the suites that the client offers; 0 for none. The one with SSL 3.0 has had
 * RC4 and 3DES turned off. */
static unsigned choose_suite(const struct client_hello *hello, enum behaviour behaviour)
{
    static const unsigned rc4[] = {0x0005, 0x0004, 0}, aes[] = {0x002F, 0x0035, 0};
    for (const unsigned *favourite = behaviour == BEHAVE_SSL3_ONLY ? aes : rc4; *favourite; favourite++)
        for (size_t j = 0; j + 1 < hello->suites_length; j += 2)
            if (read_u16_be(hello->suites + j) == *favourite)
                return *favourite;
    return 0;
}

static void write_u24(struct buffer *buffer, size_t value)
{
    buffer_u8(buffer, (uint8_t)(value >> 16));
    buffer_u16_be(buffer, (uint16_t)value);
}

static void write_flight(struct buffer *flight, unsigned version, unsigned suite,
                         const unsigned char *certificate, size_t certificate_length)
{
    static const unsigned char random[32] = {0x5A};
    struct buffer body = {0};
    buffer_u8(&body, SERVER_HELLO);
    write_u24(&body, 2 + sizeof random + 1 + 2 + 1);
    buffer_u16_be(&body, (uint16_t)version);
    buffer_bytes(&body, random, sizeof random);
    buffer_u8(&body, 0);
    buffer_u16_be(&body, (uint16_t)suite);
    buffer_u8(&body, 0);
    buffer_u8(&body, CERTIFICATE);
    write_u24(&body, certificate_length + 6);
    write_u24(&body, certificate_length + 3);
    write_u24(&body, certificate_length);
    buffer_bytes(&body, certificate, certificate_length);
    buffer_u8(&body, SERVER_HELLO_DONE);
    write_u24(&body, 0);
    buffer_u8(flight, RECORD_HANDSHAKE);
    buffer_u16_be(flight, (uint16_t)version);
    buffer_u16_be(flight, (uint16_t)body.length);
    buffer_bytes(flight, body.data, body.length);
    buffer_free(&body);
}

static void write_alert(struct buffer *flight, unsigned version)
{
    buffer_u8(flight, RECORD_ALERT);
    buffer_u16_be(flight, (uint16_t)version);
    buffer_u16_be(flight, 2);
    buffer_u8(flight, 2);
    buffer_u8(flight, ALERT_HANDSHAKE_FAILURE);
}

/* SSL 2.0: a two-byte header with the high bit set, then SERVER-HELLO with certificate, ciphers, connection
 * id. */
static void write_ssl2_hello(struct buffer *flight, const unsigned char *certificate, size_t length)
{
    static const unsigned char cipher[] = {0x01, 0x00, 0x80}, connection_id[16] = {0x5A};
    size_t total = 11 + length + sizeof cipher + sizeof connection_id;
    buffer_u16_be(flight, (uint16_t)(0x8000 | total));
    buffer_u8(flight, SSL2_SERVER_HELLO);
    buffer_u8(flight, 0);
    buffer_u8(flight, 1);
    buffer_u16_be(flight, 0x0002);
    buffer_u16_be(flight, (uint16_t)length);
    buffer_u16_be(flight, sizeof cipher);
    buffer_u16_be(flight, sizeof connection_id);
    buffer_bytes(flight, certificate, length);
    buffer_bytes(flight, cipher, sizeof cipher);
    buffer_bytes(flight, connection_id, sizeof connection_id);
}

static void answer(const struct session *session, struct buffer *flight)
{
    const struct buffer *message = &session->message.payload;
    enum behaviour behaviour = session->instance->behaviour;
    unsigned char *certificate = NULL;
    int length = i2d_X509(SSL_CTX_get0_certificate(session->instance->tls), &certificate);
    unsigned highest = behaviour == BEHAVE_SSL3_ONLY ? 0x0300 : 0x0301;
    struct client_hello hello;
    bool is_ssl2 = message->length > 3 && (message->data[0] & 0x80) && message->data[2] == SSL2_HELLO;
    if (is_ssl2 && behaviour == BEHAVE_SSL2_ONLY) {
        write_ssl2_hello(flight, certificate, (size_t)length);
    } else if (behaviour != BEHAVE_SSL2_ONLY && read_hello(message, &hello)) {
        unsigned version = hello.version < highest ? hello.version : highest;
        unsigned suite = version < highest ? 0 : choose_suite(&hello, behaviour);
        if (suite)
            write_flight(flight, version, suite, certificate, (size_t)length);
        else if (session->instance->tls_refusal == REFUSE_BY_ALERT)
            write_alert(flight, version);
    }
    OPENSSL_free(certificate);
}

void legacy_tls(struct session *session)
{
    struct buffer flight = {0};
    unsigned char packet_number = 1;
    if (message_read(&session->transport, &session->message) != MESSAGE_READ ||
        session->message.type != PACKET_PRELOGIN)
        return;
    session->transport.started = true;
    answer(session, &flight);
    if (flight.length &&
        message_write(&session->transport, PACKET_PRELOGIN, &flight, PACKET_DEFAULT, 0, &packet_number, true))
        message_read(&session->transport, &session->message);
    buffer_free(&flight);
}
