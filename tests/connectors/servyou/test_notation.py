"""What only this pattern has: one envelope for everything, documents beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connectors.bureau.desk import Session
from connectors.families.servyou.api import PORTAL, ServyouDesk
from connectors.http import PortalHttp
from schema.errors import ContractChanged, DataCorrupt, RouteBroken, SessionExpired


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes) -> Iterator[ServyouDesk]:
    """A desk whose bureau always answers so."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": f"{len(body)}", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        http = PortalHttp(
            f"http://127.0.0.1:{server.server_port}", private=True, timeout_seconds=5, connections=1
        )
        desk = ServyouDesk(http, PORTAL)
        yield desk
        desk.close()
        server.shutdown()


JSON = {"Content-Type": "application/json;charset=UTF-8"}


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b'{"success":false,"msgCode":"80101031","value":null}', SessionExpired),
        (b'{"success":false,"msgCode":"80999999","value":null}', RouteBroken),
        (b'{"success":"true","value":{}}', ContractChanged),
        (b'{"success":true}', ContractChanged),
        (b"[]", ContractChanged),
        (b'{"success":tr', DataCorrupt),
        (b"<html>", ContractChanged),
    ],
)
def test_what_is_no_success_is_its_cause(body: bytes, cause: type[Exception]) -> None:
    with answering(200, JSON, body) as desk, pytest.raises(cause):
        desk.once(Session(), "probe")


def test_a_refusal_in_place_of_a_document_is_its_cause() -> None:
    body = b'{"success":false,"msgCode":"80101031","value":null}'
    with answering(200, JSON, body) as desk, pytest.raises(SessionExpired):
        desk.document(Session(), "/a/001_j3.xml?sbxh=1")
    with answering(200, JSON, b'{"success":true,"value":{}}') as desk, pytest.raises(ContractChanged):
        desk.document(Session(), "/a/001_j3.xml?sbxh=1")


def test_only_the_session_cookie_is_kept_and_every_step_brings_the_next_token() -> None:
    headers = JSON | {"Set-Cookie": "tracker=x; Path=/, SBZX_SID=abc-1; HttpOnly"}
    session = Session()
    with answering(200, headers, b'{"success":true,"value":{"formToken":"t2"}}') as desk:
        desk.once(session, "probe")
    assert (session.cookie, session.token) == ("abc-1", "t2")
    assert "abc-1" not in repr(session)


def test_a_redirect_is_no_answer() -> None:
    with answering(302, {"Location": "/elsewhere"}, b"") as desk, pytest.raises(ContractChanged):
        desk.once(Session(), "probe")
