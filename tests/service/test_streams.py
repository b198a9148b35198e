"""What happens is pushed, to whoever watches, at the price of one watcher a process."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from authz.authorization import State
from connectors.interface import ChallengeKind
from service import streams
from service.link.routes import COOKIE
from tests.service.conftest import Service, eventually


class Watching:
    """An open event stream, read in the background: ``seen`` grows."""

    def __init__(self, reply: HTTPResponse) -> None:
        self.seen: list[tuple[str, Any]] = []
        self._reply = reply
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def ends(self) -> None:
        self._thread.join(10)

    def _read(self) -> None:
        name = ""
        while line := self._line():
            if line.startswith("event: "):
                name = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                self.seen.append((name, json.loads(line.removeprefix("data: "))))

    def _line(self) -> str:
        try:
            return self._reply.readline().decode()
        except (HTTPException, OSError):
            return ""

    def waits_for(self, name: str, **wanted: Any) -> None:
        def came() -> bool:
            return any(
                kind == name and wanted.items() <= content.items() for kind, content in list(self.seen)
            )

        eventually(came)


@contextmanager
def watching(url: str, headers: dict[str, str]) -> Iterator[Watching]:
    """Leaves by hanging up, as a browser does."""
    parts = urlsplit(url)
    line = HTTPConnection(parts.netloc, timeout=30)
    line.request("GET", parts.path, headers=headers)
    held = line.sock
    reply = line.getresponse()
    stream = Watching(reply)
    assert (reply.getheader("content-type") or "").startswith("text/event-stream")
    try:
        yield stream
    finally:
        held.shutdown(socket.SHUT_RDWR)
        stream.ends()
        line.close()


def page(service: Service, address: str, done: dict[str, Any]) -> Any:
    cookie = {"cookie": f"{COOKIE}={done['browser'].cookies[COOKIE]}"}
    return watching(f"{address}/link/{done['token']}/events", cookie)


def test_the_page_is_pushed_every_change_without_asking(service: Service, address: str) -> None:
    done = service.agreed()
    with page(service, address, done) as seen:
        seen.waits_for("state", phase="working")
        service.ask(done["id"], ChallengeKind.SMS_CODE, hint="138****8000")
        seen.waits_for("state", phase="challenge")
        service.shop.ledger.move(done["id"], State.WORKING, actor="pipeline")
        service.grant(done["id"])
        seen.waits_for("state", phase="reading", receipt="SQ2026112400001")
        service.finish(done["id"])
        seen.waits_for("state", phase="done")


def test_a_page_is_told_nothing_of_others(service: Service, address: str) -> None:
    mine, theirs = service.agreed(), service.agreed()
    with page(service, address, mine) as seen, page(service, address, theirs) as other:
        seen.waits_for("state", phase="working")
        service.fail(theirs["id"], "account_locked")
        other.waits_for("state", phase="failed")
        assert {content["phase"] for _, content in seen.seen} == {"working"}


def test_the_interface_streams_old_events_then_new_ones_each_once(service: Service, address: str) -> None:
    id = service.agreed()["id"]
    headers = {"authorization": f"Bearer {service.key}", "accept": "text/event-stream"}
    url = f"{address}/v1/authorizations/{id}/events"
    with watching(url, headers) as seen:
        seen.waits_for("authorization.requested")
        service.fail(id, "account_locked")
        eventually(lambda: seen.seen[-1][1]["data"].get("error") == "account_locked")
        numbers = [content["id"] for _, content in seen.seen]
        assert numbers == [event["id"] for event in service.shop.ledger.events(id)]
    with watching(url, headers | {"last-event-id": str(numbers[-2])}) as again:
        eventually(lambda: len(again.seen) == 1)
        assert again.seen[0][1]["id"] == numbers[-1]


def test_a_stream_whose_reader_left_is_let_go(service: Service, address: str) -> None:
    done = service.agreed()
    open_streams = service.app.state.metrics.streams._value.get
    with page(service, address, done) as seen:
        seen.waits_for("state", phase="working")
        assert open_streams() == 1
    eventually(lambda: open_streams() == 0)
    eventually(lambda: not service.shop.feed._listeners)


def test_a_silent_stream_beats_now_and_then(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.02)

    async def first_chunks() -> list[bytes]:
        chunks = streams.states(service.shop.feed, "auth_x", lambda: {"phase": "working"})
        return [await anext(chunks) for _ in range(3)]

    first, *silence = asyncio.run(first_chunks())
    assert first.startswith(b"event: state\n")
    assert silence == [b":\n\n", b":\n\n"]


def test_many_events_in_a_row_are_shown_as_their_last(service: Service) -> None:
    """The page gets states, not a history: what did not change is not sent again."""
    id = service.submit()["id"]
    shown = iter(["same", "same", "new"])

    async def chunks_of_a_burst() -> bytes:
        chunks = streams.states(service.shop.feed, id, lambda: next(shown))
        await anext(chunks)
        with service.shop.store.begin() as connection:
            service.shop.ledger.record(connection, id, "test", "test.one", {})
        waiting = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        with service.shop.store.begin() as connection:
            service.shop.ledger.record(connection, id, "test", "test.two", {})
        return await asyncio.wait_for(waiting, 10)

    assert b"new" in asyncio.run(chunks_of_a_burst())
