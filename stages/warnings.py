"""Warnings over time: what a refresh raises is kept beside what was raised before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from authz.authorization import Authorization
from schema.errors import KeyDestroyed
from scoring.policy.loader import load
from scoring.policy.model import Policy
from scoring.policy.rules import Answer, Signal
from scoring.result import WarningSignal
from scoring.warnings import Kept, follow
from stages.workshop import Workshop
from store.database import now, reading
from store.scoring_tables import warning
from store.tables import score

_COLUMNS = [column for column in warning.c if column.name not in ("id", "authorization_id")]


def keep(shop: Workshop, current: Authorization, raised: Sequence[WarningSignal], policy: Policy) -> None:
    """The warnings of a refresh: new ones opened, seen ones seen again, gone ones closed, with an event for
    each that opens, closes or turns red. Once more after a crash changes nothing."""
    at = now()
    with shop.store.begin() as connection:
        shop.ledger.read(connection, current.id, lock=True)
        before = _read(connection, current.id)
        after = follow(before, raised, policy.warning_terms, run=current.run, at=at)
        connection.execute(delete(warning).where(warning.c.authorization_id == current.id))
        if after:
            rows = [asdict(each) | {"authorization_id": current.id} for each in after]
            connection.execute(insert(warning), rows)
        for kind, one in _changes(before, after):
            told = {"signal": one.signal, "severity": one.severity}
            shop.ledger.record(connection, current.id, "pipeline", kind, told)


def _changes(before: Sequence[Kept], after: Sequence[Kept]) -> list[tuple[str, Kept]]:
    were, are = ({each.signal: each for each in one if each.closed_at is None} for one in (before, after))
    changed = [("warning.raised", each) for name, each in are.items() if name not in were]
    changed += [
        ("warning.escalated", each)
        for name, each in are.items()
        if name in were and each.severity == "red" != were[name].severity
    ]
    return changed + [("warning.closed", each) for name, each in were.items() if name not in are]


def listing(shop: Workshop, id: str) -> list[Kept]:
    """Every warning of an authorization, open ones first, the most urgent before others."""
    with reading(shop.store) as connection:
        found = _read(connection, id)
    return sorted(found, key=lambda each: (each.closed_at is not None, each.deadline, each.signal))


def _read(connection: Connection, id: str) -> list[Kept]:
    query = select(*_COLUMNS).where(warning.c.authorization_id == id).order_by(warning.c.id)
    return [Kept(**row._mapping) for row in connection.execute(query)]


@dataclass(frozen=True)
class Shown:
    """A warning with its words and, while the data last, its figures."""

    kept: Kept
    signal: Signal
    answer: Answer
    evidence: dict[str, float | str] | None


def shown(shop: Workshop, current: Authorization) -> list[Shown]:
    """``listing`` with words and figures; the evidence is None when the data were destroyed. A signal that
    the policy no longer has is left out."""
    policy = load()
    signals = {signal.id: signal for signal in policy.warnings}
    found = [each for each in listing(shop, current.id) if each.signal in signals]
    results = {run: _result(shop, current.id, run) for run in {each.run for each in found}}
    return [
        Shown(
            each,
            signals[each.signal],
            policy.warning_terms.severities[each.severity],
            _evidence(results[each.run], each.signal),
        )
        for each in found
    ]


def _evidence(result: dict[str, Any] | None, signal: str) -> dict[str, float | str] | None:
    told = (result or {}).get("warnings", [])
    return next((one["evidence"] for one in told if one["id"] == signal), None)


def granted(shop: Workshop, current: Authorization) -> dict[str, float | None] | None:
    """The columns of the first score, None before there is one."""
    query = select(score.c.run).where(score.c.authorization_id == current.id).order_by(score.c.run)
    with reading(shop.store) as connection:
        first = connection.scalar(query.limit(1))
    if first is None or first == current.run:
        return None
    result = _result(shop, current.id, first)
    columns: dict[str, float | None] | None = (result or {}).get("indicators")
    return columns


def _result(shop: Workshop, id: str, run: int) -> dict[str, Any] | None:
    held = shop.casefile.score(id, run)
    if held is None:
        return None
    try:
        told: dict[str, Any] = json.loads(shop.vault.unseal(held["result_ref"]))
    except KeyDestroyed:
        return None
    return told
