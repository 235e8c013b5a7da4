#include "transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TDS_HEADER = 8, TDS_PRELOGIN = 0x12, TDS_END_OF_MESSAGE = 1, FLIGHT = 4096 - TDS_HEADER };

void transport_free(struct transport *transport)
{
    SSL_free(transport->tls);
    buffer_free(&transport->ahead);
    if (transport->fd >= 0)
        close(transport->fd);
    transport->fd = -1;
    ERR_clear_error();
}

static int wait_for(struct transport *transport, short events, int milliseconds)
{
    struct pollfd waits[] = {{.fd = transport->stop_fd, .events = POLLIN},
                             {.fd = transport->fd, .events = events}};
    for (;;) {
        int ready = poll(waits, events ? 2 : 1, milliseconds);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0 || waits[0].revents)
            return -1;
        return ready > 0;
    }
}

bool transport_pause(struct transport *transport, int milliseconds)
{
    return milliseconds <= 0 || wait_for(transport, 0, milliseconds) == 0;
}

int transport_wait(struct transport *transport, int milliseconds)
{
    if (transport->ahead.length || (transport->tls && SSL_pending(transport->tls)))
        return 1;
    return wait_for(transport, POLLIN, milliseconds);
}

static bool fill_ahead(struct transport *transport, size_t length)
{
    unsigned char bytes[4096];
    while (transport->ahead.length < length) {
        ssize_t received = recv(transport->fd, bytes, sizeof bytes, 0);
        if (received > 0)
            buffer_bytes(&transport->ahead, bytes, (size_t)received);
        else if (received == 0 || (errno != EAGAIN && errno != EINTR))
            return false;
        else if (wait_for(transport, POLLIN, -1) < 0)
            return false;
    }
    return true;
}

bool transport_peek(struct transport *transport, void *bytes, size_t length)
{
    if (!fill_ahead(transport, length))
        return false;
    memcpy(bytes, transport->ahead.data, length);
    return true;
}

void transport_discard(struct transport *transport)
{
    transport->ahead.length = 0;
}

static bool raw_read(struct transport *transport, void *bytes, size_t length)
{
    if (!transport_peek(transport, bytes, length))
        return false;
    buffer_consume(&transport->ahead, length);
    return true;
}

static bool raw_write(struct transport *transport, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    while (length) {
        ssize_t sent = send(transport->fd, at, length, MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN ? wait_for(transport, POLLOUT, -1) < 0 : errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Hands what the TLS library has to say to the peer, wrapped in packets of at most 4096 bytes where TDS 7.x
 * wants it. */
static bool send_records(struct transport *transport)
{
    BIO *out = SSL_get_wbio(transport->tls);
    unsigned char packet[TDS_HEADER + FLIGHT];
    int length;
    while ((length = BIO_read(out, packet + TDS_HEADER, FLIGHT)) > 0) {
        unsigned total = (unsigned)length + TDS_HEADER;
        unsigned char header[TDS_HEADER] = {TDS_PRELOGIN, BIO_ctrl_pending(out) ? 0 : TDS_END_OF_MESSAGE,
                                            (unsigned char)(total >> 8), (unsigned char)total};
        memcpy(packet, header, TDS_HEADER);
        bool sent = transport->in_tds_packets ? raw_write(transport, packet, total)
                                              : raw_write(transport, packet + TDS_HEADER, (size_t)length);
        if (!sent)
            return false;
    }
    return true;
}

/* One more piece from the peer for the TLS library. */
static bool receive_records(struct transport *transport)
{
    unsigned char header[TDS_HEADER], payload[32768];
    size_t length;
    if (transport->in_tds_packets) {
        if (!raw_read(transport, header, TDS_HEADER) || header[0] != TDS_PRELOGIN)
            return false;
        length = read_u16_be(header + 2);
        if (length < TDS_HEADER || length > sizeof payload ||
            !raw_read(transport, payload, length - TDS_HEADER))
            return false;
        length -= TDS_HEADER;
    } else {
        /* Exactly one record, so that plain text after it stays below TLS. */
        if (!transport_peek(transport, header, 5))
            return false;
        length = 5u + read_u16_be(header + 3);
        if (header[0] < 20 || header[0] > 23 || length > sizeof payload)
            length = 5;
        if (!raw_read(transport, payload, length))
            return false;
    }
    transport->started = true;
    BIO_write(SSL_get_rbio(transport->tls), payload, (int)length);
    return true;
}

bool transport_read(struct transport *transport, void *bytes, size_t length)
{
    unsigned char *at = bytes;
    if (!transport->tls)
        return raw_read(transport, bytes, length);
    while (length) {
        int got = SSL_read(transport->tls, at, (int)length);
        if (got > 0) {
            at += got;
            length -= (size_t)got;
        } else if (SSL_get_error(transport->tls, got) != SSL_ERROR_WANT_READ || !send_records(transport) ||
                   !receive_records(transport)) {
            return false;
        }
    }
    return true;
}

bool transport_write(struct transport *transport, const void *bytes, size_t length)
{
    if (!transport_pause(transport, transport->delay_ms))
        return false;
    if (!transport->tls)
        return raw_write(transport, bytes, length);
    return SSL_write(transport->tls, bytes, (int)length) > 0 && send_records(transport);
}

bool transport_accept_tls(struct transport *transport, SSL_CTX *context, bool in_tds_packets, bool send_alert)
{
    transport->tls = SSL_new(context);
    SSL_set_bio(transport->tls, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(transport->tls);
    transport->in_tds_packets = in_tds_packets;
    bool accepted = false, failed = false;
    while (!accepted && !failed) {
        int result = SSL_do_handshake(transport->tls);
        accepted = result == 1;
        failed = !accepted && SSL_get_error(transport->tls, result) != SSL_ERROR_WANT_READ;
        if (failed && !send_alert)
            break;
        if (BIO_ctrl_pending(SSL_get_wbio(transport->tls)) &&
            (!transport_pause(transport, transport->delay_ms) || !send_records(transport)))
            failed = true;
        if (!accepted && !failed)
            failed = !receive_records(transport);
    }
    ERR_clear_error();
    transport->in_tds_packets = false;
    return accepted;
}

void transport_end_tls(struct transport *transport)
{
    SSL_free(transport->tls);
    transport->tls = NULL;
}

bool transport_next_is_tls(struct transport *transport)
{
    unsigned char type;
    if (SSL_pending(transport->tls))
        return true;
    return transport_peek(transport, &type, 1) && type >= 20 && type <= 23;
}

void transport_reset(struct transport *transport)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(transport->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
