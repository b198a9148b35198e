"""HTTP to one portal: a pooled session, honest causes for every failure, bounded retries.

What never leaves here: bodies. Error details name a host, a path, a status and a size, nothing else.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.addresses import PATIENT_ANSWER, adapter
from connectors.deadline import deadline
from connectors.evidence import Noted, Recorder
from schema.errors import (
    Action,
    CertificateExpired,
    ConnectionBroken,
    DataCorrupt,
    PortalMaintenance,
    PortalTimeout,
    PortalUnavailable,
    RateLimited,
    RouteBroken,
    TaxlinkError,
)

TRIES = 3
PATIENCE_SECONDS = 5.0
"""A ``Retry-After`` up to this is waited for here; a longer one is the caller's to plan."""
MAX_REDIRECTS = 3
CHUNK = 1 << 16
USER_AGENT = "Taxlink/0.1 (bank-tax data authorization)"
"""The client says what it is."""

T = TypeVar("T")

Explained = Callable[[int, Mapping[str, str]], bool]
"""Whether an answer, by its status and headers, explains its fault itself, so that its body is read first."""


@dataclass(frozen=True)
class HttpAnswer:
    """A complete answer that is no fault by its status, or one that explains its fault itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class PortalHttp:
    """One portal's session. Threads may share it. ``private`` allows private addresses and plain HTTP."""

    def __init__(
        self,
        base_url: str,
        *,
        private: bool,
        timeout_seconds: float,
        connections: int,
        max_body_bytes: int = 64 << 20,
        tls: ssl.SSLContext | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.recorder = recorder or Recorder()
        self._base, self._timeout, self._limit = urlsplit(base_url), timeout_seconds, max_body_bytes
        if self._base.scheme != "https" and not private:
            raise RouteBroken(f"{self._base.hostname} is not reached over TLS")
        self._session = requests.Session()
        self._session.trust_env = False
        # One session serves many taxpayers: no cookie may carry over from one to the next.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"User-Agent": USER_AGENT})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter(connections=connections, private=private, tls=tls))

    def post(
        self,
        path: str,
        content: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        explained: Explained | None = None,
    ) -> HttpAnswer:
        """One try. Raises the causes of ``schema.errors`` that a transport can have.

        ``explained`` tells which answers explain their fault themselves; unless given, 429 and 503 in JSON.
        """
        headers = {**(headers or {}), "Content-Type": content_type}
        return self._send("POST", path, content, headers, explained or _explained_in_json)

    def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, explained: Explained | None = None
    ) -> HttpAnswer:
        """As ``post``, without a body."""
        return self._send("GET", path, None, headers or {}, explained or _explained_in_json)

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: Mapping[str, str],
        explained: Explained,
    ) -> HttpAnswer:
        url = self._base.geturl().rstrip("/") + path
        where = f"{self._base.hostname} {urlsplit(url).path}"
        try:
            for _ in range(MAX_REDIRECTS + 1):
                with (
                    self.recorder.exchange(method, url) as noted,
                    self._session.request(
                        method,
                        url,
                        data=content,
                        headers=headers,
                        timeout=self._timeout,
                        allow_redirects=False,
                        stream=True,
                    ) as response,
                ):
                    noted.status = response.status_code
                    if response.status_code not in (307, 308):
                        return self._answer(response, where, explained, noted)
                    url = self._redirected(url, response.headers.get("Location", ""), where)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise cause(error, where) from None
        raise RouteBroken(f"{where} redirects without end")

    def close(self) -> None:
        self._session.close()

    def _redirected(self, url: str, location: str, where: str) -> str:
        target = urlsplit(urljoin(url, location))
        if _origin(target) != _origin(self._base):
            raise RouteBroken(f"{where} redirects to another host")
        return target.geturl()

    def _answer(
        self, response: requests.Response, where: str, explained: Explained, noted: Noted
    ) -> HttpAnswer:
        body = bytearray()
        with deadline(self._timeout * PATIENT_ANSWER, response.raw.shutdown) as kept:
            try:
                for chunk in response.iter_content(CHUNK):
                    body += chunk
                    noted.bytes = len(body)
                    if len(body) > self._limit:
                        raise DataCorrupt(f"{where} sent more than {self._limit} bytes")
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                if not kept.over:
                    raise
        if kept.over:
            raise PortalTimeout(f"{where} sends its answer too slowly")
        if not explained(response.status_code, response.headers):
            refuse_status(response.status_code, response.headers, where)
        return HttpAnswer(response.status_code, response.headers, bytes(body))


def refuse_status(status: int, headers: Mapping[str, str], where: str) -> None:
    """Raise the cause of a status that is the portal's fault."""
    detail = f"{where} answered {status}"
    if status == 429:
        raise RateLimited(detail, retry_at=retry_at(headers))
    if status == 503 and "Retry-After" in headers:
        raise PortalMaintenance(detail, retry_at=retry_at(headers))
    if status >= 500:
        raise PortalUnavailable(detail)


def retry_at(headers: Mapping[str, str]) -> datetime | None:
    """The instant that ``Retry-After`` names, in seconds or as an HTTP date; None without a usable one."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return datetime.now(UTC) + timedelta(seconds=min(int(text), 86_400 * 7))
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def cause(error: Exception, where: str) -> TaxlinkError:
    """The cause behind an exception of requests or urllib3, the most telling first."""
    text = str(error).lower()
    if isinstance(error, requests.Timeout) or "timed out" in text:
        return PortalTimeout(f"{where} did not answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        if "certificate has expired" in text:
            return CertificateExpired(f"{where} has an expired certificate")
        return RouteBroken(f"{where} fails the TLS handshake")
    if "private address" in text:
        return RouteBroken(f"{where} resolves to a private address")
    unreachable = ("failed to resolve", "name resolution", "newconnectionerror", "failed to establish")
    if isinstance(error, requests.ConnectionError) and any(sign in text for sign in unreachable):
        return PortalUnavailable(f"{where} is not reachable")
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return ConnectionBroken(f"{where} broke the connection")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return DataCorrupt(f"{where} sent a body that does not decompress")
    return ConnectionBroken(f"{where} failed in transport ({type(error).__name__})")


def persistently(call: Callable[[], T]) -> T:
    """``call``, up to ``TRIES`` times: RETRY causes with backoff, a short ``Retry-After`` waited out."""
    return Retrying(
        stop=stop_after_attempt(TRIES), wait=_wait, retry=retry_if_exception(_passes_soon), reraise=True
    )(call)


_backoff = wait_random_exponential(multiplier=0.2, max=2)


def _passes_soon(error: BaseException) -> bool:
    if not isinstance(error, TaxlinkError):
        return False
    return error.action is Action.RETRY or (error.action is Action.WAIT and _seconds_left(error) is not None)


def _seconds_left(error: TaxlinkError) -> float | None:
    """Seconds until the instant the portal named; None when it named none or one too far off."""
    left = (error.retry_at - datetime.now(UTC)).total_seconds() if error.retry_at else None
    return max(0.0, left) if left is not None and left <= PATIENCE_SECONDS else None


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    named = _seconds_left(error) if isinstance(error, TaxlinkError) else None
    return named if named is not None else _backoff(state)


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port


def is_json(headers: Mapping[str, str]) -> bool:
    """Whether an answer calls itself JSON."""
    return headers.get("Content-Type", "").startswith("application/json")


def _explained_in_json(status: int, headers: Mapping[str, str]) -> bool:
    return status in (429, 503) and is_json(headers)
