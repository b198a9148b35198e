"""What a report of a portfolio shows: scores of two months, their drift, hits of controls and warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydantic import ValidationError
from sqlalchemy import func, select

from schema.clock import BEIJING
from schema.errors import KeyDestroyed
from schema.period import add_months
from scoring.policy.data import GRADES
from scoring.result import ScoreResult, Status
from stages.workshop import Workshop
from store import tables
from store.database import now, reading

BINS = np.linspace(0, 1000, 21)
"""Edges of the bins of the score, as they are drawn."""
PARTS = 10
LEAST = 1e-4
"""What an empty bin counts as."""


@dataclass(frozen=True)
class Month:
    """The newest score of each authorization scored in a month."""

    month: str
    points: list[float]
    grades: dict[str, int]
    decisions: dict[str, int]
    limit_fen: int


@dataclass(frozen=True)
class Hit:
    """A control or a warning, and how many firms it hit."""

    id: str
    text: str
    text_en: str
    hit: int
    unknown: int


@dataclass(frozen=True)
class Portfolio:
    """``psi`` is None without scores to compare with."""

    now: Month
    before: Month
    psi: float | None
    read: int
    unread: int
    """Scores whose whole result is destroyed or of another version."""
    controls: list[Hit]
    warnings: list[Hit]


def portfolio(shop: Workshop, tenant: str, month: str | None = None, against: str | None = None) -> Portfolio:
    """Scores of a month (``2026-11``, unless told the present one) beside another's, the one before."""
    chosen = month or f"{now().astimezone(BEIJING):%Y-%m}"
    before = against or f"{add_months(_first(chosen).date(), -1):%Y-%m}"
    rows, others = _scores(shop, tenant, chosen), _scores(shop, tenant, before)
    results = _results(shop, [row["result_ref"] for row in rows])
    current, former = _month(chosen, rows), _month(before, others)
    return Portfolio(
        now=current,
        before=former,
        psi=psi(former.points, current.points),
        read=len(results),
        unread=len(rows) - len(results),
        controls=_controls(results),
        warnings=_warnings(results),
    )


def psi(base: Sequence[float], now: Sequence[float]) -> float | None:
    """Population stability index: Σ (aᵢ − bᵢ) ln(aᵢ/bᵢ) over the deciles of the base (Siddiqi 2006, ch. 10).

    None when either side is empty.
    """
    if not base or not now:
        return None
    edges = np.unique(np.quantile(base, np.linspace(0, 1, PARTS + 1)[1:-1]))
    parts = [
        np.maximum(np.bincount(np.searchsorted(edges, side, side="right"), minlength=edges.size + 1), 0)
        / len(side)
        for side in (now, base)
    ]
    a, b = (np.maximum(part, LEAST) for part in parts)
    return float(((a - b) * np.log(a / b)).sum())


def histogram(points: Sequence[float]) -> list[float | None]:
    """The part of the scores in each bin, per cent."""
    counts = np.histogram(points, BINS)[0]
    return [float(each) / max(len(points), 1) * 100 for each in counts]


def _first(month: str) -> datetime:
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=BEIJING)


def _scores(shop: Workshop, tenant: str, month: str) -> list[dict[str, object]]:
    """The newest score of the month of each authorization of the tenant."""
    begin = _first(month)
    end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    score, owner = tables.score, tables.authorization
    within = (score.c.created_at >= begin) & (score.c.created_at < end)
    newest = select(func.max(score.c.run)).where(
        score.c.authorization_id == owner.c.id, within
    ).correlate(owner)  # fmt: skip
    query = (
        select(score)
        .join(owner, owner.c.id == score.c.authorization_id)
        .where(owner.c.tenant == tenant, within, score.c.run == newest.scalar_subquery())
        .order_by(score.c.id)
    )
    with reading(shop.store) as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def _month(month: str, rows: Sequence[dict[str, object]]) -> Month:
    grades = Counter(str(row["grade"]) for row in rows if row["grade"])
    return Month(
        month=month,
        points=[float(str(row["points"])) for row in rows if row["points"] is not None],
        grades={grade: grades[grade] for grade in GRADES},
        decisions=dict(Counter(str(row["decision"]) for row in rows)),
        limit_fen=sum(int(str(row["limit_fen"])) for row in rows if row["limit_fen"] is not None),
    )


def _results(shop: Workshop, refs: Sequence[object]) -> list[ScoreResult]:
    """The sealed results that can still be read, one at a time: a portfolio does not fit into memory."""
    found = []
    for ref in refs:
        try:
            found.append(ScoreResult.model_validate_json(shop.vault.unseal(str(ref))))
        except (KeyDestroyed, ValidationError):
            continue
    return found


def _controls(results: Sequence[ScoreResult]) -> list[Hit]:
    texts: dict[str, tuple[str, str]] = {}
    hit, unknown = Counter[str](), Counter[str]()
    for control in (control for result in results for control in result.controls):
        texts.setdefault(control.id, (control.text, control.text_en))
        hit[control.id] += control.status is Status.HIT
        unknown[control.id] += control.status is Status.UNKNOWN
    found = [Hit(id, zh, en, hit[id], unknown[id]) for id, (zh, en) in texts.items()]
    return sorted(found, key=lambda each: (-each.hit, each.id))


def _warnings(results: Sequence[ScoreResult]) -> list[Hit]:
    texts: dict[str, tuple[str, str]] = {}
    hit = Counter[str]()
    for warning in (warning for result in results for warning in result.warnings):
        texts.setdefault(warning.id, (warning.text, warning.text_en))
        hit[warning.id] += 1
    found = [Hit(id, zh, en, hit[id], 0) for id, (zh, en) in texts.items()]
    return sorted(found, key=lambda each: (-each.hit, each.id))
