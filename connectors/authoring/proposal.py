"""From a recording to what a browser family and a region's overlay would say of the portal. Pure; every line
of it is a guess that a person checks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from connectors.authoring import words
from connectors.authoring.catalogue import Hosts
from connectors.authoring.drafts import Draft, rendered
from connectors.authoring.recording import Element, Recording, Seen
from connectors.authoring.region import drafts as overlay_drafts
from schema.errors import InvalidRequest
from schema.region import REGIONS

_PREFERRED = ("form", "table", "main", "section")
_ALTERNATIVES = 3
_CAPTCHA = re.compile(r"captcha|slide|verify|yzm|geetest", re.IGNORECASE)
_CODE_FIELD = re.compile(r"sms|code|yzm|dx", re.IGNORECASE)
_STATUS_CAUSES = {429: "rate_limited", 503: "portal_maintenance", 403: "route_broken"}


@dataclass(frozen=True)
class Marker:
    """A page by an element that only it has, and other candidates."""

    name: str
    at: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A text at a place, or HTTP statuses, and the cause that they most likely tell; empty when a person must
    say."""

    cause: str
    at: str = ""
    text: str = ""
    status: tuple[int, ...] = ()


def region_of(url: str) -> str:
    """The region that a portal's address names, e.g. ``etax.yunnan.chinatax.gov.cn``. Raises
    ``InvalidRequest``."""
    labels = (urlsplit(url).hostname or "").split(".")
    for code, region in REGIONS.items():
        if region.slug in labels:
            return code
    raise InvalidRequest("the address names no region; say which with --region")


def drafts(recording: Recording, region: str, family: str, folder: Path) -> list[Draft]:
    """``steps.json``, ``portal.toml``, the overlay with its test, and what to check in ``README.md``."""
    found, seen = list(markers(recording)), list(faults(recording))
    told = {
        "paths": paths(recording),
        "markers": found,
        "faults": seen,
        "company": company(recording),
        "pages": list(recording.pages.values()),
        "family": family,
        "region": REGIONS[region],
    }
    steps = json.dumps(recording.steps, ensure_ascii=False, indent=1)
    return [
        Draft(folder / "steps.json", steps + "\n"),
        Draft(folder / "portal.toml", rendered("recorded/portal.toml.jinja", **told)),
        Draft(folder / "README.md", rendered("recorded/README.md.jinja", **told)),
        *overlay_drafts(region, family, folder, hosts=hosts(recording), force=True),
    ]


def hosts(recording: Recording) -> Hosts:
    """The host of the recorded address, and the further ones by the first part of their name."""
    own, scheme = urlsplit(recording.base_url).netloc, urlsplit(recording.base_url).scheme
    further = {host for host, _ in recording.pages} - {own}
    return Hosts(recording.base_url, {_role(each): f"{scheme}://{each}" for each in sorted(further)})


def paths(recording: Recording) -> dict[str, str]:
    """Name and path of each page, in the order it was first seen."""
    return {name: page.path for name, page in _named(recording)}


def markers(recording: Recording) -> Iterator[Marker]:
    """A captcha that appeared on a page comes before the page itself: both are there, and the first one that
    fits counts. ``at`` is empty where a page has nothing of its own."""
    named = _named(recording)
    for name, page in named:
        others = {each.id for _, other in named if other is not page for each in (*other.ids, *other.later)}
        captchas = [each for each in page.later if _CAPTCHA.search(each.id)]
        if captchas:
            yield Marker("captcha", f"//*[@id='{captchas[0].id}' and not(@hidden)]")
        own = _best([each for each in page.ids if each.id not in others])
        yield Marker(name, _at(own[0]) if own else "", tuple(map(_at, own[1 : _ALTERNATIVES + 1])))


def faults(recording: Recording) -> Iterator[Fault]:
    """What pages said, then the HTTP statuses that they came with."""
    told = dict.fromkeys((each.at, each.text) for page in recording.pages.values() for each in page.notices)
    for at, text in told:
        yield Fault(words.cause(text), at, text.replace(words.GAP, ".*"))
    for status in recording.statuses:
        yield Fault(_STATUS_CAUSES.get(status, "portal_unavailable"), status=(status,))


def company(recording: Recording) -> str:
    """Where a signed-in page shows the company's id; empty when no page did."""
    shown = [each for page in recording.pages.values() for each in page.company]
    return _at(shown[0]) if shown else ""


def _named(recording: Recording) -> list[tuple[str, Seen]]:
    """Pages by a guessed name, each name once."""
    found: dict[str, Seen] = {}
    for page in recording.pages.values():
        name, number = _name(page), 2
        while name in found:
            name, number = f"{_name(page)}_{number}", number + 1
        found[name] = page
    return list(found.items())


def _name(page: Seen) -> str:
    if any(each.type == "password" for each in page.fields):
        return "sign_in"
    if any(_CODE_FIELD.search(each.id + each.name) or "验证码" in each.label for each in page.fields):
        return "sms"
    if page.fields and all(each.type == "radio" for each in page.fields):
        return "identity"
    last = re.sub(r"\W", "", page.path.rpartition("/")[2])
    return last.lower() or "home"


def _best(candidates: Sequence[Element]) -> list[Element]:
    """Those that carry meaning first."""
    return sorted(
        candidates,
        key=lambda each: _PREFERRED.index(each.tag) if each.tag in _PREFERRED else len(_PREFERRED),
    )


def _at(element: Element) -> str:
    return f"//{element.tag}[@id='{element.id}']"


def _role(host: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", host.partition(".")[0].partition(":")[0].lower())
