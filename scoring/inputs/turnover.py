"""Bank movements by day, and money that turns round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from scoring.inputs.balances import DAYS
from scoring.inputs.batch import Batch
from scoring.inputs.flows import Flows
from scoring.inputs.names import Related
from scoring.inputs.owners import Owners
from scoring.measure import derived
from scoring.series import segment_sum
from scoring.value import NOT_AVAILABLE, Bools, Floats, Ints

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
    rows, back = flows.rows, np.zeros(len(flows.rows), dtype=np.bool_)
    code = rows.kept(("amounts",), lambda: _amounts(rows.firm, flows.amount))
    line = (code << 24) + (rows.day("event_date") + (1 << 22)).astype(np.int64)
    ins, outs = np.flatnonzero(flows.into), np.sort(line[flows.out])
    first = np.searchsorted(outs, line[ins] - LOOP_DAYS, side="left")
    back[ins] = np.searchsorted(outs, line[ins] + LOOP_DAYS, side="right") > first
    return back


def _amounts(firm: Ints, amount: Floats) -> Ints:
    """A code of firm and amount."""
    distinct = np.unique(amount, return_inverse=True)[1]
    return cast(Ints, np.unique(firm * (len(distinct) + 1) + distinct, return_inverse=True)[1])


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
    texts, code = rows.encoded("account_id")
    cells = [(firm, text) in ours for firm in range(batch.firms) for text in [*texts, None]]
    mine = np.array(cells, dtype=np.bool_)[
        rows.firm * (len(texts) + 1) + np.where(code < 0, len(texts), code)
    ]
    inside = mine & flows.into & flows.operating & (flows.age < 12)
    return np.where(told, rows.sum(inside, flows.amount), NOT_AVAILABLE) + flows.unclassified
