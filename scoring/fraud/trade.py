"""Rules on whom a firm trades with: mutual trade, circles, shells."""

from __future__ import annotations

import numpy as np

from schema.period import add_months
from scoring.fraud.case import Case
from scoring.fraud.finding import Seen
from scoring.fraud.terms import Loop, Rule, Shell
from scoring.inputs.invoices import Side
from scoring.series import segment_sum
from scoring.value import INSUFFICIENT, Floats, Ints


def mutual(case: Case, _: Rule) -> Seen:
    """Σ min(sold, bought) over companies, over the year's sales."""
    pairs, sold, bought = case.pairs, case.sales.net(0, 12), case.purchases.net(0, 12)
    whole = _whole(case, case.sales)
    if whole <= 0:
        return Seen(INSUFFICIENT)
    offset = np.maximum(np.minimum(sold[pairs], bought[pairs]), 0.0)
    both = pairs[offset > 0]
    rows = tuple((side, case.rows_with(side, both)) for side in (case.sales, case.purchases))
    return Seen(float(offset.sum()) / whole, rows, case.keys(both), {"companies": float(both.size)})


def loop(case: Case, terms: Loop) -> Seen:
    """The widths of the firm's circles, over the year's sales. Without a purchase known to the graph there is
    nothing to close a circle with, and it is not examined."""
    whole = _whole(case, case.sales)
    if whole <= 0 or not case.network.purchases(case.taxpayer):
        return Seen(INSUFFICIENT)
    circles = case.network.circles(case.taxpayer, terms)
    parties = list(dict.fromkeys(firm for each in circles for firm in each.firms[1:]))
    with_them = case.pairs[np.isin(case.keys(case.pairs), parties)] if parties else case.pairs[:0]
    rows = tuple((side, case.rows_with(side, with_them)) for side in (case.sales, case.purchases))
    share = sum(each.fen for each in circles) / whole
    return Seen(share, rows, parties, {"circles": float(len(circles))})


def shell(case: Case, terms: Shell) -> Seen:
    """The part of a side's year with companies that bear enough marks; the worse side counts."""
    sides = [side for side in (case.sales, case.purchases) if _whole(case, side) > 0]
    if not sides:
        return Seen(INSUFFICIENT)
    if max(float(side.history[case.firm]) for side in sides) < terms.least_history:
        return Seen(INSUFFICIENT)
    found = [(_shells(case, side, terms), side) for side in sides]
    share = max(
        float(np.maximum(side.net(0, 12)[pairs], 0).sum()) / _whole(case, side) for pairs, side in found
    )
    rows = tuple((side, case.rows_with(side, pairs)) for pairs, side in found)
    parties = sorted({key for pairs, _ in found for key in case.keys(pairs)})
    return Seen(share, rows, parties, {"companies": float(len(parties))})


def _shells(case: Case, side: Side, terms: Shell) -> Ints:
    """The pairs that are large and bear at least so many marks."""
    pairs = case.pairs
    large = side.net(0, 12)[pairs] >= terms.large_share * _whole(case, side)
    chosen = pairs[large]
    if not chosen.size:
        return chosen
    marks = _own_marks(case, side, chosen, terms)
    marks += np.array([_told_marks(case, key, terms) for key in case.keys(chosen)])
    return chosen[marks >= terms.least_marks]


def _own_marks(case: Case, side: Side, chosen: Ints, terms: Shell) -> Floats:
    """Marks that the firm's own invoices show: new to it, few months, large tickets, whole amounts."""
    rows = np.flatnonzero(side.blue & (side.firm == case.firm) & (side.pair >= 0))
    place = np.full(len(side.pairs), -1, dtype=np.int64)
    place[chosen] = np.arange(chosen.size)
    at, age, amount = place[side.pair[rows]], side.age[rows], side.amount[rows]
    year = age < 12
    usual = float(np.median(amount[year])) if year.any() else 0.0
    whole_yuan = side.column("total_fen")[rows].astype(np.int64) % 100_000 == 0
    mine = at >= 0
    oldest = np.zeros(chosen.size)
    np.maximum.at(oldest, at[mine], age[mine].astype(np.float64))
    inside = mine & year
    count = segment_sum(at[inside], chosen.size)
    months = np.bincount(np.unique(at[inside] * 12 + age[inside]) // 12, minlength=chosen.size)
    mean = segment_sum(at[inside], chosen.size, amount[inside]) / np.maximum(count, 1)
    whole = segment_sum(at[inside], chosen.size, whole_yuan[inside].astype(np.float64)) / np.maximum(count, 1)
    marks = (oldest < terms.new_months).astype(np.float64)
    marks += months <= terms.burst_months
    marks += mean >= terms.ticket_multiple * usual
    marks += whole >= terms.whole_share
    return marks


def _told_marks(case: Case, key: str, terms: Shell) -> int:
    """Marks that the bank knows of: registered lately, one customer, no inputs, devices shared."""
    context = case.context
    marks = 0
    born = (context.registered or {}).get(key)
    if born is not None:
        marks += born > add_months(case.batch.as_of[case.firm], -terms.new_months)
    devices = (context.device_firms or {}).values()
    marks += any(key in firms and len(firms) >= terms.device_firms for firms in devices)
    if key in case.network.members:
        sales = [fen for _, fen in case.network.sales(key)]
        bought = sum(fen for _, fen in case.network.purchases(key))
        if sales:
            marks += max(sales) >= terms.single_share * sum(sales)
            marks += bought <= terms.input_share * sum(sales)
    return marks


def _whole(case: Case, side: Side) -> float:
    """The year's trade of a side with companies and persons alike, fen; red invoices taken off a party."""
    pairs = side.pairs
    mine = slice(*np.searchsorted(pairs.firm, [case.firm, case.firm + 1]))
    return float(np.maximum(side.net(0, 12)[mine], 0).sum())
