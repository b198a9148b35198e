"""The platform, called: forms to the authorization server, bound reads at the resource server, every refusal
as its cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from connectors.drift.answers import head, sighted
from connectors.families.oauth.client import Client, proof
from connectors.families.oauth.metadata import Metadata, described, path_of
from connectors.families.oauth.portal import PortalData
from connectors.http import HttpAnswer, PortalHttp, is_json, persistently, refuse_status
from connectors.interface import Sighting
from schema.errors import ContractChanged, DataCorrupt, TaxlinkError

_FORM = "application/x-www-form-urlencoded"
_NONCE_WANTED = "use_dpop_nonce"
_ERROR = re.compile(r'\berror="([^"]*)"')


class Refusal(Exception):
    """The platform's own error code behind a cause."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class OAuthApi:
    """Threads may share it. ``reach`` opens a connection pool to the origin of an address."""

    def __init__(
        self, issuer: str, client: Client, portal: PortalData, reach: Callable[[str], PortalHttp]
    ) -> None:
        self.issuer, self.client, self.portal, self._reach = issuer, client, portal, reach
        self._origins: dict[str, PortalHttp] = {}
        self._nonces: dict[str, str] = {}

    @cached_property
    def metadata(self) -> Metadata:
        """Asked for once."""
        return self.discover()

    def discover(self) -> Metadata:
        """The metadata as they are now."""
        return self._understood(self._published())

    def sight(self) -> Sighting:
        """The metadata as anybody reads them."""
        got = self._published()
        seen = sighted(got, lambda: self._understood(got))
        return replace(seen, fingerprint={"answer": {"": head(got)}, "metadata": described(got.body)})

    @cached_property
    def keys(self) -> KeySet:
        """The platform's own keys."""
        url = self.metadata.jwks_uri
        got = persistently(lambda: self._http(url).get(_target(url)))
        try:
            return KeySet.import_key_set({"keys": _object(got, "jwks")["keys"]})
        except (JoseError, KeyError, TypeError, ValueError):
            raise ContractChanged("the platform's keys are no JWK set") from None

    def post(
        self, endpoint: str, asked: Mapping[str, Any], key: ECKey | None = None, *, signed_as: str = ""
    ) -> dict[str, Any]:
        """One try. ``key`` proves possession; ``signed_as`` is the type of the request object (RFC 9101) that
        carries what is asked, where the platform wants one. A nonce that the server wants first is not
        another try: what it refuses for that it has not used. Raises the causes of ``schema.errors``."""
        url = self.metadata.endpoint(endpoint, self.client.auth)

        def ask() -> HttpAnswer:
            headers = self._proved(key, "POST", url) if key else {}
            form = {name: each if isinstance(each, str) else _json(each) for name, each in asked.items()}
            if signed_as:
                form = {"request": self.client.signed(self.issuer, asked, signed_as)}
            content = urlencode({**form, **self.client.identified(self.issuer)}).encode()
            return self._http(url).post(_target(url), content, _FORM, headers=headers)

        got = self._with_nonce(url, ask)
        if got.status not in (200, 201):
            self._refuse(got, endpoint)
        return _object(got, endpoint) if got.body else {}

    def read(self, path: str, query: Mapping[str, str], base: str, key: ECKey, token: str) -> bytes:
        """A page of the resource server, one try. Raises the causes of ``schema.errors``."""
        url = base + path
        target = _target(url) + (f"?{urlencode(query)}" if query else "")

        def ask() -> HttpAnswer:
            headers = self._proved(key, "GET", url, token) | {"Authorization": f"DPoP {token}"}
            return self._http(url).get(target, headers=headers)

        got = self._with_nonce(url, ask)
        if got.status != 200 or not is_json(got.headers):
            self._refuse(got, path.rpartition("/")[2])
        return got.body

    def close(self) -> None:
        for http in self._origins.values():
            http.close()

    def _published(self) -> HttpAnswer:
        return persistently(lambda: self._http(self.issuer).get(path_of(self.issuer)))

    def _understood(self, got: HttpAnswer) -> Metadata:
        _object(got, "metadata")
        return Metadata.parse(got.body, self.issuer, self.client.auth, self.portal.detail_type)

    def _http(self, url: str) -> PortalHttp:
        origin = _origin(url)
        if origin not in self._origins:
            self._origins[origin] = self._reach(origin)
        return self._origins[origin]

    def _proved(self, key: ECKey, method: str, url: str, token: str = "") -> dict[str, str]:
        nonce = self._nonces.get(_origin(url))
        return {"DPoP": proof(key, method, url.partition("?")[0], nonce=nonce, token=token)}

    def _with_nonce(self, url: str, ask: Callable[[], HttpAnswer]) -> HttpAnswer:
        """``ask`` again, once, where the server wants its nonce in the proof (RFC 9449 §8, §9)."""
        for last in (False, True):
            got = ask()
            if nonce := got.headers.get("DPoP-Nonce"):
                self._nonces[_origin(url)] = nonce
            if last or got.status not in (400, 401) or _NONCE_WANTED not in _words(got):
                return got
        raise AssertionError("unreachable")

    def _refuse(self, got: HttpAnswer, where: str) -> None:
        refuse_status(got.status, got.headers, where)
        words = _words(got)
        if not words:
            raise ContractChanged(f"{where} answered {got.status} with something else than an OAuth error")
        # Only words of ours are repeated: a platform could put anything there, a token too.
        known = [word for word in words if word in self.portal.causes] or ["a code we do not know"]
        error = self.portal.cause(*known)(f"{where} was refused with {', '.join(known)}")
        raise error from Refusal(known[-1])


def refusal(error: TaxlinkError) -> str:
    """The platform's own error code behind a cause, or nothing."""
    return error.__cause__.error if isinstance(error.__cause__, Refusal) else ""


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _target(url: str) -> str:
    """Path and query."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _words(got: HttpAnswer) -> list[str]:
    """What a refusal says of its cause, the platform's own ``reason`` first."""
    told: dict[str, Any] = {}
    if is_json(got.headers):
        try:
            told = _object(got, "refusal")
        except (ContractChanged, DataCorrupt):
            told = {}
    words = [told[name] for name in ("reason", "error") if isinstance(told.get(name), str)]
    return words or _ERROR.findall(got.headers.get("WWW-Authenticate", ""))


def _object(got: HttpAnswer, where: str) -> dict[str, Any]:
    if not is_json(got.headers):
        raise ContractChanged(f"{where} answered {got.status} with something else than JSON")
    try:
        found = orjson.loads(got.body)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"{where}: {len(got.body)} bytes are no JSON") from None
    if not isinstance(found, dict):
        raise ContractChanged(f"{where} is no object")
    return found
