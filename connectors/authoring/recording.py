"""What is kept of a recorded sign-in: steps and pages, redacted on arrival."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.authoring import words


@dataclass(frozen=True)
class Element:
    """An element by its tag and by what a program calls it."""

    tag: str
    id: str = ""
    name: str = ""
    type: str = ""
    label: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Element:
        return cls(
            words.code(told["tag"]),
            words.code(told.get("id", "")),
            words.code(told.get("name", "")),
            words.code(told.get("type", "")),
            words.known(told.get("label", "")),
        )


@dataclass(frozen=True)
class Notice:
    """A message on a page: ``at`` is the XPath of its element, ``text`` its known words."""

    at: str
    text: str


@dataclass
class Seen:
    """One page by host and path, over all looks at it. ``later`` came after the first look: a captcha."""

    host: str
    path: str
    headings: list[str] = field(default_factory=list)
    ids: list[Element] = field(default_factory=list)
    later: list[Element] = field(default_factory=list)
    fields: list[Element] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    company: list[Element] = field(default_factory=list)


_ACTS = ("filled", "pressed", "dragged")


@dataclass
class Recording:
    """Grows while the person goes on. No value of a field is ever in what it is told."""

    base_url: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[tuple[str, str], Seen] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)

    def heard(self, host: str, path: str, told: Mapping[str, Any]) -> Seen | None:
        """Keep what the script told of a page. Gives a page that is seen for the first time. What the script
        never tells is the page's own doing, and is not kept."""
        if told["did"] == "saw":
            return self._saw((host, words.path(path)), told)
        if told["did"] in _ACTS:
            self._step(did=told["did"], **_filled(asdict(Element.of(told))), path=words.path(path))
        return None

    def went(self, host: str, path: str, status: int) -> None:
        """A page came with this HTTP status."""
        self._step(did="went", host=host, path=words.path(path), status=status)
        if status >= 400 and status not in self.statuses:
            self.statuses.append(status)

    def told(self, text: str) -> None:
        """A box that the portal opened said this."""
        self._step(did="told", text=words.known(text))

    def _step(self, **step: Any) -> None:
        if not self.steps or self.steps[-1] != step:
            self.steps.append(step)

    def _saw(self, key: tuple[str, str], told: Mapping[str, Any]) -> Seen | None:
        new = key not in self.pages
        page = self.pages.setdefault(key, Seen(*key))
        elements = [each for each in map(Element.of, told["ids"]) if each.id]
        _more(page.ids if new else page.later, (each for each in elements if new or each not in page.ids))
        _more(page.headings, filter(None, map(words.known, told["headings"])))
        _more(page.fields, map(Element.of, told["fields"]))
        _more(page.company, (each for each in map(Element.of, told["company"]) if each.id))
        fresh = [each for each in map(_notice, told["notices"]) if each and each not in page.notices]
        _more(page.notices, fresh)
        for each in fresh:
            self._step(did="showed", at=each.at, text=each.text, path=page.path)
        return page if new else None


def _more(kept: list[Any], found: Iterator[Any] | list[Any]) -> None:
    """Each thing once, in the order it came."""
    kept.extend(each for each in dict.fromkeys(found) if each not in kept)


def _notice(told: Mapping[str, Any]) -> Notice | None:
    text = words.known(told["text"])
    if identity := words.code(told["id"]):
        return Notice(f"//*[@id='{identity}']", text) if text else None
    css = next(filter(None, map(words.code, told["css"].split())), "")
    at = f"//*[contains(concat(' ', normalize-space(@class), ' '), ' {css} ')]"
    return Notice(at, text) if text and css else None


def _filled(step: dict[str, str]) -> dict[str, str]:
    return {name: each for name, each in step.items() if each}
