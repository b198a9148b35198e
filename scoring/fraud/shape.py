"""Rules on the issued invoices themselves: splitting, a surge before the application, first digits."""

from __future__ import annotations

from typing import cast

import numpy as np

from scoring.fraud.case import Case
from scoring.fraud.finding import Seen
from scoring.fraud.terms import Digits, Rule, Split
from scoring.inputs.master import Master
from scoring.inputs.patterns import BENFORD
from scoring.value import INSUFFICIENT, Bools, Floats


def split(case: Case, terms: Split) -> Seen:
    """How much larger the part of sales in groups of one buyer and day just under the cap has become: that of
    the last months less that of the months before. Many firms invoice a large order so all the time, because
    their cap is low; a change of habit is what is looked for.

    The cap is the firm's own (最高开票限额) where it is told, else the tiers that tax offices grant.
    """
    sales = case.sales
    person = np.append(sales.pairs.individual, True)  # the last one answers for nobody
    mine = (sales.firm == case.firm) & sales.blue & (sales.age < terms.recent_months + terms.usual_months)
    rows = np.flatnonzero(mine & ~person[sales.pair])
    recent = sales.age[rows] < terms.recent_months
    whole = np.array([sales.amount[rows[recent]].sum(), sales.amount[rows[~recent]].sum()])
    short = min(int(recent.sum()), int((~recent).sum())) < case.batch.measurement.least_invoices
    if short or (whole <= 0).any():
        return Seen(INSUFFICIENT)
    near = rows[_under_cap(sales.amount[rows], _caps(case, terms), terms.near)]
    key = sales.pair[near] * (1 << 20) + sales.day[near]
    _, group, size = np.unique(key, return_inverse=True, return_counts=True)
    many = near[size[group] >= terms.least_invoices]
    now = many[sales.age[many] < terms.recent_months]
    part = np.array([sales.amount[now].sum(), sales.amount[many].sum() - sales.amount[now].sum()]) / whole
    return Seen(
        float(part[0] - part[1]),
        ((sales, now),),
        case.keys(np.unique(sales.pair[now])),
        {"share": float(part[0]), "usual": float(part[1])},
    )


def _caps(case: Case, terms: Split) -> Floats:
    """Caps for one invoice, fen."""
    master: Master = case.measured.derived("master")
    own = float(master.number("invoice_cap_fen")[case.firm])
    return np.array(terms.tiers_yuan) * 100.0 if np.isnan(own) else np.array([own])


def _under_cap(amount: Floats, caps: Floats, near: float) -> Bools:
    ratio = amount[:, None] / caps[None, :]
    return cast(Bools, np.any((ratio >= near) & (ratio <= 1), axis=1))


def surge(case: Case, _: Rule) -> Seen:
    """The lesser of two multiples: of the ten months before, and of the same two months a year ago, so that
    a season is none."""
    sales = case.sales
    before = case.column("pre_apply_surge_12m")
    month = sales.net_month
    last_year = float(month.total(2, 12)[case.firm])
    covered = float(sales.history[case.firm]) >= 14
    yearly = float(month.total(2)[case.firm]) / last_year if covered and last_year > 0 else np.inf
    figure = before if np.isnan(before) else min(before, yearly)
    rows = case.rows(sales)
    if rows.size < case.batch.measurement.least_invoices:
        return Seen(INSUFFICIENT)
    return Seen(figure, ((sales, rows[sales.age[rows] < 2]),))


def digits(case: Case, terms: Digits) -> Seen:
    """Mean absolute deviation of first digits from Benford's law (Nigrini 2012), with Pearson's chi²."""
    figure = case.column("benford_mad_12m")
    if np.isnan(figure):
        return Seen(figure)
    counts: Floats = case.measured.derived("first_digits")[case.firm, 0]
    expected = counts.sum() * BENFORD
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    most = int(np.argmax(counts - expected)) + 1
    sales, rows = case.sales, case.rows(case.sales)
    first = np.array([int(str(int(fen))[0]) for fen in sales.amount[rows].tolist()], dtype=np.int64)
    told = {"chi2": chi2, "digit": float(most), "invoices": float(counts.sum())}
    return Seen(figure, ((sales, rows[first == most]),), detail=told, holds=chi2 >= terms.critical)
