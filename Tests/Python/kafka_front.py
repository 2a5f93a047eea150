"""What stands before the development broker and makes it a secured one: TLS, client certificates, SASL.

Speaks as much of Kafka's protocol as a log-in takes (https://kafka.apache.org/protocol: ApiVersions, SaslHandshake,
SaslAuthenticate), then passes bytes on.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ipaddress
import os
import ssl
import struct
import threading
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 17, 18, 36
UNSUPPORTED_MECHANISM, AUTHENTICATION_FAILED = 33, 58


def make_certificate(folder, name, days=2):
    """A certificate for 127.0.0.1 that vouches for itself; negative `days`: one that has ended. Paths of both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days)).add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False)
        .sign(key, hashes.SHA256()))
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths


class KafkaFront:
    """Listens with TLS on a free port once constructed; passes on to the broker's port once that is known."""

    def __init__(self, certificate, key, client_authority=None, users=None):
        self.users = users
        self.broker = None
        self.logged_in = 0
        self.connections = set()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if client_authority:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(client_authority)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        server = self.call(asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context))
        self.port = server.sockets[0].getsockname()[1]

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def drop_connections(self):
        async def drop():
            for writer in list(self.connections):
                writer.transport.abort()

        self.call(drop())

    def stop(self):
        self.drop_connections()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def serve(self, reader, writer):
        self.connections.add(writer)
        broker = None
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            broker_reader, broker = await asyncio.open_connection("127.0.0.1", self.broker)
            if self.users is None or await self.log_in(reader, writer, broker_reader, broker):
                self.logged_in += 1
                await asyncio.gather(pump(reader, broker), pump(broker_reader, writer))
        for end in filter(None, (writer, broker)):
            end.close()
        self.connections.discard(writer)

    async def log_in(self, reader, writer, broker_reader, broker):
        """Until the client has proven who it is; false when it cannot."""
        exchange = None
        while True:
            frame = await read_frame(reader)
            kind, version, correlation, client = struct.unpack_from(">hhih", frame)
            body = frame[10 + max(client, 0):]
            if kind == API_VERSIONS:
                broker.write(struct.pack(">i", len(frame)) + frame)
                write_frame(writer, with_sasl(await read_frame(broker_reader), version))
            elif kind == SASL_HANDSHAKE:
                mechanism = body[2:].decode()
                exchange = {"PLAIN": self.plain, "SCRAM-SHA-256": self.scram}.get(mechanism, lambda: None)()
                error = 0 if exchange else UNSUPPORTED_MECHANISM
                write_frame(writer, struct.pack(">ihih5sh13s", correlation, error, 2, 5, b"PLAIN", 13, b"SCRAM-SHA-256"))
                if exchange:
                    next(exchange)
            elif kind == SASL_AUTHENTICATE and exchange:
                answer, done = exchange.send(body[4:])
                error = 0 if answer is not None else AUTHENTICATION_FAILED
                text = b"" if answer is not None else b"Authentication failed"
                answer = answer or b""
                write_frame(
                    writer, struct.pack(">ihh", correlation, error, len(text)) + text + struct.pack(">i", len(answer)) + answer)
                if done or error:
                    await writer.drain()
                    return not error
            else:
                return False

    def plain(self):
        """RFC 4616."""
        _, user, password = (yield).split(b"\0")
        known = self.users.get(user.decode())
        yield (b"" if known is not None and hmac.compare_digest(known.encode(), password) else None), True

    def scram(self):
        """RFC 5802 with SHA-256, without channel binding."""
        first = (yield).decode().removeprefix("n,,")
        fields = dict(part.split("=", 1) for part in first.split(","))
        salt, nonce = os.urandom(16), fields["r"] + base64.b64encode(os.urandom(12)).decode()
        challenge = f"r={nonce},s={base64.b64encode(salt).decode()},i=4096"
        final = (yield challenge.encode(), False).decode()
        without_proof, proof = final.rsplit(",p=", 1)
        salted = hashlib.pbkdf2_hmac("sha256", self.users.get(fields["n"], "").encode(), salt, 4096)
        message = f"{first},{challenge},{without_proof}".encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        expected = bytes(a ^ b for a, b in zip(key, signature))
        if fields["n"] not in self.users or not hmac.compare_digest(expected, base64.b64decode(proof)):
            yield None, True
        server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        yield b"v=" + base64.b64encode(server), True


async def pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


async def read_frame(reader):
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


def write_frame(writer, frame):
    writer.write(struct.pack(">i", len(frame)) + frame)


def with_sasl(answer, version):
    """The broker's ApiVersions answer, which knows no SASL, with the two requests for it."""
    more = [(SASL_HANDSHAKE, 0, 1), (SASL_AUTHENTICATE, 0, 0)]
    if version >= 3 and answer[4:6] == b"\0\0":
        # Compact array: one byte for the length plus one, while there are fewer than 127; a tag buffer behind each.
        entries = b"".join(struct.pack(">hhhB", *one, 0) for one in more)
        return answer[:6] + bytes([answer[6] + len(more)]) + entries + answer[7:]
    (count,) = struct.unpack_from(">i", answer, 6)
    entries = b"".join(struct.pack(">hhh", *one) for one in more)
    return answer[:6] + struct.pack(">i", count + len(more)) + entries + answer[10:]
