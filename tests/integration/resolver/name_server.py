"""A name server that behaves as the name says, on 127.0.0.1:53 (UDP and TCP): name_server.py; ends with standard input.

    a.test          1.1.1.N addresses                both.test       one IPv4, one IPv6
    no-data.test    exists without an address        servfail.test   SERVFAIL
    refused.test    REFUSED                          silent.test     no answer
    slow.test       an answer after 300 ms           big.test        truncated over UDP, whole over TCP
    alias.test      a CNAME to a.test                garbage.test    bytes that are no DNS
    N.many.test     10.N…                            198.18.N.N      no answer to whose address that is
    anything else   NXDOMAIN
"""
import asyncio
import os
import socket
import struct

A, CNAME, PTR, AAAA = 1, 5, 12, 28


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(name, kind, data):
    return encode(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def addresses(name):
    if name.endswith(".many.test"):
        number = int(name.split(".")[0])
        return [f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"], []
    return {
        "a.test": (["192.0.2.1", "192.0.2.2"], []),
        "both.test": (["192.0.2.3"], ["2001:db8::3"]),
        "v6.test": ([], ["2001:db8::4"]),
        "sql07.corp.test": (["192.0.2.7"], []),
        "slow.test": (["192.0.2.8"], []),
        "big.test": ([f"192.0.2.{n}" for n in range(1, 60)], []),
        "no-data.test": ([], []),
    }.get(name)


def answer(query, over_udp):
    """The answer's bytes, or None; and the seconds to wait before it."""
    identity, _, _ = struct.unpack(">HHH", query[:6])
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question, kind = query[12:at + 5], struct.unpack(">H", query[at + 1:at + 3])[0]
    name = ".".join(labels).lower()
    rcode, flags, records = 0, 0x8180, []
    if name == "silent.test" or name.endswith(".silent.test"):
        return None, 0
    if name == "garbage.test":
        return query[:2] + b"\xff" * 40, 0
    if name == "servfail.test":
        rcode = 2
    elif name == "refused.test":
        rcode = 5
    elif name == "alias.test":
        records = [record(name, CNAME, encode("a.test"))]
        records += [record("a.test", A, socket.inet_aton(ip)) for ip in addresses("a.test")[0] if kind == A]
    elif kind == PTR and name == "7.2.0.192.in-addr.arpa":
        records = [record(name, PTR, encode("SQL07.corp.test"))]
    elif kind == PTR and name == "3." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa":
        records = [record(name, PTR, encode("six.corp.test"))]
    elif kind == PTR and (name == "8.2.0.192.in-addr.arpa" or name.endswith(".18.198.in-addr.arpa")):
        return None, 0
    elif addresses(name) is None:
        rcode = 3
    elif kind == A:
        records = [record(name, A, socket.inet_aton(ip)) for ip in addresses(name)[0]]
    elif kind == AAAA:
        records = [record(name, AAAA, socket.inet_pton(socket.AF_INET6, ip)) for ip in addresses(name)[1]]
    if name == "big.test" and over_udp:
        flags, records = flags | 0x0200, []
    return (struct.pack(">HHHHHH", identity, flags | rcode, 1, len(records), 0, 0) + question + b"".join(records),
            0.3 if name == "slow.test" else 0)


class Udp(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, query, address):
        reply, wait = answer(query, True)
        if reply:
            asyncio.get_running_loop().call_later(wait, self.transport.sendto, reply, address)


async def tcp(reader, writer):
    try:
        while True:
            reply, _ = answer(await reader.readexactly(struct.unpack(">H", await reader.readexactly(2))[0]), False)
            if reply:
                writer.write(struct.pack(">H", len(reply)) + reply)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    udp.bind(("127.0.0.1", 53))
    udp.setblocking(False)
    await asyncio.get_running_loop().create_datagram_endpoint(Udp, sock=udp)
    await asyncio.start_server(tcp, "127.0.0.1", 53)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, os.read, 0, 1)


asyncio.run(main())
