"""What a page says: where one is, whose page it is, what went wrong. Its patterns are in ``portal.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from lxml import etree, html
from pydantic import BaseModel, ConfigDict

from schema.errors import PageChanged, TaxlinkError, WrongTaxpayer, catalogue

_PARSER = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
_FILE = Path(__file__).with_name("portal.toml")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Marker(_Strict):
    """A page by an element that only it has."""

    name: str
    at: str


class FaultPattern(_Strict):
    """A cause by one of these HTTP statuses, or by a text at a place."""

    cause: str
    status: tuple[int, ...] = ()
    at: str = ""
    text: str = ""


class Place(_Strict):
    at: str


class Company(_Strict):
    id: str
    name: str


class Patterns(_Strict):
    """The whole of ``portal.toml``."""

    words: dict[str, str]
    states: dict[str, str]
    paths: dict[str, str]
    company: Company
    end: Place
    fault: tuple[FaultPattern, ...]
    page: tuple[Marker, ...]


def patterns(labels: Mapping[str, str]) -> Patterns:
    """The family's patterns with a region's ``labels``: by word, by state of the tax app, or by the cause
    whose text they replace."""
    known = _family()
    return known.model_copy(
        update={
            "words": {word: labels.get(word, default) for word, default in known.words.items()},
            "states": {state: labels.get(state, default) for state, default in known.states.items()},
            "fault": tuple(
                each.model_copy(update={"text": labels.get(each.cause, each.text)}) for each in known.fault
            ),
        }
    )


@cache
def _family() -> Patterns:
    return Patterns.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class View:
    """One page as it stands.

    ``page`` is a name of ``portal.toml``, empty for one that nobody knows; ``whole`` is False for one that
    ended early.
    """

    content: bytes = field(repr=False)
    document: html.HtmlElement = field(repr=False)
    status: int
    page: str
    taxpayer_id: str
    whole: bool
    fault: TaxlinkError | None

    def text(self, xpath: str) -> str:
        """The text of the first element there, trimmed. Raises ``PageChanged`` when there is none."""
        found = self.find(xpath)
        if not found:
            raise PageChanged(f"no {xpath} on the page {self.page or 'unknown'}")
        return str(found[0].text_content()).strip()

    def find(self, xpath: str) -> list[html.HtmlElement]:
        return _elements(self.document, xpath)

    def expect(self, *pages: str) -> None:
        """Raises the fault that the page tells, or ``PageChanged`` when it is none of these pages."""
        if self.fault is not None:
            raise self.fault
        if self.page not in pages:
            raise PageChanged(f"expected {' or '.join(pages)}, met {self.page or 'an unknown page'}")

    def of(self, taxpayer_id: str) -> None:
        """Raises ``WrongTaxpayer`` unless the page names this company, ``PageChanged`` when it names none."""
        if not self.taxpayer_id:
            raise PageChanged("no company on the page")
        if self.taxpayer_id != taxpayer_id:
            raise WrongTaxpayer


def look(content: bytes, status: int, known: Patterns, retry_after: str = "") -> View:
    """Read a page. ``retry_after`` is the header of that name, in seconds."""
    document = html.document_fromstring(content or b"<html></html>", parser=_PARSER)
    names = _elements(document, known.company.id)
    return View(
        content=content,
        document=document,
        status=status,
        page=next((each.name for each in known.page if _elements(document, each.at)), ""),
        taxpayer_id=str(names[0].text_content()).strip() if names else "",
        whole=bool(_elements(document, known.end.at)),
        fault=_fault(document, status, known, retry_after),
    )


def _fault(document: html.HtmlElement, status: int, known: Patterns, retry_after: str) -> TaxlinkError | None:
    for pattern in known.fault:
        if status in pattern.status or (pattern.at and _says(document, pattern)):
            wait = timedelta(seconds=int(retry_after)) if retry_after.isdigit() else None
            return catalogue()[pattern.cause](retry_at=datetime.now(UTC) + wait if wait else None)
    return None


def _says(document: html.HtmlElement, pattern: FaultPattern) -> bool:
    return any(
        re.search(pattern.text, str(found.text_content())) for found in _elements(document, pattern.at)
    )


def _elements(document: html.HtmlElement, xpath: str) -> list[html.HtmlElement]:
    found = _compiled(xpath)(document)
    return [each for each in found if isinstance(each, html.HtmlElement)] if isinstance(found, list) else []


@cache
def _compiled(xpath: str) -> etree.XPath:
    """The family's expressions are few, and every page is asked all of them."""
    return etree.XPath(xpath)
