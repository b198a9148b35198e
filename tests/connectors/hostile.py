"""A portal that means harm, on loopback: every path is another way to do it."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"
TWO_GIGABYTES = 2 << 30
DRIP_SECONDS = 0.05
MEGABYTE = b"x" * (1 << 20)


class Hostile(BaseHTTPRequestHandler):
    """GET and POST do the same. ``ended`` is set when the server goes, so that no drip outlives it."""

    protocol_version = "HTTP/1.1"
    ended: threading.Event
    bomb = gzip.compress(b"\0" * (256 << 20), 9)

    def do_GET(self) -> None:
        # Whoever is robbed hangs up.
        with suppress(ConnectionError, TimeoutError):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            if path in PAGES:
                self.page(PAGES[path].encode())
            else:
                TRICKS[path](self)
        self.close_connection = True

    do_POST = do_GET

    def page(self, body: bytes, content_type: str = "text/html; charset=utf-8", **headers: str) -> None:
        self.head(200, {"Content-Type": content_type, "Content-Length": str(len(body)), **headers})
        self.wfile.write(body)

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def end_headers(self) -> None:
        """Every connection is closed after its answer, and says so."""
        self.send_header("Connection", "close")
        super().end_headers()

    def redirect(self, to: str, status: int = 302) -> None:
        self.head(status, {"Location": to, "Content-Length": "0"})

    def in_circles(self) -> None:
        self.redirect(self.path, 302 if self.command == "GET" and "Mozilla" in self.agent else 307)

    def away(self, to: str) -> None:
        self.redirect(to, 302 if "Mozilla" in self.agent else 307)

    @property
    def agent(self) -> str:
        return self.headers.get("User-Agent", "")

    def flood(self) -> None:
        """2 GB, announced."""
        self.head(200, {"Content-Type": "application/json", "Content-Length": str(TWO_GIGABYTES)})
        self.pour(TWO_GIGABYTES)

    def flood_unannounced(self) -> None:
        """2 GB until the connection ends, without a length."""
        self.head(200, {"Content-Type": "text/html"})
        self.pour(TWO_GIGABYTES)

    def pour(self, size: int) -> None:
        for _ in range(size // len(MEGABYTE)):
            if self.ended.is_set():
                return
            self.wfile.write(MEGABYTE)

    def explode(self) -> None:
        """256 MB of zeros in a quarter of a megabyte."""
        self.page(self.bomb, "application/json", **{"Content-Encoding": "gzip"})

    def garbled(self) -> None:
        self.page(b"no gzip at all", "application/json", **{"Content-Encoding": "gzip"})

    def drip_body(self) -> None:
        self.head(200, {"Content-Type": "text/html", "Content-Length": "1000000"})
        self.drip(b" ")

    def drip_head(self) -> None:
        """A header that never ends."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
        self.drip(b"x")

    def drip(self, drop: bytes) -> None:
        while not self.ended.wait(DRIP_SECONDS):
            self.wfile.write(drop)
            self.wfile.flush()

    def silent(self) -> None:
        self.ended.wait()

    def cookies(self) -> None:
        """More headers than anybody needs."""
        self.send_response(200)
        for number in range(5_000):
            self.send_header("Set-Cookie", f"c{number}={'x' * 200}; Path=/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def long_line(self) -> None:
        self.head(200, {"X-Long": "x" * (1 << 20), "Content-Length": "0"})

    def one_more_cookie(self) -> None:
        """A page that sets another cookie each time and leads to itself."""
        number = int(self.path.partition("?")[2] or 0)
        self.send_response(302)
        self.send_header("Set-Cookie", f"c{number}={'y' * 3_000}; Path=/")
        self.send_header("Location", f"/cookie?{number + 1}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def invalid_gbk(self) -> None:
        self.page(b"<html><title>\xff\xfe\x81</title>\x80\xff" + b"\x81" * 64, "text/html; charset=GBK")

    def download(self) -> None:
        self.page(b"MZ" + b"\0" * 64, "application/octet-stream", **{"Content-Disposition": "attachment"})

    def no_http(self) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


TRICKS: dict[str, Callable[[Hostile], None]] = {
    "/circle": Hostile.in_circles,
    "/metadata": lambda it: it.away("http://169.254.169.254/latest/meta-data"),
    "/elsewhere": lambda it: it.away(f"http://localhost:{it.server.server_port}/quiet"),  # type: ignore[attr-defined]
    "/flood": Hostile.flood,
    "/flood-unannounced": Hostile.flood_unannounced,
    "/bomb": Hostile.explode,
    "/large": lambda it: it.page(4 * MEGABYTE, "application/octet-stream"),
    "/garbled": Hostile.garbled,
    "/drip-body": Hostile.drip_body,
    "/drip-head": Hostile.drip_head,
    "/silent": Hostile.silent,
    "/cookies": Hostile.cookies,
    "/cookie": Hostile.one_more_cookie,
    "/long-line": Hostile.long_line,
    "/gbk": Hostile.invalid_gbk,
    "/download": Hostile.download,
    "/no-http": Hostile.no_http,
}

_PAGE = "<!doctype html><html><body>{}</body></html>"
PAGES = {
    "/quiet": _PAGE.format("quiet"),
    "/dialogs": _PAGE.format("<script>for (;;) alert('stay')</script>"),
    "/dialog": _PAGE.format("<script>alert('1'); confirm('2'); prompt('3')</script>"),
    "/unload": _PAGE.format("<script>onbeforeunload = e => { e.preventDefault(); return 'stay' }</script>"),
    "/windows": _PAGE.format("<script>for (let i = 0; i < 50; i++) window.open('/quiet?' + i)</script>"),
    "/busy": _PAGE.format("<script>for (;;);</script>"),
    "/busy-later": _PAGE.format("<script>setTimeout(() => { for (;;); }, 50)</script>"),
    "/frames": _PAGE.format("<script>location = '/frames?' + Math.random()</script>"),
}


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The portal's address."""
    handler = type("Hostile", (Hostile,), {"ended": threading.Event()})
    server = ThreadingHTTPServer((HERE, 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http{'s' if tls else ''}://{HERE}:{server.server_port}"
    finally:
        handler.ended.set()
        server.shutdown()
        server.server_close()


class Authority:
    """An authority that the bank trusts, and which vouches for anything."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hostile CA")])
        now = datetime.now(UTC)
        own = self._builder(
            self._name, self._key, now - timedelta(days=9), now + timedelta(days=9)
        ).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def context(self, *, host: str = HERE, days: int = 5) -> ssl.SSLContext:
        """What a server for this host uses, whose certificate ends in so many days."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
        shown = x509.IPAddress(ip_address(host)) if host == HERE else x509.DNSName(host)
        made = self._builder(name, key, now - timedelta(days=8), now + timedelta(days=days)).add_extension(
            x509.SubjectAlternativeName([shown]), critical=False
        )
        file = self._folder / f"{host}-{days}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(secret + made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def trusted(self) -> ssl.SSLContext:
        """What a client that trusts this authority uses."""
        return ssl.create_default_context(cafile=str(self.file))

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun
