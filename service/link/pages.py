"""The borrower's page as HTML: the frame, in both languages at once; the script shows what the state says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from authz.authorization import Authorization
from authz.consent import Party
from connectors.interface import ChallengeKind, Scan
from schema.errors import TaxlinkError
from schema.region import default_region, region
from schema.taxpayer_id import division, masked
from service.link import view
from service.link.words import PAGE
from stages.workshop import Workshop

NAME = "link"
_FOLDER = Path(__file__).parent
_templates = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def assets() -> StaticFiles:
    """Styles and script, served from the package."""
    return StaticFiles(directory=_FOLDER / "static")


def page(shop: Workshop, request: Request, current: Authorization, party: Party, token: str) -> HTMLResponse:
    """One party's page of an authorization with its present state."""
    where, state = region(current.region), view.state(shop, current.id, party)
    return _rendered(
        request,
        "page.html",
        200,
        bank={"zh": shop.settings.bank_zh, "en": shop.settings.bank_en},
        company=masked(current.taxpayer_id),
        region=where,
        region_found=default_region(division(current.taxpayer_id)) == where,
        base=f"/link/{token}",
        text=state["text"] or {"zh": "", "en": "", "sha256": ""},
        state=json.dumps(state, ensure_ascii=False),
    )


def screen(shop: Workshop, request: Request, current: Authorization) -> HTMLResponse:
    """The code to scan alone, for another screen than the phone that scans it."""
    asked = view.state(shop, current.id, Party.BORROWER)["challenge"] or {}
    by_code = asked.get("kind") == ChallengeKind.QR
    return _rendered(
        request,
        "screen.html",
        200,
        bank={"zh": shop.settings.bank_zh, "en": shop.settings.bank_en},
        picture=asked["picture"] if by_code else None,
        scanned=by_code and asked["hint"] == Scan.SCANNED,
    )


def refusal(shop: Workshop, request: Request, error: TaxlinkError) -> HTMLResponse:
    """Why the link does not open."""
    return _rendered(
        request,
        "refusal.html",
        error.status,
        bank={"zh": shop.settings.bank_zh, "en": shop.settings.bank_en},
        why={"zh": error.zh, "en": error.message()},
        code=error.code,
    )


def _rendered(request: Request, name: str, status: int, **values: Any) -> HTMLResponse:
    content = _templates.get_template(name).render(t=PAGE, lang=language(request), **values)
    return HTMLResponse(content, status)


def language(request: Request) -> str:
    """``?lang=``, else what the browser prefers; Chinese unless it is English."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return "en" if asked.lower().startswith("en") else "zh"
