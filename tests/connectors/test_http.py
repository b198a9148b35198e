"""Transport: where it may go, how much it takes in, and what it never says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connectors.addresses import is_public
from connectors.http import PortalHttp, cause, retry_at
from schema.errors import (
    CertificateExpired,
    ConnectionBroken,
    DataCorrupt,
    PortalError,
    PortalTimeout,
    PortalUnavailable,
    RouteBroken,
)


class _Portal(BaseHTTPRequestHandler):
    """``/ok`` echoes; ``/to/<n>`` redirects n times; ``/away`` to another host; ``/big`` sends a megabyte."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/away":
            self._send(307, b"", {"Location": "http://localhost:1/ok"})
        elif self.path.startswith("/to/"):
            left = int(self.path.removeprefix("/to/"))
            self._send(307, b"", {"Location": f"/to/{left - 1}" if left > 1 else "/ok"})
        else:
            self._send(200, b"x" * (1 << 20) if self.path == "/big" else body, {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def _open(address: str, *, private: bool = True, limit: int = 64 << 20) -> Iterator[PortalHttp]:
    http = PortalHttp(address, private=private, timeout_seconds=5, connections=2, max_body_bytes=limit)
    yield http
    http.close()


def test_a_listed_private_address_is_reached(address: str) -> None:
    with _open(address) as http:
        assert http.post("/ok", b"hello", "text/plain").body == b"hello"


def test_a_private_address_that_the_deployment_did_not_list_is_refused(address: str) -> None:
    with (
        _open(address.replace("http://", "https://"), private=False) as http,
        pytest.raises(RouteBroken, match="private"),
    ):
        http.post("/ok", b"", "text/plain")


def test_a_public_portal_is_never_reached_without_tls() -> None:
    with pytest.raises(RouteBroken, match="TLS"), _open("http://example.com", private=False):
        pass


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("2606:4700::1111", True),
    ],
)
def test_which_addresses_are_public(ip: str, public: bool) -> None:
    assert is_public(ip) is public


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), _Portal) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"https://127.0.0.1:{server.server_port}"
        with _open(address) as http, pytest.raises(RouteBroken, match="TLS"):
            http.post("/ok", b"", "text/plain")
        server.shutdown()


def _self_signed(folder: Path) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "portal.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            requests.exceptions.SSLError("certificate verify failed: certificate has expired"),
            CertificateExpired,
        ),
        (requests.exceptions.SSLError("wrong version number"), RouteBroken),
        (requests.ReadTimeout(), PortalTimeout),
        (requests.ConnectTimeout(), PortalTimeout),
        (requests.ConnectionError("Failed to resolve 'x'"), PortalUnavailable),
        (requests.ConnectionError("Connection aborted: RemoteDisconnected"), ConnectionBroken),
        (requests.exceptions.ChunkedEncodingError("IncompleteRead"), ConnectionBroken),
        (requests.exceptions.ContentDecodingError("gzip"), DataCorrupt),
    ],
)
def test_every_failure_of_transport_has_its_cause(error: Exception, expected: type[PortalError]) -> None:
    assert type(cause(error, "host /path")) is expected


def test_redirects_on_the_same_host_are_followed_and_bounded(address: str) -> None:
    with _open(address) as http:
        assert http.post("/to/3", b"hello", "text/plain").body == b"hello"
        with pytest.raises(RouteBroken, match="without end"):
            http.post("/to/4", b"hello", "text/plain")


def test_a_redirect_to_another_host_is_refused(address: str) -> None:
    with _open(address) as http, pytest.raises(RouteBroken, match="another host"):
        http.post("/away", b"", "text/plain")


def test_a_body_beyond_the_limit_is_refused(address: str) -> None:
    with _open(address, limit=1 << 16) as http, pytest.raises(DataCorrupt, match="65536"):
        http.post("/big", b"", "text/plain")


def test_retry_after_is_read_in_seconds_and_as_a_date() -> None:
    now = datetime.now(UTC)
    in_seconds = retry_at({"Retry-After": "30"})
    assert in_seconds is not None
    assert timedelta(seconds=25) < in_seconds - now < timedelta(seconds=35)
    later = (now + timedelta(hours=2)).replace(microsecond=0)
    assert retry_at({"Retry-After": format_datetime(later, usegmt=True)}) == later
    assert retry_at({"Retry-After": "soon"}) is None
    assert retry_at({}) is None
