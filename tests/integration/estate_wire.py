#!/usr/bin/python3
"""What ordinary clients never send: the stand-in estate on the wire, compared with MS-TDS and MC-SQLR.
estate_wire.py NETWORK (127.N) CA-FILE. One line per check; exit status 1 when one fails."""
import socket
import ssl
import struct
import sys
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # old TLS versions are what is tested
network, ca_file = sys.argv[1], sys.argv[2]
failures = 0


def check(what, holds, detail=""):
    global failures
    if holds:
        print("ok wire:", what)
    else:
        failures += 1
        print("not ok wire:", what, detail)


def address(tail, port=1433):
    return ("%s.%s" % (network, tail), port)


# --- TDS -----------------------------------------------------------------------------------------------------

def packet(kind, payload, status=1):
    return struct.pack(">BBHHBB", kind, status, len(payload) + 8, 0, 1, 0) + payload


def prelogin(encryption, instance=b"MSSQLServer", order=(0, 1, 2, 3)):
    data = {0: bytes.fromhex("0900000000 00".replace(" ", "")), 1: bytes([encryption]), 2: instance + b"\0",
            3: b"\1\2\3\4"}
    offset = 5 * len(order) + 1
    head, body = b"", b""
    for token in order:
        head += struct.pack(">BHH", token, offset + len(body), len(data[token]))
        body += data[token]
    return packet(0x12, head + b"\xff" + body)


def login7(user, password, version=0x74000004):
    texts = ["wirehost", user, password, "estate_wire", "server", "", "wire", "us_english", ""]
    fixed = struct.pack("<IIIII", version, 4096, 7, 4711, 0) + bytes([0xE0, 0x03, 0, 0]) + struct.pack("<ii", 0, 0x409)
    offset, table, body = 94, b"", b""
    for number, text in enumerate(texts):
        raw = text.encode("utf-16-le")
        if number == 2:
            raw = bytes((((b << 4) | (b >> 4)) & 0xFF) ^ 0xA5 for b in raw)
        table += struct.pack("<HH", offset + len(body), len(text))
        body += raw
    table += b"\0" * 6 + struct.pack("<HHHHHH", offset + len(body), 0, offset + len(body), 0, offset + len(body), 0)
    table += struct.pack("<I", 0)
    message = fixed + table + body
    return packet(0x10, struct.pack("<I", len(message) + 4) + message)


def batch(text):
    headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
    return packet(1, headers + text.encode("utf-16-le", "surrogatepass"))


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise EOFError(len(data))
        data += part
    return data


def read_message(stream):
    payload, status = b"", 0
    while not status & 1:
        kind, status, length = struct.unpack(">BBH", read_exactly(stream, 8)[:4])
        payload += read_exactly(stream, length - 8)
    return kind, payload


def options(payload):
    result, at = {}, 0
    while payload[at] != 0xFF:
        token, offset, length = struct.unpack(">BHH", payload[at:at + 5])
        result[token] = payload[offset:offset + length]
        at += 5
    return result


# Long enough for an answer on any machine; where silence is the answer, `wait` is short.
def connect(tail, port=1433, wait=60):
    stream = socket.create_connection(address(tail, port), timeout=wait)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def ends(stream):
    """How the other side ends: "end", "reset" or "waits"."""
    try:
        while stream.recv(4096):
            pass
        return "end"
    except ConnectionResetError:
        return "reset"
    except (socket.timeout, TimeoutError):
        return "waits"


def errors(payload):
    """Numbers of the ERROR tokens (AA)."""
    found, at = [], 0
    while True:
        at = payload.find(b"\xaa", at)
        if at < 0 or at + 9 > len(payload):
            return found
        length, number, state, severity = struct.unpack("<HiBB", payload[at + 1:at + 9])
        if 0 < severity <= 25 and length < 4000:
            found.append(number)
        at += 1


# --- TLS inside TDS --------------------------------------------------------------------------------------------

class Wrapped:
    """TLS whose handshake travels in type-12 packets."""

    def __init__(self, stream, context, name=None):
        self.stream, self.incoming, self.outgoing = stream, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.kinds = set()
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.stream.sendall(packet(0x12, self.outgoing.read()))
                kind, payload = read_message(self.stream)
                self.kinds.add(kind)
                self.incoming.write(payload)
        rest = self.outgoing.read()
        if rest:
            self.stream.sendall(packet(0x12, rest))

    def sendall(self, data):
        self.tls.write(data)
        self.stream.sendall(self.outgoing.read())

    def recv(self, count):
        while True:
            try:
                return self.tls.read(count)
            except ssl.SSLWantReadError:
                data = self.stream.recv(4096)
                if not data:
                    return b""
                self.incoming.write(data)


def tls_context(lowest=None, highest=None, verify=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if verify:
        context.load_verify_locations(ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = lowest or ssl.TLSVersion.TLSv1
    context.maximum_version = highest or ssl.TLSVersion.TLSv1_2
    return context


def wrapped(tail, context, name=None, encryption=1):
    stream = connect(tail)
    stream.sendall(prelogin(encryption))
    read_message(stream)
    return Wrapped(stream, context, name)


# --- PRELOGIN --------------------------------------------------------------------------------------------------

# client byte: (reply, terminates) for a server with encryption off, on, not supported; MS-TDS 2.2.6.5
TABLE = {
    0x00: ((0, False), (3, False), (2, False)),
    0x01: ((1, False), (1, False), (2, True)),
    0x02: ((2, False), (3, True), (2, False)),
    0x03: ((1, False), (1, False), (2, True)),
    0x80: ((0, False), (3, False), (2, True)),
    0x81: ((1, False), (1, False), (2, True)),
    0x83: ((1, False), (1, False), (2, True)),
    0x82: ((3, True), (3, True), (3, True)),
}
for client, row in TABLE.items():
    for tail, port, name, (reply, terminates) in zip(("0.1", "0.2", "0.3"), (1433, 1433, 51433),
                                                     ("off", "on", "not-supported"), row):
        with connect(tail, port) as stream:
            stream.sendall(prelogin(client))
            kind, payload = read_message(stream)
            got = options(payload)
            stream.settimeout(60 if terminates else 0.3)
            end = ends(stream)
            check("PRELOGIN %02X to a server with encryption %s" % (client, name),
                  kind == 4 and got[1][0] == reply and (end != "waits") == terminates,
                  "reply %s, then %s" % (got[1].hex(), end))

with connect("0.1") as stream:
    stream.sendall(prelogin(0))
    got = options(read_message(stream)[1])
    check("PRELOGIN tells the product's version", got[0] == bytes([15, 0, 0x10, 0xD8, 0, 0]), got[0].hex())
    check("THREADID comes back empty, and nothing that was not asked for", got[3] == b"" and 4 not in got)
for tail, port, name, want in (("0.3", 51433, b"OTHER", 1), ("0.3", 51433, b"inst", 0), ("0.3", 51433, b"MSSQLServer", 1),
                               ("0.1", 1433, b"OTHER", 1), ("0.1", 1433, b"MSSQLServer", 0)):
    with connect(tail, port) as stream:
        stream.sendall(prelogin(2, name))
        got = options(read_message(stream)[1])
        check("INSTOPT %s at %s is %d" % (name.decode(), tail, want), got[2][0] == want)
with connect("0.1") as stream:
    stream.sendall(prelogin(0, order=(1, 0, 2, 3)))
    check("VERSION must come first", ends(stream) == "end")
with connect("0.1") as stream:
    stream.sendall(packet(0x12, bytes.fromhex("000006 0006 01 7000 0001 ff 00".replace(" ", ""))))
    check("an option outside of the packet ends the connection", ends(stream) == "end")
with connect("0.1") as stream:
    stream.sendall(b"GET / HTTP/1.0\r\n\r\n")
    stream.settimeout(0.6)
    check("bytes that are no TDS end the connection or wait for more", ends(stream) in ("end", "waits"))

# --- TLS -------------------------------------------------------------------------------------------------------

V = ssl.TLSVersion
for tail, name, accepted in (("0.1", "2019", (V.TLSv1, V.TLSv1_1, V.TLSv1_2)), ("0.5", "2005", (V.TLSv1,)),
                             ("0.7", "TLS 1.2 only", (V.TLSv1_2,)),
                             ("0.9", "TLS 1.2 and 1.3", (V.TLSv1_2, V.TLSv1_3))):
    for version in (V.TLSv1, V.TLSv1_1, V.TLSv1_2, V.TLSv1_3):
        try:
            channel = wrapped(tail, tls_context(version, version))
            done = channel.tls.version().replace(".", "_") == version.name or version == V.TLSv1
            check("%s to %s is accepted" % (version.name, name), version in accepted and done)
            check("handshake packets of %s from %s are of type 12" % (version.name, name), channel.kinds == {0x12},
                  channel.kinds)
            channel.stream.close()
        except (ssl.SSLError, OSError, EOFError) as error:
            check("%s to %s is refused" % (version.name, name), version not in accepted, repr(error))

for tail, how, exception in (("0.7", "an alert", ssl.SSLError), ("0.9", "closing", EOFError),
                             ("0.8", "a reset", ConnectionResetError)):
    try:
        wrapped(tail, tls_context(V.TLSv1_1, V.TLSv1_1))
        check("a version is refused by " + how, False)
    except (ssl.SSLError, OSError, EOFError) as error:
        check("a version is refused by " + how, isinstance(error, exception), repr(error))

for tail, name, trusted in (("0.1", "one.test", True), ("0.1", "other.test", False), ("0.7", "expired.test", False),
                            ("0.8", "early.test", False), ("0.5", "old.test", False), ("0.9", "curve.test", True)):
    try:
        wrapped(tail, tls_context(verify=True), name).stream.close()
        check("%s as %s is trusted" % (tail, name), trusted)
    except ssl.SSLCertVerificationError as error:
        check("%s as %s is not trusted" % (tail, name), not trusted, error)
    except (ssl.SSLError, OSError) as error:
        check("%s as %s" % (tail, name), not trusted, repr(error))

# Login-only encryption: LOGIN7 inside TLS, everything after it in plain text.
channel = wrapped("0.1", tls_context(), encryption=0)
channel.sendall(login7("audit", "Passw0rd!"))
kind, payload = read_message(channel.stream)
check("after login-only encryption the reply is plain", kind == 4 and b"\xad" in payload and not errors(payload))
channel.stream.sendall(batch("SELECT encrypt_option FROM sys.dm_exec_connections"))
payload = read_message(channel.stream)[1]
check("encrypt_option says FALSE", "FALSE".encode("utf-16-le") in payload)
channel.stream.close()
channel = wrapped("0.1", tls_context(), encryption=1)
channel.sendall(login7("audit", "Passw0rd!"))
kind, payload = read_message(channel)
check("with encryption the reply is encrypted", kind == 4 and not errors(payload))
channel.sendall(batch("SELECT encrypt_option FROM sys.dm_exec_connections"))
check("encrypt_option says TRUE", "TRUE".encode("utf-16-le") in read_message(channel)[1])
channel.stream.close()


# Hellos that no library sends any more.
SSL3 = "16030000370100003303 00" + "5a" * 32 + "00 000c 000a 0005 0004 002f 0035 00ff 0100"
SSL2 = "802e 01 0002 0015 0000 0010 0700c0 030080 010080 060040 040080 020080 050080" + "5a" * 16
RC4 = "160301002f0100002b0301" + "5a" * 32 + "00 0004 000a 0005 0100"
MODERN = "160301002d010000290303" + "5a" * 32 + "00 0002 c02f 0100"


def raw_hello(tail, text):
    with connect(tail) as stream:
        stream.sendall(prelogin(1))
        read_message(stream)
        stream.sendall(packet(0x12, bytes.fromhex(text.replace(" ", ""))))
        try:
            return read_message(stream)[1]
        except (OSError, EOFError):
            return b""


flight = raw_hello("1.23", SSL3)
check("SSL 3.0: hello and certificate", flight[:3] == b"\x16\x03\x00" and flight[5] == 2 and b"Fallback" in flight)
check("SSL 3.0 only: not with a suite of today", raw_hello("1.23", MODERN) == b"")
flight = raw_hello("1.24", RC4)
check("RC4: hello and certificate", flight[:3] == b"\x16\x03\x01" and flight[44:46] == b"\0\x05" and b"Fallback" in flight)
check("RC4 only: an alert for a suite of today", raw_hello("1.24", MODERN) == bytes.fromhex("1503010002 0228".replace(" ", "")))
flight = raw_hello("1.22", SSL2)
check("SSL 2.0: hello and certificate", flight[0] & 0x80 and flight[2] == 4 and b"Fallback" in flight)
check("SSL 2.0 only: no other", raw_hello("1.22", RC4) == b"")

# --- strict ----------------------------------------------------------------------------------------------------

def strict(tail, alpn="tds/8.0", highest=V.TLSv1_3):
    context = tls_context(V.TLSv1_2, highest)
    if alpn:
        context.set_alpn_protocols([alpn])
    return context.wrap_socket(connect(tail))


for tail, alpn in (("0.4", "tds/8.0"), ("0.2", "tds/8.0"), ("0.2", None)):
    stream = strict(tail, alpn)
    stream.sendall(prelogin(0))
    kind, payload = read_message(stream)
    stream.sendall(login7("audit", "Passw0rd!", 0x08000000))
    login_kind, login_reply = read_message(stream)
    check("TDS 8.0 at %s with ALPN %s: %s" % (tail, alpn, stream.version()),
          kind == 4 and login_kind == 4 and b"\xad" in login_reply and stream.selected_alpn_protocol() == alpn)
    stream.close()
try:
    strict("0.4", "http/1.1")
    check("another ALPN is refused", False)
except (ssl.SSLError, OSError) as error:
    check("another ALPN is refused", True)
with connect("0.4") as stream:
    stream.sendall(prelogin(0))
    check("strict-only closes at a TDS 7 PRELOGIN without a word", ends(stream) == "end")
try:
    strict("0.6")
    check("2022 with its fallback certificate refuses TDS 8.0", False)
except (ssl.SSLError, OSError):
    check("2022 with its fallback certificate refuses TDS 8.0", True)
try:
    strict("0.1")
    check("2019 does not answer TLS from the first byte", False)
except (ssl.SSLError, OSError):
    check("2019 does not answer TLS from the first byte", True)


# --- statements ------------------------------------------------------------------------------------------------

def session(tail, user="audit", password="Passw0rd!", version=0x74000004):
    stream = connect(tail)
    stream.sendall(prelogin(2))
    read_message(stream)
    stream.sendall(login7(user, password, version))
    return stream, read_message(stream)[1]


stream, payload = session("0.1")
order = [payload.find(mark) for mark in (b"\xe3", struct.pack("<I", 5701), struct.pack("<I", 5703), b"\xad")]
check("login reply: database, 5701, 5703, LOGINACK, in this order", -1 not in order and order == sorted(order), order)
check("LOGINACK names TDS 7.4, big-endian", b"\x01\x74\x00\x00\x04" in payload)
stream.sendall(batch("EXEC sys.sp_testlinkedserver N'HANGS'"))
time.sleep(0.3)
stream.sendall(packet(6, b""))
check("the interrupted statement's answer ends", read_message(stream)[1][-13:-11] == b"\xfd\x02")
payload = read_message(stream)[1]
check("an attention is acknowledged at once, in a message of its own", payload == b"\xfd\x20\x00\x00\x00" + b"\0" * 8,
      payload.hex())
stream.sendall(batch("EXEC sys.sp_testlinkedserver N'SLOW'") + batch("SELECT N'queued' AS a"))
first, second = read_message(stream)[1], read_message(stream)[1]
check("a request that comes while another one runs waits its turn", "queued".encode("utf-16-le") not in first
      and "queued".encode("utf-16-le") in second)
stream.sendall(packet(1, b"half", status=0) + packet(1, b"", status=3))
check("a request that is taken back gets DONE with an error", read_message(stream)[1][:3] == b"\xfd\x02\x00")
stream.sendall(batch("SELECT 1 AS a"))
check("and the session goes on", not errors(read_message(stream)[1]))
stream.sendall(packet(6, b""))
check("an attention out of turn is acknowledged", b"\xfd\x20\x00" in read_message(stream)[1])
stream.sendall(packet(1, struct.pack("<I", 4096)))
check("a batch with broken headers is an error", 4002 in errors(read_message(stream)[1]))
stream.sendall(packet(7, b"bulk"))
check("a packet type that is not for clients ends the session", ends(stream) == "end")
for version, mark in ((0x71000001, b"\x71\0\0\1"), (0x72090002, b"\x72\x09\0\2"), (0x730B0003, b"\x73\x0b\0\3")):
    stream, payload = session("0.1", version=version)
    check("a client of TDS %08X is answered in it" % version, mark in payload)
    if version == 0x71000001:
        stream.sendall(packet(1, "SELECT name FROM sys.servers WHERE server_id = 0".encode("utf-16-le")))
        check("TDS 7.1 has no ALL_HEADERS", "ONE".encode("utf-16-le") in read_message(stream)[1])
    stream.close()


# --- misbehaviour ----------------------------------------------------------------------------------------------

def first_answer(tail, send=None, wait=60):
    try:
        with connect(tail, wait=wait) as stream:
            stream.sendall(send or prelogin(0))
            try:
                data = stream.recv(4096)
                return data if data else "end"
            except ConnectionResetError:
                return "reset"
            except (socket.timeout, TimeoutError):
                return "waits"
    except ConnectionRefusedError:
        return "refused"
    except (socket.timeout, TimeoutError):
        return "dropped"
    except ConnectionResetError:
        return "reset"


for tail, name, want in (("1.1", "refuse", "refused"), ("1.2", "full", "dropped"), ("1.3", "silent", "waits"),
                         ("1.4", "close-on-prelogin", "end"), ("1.5", "reset-on-prelogin", "reset"),
                         ("1.20", "close-at-once", ("end", "reset")), ("1.21", "reset-at-once", "reset")):
    got = first_answer(tail, wait=0.6 if want in ("dropped", "waits") else 60)
    check("behaviour " + name, got == want or got in want, got)
check("behaviour garbage", isinstance(first_answer("1.6"), bytes) and first_answer("1.6")[0] != 4)
check("behaviour http", first_answer("1.7").startswith(b"HTTP/1.1 400"))
check("behaviour ssh", first_answer("1.8").startswith(b"SSH-2.0-"))
check("behaviour lying-length", first_answer("1.9")[:4] == b"\x04\x01\x7f\xff")
check("behaviour truncated-prelogin", len(first_answer("1.10")) == 17)
with connect("1.11") as stream:
    stream.sendall(prelogin(1))
    read_message(stream)
    stream.settimeout(0.6)
    stream.sendall(packet(0x12, b"\x16\x03\x01\x00\x10" + b"\0" * 16))
    check("behaviour hang-in-tls", ends(stream) == "waits")
with connect("1.12") as stream:
    stream.sendall(prelogin(2))
    read_message(stream)
    stream.settimeout(0.6)
    stream.sendall(login7("audit", "x"))
    check("behaviour hang-after-login", ends(stream) == "waits")
for tail, name, want in (("1.13", "hang-in-query", "waits"), ("1.14", "close-in-query", "end"),
                         ("1.15", "reset-in-query", "reset")):
    stream, _ = session(tail, "audit", "x")
    stream.settimeout(0.6 if want == "waits" else 60)
    stream.sendall(batch("SELECT * FROM sys.servers"))
    check("behaviour " + name, ends(stream) == want)
    stream.close()
for tail, name in (("1.16", "endless-tokens"), ("1.17", "row-flood")):
    stream, _ = session(tail, "audit", "x")
    stream.sendall(batch("SELECT * FROM sys.servers"))
    got = len(read_exactly(stream, 3000000))
    stream.sendall(packet(6, b""))
    tail_bytes = b""
    while b"\xfd\x20\x00\x00\x00" + b"\0" * 8 != tail_bytes[-13:]:
        part = stream.recv(65536)
        if not part:
            break
        tail_bytes = (tail_bytes + part)[-65536:]
    check("behaviour %s, ended by an attention" % name, got == 3000000 and tail_bytes[-13:-12] == b"\xfd")
    stream.close()
stream, _ = session("1.18", "audit", "x")
stream.sendall(batch("SELECT * FROM sys.servers"))
check("behaviour garbage-in-query", stream.recv(100)[:1] != b"\x04")
began = time.time()
check("delay comes before each answer", isinstance(first_answer("1.19"), bytes) and time.time() - began > 0.25)

# --- other listeners -------------------------------------------------------------------------------------------

with tls_context().wrap_socket(connect("2.1", 6360)) as stream:
    check("tls listener speaks TLS from the first byte", stream.version() == "TLSv1.2")
with connect("2.2", 2222) as stream:
    check("tcp listener sends its banner", stream.recv(100) == b"220 mail\r\n")
with connect("2.3", 1521) as stream:
    stream.sendall(b"anything")
    check("tcp listener answers with its reply", stream.recv(100) == b"\x00\x04TNS\xff")


# --- SQL Browser -----------------------------------------------------------------------------------------------

def browse(tail, request, silent=False, connected=False):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stream:
        stream.settimeout(0.5 if silent else 60)
        if connected:
            stream.connect(address(tail, 1434))
            stream.send(request)
        else:
            stream.sendto(request, address(tail, 1434))
        try:
            return stream.recvfrom(65536)
        except ConnectionRefusedError:
            return "unreachable", None
        except (socket.timeout, TimeoutError):
            return "silence", None


answer, _ = browse("0.3", b"\x04inst\0")
text = answer[3:].decode()
check("Browser tells the instance's port", answer[0] == 5 and struct.unpack("<H", answer[1:3])[0] == len(text)
      and text == "ServerName;THREE;InstanceName;INST;IsClustered;No;Version;10.50.6000.34;tcp;51433;;", text)
check("Browser lists what is not hidden", browse("0.3", b"\x03")[0][3:].decode() == text)
check("a hidden instance is not told", browse("0.3", b"\x04HIDDEN\0", silent=True)[0] == "silence")
check("an unknown instance is answered with silence", browse("0.3", b"\x04NONE\0", silent=True)[0] == "silence")
check("a malformed request is answered with silence", browse("0.3", b"\x04INST", silent=True)[0] == "silence")
check("browser silent", browse("3.1", b"\x04I\0", silent=True)[0] == "silence")
check("browser absent: port unreachable", browse("3.2", b"\x04I\0", connected=True)[0] == "unreachable")
answer, _ = browse("3.3", b"\x04I\0")
check("browser lying about its size", struct.unpack("<H", answer[1:3])[0] > len(answer) - 3)
answer, _ = browse("3.4", b"\x04I\0")
check("browser truncated", struct.unpack("<H", answer[1:3])[0] > len(answer) - 3)
answer, _ = browse("3.5", b"\x04I\0")
check("browser without tcp", b";tcp;" not in answer and b";np;" in answer)
answer, sender = browse("3.6", b"\x04I\0")
check("browser answering from another address", sender[0] != address("3.6")[0] and answer[0] == 5, sender)
check("browser with a wrong port", b"tcp;2002;" in browse("3.7", b"\x04I\0")[0])
check("browser garbage", browse("3.8", b"\x04I\0")[0][:1] != b"\x05")

sys.exit(1 if failures else 0)
