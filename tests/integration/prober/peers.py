"""Peers that are not the stand-in: plain sockets that behave in one way each, and SQL Servers whose TLS is GnuTLS's
(gnutls-serv behind a shim that speaks PRELOGIN and the packets of TDS around the handshake), on IPv4 and IPv6.

    peers.py DIRECTORY BROWSER-ADDRESS…       prints "ready"; ends with its standard input
"""
import asyncio
import os
import ssl
import struct
import subprocess
import sys

DIRECTORY, BROWSER_ADDRESSES = sys.argv[1], sys.argv[2:]

# port of gnutls-serv: what it speaks
GNUTLS = {
    5001: "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:%COMPAT",
    5002: "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3",
    5003: "NORMAL:-VERS-ALL:+VERS-TLS1.0",
    5004: "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128:-KX-ALL:+RSA:+SHA1:+MD5",
    5005: "NORMAL:-VERS-ALL:+VERS-TLS1.0:-CIPHER-ALL:+3DES-CBC:-KX-ALL:+RSA:+SHA1",
}
PACKET = 4096


def packets(kind, payload):
    parts = [payload[at:at + PACKET - 8] for at in range(0, len(payload), PACKET - 8)] or [b""]
    return b"".join(struct.pack(">BBHHBB", kind, part is parts[-1], len(part) + 8, 0, number + 1, 0) + part
                    for number, part in enumerate(parts))


def prelogin(encryption, version=(15, 0, 2000)):
    options = [(0, struct.pack(">BBHH", *version, 0)), (1, bytes([encryption])), (2, b"\0"), (3, b""), (4, b"\0")]
    head, data, offset = b"", b"", len(options) * 5 + 1
    for token, value in options:
        head += struct.pack(">BHH", token, offset + len(data), len(value))
        data += value
    return packets(4, head + b"\xff" + data)


async def read_packet(reader):
    head = await reader.readexactly(8)
    return await reader.readexactly(struct.unpack(">H", head[2:4])[0] - 8)


def abort(writer):
    writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER 0: RST
    writer.transport.abort()


async def from_client(reader, server):
    """Unwraps packets until the client speaks TLS records directly."""
    try:
        while True:
            first = await reader.readexactly(1)
            if first == b"\x12":
                head = first + await reader.readexactly(7)
                server.write(await reader.readexactly(struct.unpack(">H", head[2:4])[0] - 8))
            else:
                server.write(first + await reader.read(65536))
            await server.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        server.close()


async def tds_over(port, reader, writer):
    await read_packet(reader)
    writer.write(prelogin(0))
    server_reader, server = await asyncio.open_connection("127.0.0.1", port)
    task = asyncio.create_task(from_client(reader, server))
    while data := await server_reader.read(65536):
        writer.write(packets(0x12, data))
        await writer.drain()
    writer.close()
    await task


async def silent(reader, writer):
    while await reader.read(65536):
        pass
    writer.close()


async def close_at_once(reader, writer):
    writer.close()


async def reset_at_once(reader, writer):
    abort(writer)


async def say(text, reader, writer):
    await reader.read(65536)
    writer.write(text)
    await writer.drain()
    writer.close()


async def no_tls(reader, writer):
    await read_packet(reader)
    writer.write(prelogin(2, (8, 0, 194)))
    await silent(reader, writer)


async def reset_on_prelogin(reader, writer):
    await read_packet(reader)
    abort(writer)


async def close_on_prelogin(reader, writer):
    await read_packet(reader)
    writer.close()


async def hang_in_tls(reader, writer):
    await read_packet(reader)
    writer.write(prelogin(3))
    await silent(reader, writer)


async def close_in_tls(reader, writer):
    await read_packet(reader)
    writer.write(prelogin(0))
    await read_packet(reader)
    writer.close()


async def drip(reader, writer):
    """A byte at a time, as long as a deadline for the whole allows."""
    await read_packet(reader)
    for byte in prelogin(2):
        writer.write(bytes([byte]))
        await asyncio.sleep(0.005)
    await silent(reader, writer)


async def endless(reader, writer):
    """A message without end."""
    await read_packet(reader)
    while not writer.is_closing():
        writer.write(struct.pack(">BBHHBB", 4, 0, 4096, 0, 1, 0) + bytes(4088))
        await writer.drain()
        await asyncio.sleep(0.01)


PEERS = {
    1433: lambda r, w: tds_over(5001, r, w),
    2001: silent,
    2002: close_at_once,
    2003: reset_at_once,
    2004: lambda r, w: say(b"HTTP/1.1 400 Bad Request\r\n\r\n", r, w),
    2005: lambda r, w: say(b"SSH-2.0-OpenSSH_9.2\r\n", r, w),
    2006: lambda r, w: say(bytes(range(200, 256)), r, w),
    2007: no_tls,
    2008: reset_on_prelogin,
    2009: close_on_prelogin,
    2010: hang_in_tls,
    2011: drip,
    2012: endless,
    2013: lambda r, w: tds_over(5003, r, w),
    2014: lambda r, w: tds_over(5004, r, w),
    2015: lambda r, w: tds_over(5005, r, w),
    2016: close_in_tls,
    2017: lambda r, w: say(b"\x15\x03\x01\x00\x02\x02\x28", r, w),
}


async def strict(reader, writer):
    await read_packet(reader)
    writer.write(prelogin(0, (17, 0, 1000)))
    await silent(reader, writer)


def strict_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["tds/8.0"])
    return context


class Browser(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        instances = {b"MSSQLSERVER": b"tcp;51433;;", b"INST1": b"tcp;1433;;",
                     b"INST3": b"np;\\\\PEER\\pipe\\MSSQL$INST3\\sql\\query;;"}
        text = b"".join(b"ServerName;PEER;InstanceName;" + name + b";IsClustered;No;Version;15.0.2000.5;" + protocols
                        for name, protocols in instances.items() if data in (b"\x03", b"\x04" + name + b"\0"))
        if text:
            self.transport.sendto(b"\x05" + struct.pack("<H", len(text)) + text, address)


def guarded(peer):
    async def handle(reader, writer):
        try:
            await peer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
    return handle


async def main():
    key, certificate = f"{DIRECTORY}/key.pem", f"{DIRECTORY}/certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "30", "-subj", "/CN=peer.example"], check=True, capture_output=True)
    servers = [subprocess.Popen(["gnutls-serv", "-q", "--echo", "-p", str(port), "--x509certfile", certificate,
                                 "--x509keyfile", key, "--priority", priority],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
               for port, priority in GNUTLS.items()]
    try:
        for port, peer in PEERS.items():
            await asyncio.start_server(guarded(peer), ["0.0.0.0", "::"], port)
        await asyncio.start_server(guarded(strict), ["0.0.0.0", "::"], 2018, ssl=strict_context(certificate, key))
        for address in BROWSER_ADDRESSES:
            await asyncio.get_running_loop().create_datagram_endpoint(Browser, local_addr=(address, 1434))
        for port in GNUTLS:
            for _ in range(100):
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                except OSError:
                    await asyncio.sleep(0.1)
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, os.read, 0, 1)
    finally:
        for server in servers:
            server.kill()


asyncio.run(main())
