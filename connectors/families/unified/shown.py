"""What a page shows, read from its view: captcha, choices, receipt, and what waits for the tax app."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from lxml import html

from connectors.families.unified.outcomes import Patterns, View
from connectors.interface import Option
from schema.errors import PageChanged

_PNG = b"\x89PNG\r\n\x1a\n"
_MAX_PICTURE = 1 << 20
VALID = "有效"
_CODE = "//*[@id='tx-qr']"


@dataclass(frozen=True)
class Captcha:
    """``kind`` is slider or picture; pictures are PNG, ``y`` the piece's top edge, ``serial`` its number."""

    kind: str
    serial: str
    picture: bytes = field(repr=False)
    piece: bytes | None = field(repr=False)
    y: int


@dataclass(frozen=True)
class Listed:
    """One 银税授权 as shown: ``scopes`` are the portal's codes, instants as printed."""

    receipt: str
    bank: str
    scopes: frozenset[str]
    granted_at: str
    expires_at: str
    active: bool


@dataclass(frozen=True)
class InApp:
    """What a page that waits for the tax app tells: ``state`` is one of ``states`` in ``portal.toml``,
    ``picture`` the code to scan (PNG), ``number`` what to compare with the app."""

    state: str
    picture: bytes | None = field(repr=False)
    number: str


def captcha(view: View) -> Captcha:
    """The captcha that a page shows."""
    veil = view.find("//*[@id='tx-captcha']")[0]
    kind, serial = veil.get("data-kind", ""), veil.get("data-serial", "")
    if kind == "picture":
        return Captcha(kind, serial, _png(view, "tx-captcha-letters"), None, 0)
    if kind == "slider":
        y = int(veil.get("data-y", "0"))
        return Captcha(kind, serial, _png(view, "tx-captcha-scene"), _png(view, "tx-captcha-piece"), y)
    raise PageChanged("a captcha of a kind that we do not know")


def message(view: View) -> str:
    """What the page tells about the last try; empty when nothing."""
    found = view.find("//*[@id='tx-message']")
    return str(found[0].text_content()).strip() if found else ""


def identities(view: View) -> dict[Option, str]:
    """The choices of the identity page, each with its company's id."""
    choices: dict[Option, str] = {}
    for row in view.find("//*[@id='tx-identity']//tr[td]"):
        radio, (name, company, role) = (
            row.xpath(".//input/@value"),
            [_text(cell) for cell in row.xpath("./td")[1:4]],
        )
        choices[Option(str(radio[0]), f"{name} {company}", role)] = company
    return choices


def has_code(view: View) -> bool:
    """Whether the page asks to scan a code."""
    return bool(view.find(_CODE))


def in_app(view: View, known: Patterns) -> InApp:
    """How far the tax app is. Raises ``PageChanged`` for a state that nobody knows."""
    told = view.text("//*[@id='tx-app-state']")
    state = next((name for name, text in known.states.items() if re.search(text, told)), None)
    if state is None:
        raise PageChanged("the page tells a state of the tax app that we do not know")
    if has_code(view):
        return InApp(state, _png(view, "tx-qr-picture"), "")
    return InApp(state, None, view.text("//*[@id='tx-approval-number']"))


def phone(view: View) -> str:
    """The masked number that the code went to."""
    return view.text("//*[@id='tx-phone']")


def receipt(view: View) -> Listed:
    """授权回执 as its page shows it."""
    number, bank, granted, expires, state = (
        view.text(f"//*[@id='tx-receipt-{name}']")
        for name in ("number", "bank", "granted", "expires", "state")
    )
    return Listed(number, bank, frozenset(), granted, expires, state == VALID)


def grants(view: View) -> list[Listed]:
    """Every row of 已有授权."""
    return [_listed(row) for row in view.find("//table[@id='tx-grants']//tr[td]")]


def _listed(row: html.HtmlElement) -> Listed:
    cells = [_text(cell) for cell in row.xpath("./td")]
    if len(cells) < 6:
        raise PageChanged("a row of grants is too short")
    scopes = frozenset(str(row.get("data-scopes", "")).split(","))
    return Listed(cells[0], cells[1], scopes, cells[3], cells[4], cells[5] == VALID)


def _text(element: html.HtmlElement) -> str:
    return str(element.text_content()).strip()


def _png(view: View, element_id: str) -> bytes:
    """The picture of an element whose source is a data URL. Raises ``PageChanged`` for anything else."""
    source = view.find(f"//img[@id='{element_id}']")
    kind, _, text = (source[0].get("src", "") if source else "").partition(",")
    try:
        picture = base64.b64decode(text, validate=True)
    except binascii.Error:
        picture = b""
    if kind != "data:image/png;base64" or not picture.startswith(_PNG) or len(picture) > _MAX_PICTURE:
        raise PageChanged(f"{element_id} is not a picture that we know")
    return picture
