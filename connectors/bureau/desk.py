"""A bureau's counter, asked within a session: one request, one answer, every refusal as its cause."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from connectors.bureau.portal import BureauData
from connectors.drift.answers import sighted
from connectors.http import HttpAnswer, PortalHttp, persistently
from connectors.interface import Sighting
from schema.errors import ContractChanged, SessionExpired, TaxlinkError


@dataclass
class Session:
    """One person's session at the bureau. ``token`` is the form token (表单令牌) of the next step."""

    cookie: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Reply:
    """An answer without its envelope. ``code`` is empty for a success."""

    code: str
    body: Any


class Refusal(Exception):
    """The bureau refused with a code of its own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Desk(ABC):
    """A vendor's notation over one portal. Holds no session: one desk serves many."""

    content_type: ClassVar[str]

    def __init__(self, http: PortalHttp, portal: BureauData) -> None:
        self._http, self.portal = http, portal

    @abstractmethod
    def pack(self, fields: Mapping[str, Any]) -> bytes:
        """A request's body."""

    @abstractmethod
    def unpack(self, content: bytes) -> Reply:
        """Raises ``DataCorrupt`` for what does not parse, ``ContractChanged`` for another envelope."""

    def glance(self, content: bytes) -> Reply:
        """``unpack``, where nobody asks for the rows of a long list: they may be left out."""
        return self.unpack(content)

    @abstractmethod
    def company(self, session: Session) -> str:
        """The company that the bureau shows to this session."""

    def ask(self, session: Session, step: str, **fields: Any) -> dict[str, Any]:
        """``once``, tried again while that helps."""
        return persistently(lambda: self.once(session, step, **fields))

    def once(self, session: Session, step: str, **fields: Any) -> dict[str, Any]:
        """A step of sign-in or authorization, in our words both ways; the session goes on.

        Raises the causes of ``schema.errors``; ``refused`` tells the bureau's own code.
        """
        asked = {"token": session.token, **fields} if session.token else fields
        got = self._post(session, self.portal.paths[step], self.pack(self._theirs(asked)))
        body = self._opened(got, step)
        if not isinstance(body, dict):
            raise ContractChanged(f"{step} answered no object")
        answered = {word: body[name] for word, name in self.portal.words.items() if name in body}
        session.token = str(answered.get("token", session.token))
        return answered

    def fetch(self, session: Session, path: str, fields: Mapping[str, Any]) -> bytes:
        """The content of a page, as received, once it is known to be no refusal."""

        def one() -> bytes:
            got = self._post(session, path, self.pack(fields))
            self._opened(got, path, rows=False)
            return got.body

        return persistently(one)

    def document(self, session: Session, path: str) -> bytes:
        """An XML document. A refusal comes in the vendor's envelope."""

        def one() -> bytes:
            got = self._http.get(path, headers=self._cookie(session))
            if "xml" not in got.headers.get("Content-Type", ""):
                self._opened(got, path.partition("?")[0])
                raise ContractChanged(f"{path.partition('?')[0]} is no XML document")
            return got.body

        return persistently(one)

    def sight(self) -> Sighting:
        """What the bureau answers to nobody."""
        got = persistently(lambda: self._post(Session(), self.portal.paths["probe"], self.pack({})))
        return sighted(got, lambda: self._opened(got, "probe"))

    def close(self) -> None:
        self._http.close()

    def _post(self, session: Session, path: str, content: bytes) -> HttpAnswer:
        got = self._http.post(path, content, self.content_type, headers=self._cookie(session))
        given = re.search(
            rf"(?:^|[,\s]){re.escape(self.portal.cookie)}=([^;,\s]+)", got.headers.get("Set-Cookie", "")
        )
        session.cookie = given[1] if given else session.cookie
        return got

    def _cookie(self, session: Session) -> dict[str, str]:
        return {"Cookie": f"{self.portal.cookie}={session.cookie}"} if session.cookie else {}

    def _opened(self, got: HttpAnswer, where: str, *, rows: bool = True) -> Any:
        if got.status in (302, 303):
            away = got.headers.get("Location", "")
            if self.portal.sign_in_page and self.portal.sign_in_page in away:
                raise SessionExpired(f"{where} leads to sign-in")
            raise ContractChanged(f"{where} leads elsewhere")
        if got.status != 200:
            raise ContractChanged(f"{where} answered {got.status}")
        if got.body.lstrip()[:1] == b"<":
            raise ContractChanged(f"{where} answered a page")
        reply = self.unpack(got.body) if rows else self.glance(got.body)
        if reply.code:
            raise self.portal.cause(reply.code)(f"{where} was refused with {reply.code}") from Refusal(
                reply.code
            )
        return reply.body

    def _theirs(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Our words as the bureau's field names, within lists too."""
        words = self.portal.words
        return {
            words[word]: [self._theirs(each) for each in value] if isinstance(value, list) else value
            for word, value in fields.items()
        }


def refused(error: TaxlinkError) -> str:
    """The bureau's own code behind a cause; empty when it gave none."""
    return error.__cause__.code if isinstance(error.__cause__, Refusal) else ""


def sealable(session: Session, **more: str) -> bytes:
    """A session as bytes for the caller to seal."""
    return orjson.dumps({"version": 1, "cookie": session.cookie, "token": session.token, **more})


def unsealed(content: bytes) -> tuple[Session, dict[str, str]]:
    """The session and what was sealed beside it. Raises ``ContractChanged`` for another version."""
    found = orjson.loads(content)
    if found.pop("version", None) != 1:
        raise ContractChanged("the sealed session is of another version")
    return Session(found.pop("cookie"), found.pop("token")), found
