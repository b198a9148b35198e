"""Notices to loan systems arrive at least once, signed, and never at a private address."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, Row, insert, select, update
from standardwebhooks.webhooks import Webhook

import webhooks
from schema.errors import CallbackForbidden
from store import tables
from store.database import now, open_database
from store.migrate import migrate
from vault.reference import KeyClass
from vault.vault import Vault, VaultSettings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOWHERE: frozenset[str] = frozenset()


class Receiver:
    """A loan system: it answers with the statuses of its script, then 204, and keeps what it was sent."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append((headers, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def allowed(self) -> frozenset[str]:
        return frozenset({self.host})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.server.shutdown()
    started.server.server_close()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    opened = Vault.open(VaultSettings.in_folder(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    migrate(engine)
    with engine.begin() as connection:
        at = now()
        connection.execute(
            insert(tables.authorization).values(
                id="auth_1", tenant="bank", state="granted", progress="done", taxpayer_id="x", region="44",
                consent_id="con_1", product="tax_credit", amount_fen=1, term_months=12, run=1, leg=1,
                trigger="application", created_at=at, updated_at=at,
            )
        )  # fmt: skip
    yield engine
    engine.dispose()


@pytest.fixture
def put(store: Engine, vault: Vault) -> Callable[..., None]:
    ref = vault.seal("webhooks", "signing", SECRET.encode(), key_class=KeyClass.EVIDENCE)

    def one(url: str, key: str = "auth_1.1") -> None:
        webhooks.put(
            store, key=key, authorization_id="auth_1", url=url, secret_ref=ref, kind="authorization.scored",
            data={"authorization_id": "auth_1", "state": "granted", "注": "中文"},
        )  # fmt: skip

    return one


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name server of our own: host name → addresses."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        return [entry for a in known.get(host, [host]) for entry in real(a, port, *args, **options)]

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lookup)
    return known


def outbox(store: Engine) -> list[Row[Any]]:
    with store.connect() as connection:
        return list(connection.execute(select(tables.outbox)).all())


def let_time_pass(store: Engine) -> None:
    """Make every notice due."""
    with store.begin() as connection:
        connection.execute(update(tables.outbox).values(due_at=now() - timedelta(seconds=1)))


# --- addresses ---


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.9/hook",
        "https://127.0.0.1/hook",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.0.1:8443/hook",
        "https://0.0.0.0/hook",
        "https://2130706433/hook",
        "https://0x7f000001/hook",
        "https://0177.0.0.1/hook",
        "https://127.1/hook",
        "https://localhost/hook",
        "https://[::1]/hook",
        "https://[::ffff:127.0.0.1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[64:ff9b::a00:1]/hook",
        "https://[2002:7f00:1::]/hook",
        "https://[fd00::1]/hook",
        "https://[fe80::1]/hook",
        "https://user:secret@8.8.8.8/hook",
        "https://8.8.8.8@127.0.0.1/hook",
        "https://8.8.8.8:99999/hook",
        "https://8.8.8.8\\@127.0.0.1/hook",
        "https://8.8.8.8/hook\r\nHost: x",
        "ftp://8.8.8.8/hook",
        "file:///etc/passwd",
        "https:///hook",
        "https://[",
        "",
    ],
)
def test_a_callback_to_a_private_or_odd_address_is_refused(url: str) -> None:
    with pytest.raises(CallbackForbidden):
        webhooks.check_callback(url, NOWHERE)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.20.30.40"], ["8.8.8.8", "10.0.0.1"], ["::1"]])
def test_a_name_that_resolves_to_a_private_address_is_refused(
    names: dict[str, list[str]], addresses: list[str]
) -> None:
    names["loans.example.com"] = addresses
    with pytest.raises(CallbackForbidden):
        webhooks.check_callback("https://loans.example.com/hook", NOWHERE)


def test_a_public_https_address_is_allowed(names: dict[str, list[str]]) -> None:
    names["loans.example.com"] = ["8.8.8.8"]
    target = webhooks.check_callback("https://loans.example.com/hook", NOWHERE)
    assert target == webhooks.Target("loans.example.com", 443, "8.8.8.8")
    assert webhooks.is_public(ipaddress.ip_address("::ffff:8.8.8.8"))


def test_a_listed_host_may_be_private_and_plain_but_only_on_its_port() -> None:
    allowed = frozenset({"127.0.0.1:9000"})
    assert webhooks.check_callback("http://127.0.0.1:9000/hook", allowed).port == 9000
    with pytest.raises(CallbackForbidden):
        webhooks.check_callback("http://127.0.0.1:9001/hook", allowed)


# --- delivery ---


def test_a_notice_is_written_once_per_key(store: Engine, put: Callable[..., None]) -> None:
    put("https://8.8.8.8/hook")
    put("https://8.8.8.8/hook")
    put("https://8.8.8.8/hook", key="auth_1.2")
    assert len(outbox(store)) == 2


def test_a_notice_arrives_signed(
    store: Engine, vault: Vault, put: Callable[..., None], receiver: Receiver
) -> None:
    put(f"http://{receiver.host}/hook")
    assert webhooks.deliver_due(store, vault, receiver.allowed, limit=10) == 1
    headers, body = receiver.received[0]
    content = Webhook(SECRET).verify(body, headers)
    assert content["type"] == "authorization.scored"
    assert content["data"]["authorization_id"] == "auth_1"
    assert outbox(store)[0].state == "delivered"
    assert webhooks.deliver_due(store, vault, receiver.allowed, limit=10) == 0


def test_a_retry_keeps_the_message_id(
    store: Engine, vault: Vault, put: Callable[..., None], receiver: Receiver
) -> None:
    receiver.statuses = [503]
    put(f"http://{receiver.host}/hook")
    assert webhooks.deliver_due(store, vault, receiver.allowed, limit=10) == 0
    assert webhooks.deliver_due(store, vault, receiver.allowed, limit=10) == 0, "it is not due yet"
    let_time_pass(store)
    assert webhooks.deliver_due(store, vault, receiver.allowed, limit=10) == 1
    first, second = receiver.received
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]


def test_a_notice_is_abandoned_after_the_last_wait(
    store: Engine, vault: Vault, put: Callable[..., None], receiver: Receiver
) -> None:
    receiver.statuses = [500] * 20
    put(f"http://{receiver.host}/hook")
    for _ in range(len(webhooks.BACKOFF) + 3):
        let_time_pass(store)
        webhooks.deliver_due(store, vault, receiver.allowed, limit=10)
    assert len(receiver.received) == len(webhooks.BACKOFF) + 1
    assert (outbox(store)[0].state, outbox(store)[0].last_status) == ("abandoned", "500")


def test_a_receiver_that_is_gone_is_not_asked_again(
    store: Engine, vault: Vault, put: Callable[..., None], receiver: Receiver
) -> None:
    receiver.statuses = [410]
    put(f"http://{receiver.host}/hook")
    webhooks.deliver_due(store, vault, receiver.allowed, limit=10)
    assert outbox(store)[0].state == "abandoned"


def test_a_redirect_is_not_followed(
    store: Engine, vault: Vault, put: Callable[..., None], receiver: Receiver
) -> None:
    receiver.statuses = [307]
    put(f"http://{receiver.host}/hook")
    assert webhooks.deliver_due(store, vault, receiver.allowed, limit=10) == 0
    assert len(receiver.received) == 1
    assert outbox(store)[0].last_status == "307"


def test_a_name_that_turns_private_after_the_check_is_not_reached(
    store: Engine, vault: Vault, put: Callable[..., None], receiver: Receiver, names: dict[str, list[str]]
) -> None:
    names["loans.example.com"] = ["8.8.8.8"]
    url = f"https://loans.example.com:{receiver.server.server_port}/hook"
    webhooks.check_callback(url, NOWHERE)
    put(url)
    names["loans.example.com"] = ["127.0.0.1"]
    assert webhooks.deliver_due(store, vault, NOWHERE, limit=10) == 0
    assert receiver.received == []
    assert outbox(store)[0].last_status == "callback_forbidden"


def test_the_connection_goes_to_the_address_that_was_checked(
    store: Engine,
    vault: Vault,
    put: Callable[..., None],
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name answers differently each time it is asked: the first answer, the checked one, is used."""
    real, asked = socket.getaddrinfo, []

    def lookup(host: str, *args: Any, **options: Any) -> list[Any]:
        asked.append(host)
        return real(
            "127.0.0.1" if host == "loans.test" and asked.count(host) == 1 else host, *args, **options
        )

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    name = f"loans.test:{receiver.server.server_port}"
    put(f"http://{name}/hook")
    assert webhooks.deliver_due(store, vault, frozenset({name}), limit=10) == 1
    assert receiver.received[0][0]["host"] == name
    assert asked.count("loans.test") == 1


@pytest.mark.parametrize(("issued_to", "delivered"), [("loans.test", 1), ("other.test", 0)])
def test_the_pinned_server_must_prove_the_name_that_was_asked_for(
    store: Engine,
    vault: Vault,
    put: Callable[..., None],
    receiver: Receiver,
    names: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    issued_to: str,
    delivered: int,
) -> None:
    certificate, key = self_signed(issued_to, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    names["loans.test"] = ["127.0.0.1"]
    put(f"https://loans.test:{receiver.server.server_port}/hook")
    assert webhooks.deliver_due(store, vault, frozenset({"loans.test"}), limit=10) == delivered
    assert outbox(store)[0].last_status == ("204" if delivered else "SSLError")


def self_signed(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for this name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


def test_a_try_that_another_process_took_is_left_to_it(
    store: Engine, vault: Vault, put: Callable[..., None], receiver: Receiver
) -> None:
    put(f"http://{receiver.host}/hook")
    row = outbox(store)[0]
    assert webhooks._claim(store, row)
    assert not webhooks._claim(store, row)
    assert webhooks.deliver_due(store, vault, receiver.allowed, limit=10) == 0


def test_the_body_is_the_one_that_was_kept(store: Engine, put: Callable[..., None]) -> None:
    put("https://8.8.8.8/hook")
    assert json.loads(json.dumps(outbox(store)[0].body))["data"]["注"] == "中文"
