"""Time-stamps by a real service: OpenSSL's own, behind HTTP on the loopback."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from authz.consent.timestamp import TimestampService, roots
from schema.errors import TimestampRefused

if TYPE_CHECKING:
    from conftest import Desk

CONFIGURATION = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
[stamping]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
basicConstraints = critical,CA:false
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
"""
Tampered = Callable[[bytes], bytes]


@dataclass
class Tsa:
    folder: Path
    tampered: Tampered = bytes
    asked: list[bytes] = field(default_factory=list)
    url: str = ""

    def run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def make(self) -> None:
        (self.folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=self.folder))
        (self.folder / "serial").write_text("01\n")
        key = ("-newkey", "rsa:2048", "-nodes", "-config", "tsa.cnf")
        (self.folder / "tsa.cnf").open("a").write("[req]\ndistinguished_name = dn\n[dn]\n")
        self.run(
            "req", "-x509", *key, "-extensions", "root", "-keyout", "root.key", "-out", "root.pem",
            "-subj", "/CN=Test root", "-days", "30",
        )  # fmt: skip
        self.run("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA")
        self.run(
            "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-out", "tsa.pem",
            "-extfile", "tsa.cnf", "-extensions", "stamping", "-days", "30",
        )  # fmt: skip

    def answer(self, query: bytes) -> bytes:
        self.asked.append(query)
        (self.folder / "query").write_bytes(query)
        self.run(
            "ts", "-reply", "-config", "tsa.cnf", "-section", "one", "-queryfile", "query", "-out", "reply"
        )
        return self.tampered((self.folder / "reply").read_bytes())

    @property
    def service(self) -> TimestampService:
        return TimestampService(self.url, roots((self.folder / "root.pem").read_bytes()))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tsa]:
    tsa = Tsa(tmp_path_factory.mktemp("tsa"))
    tsa.make()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/timestamp-query"
            answer = tsa.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    tsa.url = f"http://127.0.0.1:{server.server_port}/"
    yield tsa
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tsa(made: Tsa) -> Tsa:
    made.tampered = bytes
    made.asked.clear()
    return made


def test_a_stamp_says_when_the_signature_existed(tsa: Tsa) -> None:
    response = tsa.service.stamp(b"the signature")
    at = tsa.service.stamped_at(response, b"the signature")
    assert abs(at - datetime.now(UTC)) < timedelta(hours=1)


def test_openssl_verifies_the_stamp_that_is_kept(tsa: Tsa) -> None:
    (tsa.folder / "kept").write_bytes(tsa.service.stamp(b"the signature"))
    (tsa.folder / "content").write_bytes(b"the signature")
    tsa.run(
        "ts", "-verify", "-data", "content", "-in", "kept", "-CAfile", "root.pem", "-untrusted", "tsa.pem"
    )


def test_a_stamp_over_other_content_is_refused(tsa: Tsa) -> None:
    response = tsa.service.stamp(b"the signature")
    with pytest.raises(TimestampRefused):
        tsa.service.stamped_at(response, b"another signature")


@pytest.mark.parametrize(
    "tampered",
    [
        lambda reply: reply[:-1],
        lambda reply: reply[:-1] + bytes([reply[-1] ^ 1]),
        lambda reply: b"",
        lambda reply: b"<html>please wait</html>",
        lambda reply: bytes.fromhex("30053003020102"),
    ],
    ids=["cut", "flipped", "empty", "a page", "rejected"],
)
def test_an_answer_that_does_not_verify_is_refused(tsa: Tsa, tampered: Tampered) -> None:
    tsa.tampered = tampered
    with pytest.raises(TimestampRefused):
        tsa.service.stamp(b"the signature")


def test_an_answer_to_an_earlier_question_is_refused(tsa: Tsa) -> None:
    earlier = tsa.service.stamp(b"the signature")
    tsa.tampered = lambda reply: earlier
    with pytest.raises(TimestampRefused):
        tsa.service.stamp(b"the signature")


def test_a_stamp_under_another_root_is_refused(tsa: Tsa, tmp_path: Path) -> None:
    other = Tsa(tmp_path)
    other.make()
    with pytest.raises(TimestampRefused):
        TimestampService(tsa.url, roots((tmp_path / "root.pem").read_bytes())).stamp(b"the signature")


def test_a_service_that_is_away_is_refused() -> None:
    with pytest.raises(TimestampRefused):
        TimestampService("http://127.0.0.1:9/", []).stamp(b"the signature")


def test_a_consent_is_stamped_once_and_the_stamp_is_sealed_with_it(desk: Desk, tsa: Tsa) -> None:
    current = desk.agreed()
    (waiting,) = desk.consents.unstamped(10)
    signature = desk.consents.signed(current, waiting).signature
    desk.consents.keep_timestamp(waiting, tsa.service.stamp(signature))
    assert desk.consents.unstamped(10) == []
    stamped = desk.ledger.consent(current.consent_id)
    response = desk.consents.archive.timestamp(stamped)
    assert response is not None
    assert tsa.service.stamped_at(response, desk.consents.signed(current, stamped).signature)
