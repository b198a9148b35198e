"""A report as a page of its own: one file with its style, no script, nothing to fetch."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from normalizers.reconciliation.check import Outcome
from schema import taxpayer_id
from schema.clock import BEIJING
from schema.dataset import Dataset
from schema.region import region
from scoring.inputs.parties import INDIVIDUAL
from scoring.result import Limit, Status
from service.report.charts import bars, lines, meters, radar
from service.report.firm import Firm, Party
from service.report.pdf import printed
from service.report.portfolio import BINS, Portfolio, histogram
from service.report.words import CAPS, FACTORS, PARTS, SUBMODELS, TERMS, WORDS, spoken
from vault.redaction import masked, masked_name, masked_number

_FOLDER = Path(__file__).parent / "templates"
STYLE = (_FOLDER / "report.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; frame-ancestors 'none'"
"""The page's own content security policy: its one style by its digest, and nothing else."""
WAN = 1_000_000
Form = Literal["html", "pdf"]


def of_firm(it: Firm, lang: str, *, clear: bool = False) -> str:
    """The report of one firm. Names and numbers are masked unless ``clear``."""
    result = it.result
    return _page(
        "firm.html",
        lang,
        clear=clear,
        title=spoken(WORDS, "profile", lang),
        it=it,
        traded=any(value is not None for value in (*it.sold, *it.bought)),
        filed=any(value is not None for value in it.declared),
        axes=[(spoken(SUBMODELS, name, lang), one.score) for name, one in result.submodels.items()],
        caps=_caps(result.limit, lang),
        passed=sum(each.status is Status.PASS for each in result.controls),
        stopped=[each for each in result.controls if each.status is not Status.PASS],
        checked=[each for each in it.checks if each.outcome is not Outcome.NOT_CHECKED],
        unchecked=[each for each in it.checks if each.outcome is Outcome.NOT_CHECKED],
    )


def of_portfolio(it: Portfolio, lang: str) -> str:
    """The report of a portfolio: counts and rates alone, no firm."""
    number = max(sum(it.now.grades.values()), 1)
    return _page(
        "portfolio.html",
        lang,
        clear=False,
        title=spoken(WORDS, "portfolio", lang),
        it=it,
        bins=[f"{edge:.0f}" for edge in BINS[:-1]],
        scores=histogram(it.now.points),
        former=histogram(it.before.points),
        grades=[
            (grade, float(firms), f"{firms} · {firms / number:.0%}", "sold")
            for grade, firms in it.now.grades.items()
        ],
    )


def answered(page: str, form: Form) -> Response:
    """The page as it is served, or its print."""
    if form == "pdf":
        return Response(printed(page), media_type="application/pdf")
    return HTMLResponse(page, headers={"content-security-policy": POLICY})


def _caps(limit: Limit, lang: str) -> list[tuple[str, float, str, str]]:
    """Every cap, the largest first, then the factors that the smallest one is multiplied by; the limit."""
    amounts = {name: cap.amount_fen for name, cap in limit.caps.items() if cap.amount_fen is not None}
    rows = [
        (spoken(CAPS, name, lang), float(fen), _told(name, fen, limit, lang), _kind(name, limit))
        for name, fen in sorted(amounts.items(), key=lambda each: -each[1])
    ]
    skipped = spoken(WORDS, "skipped", lang)
    rows += [
        (spoken(CAPS, name, lang), 0.0, f"{skipped} · {spoken(TERMS, cap.skipped, lang)}", "skip")
        for name, cap in limit.caps.items()
        if cap.amount_fen is None and cap.skipped is not None
    ]
    most = max((fen for _, fen, _, _ in rows), default=0.0)
    rows += [
        (spoken(FACTORS, name, lang), factor * most, f"× {factor:.2f}", "factor")
        for name, factor in limit.factors.items()
    ]
    rows += [
        (
            spoken(WORDS, "indicative", lang),
            float(limit.indicative_fen),
            _wan(limit.indicative_fen, lang),
            "final",
        ),
        (spoken(WORDS, "proposed", lang), float(limit.limit_fen), _wan(limit.limit_fen, lang), "final"),
    ]
    return rows


def _told(name: str, fen: int, limit: Limit, lang: str) -> str:
    word = "binding" if name == limit.binding else "chosen" if name == limit.source else ""
    told = _wan(fen, lang)
    return f"{told} · {spoken(WORDS, word, lang)}" if word else told


def _kind(name: str, limit: Limit) -> str:
    return "binds" if name == limit.binding else "plain"


def _wan(fen: int, lang: str) -> str:
    """In Chinese in units of 10,000 yuan from there on; else in yuan."""
    return f"{fen / WAN:,.1f}万" if lang == "zh" and abs(fen) >= WAN else f"¥{fen / 100:,.0f}"


@pass_context
def _amount(context: Context, fen: int) -> str:
    return _wan(fen, context["lang"])


@pass_context
def _company(context: Context, code: str) -> str:
    return code if context["clear"] else taxpayer_id.masked(code)


@pass_context
def _party(context: Context, party: Party) -> str:
    """A counterparty by its id, and its name where there is one."""
    if party.key == INDIVIDUAL:
        return INDIVIDUAL if context["lang"] == "zh" else "natural persons"
    name = party.name or ""
    if not context["clear"]:
        name = masked_name(name)[:4]
    told = party.key if party.key.isascii() else ""  # a key that is no id is the folded name
    return f"{_company(context, told)} {name}".strip() or _counterparty(context, party.key)


@pass_context
def _counterparty(context: Context, key: str | None) -> str:
    """A key alone: an id, or a folded name."""
    if key is None or context["clear"]:
        return key or "–"
    return taxpayer_id.masked(key) if key.isascii() else masked_name(key)


@pass_context
def _tail(context: Context, number: str) -> str:
    return number if context["clear"] else masked_number(number)


@pass_context
def _shown(context: Context, value: Any) -> Any:
    """What is printed of anything else: nothing that looks like a company's or a person's number."""
    if context["clear"] or isinstance(value, Markup | bool):
        return value
    return masked(str(value)) if isinstance(value, str | int) else value


def _page(name: str, lang: str, **values: Any) -> str:
    words = {key: spoken(WORDS, key, lang) for key in WORDS}
    return _templates.get_template(name).render(
        t=words, lang=lang, style=Markup(STYLE), **values
    )  # our own file


_templates = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals |= {"bars": bars, "lines": lines, "radar": radar, "meters": meters}
_templates.filters |= {
    "company": _company,
    "party": _party,
    "counterparty": _counterparty,
    "tail": _tail,
    "wan": _amount,
    "term": lambda word, lang: spoken(TERMS, str(word), lang),
    "submodel": lambda name, lang: spoken(SUBMODELS, name, lang),
    "part": lambda name, lang: spoken(PARTS, name, lang),
    "dataset": lambda name, lang: Dataset(name).zh if lang == "zh" else name.replace("_", " "),
    "region": lambda code, lang: region(code).zh if lang == "zh" else region(code).en,
    "clock": lambda at: at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"),
}
