"""What a report of one firm shows: the sealed score, and what its tables say by month and counterparty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from pydantic import ValidationError

from authz.authorization import Authorization
from normalizers.reconciliation.check import Result
from normalizers.reconciliation.report import report as reconciled
from schema.dataset import Missing
from schema.errors import StateConflict
from schema.period import add_months
from scoring.facts import Facts
from scoring.fraud.examine import examine
from scoring.fraud.finding import Examination
from scoring.inputs.declared import Declared
from scoring.inputs.invoices import Side, names_of_pairs
from scoring.policy.loader import load
from scoring.result import ScoreResult
from scoring.value import Floats, Ints
from stages.bankside import context
from stages.normalize import opened
from stages.readable import check_readable
from stages.workshop import Workshop

MONTHS, PARTIES = 24, 8
WAN = 1_000_000.0
"""Fen in 10,000 yuan."""

Series = list[float | None]


@dataclass(frozen=True)
class Party:
    """A counterparty by its key; ``name`` as the newest invoice has it."""

    key: str
    name: str | None
    fen: int
    share: float


@dataclass(frozen=True)
class Firm:
    """Months are oldest first, amounts by month in 10,000 yuan, None where there is nothing to know."""

    taxpayer_id: str
    region: str
    as_of: date
    fetched_at: datetime
    result: ScoreResult
    months: list[str]
    sold: Series
    bought: Series
    declared: Series
    customers: list[Party]
    suppliers: list[Party]
    examination: Examination
    checks: list[Result]
    missing: dict[str, Missing]


def firm(shop: Workshop, current: Authorization, *, actor: str, clear: bool = False) -> Firm:
    """The newest score of an authorization with its snapshot. That it is looked at, and whether in clear, is
    on record before it is shown.

    Raises ``StateConflict`` before there is a score, or when it was kept by a version whose score reads
    differently; ``ConsentWithdrawn`` and ``ConsentExpired``.
    """
    check_readable(shop, current)
    scored, held = shop.casefile.score(current.id), shop.casefile.snapshot(current.id)
    if scored is None or held is None:
        raise StateConflict("there is no score yet")
    try:
        result = ScoreResult.model_validate_json(shop.vault.unseal(scored["result_ref"]))
    except ValidationError:
        raise StateConflict("the score was kept by another version: refresh the authorization") from None
    snapshot = opened(shop, current, held)
    with shop.store.begin() as connection:
        shop.ledger.record(connection, current.id, actor, "report.viewed", {"clear": clear})
    known = context(shop, current, snapshot)
    return seen(Facts(snapshot, known, result.decided_at, load().measurement), result)


def seen(facts: Facts, result: ScoreResult) -> Firm:
    """The figures of a snapshot beside its score. Pure."""
    snapshot, measured = facts.snapshot, facts.measured
    there = facts.why_absent("invoice") is None
    sales: Side | None = measured.derived("sales") if there else None
    purchases: Side | None = measured.derived("purchases") if there else None
    returns: Declared | None = measured.derived("declared")
    return Firm(
        taxpayer_id=snapshot.taxpayer_id,
        region=snapshot.region,
        as_of=facts.as_of,
        fetched_at=snapshot.fetched_at,
        result=result,
        months=[f"{day:%y-%m}" for day in _months(facts.as_of)],
        sold=_invoiced(sales),
        bought=_invoiced(purchases),
        declared=_declared(returns),
        customers=_parties(facts, sales),
        suppliers=_parties(facts, purchases),
        examination=examine(facts),
        checks=reconciled(snapshot),
        missing={dataset.value: reason for dataset, reason in snapshot.missing.items()},
    )


def _months(as_of: date) -> list[date]:
    first = as_of.replace(day=1)
    return [add_months(first, -back) for back in range(MONTHS - 1, -1, -1)]


def _invoiced(side: Side | None) -> Series:
    """Months before the first invoice are not known; a month without one is a zero."""
    if side is None:
        return [None] * MONTHS
    known = int(side.history[0])
    month = (side.net_month.month[0, :MONTHS] / WAN).tolist()
    return [month[age] if age < known else None for age in range(MONTHS - 1, -1, -1)]


def _declared(returns: Declared | None) -> Series:
    """A quarterly return is spread over its months."""
    if returns is None or returns.gap[0] != 0:
        return [None] * MONTHS
    last, series = int(returns.last[0]), returns.series["sales"][0] / WAN
    found: Series = []
    for age in range(MONTHS - 1, -1, -1):
        value = series[age - last] if 0 <= age - last < series.size else np.nan
        found.append(None if np.isnan(value) else float(value))
    return found


def _parties(facts: Facts, side: Side | None) -> list[Party]:
    """The largest of the year, natural persons as one."""
    if side is None:
        return []
    net: Floats = np.maximum(side.net(0, 12), 0.0)
    largest: Ints = np.argsort(-net, kind="stable")[:PARTIES]
    names = names_of_pairs(facts.measured.derived("invoice_sides"))
    whole = float(net.sum())
    return [
        Party(side.pairs.keys[pair], names[pair], int(net[pair]), float(net[pair]) / whole)
        for pair in largest.tolist()
        if net[pair] > 0
    ]
