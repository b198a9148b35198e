"""A portfolio scored anew from its sealed snapshots, by another policy or after a correction. Nothing is
fetched and no decision is changed: what comes out stands beside what was decided.

Firms are taken one after another in the order of their ids and kept in small transactions under the name of
the rescoring, so that one that was killed goes on where it was. Those of a transaction are measured at once,
as many as their rows allow, so that memory holds little more than the largest firm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, and_, func, insert, select

from authz.authorization import Authorization
from authz.casefile import HeldSnapshot
from schema.errors import StateConflict, TaxlinkError
from schema.snapshot import Snapshot
from scoring.context import Context
from scoring.decision import decide
from scoring.facts import together
from scoring.policy.model import Policy
from stages.bankside import context
from stages.normalize import opened
from stages.score import applied, summary
from stages.workshop import Workshop
from store import tables
from store.database import now, reading
from store.scoring_tables import rescored

BATCH = 50
"""Firms a transaction."""
ROWS = 500_000
"""Rows that are measured at once; a firm that has more is measured alone."""
_SCORED_BEFORE = ("decision", "points", "grade", "limit_fen", "annual_rate")


def rescore(shop: Workshop, name: str, policy: Policy) -> Iterator[tuple[int, int]]:
    """Score what is left under this name; yields how many are done, and of how many, as it goes.

    A firm whose data were destroyed, or that does not score, is kept with its error code. Raises
    ``StateConflict`` when the name was begun with another policy.
    """
    _check_same(shop, name, policy)
    done, total = _counts(shop, name)
    yield done, total
    while batch := _next(shop, name):
        rows = list(_rescored(shop, name, policy, [row.authorization_id for row in batch]))
        with shop.store.begin() as connection:
            connection.execute(insert(rescored), rows)
        done += len(rows)
        yield done, max(total, done)


def changes(shop: Workshop, name: str) -> list[dict[str, Any]]:
    """Decisions before and after, how many firms made that change, and the sums of both limits in fen; the
    most frequent first. What could not be scored has its error code as the decision after."""
    before = tables.score.alias("before")
    newest = (
        select(before.c.authorization_id, func.max(before.c.run).label("run"))
        .group_by(before.c.authorization_id)
        .subquery()
    )
    after = func.coalesce(rescored.c.decision, rescored.c.error_code).label("after")
    count = func.count().label("firms")
    query = (
        select(
            before.c.decision.label("before"),
            after,
            count,
            func.sum(before.c.limit_fen).label("limit_before_fen"),
            func.sum(rescored.c.limit_fen).label("limit_after_fen"),
        )
        .select_from(rescored)
        .outerjoin(newest, newest.c.authorization_id == rescored.c.authorization_id)
        .outerjoin(
            before,
            and_(before.c.authorization_id == newest.c.authorization_id, before.c.run == newest.c.run),
        )
        .where(rescored.c.name == name)
        .group_by(before.c.decision, after)
        .order_by(count.desc())
    )
    with reading(shop.store) as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


Opened = tuple[Authorization, HeldSnapshot, Snapshot, Context]


def _rescored(shop: Workshop, name: str, policy: Policy, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A row a firm, in no order."""
    group: list[Opened] = []
    for id in ids:
        current, held = shop.ledger.authorization(id), shop.casefile.snapshot(id)
        assert held is not None, "only firms with a snapshot are taken"
        try:
            snapshot = opened(shop, current, held)
            firm = (current, held, snapshot, context(shop, current, snapshot))
        except TaxlinkError as error:
            yield _row(name, policy, current, held, {"error_code": error.code})
            continue
        if group and sum(_height(each) for each in (*group, firm)) > ROWS:
            yield from _decided(name, policy, group)
            group = []
        group.append(firm)
    yield from _decided(name, policy, group)


def _height(firm: Opened) -> int:
    return sum(table.height for table in firm[2].tables.values())


def _decided(name: str, policy: Policy, group: Sequence[Opened]) -> Iterator[dict[str, Any]]:
    """Firms measured at once and decided one by one."""
    if not group:
        return
    asked = [replace(known, requested_fen=current.amount_fen) for current, _, _, known in group]
    facts = together([snapshot for _, _, snapshot, _ in group], asked, now(), policy.measurement)
    for (current, held, _, _), one in zip(group, facts, strict=True):
        yield _row(name, policy, current, held, summary(decide(one, applied(current), policy)))


def _row(
    name: str, policy: Policy, current: Authorization, held: HeldSnapshot, found: Mapping[str, Any]
) -> dict[str, Any]:
    return {key: found.get(key) for key in (*_SCORED_BEFORE, "error_code")} | {
        "name": name,
        "authorization_id": current.id,
        "snapshot_id": held.id,
        "policy_hash": policy.sha256,
        "scored_at": now(),
    }


def _check_same(shop: Workshop, name: str, policy: Policy) -> None:
    begun = select(rescored.c.policy_hash).where(rescored.c.name == name).limit(1)
    with reading(shop.store) as connection:
        hashed = connection.scalar(begun)
    if hashed not in (None, policy.sha256):
        raise StateConflict(f"{name} was begun with another policy, {hashed[:12]}; take another name")


def _counts(shop: Workshop, name: str) -> tuple[int, int]:
    held = tables.snapshot.c.authorization_id
    with reading(shop.store) as connection:
        done = connection.scalar(select(func.count()).where(rescored.c.name == name)) or 0
        return done, connection.scalar(select(func.count(held.distinct()))) or 0


def _next(shop: Workshop, name: str) -> list[Row[Any]]:
    """The next firms that have a snapshot, after the last that is kept."""
    held = tables.snapshot.c.authorization_id
    last = select(func.max(rescored.c.authorization_id)).where(rescored.c.name == name)
    with reading(shop.store) as connection:
        after = connection.scalar(last) or ""
        query = select(held).distinct().where(held > after).order_by(held).limit(BATCH)
        return list(connection.execute(query).all())
