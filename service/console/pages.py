"""The console as HTML, in Chinese or English."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse

from authz.authorization import State
from connectors.bundle import Manifest
from schema import taxpayer_id
from schema.clock import BEIJING
from schema.money import yuan
from schema.region import region
from service import problems
from service.console.words import (
    ASKS,
    OUTCOMES,
    QUESTIONS,
    REASONS,
    ROLES,
    SEVERITIES,
    STANDS,
    STATES,
    WORDS,
)
from store.database import now
from vault.redaction import masked, masked_name, masked_number

NAME = "console"
LANGUAGE_COOKIE = "taxlink_console_language"
_FOLDER = Path(__file__).parent


def assets() -> StaticFiles:
    return StaticFiles(directory=_FOLDER / "static")


def rendered(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template with the words of the page's language as ``t``. Numbers and names of companies and persons
    are masked on every page, but on those of an authorization (``item``) that this session has unmasked."""
    lang = language(request)
    words = {key: text[lang] for key, text in WORDS.items()}
    page = _templates.get_template(name).render(t=words, lang=lang, clear=_clear(request, values), **values)
    answer = HTMLResponse(page, status)
    if "lang" in request.query_params:
        answer.set_cookie(LANGUAGE_COOKIE, lang, path="/console", httponly=True, samesite="strict")
    return answer


def language(request: Request) -> str:
    """What the page is asked for in, ``zh`` or ``en``; the choice is remembered."""
    lang = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "zh")
    return "en" if lang == "en" else "zh"


def _clear(request: Request, values: Mapping[str, Any]) -> datetime | None:
    """Until when the page may show what is masked elsewhere."""
    if "operator" not in values or "item" not in values:
        return None
    until: datetime | None = request.app.state.desk.shop.access.unmaskings.until(
        values["operator"].session, values["item"].id
    )
    return until


@pass_context
def _shown(context: Context, value: Any) -> Any:
    """What a page prints of any value: nothing that looks like a company's or a person's number."""
    if context.get("clear") or isinstance(value, Markup | bool):
        return value
    return masked(str(value)) if isinstance(value, str | int) else value


def _hidden(mask: Callable[[str], str]) -> Callable[[Context, str], str]:
    @pass_context
    def shown(context: Context, value: str) -> str:
        return value if context.get("clear") else mask(value)

    return shown


@pass_context
def _cell(context: Context, value: Any, column: str) -> Any:
    """A value of a table: a name of whoever it is, is masked as a person's."""
    named = isinstance(value, str) and "name" in column
    return masked_name(value) if named and not context.get("clear") else value


def _clock(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%m-%d %H:%M:%S")


def _age(at: datetime) -> str:
    seconds = max(0, int((now() - at).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _money(fen: int | None) -> str:
    return "–" if fen is None else f"¥{yuan(fen):,}"


def _cause(code: str | None, lang: str) -> str:
    if code is None:
        return ""
    cause = problems.causes().get(code)
    return code if cause is None else cause.zh if lang == "zh" else cause.message()


def _state(state: State, lang: str) -> str:
    return STATES[state] if lang == "zh" else state.replace("_", " ")


def _region_name(code: str, lang: str) -> str:
    return region(code).zh if lang == "zh" else region(code).en


def _spans(told: Manifest) -> list[tuple[str, int, int]]:
    """(name, begin, duration) of each step, in milliseconds; one lasts until the next begins."""
    ends = [*(step.at for step in told.steps[1:]), told.ms]
    return [(step.name, step.at, end - step.at) for step, end in zip(told.steps, ends, strict=False)]


def _inline(picture: bytes) -> Markup:
    """A picture as part of the page: it has no address of its own."""
    return Markup("data:image/png;base64,") + base64.b64encode(picture).decode()


_templates = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {
    "company": _hidden(taxpayer_id.masked),
    "person": _hidden(masked_name),
    "number": _hidden(masked_number),
    "cell": _cell,
    "clock": _clock,
    "state": _state,
    "age": _age,
    "money": _money,
    "cause": _cause,
    "region": _region_name,
    "question": lambda kind, lang: QUESTIONS[kind][lang],
    "outcome": lambda outcome, lang: OUTCOMES[outcome][0 if lang == "zh" else 1],
    "severity": lambda severity, lang: SEVERITIES[severity][0 if lang == "zh" else 1],
    "spans": _spans,
    "role": lambda role, lang: ROLES[role][lang],
    "reason": lambda reason, lang: REASONS[reason][lang],
    "ask": lambda ask, lang: ASKS[ask][lang],
    "stand": lambda stand, lang: STANDS[stand][lang],
    "refusal": lambda error, lang: error.zh if lang == "zh" else error.message(),
    "inline": _inline,
}
