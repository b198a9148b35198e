"""Bank movements by day, and money that turns round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.balances import DAYS
from scoring.inputs.batch import Batch
from scoring.inputs.flows import Flows
from scoring.inputs.names import Related
from scoring.inputs.owners import Owners
from scoring.measure import derived
from scoring.series import segment_sum
from scoring.value import NOT_AVAILABLE, Bools, Floats

LOOP_DAYS = 7


@dataclass(frozen=True, eq=False)
class Daily:
    """Fen in and out by firm and days before ``as_of``."""

    into: Floats
    out: Floats


@derived
def daily(flows: Flows) -> Daily:
    """The last year, day by day."""
    rows = flows.rows
    ago = rows.days_ago("event_date")

    def grid(mask: Bools) -> Floats:
        keep = np.flatnonzero(mask & (ago < DAYS))
        cell = rows.firm[keep] * DAYS + ago[keep].astype(np.int64)
        return segment_sum(cell, rows.firms * DAYS, flows.amount[keep]).reshape(rows.firms, DAYS)

    return Daily(grid(flows.into), grid(flows.out))


@derived
def returned(flows: Flows) -> Bools:
    """Inflows of which the same amount went out within 7 days, before or after."""
    rows, day = flows.rows, flows.rows.day("event_date")
    back = np.zeros(len(rows), dtype=np.bool_)
    outs, ins = np.flatnonzero(flows.out), np.flatnonzero(flows.into)
    if not len(outs):
        return back
    order = outs[np.lexsort((day[outs], flows.amount[outs], rows.firm[outs]))]
    pair = np.stack((rows.firm.astype(np.float64), flows.amount))
    change = np.ones(len(order), dtype=np.bool_)
    change[1:] = (pair[:, order][:, 1:] != pair[:, order][:, :-1]).any(axis=0)
    kinds = pair[:, order][:, change]
    group = np.cumsum(change) - 1
    known = {key: place for place, key in enumerate(zip(*kinds.tolist(), strict=True))}
    mine = np.array([known.get(key, -1) for key in zip(*pair[:, ins].tolist(), strict=True)], dtype=np.int64)
    span = 1 << 24
    line = group * span + (day[order] + (1 << 22)).astype(np.int64)
    at = np.where(mine < 0, 0, mine) * span + (day[ins] + (1 << 22)).astype(np.int64)
    first = np.searchsorted(line, at - LOOP_DAYS, side="left")
    last = np.searchsorted(line, at + LOOP_DAYS, side="right")
    back[ins] = (mine >= 0) & (last > first)
    return back


@derived
def owner_moves(flows: Flows, owners: Owners) -> Bools:
    """Movements with the people who own or represent the firm."""
    return _with(flows, owners.people, flows.names, flows.name)


@derived
def related_moves(flows: Flows, related: Related) -> tuple[Bools, Floats]:
    """Movements with related companies, and 0 or why these are not known."""
    return _with(flows, related.names, flows.parties, flows.party), related.gap


def _with(flows: Flows, names: list[set[str]], texts: list[str], code: np.ndarray) -> Bools:
    place = {text: at for at, text in enumerate(texts)}
    width = len(texts) + 1
    wanted = np.zeros(len(names) * width, dtype=np.bool_)
    for firm, held in enumerate(names):
        for name in held:
            if name in place:
                wanted[firm * width + place[name]] = True
    return wanted[flows.rows.firm * width + np.where(code < 0, width - 1, code)]


@derived
def own_bank_inflow(batch: Batch, flows: Flows) -> Floats:
    """Operating fen of the year into accounts with us. ``NOT_AVAILABLE`` when accounts are not told."""
    accounts = batch.rows("bank_account")
    ours = {
        (firm, account)
        for firm, account, bank in zip(
            accounts.firm.tolist(), accounts.texts("account_id"), accounts.texts("bank_name"), strict=True
        )
        if bank is not None and (own := batch.contexts[firm].own_bank) is not None and own in bank
    }
    told = np.array([context.own_bank is not None for context in batch.contexts]) & (
        accounts.count(accounts.all) > 0
    )
    rows = flows.rows
    keys = zip(rows.firm.tolist(), rows.texts("account_id"), strict=True)
    mine = (
        np.array([key in ours for key in keys], dtype=np.bool_) if ours else np.zeros(len(rows), dtype=bool)
    )
    inside = mine & flows.into & flows.operating & (flows.age < 12)
    return np.where(told, rows.sum(inside, flows.amount), NOT_AVAILABLE) + flows.unclassified
