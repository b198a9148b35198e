"""What every request passes on its way in and out: an id, a limit, a character set, security headers, one log
line."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.errors import BodyTooLarge, TaxlinkError, WrongCharset
from service import problems, uploads
from service.metrics import Metrics
from vault.redaction import described

log = structlog.get_logger()

LARGEST_BODY = 64 * 1024
"""Bytes. The largest request of the interface is a few kilobytes."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(), "
    "display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
}
_TLS_HEADERS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
"""For a deployment that borrowers reach by https: a browser never goes back to http."""
_FORM = "application/x-www-form-urlencoded"
_FORM_PATHS = "/console"
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Edge:
    """The outermost layer: ids, headers, measures, and no exception beyond it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, tls: bool) -> None:
        self._app, self._metrics = app, metrics
        self._headers = _HEADERS | (_TLS_HEADERS if tls else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else uuid4().hex
        started, status = time.perf_counter(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(MutableHeaders(scope=message), request_id, scope["path"])
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except Exception as error:
            log.error("request.broke", request_id=request_id, route=_route(scope), **described(error))
            if status == 0:
                await problems.unexpected().response()(scope, receive, dressed)
        finally:
            self._metrics.answered(scope["method"], _route(scope), status, time.perf_counter() - started)

    def _dress(self, headers: MutableHeaders, request_id: str, path: str) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)  # a report brings a policy of its own, for its one style
        headers["x-request-id"] = request_id
        if path.startswith(_FORM_PATHS):
            headers["referrer-policy"] = "same-origin"  # without it, a form of ours says it is from nowhere
        if not path.startswith("/assets/"):
            headers["cache-control"] = "no-store"


def _route(scope: Scope) -> str:
    """The route's pattern: a path itself may hold a link's token."""
    return str(getattr(scope.get("route"), "path", "other"))


class BodyCheck:
    """Reads a request's body before anything else sees it: bounded also when it comes in chunks, UTF-8, and
    JSON (a form, in the console). Files have a limit of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        try:
            headers = Headers(scope=scope)
            if uploads.PATH.fullmatch(scope["path"]):  # read by its endpoint, once it knows whose it is
                await self._app(scope, uploads.bounded(headers, receive), send)
                return
            body = await _body(headers, receive)
            _check_charset(scope["path"], headers, body)
        except TaxlinkError as error:
            await problems.of(error).response({"connection": "close"})(scope, receive, send)
            return
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)


async def _body(headers: Headers, receive: Receive) -> bytes:
    announced = headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > LARGEST_BODY:
        raise BodyTooLarge
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return bytes(body)


def _check_charset(path: str, headers: Headers, body: bytes) -> None:
    if not body:
        return
    media, _, parameters = headers.get("content-type", "").partition(";")
    wanted = _FORM if path.startswith(_FORM_PATHS) else "application/json"
    if media.strip().lower() != wanted:
        raise WrongCharset
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise WrongCharset
    try:
        body.decode()
    except UnicodeDecodeError:
        raise WrongCharset from None
