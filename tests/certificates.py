"""An authority of the tests, the certificates that it signs, and servers that prove names by them."""

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

ANYTIME = (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))
OVER = (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC))


class Authority:
    """Signs certificates, into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        made = self._begun(self._name, self._key, ANYTIME)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def certify(self, *names: str, during: tuple[datetime.datetime, datetime.datetime] = ANYTIME) -> ssl.SSLContext:
        """What a server needs to prove these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        told = [x509.IPAddress(ip_address(one)) if one[0].isdigit() else x509.DNSName(one) for one in names]
        made = self._begun(x509.Name([]), key, during)
        made = made.add_extension(x509.SubjectAlternativeName(told), critical=True)
        file = self._folder / f"{'-'.join(names)}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(secret + made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _begun(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        during: tuple[datetime.datetime, datetime.datetime],
    ) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return made.not_valid_before(during[0]).not_valid_after(during[1])


@dataclass
class Served:
    """A server's port, which names it was asked for in the handshake, and which hosts in the requests behind it."""

    port: int = 0
    location: str = ""
    asked_for: list[str | None] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    told: Served

    def do_GET(self) -> None:
        self.told.hosts.append(self.headers["Host"])
        self.send_response(302 if self.told.location else 200)
        if self.told.location:
            self.send_header("Location", self.told.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


class Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Whoever trusts no certificate hangs up."""


@contextmanager
def serving(context: ssl.SSLContext) -> Iterator[Served]:
    told = Served()

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        told.asked_for.append(name)

    context.sni_callback = note
    with Quiet(("127.0.0.1", 0), type("Told", (Handler,), {"told": told})) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
