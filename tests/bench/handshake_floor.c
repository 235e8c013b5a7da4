/* What the handshakes of a probe cost at least: the same connections, PRELOGINs and TLS handshakes as the
 * prober makes at probe_depth = versions, done one after the other by OpenSSL with nothing around it.
 *
 *   handshake_floor FIRST-ADDRESS COUNT PROCESSES
 *
 * COUNT SQL Servers from an IPv4 address on, port 1433; PROCESSES share them. Prints how many handshakes came
 * to their end. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TDS_HEADER = 8, TDS_PRELOGIN = 0x12, TDS_END_OF_MESSAGE = 1, SQLSERVER_PORT = 1433 };

struct version {
    int minimum, maximum;
};

/* The full range, and then each version that it did not choose. */
static const struct version versions[] = {{TLS1_VERSION, TLS1_2_VERSION},
                                          {TLS1_VERSION, TLS1_VERSION},
                                          {TLS1_1_VERSION, TLS1_1_VERSION},
                                          {TLS1_3_VERSION, TLS1_3_VERSION}};

static int connect_to(in_addr_t address)
{
    struct sockaddr_in peer = {
        .sin_family = AF_INET, .sin_port = htons(SQLSERVER_PORT), .sin_addr.s_addr = address};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&peer, sizeof(peer)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_packet(int fd, const void *payload, size_t length)
{
    uint8_t packet[4096] = {TDS_PRELOGIN, TDS_END_OF_MESSAGE};
    size_t total = length + TDS_HEADER;
    if (total > sizeof(packet))
        return false;
    packet[2] = (uint8_t)(total >> 8);
    packet[3] = (uint8_t)total;
    memcpy(packet + TDS_HEADER, payload, length);
    return send(fd, packet, total, MSG_NOSIGNAL) == (ssize_t)total;
}

/* The payload of one packet, at most 32 KiB; 0 at the end of the connection. */
static size_t receive_packet(int fd, uint8_t *payload)
{
    uint8_t header[TDS_HEADER];
    if (recv(fd, header, sizeof(header), MSG_WAITALL) != sizeof(header))
        return 0;
    size_t length = (size_t)(header[2] << 8 | header[3]);
    if (length <= TDS_HEADER || length > 32768)
        return 0;
    length -= TDS_HEADER;
    return recv(fd, payload, length, MSG_WAITALL) == (ssize_t)length ? length : 0;
}

/* VERSION, ENCRYPTION = off and the end of the options, [MS-TDS] 2.2.6.5. */
static bool prelogin(int fd)
{
    static const uint8_t question[] = {0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 9, 0, 0, 0, 0, 0, 0};
    uint8_t answer[32768];
    return send_packet(fd, question, sizeof(question)) && receive_packet(fd, answer) > 0;
}

static bool send_records(int fd, BIO *outgoing)
{
    char *data;
    long length = BIO_get_mem_data(outgoing, &data);
    bool sent = length == 0 || send_packet(fd, data, (size_t)length);
    (void)BIO_reset(outgoing);
    return sent;
}

static bool handshake(SSL_CTX *context, int fd, const struct version *version)
{
    uint8_t records[32768];
    SSL *ssl = SSL_new(context);
    BIO *incoming = BIO_new(BIO_s_mem()), *outgoing = BIO_new(BIO_s_mem());
    if (!ssl || !incoming || !outgoing)
        abort();
    SSL_set_bio(ssl, incoming, outgoing);
    SSL_set_connect_state(ssl);
    SSL_set_min_proto_version(ssl, version->minimum);
    SSL_set_max_proto_version(ssl, version->maximum);
    int done;
    while ((done = SSL_do_handshake(ssl)) != 1 && SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ) {
        size_t length = send_records(fd, outgoing) ? receive_packet(fd, records) : 0;
        if (length == 0)
            break;
        BIO_write(incoming, records, (int)length);
    }
    if (done == 1)
        SSL_shutdown(ssl);
    send_records(fd, outgoing);
    SSL_free(ssl);
    ERR_clear_error();
    return done == 1;
}

static uint64_t probe(SSL_CTX *context, in_addr_t address)
{
    uint64_t done = 0;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        int fd = connect_to(address);
        if (fd < 0)
            continue;
        done += prelogin(fd) && handshake(context, fd, &versions[i]);
        close(fd);
    }
    return done;
}

static SSL_CTX *new_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        abort();
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return context;
}

/* Every PROCESSES-th address from `first` on. */
static uint64_t probe_share(uint32_t first, uint32_t count, uint32_t share, uint32_t shares)
{
    SSL_CTX *context = new_context();
    uint64_t done = 0;
    for (uint32_t i = share; i < count; i += shares)
        done += probe(context, htonl(first + i));
    SSL_CTX_free(context);
    return done;
}

int main(int argc, char **argv)
{
    struct in_addr first;
    uint32_t count = argc == 4 ? (uint32_t)atol(argv[2]) : 0,
             processes = argc == 4 ? (uint32_t)atol(argv[3]) : 0;
    int results[2];
    if (!count || !processes || inet_pton(AF_INET, argv[1], &first) != 1 || pipe(results) != 0) {
        fprintf(stderr, "usage: handshake_floor FIRST-ADDRESS COUNT PROCESSES\n");
        return 3;
    }
    for (uint32_t i = 0; i < processes; i++) {
        if (fork() == 0) {
            uint64_t done = probe_share(ntohl(first.s_addr), count, i, processes);
            _exit(write(results[1], &done, sizeof(done)) == sizeof(done) ? 0 : 1);
        }
    }
    uint64_t done, sum = 0;
    for (uint32_t i = 0; i < processes; i++)
        sum += read(results[0], &done, sizeof(done)) == sizeof(done) ? done : 0;
    while (wait(NULL) > 0)
        ;
    printf("%llu\n", (unsigned long long)sum);
    return sum > 0 ? 0 : 1;
}
