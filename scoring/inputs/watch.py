"""Figures that rules, warnings (预警) and the limit read beside the catalogue."""

from __future__ import annotations

import numpy as np

from schema.dataset import Missing
from schema.money import FEN_PER_YUAN
from scoring.inputs.bank_side import days, given
from scoring.inputs.batch import Batch
from scoring.inputs.chain import Partners
from scoring.inputs.credit import Debt
from scoring.inputs.flows import Flows
from scoring.measure import figure
from scoring.series import flag, ratio, summed
from scoring.value import CODE_OF, INSUFFICIENT, NOT_APPLICABLE, NOT_AVAILABLE, Floats

LOST_MONTHS = 3
"""A customer is lost when it was not invoiced in so many months."""
STEADY_MONTHS = 6
"""Of the nine months before; whoever was invoiced in fewer is silent for three by chance in over one case in
twenty: (1 − 6/9)³ = 4%, (1 − 5/9)³ = 9%."""
LARGEST = 5
AFTER_DRAWDOWN_DAYS = 7
INVESTED_MONTHS = 6


@figure()
def applicant_unfit(batch: Batch) -> Floats:
    """1 when the applicant is neither the legal representative nor the actual controller."""
    return given(
        batch,
        lambda context: None if context.applicant_fits is None else float(not context.applicant_fits),
    )


@figure()
def applicant_age(batch: Batch) -> Floats:
    """Whole years."""
    return given(batch, lambda context: context.applicant_age)


@figure()
def authorisation_days_left(batch: Batch) -> Floats:
    """Days from the decision to the end of the authorisation."""
    today = batch.today
    return given(
        batch,
        lambda context: (
            None
            if context.authorisation_expires is None
            else float((context.authorisation_expires - today).days)
        ),
    )


@figure()
def authorisation_expired(authorisation_days_left: Floats) -> Floats:
    """1 when the authorisation had ended by the day of the decision."""
    return flag(authorisation_days_left < 0, authorisation_days_left)


@figure()
def stale_source_cnt(batch: Batch) -> Floats:
    """Tables whose newest fetch is too old to count."""
    codes = np.array(list(batch.missing.values()))
    return summed((codes == CODE_OF[Missing.STALE]).T)


@figure("INV")
def lost_buyer_cnt(buyers: Partners) -> Floats:
    """Of the five largest customers of months 4 to 12, those invoiced in most of these months and not once in
    the last three.
    ``INSUFFICIENT`` with less than a year of invoices."""
    pairs, side = buyers.side.pairs, buyers.side
    before = np.where(pairs.individual, 0.0, np.maximum(buyers.amounts[:, LOST_MONTHS:12].sum(axis=1), 0))
    steady = buyers.traded[:, LOST_MONTHS:12].sum(axis=1) >= STEADY_MONTHS
    gone = steady & ~buyers.traded[:, :LOST_MONTHS].any(axis=1)
    lost = pairs.count((pairs.rank(before) < LARGEST) & (before > 0) & gone)
    return np.where(side.history < 12, INSUFFICIENT, lost)


@figure("TXN")
def private_after_drawdown(flows: Flows, batch: Batch) -> Floats:
    """Outflow to natural persons, wages left out, over all outflow in the week after our loans were paid
    out. ``NOT_APPLICABLE`` without such a week."""
    day = flows.rows.number("event_date")
    soon = np.zeros(len(flows.rows), dtype=np.bool_)
    reason = np.full(batch.firms, NOT_APPLICABLE)
    for firm, context in enumerate(batch.contexts):
        if context.drawdowns is None:
            reason[firm] = NOT_AVAILABLE
        for paid in context.drawdowns or ():
            since = day - days(paid)
            soon |= (flows.rows.firm == firm) & (since >= 0) & (since <= AFTER_DRAWDOWN_DAYS)
    out = flows.rows.sum(flows.out & soon, flows.amount)
    person = flows.rows.sum(flows.out & soon & flows.personal & ~flows.says("payroll"), flows.amount)
    return np.where(out > 0, ratio(person, out), reason)


@figure("TXN")
def invested_ratio_6m(flows: Flows) -> Floats:
    """Outflow into property, securities and futures over all outflow of six months."""
    spent = flows.cube(flows.out & flows.says("invested")).total(INVESTED_MONTHS)
    return ratio(spent, flows.all_out.total(INVESTED_MONTHS))


@figure()
def operating_debt(debt: Debt, batch: Batch) -> Floats:
    """All operating debt of company and owner, yuan; what the bank was told comes before the reports."""
    told = given(batch, lambda context: context.operating_debt_fen)
    return np.where(np.isnan(told), batch.masked(debt.operating, "CRE"), told) / FEN_PER_YUAN


@figure()
def debt_service(due_in_year: Floats) -> Floats:
    """Principal and interest due within a year, yuan, 0 without debt."""
    return due_in_year / FEN_PER_YUAN
