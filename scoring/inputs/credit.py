"""Credit reports of the company and its owner: accounts, months, inquiries, guarantees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import MONTHS, segment_sum
from scoring.value import NOT_AVAILABLE, Bools, Floats, Ints

NONBANK = ("leasing", "factoring", "microloan")
ONLINE = ("microloan", "online", "consumer")
BAD = ("substandard", "doubtful", "loss")
WATCHED = ("attention", *BAD)


@dataclass(frozen=True, eq=False)
class Accounts:
    """One party's accounts. Amounts are fen."""

    rows: Rows
    mine: Bools
    gap: Floats
    """0, or ``NOT_AVAILABLE`` when there is no report on the party."""

    @cached_property
    def open(self) -> Bools:
        return self.mine & self.rows.lasting("closed_on")

    @cached_property
    def balance(self) -> Floats:
        return self.rows.amount("balance_fen")

    @cached_property
    def lender(self) -> Ints:
        return self.rows.codes("lender")

    def sum(self, mask: Bools, column: str = "balance_fen") -> Floats:
        """Fen of a column over the mask's accounts."""
        return self.gap + self.rows.sum(mask & self.mine, self.rows.number(column))

    def count(self, mask: Bools) -> Floats:
        return self.gap + self.rows.count(mask & self.mine)

    def any(self, mask: Bools) -> Floats:
        return self.gap + self.rows.any(mask & self.mine)

    def lenders(self, mask: Bools) -> Floats:
        """Different lenders."""
        return self.gap + self.rows.distinct(mask & self.mine, self.lender)

    def kind(self, *words: str) -> Bools:
        return self.rows.among("kind", *words)


def _gap(batch: Batch, party: str) -> Floats:
    """Why there is no report on a party."""
    reports = batch.rows("credit_report")
    told = reports.count(reports.among("party", party)) > 0
    return batch.masked(np.where(told, 0.0, NOT_AVAILABLE), "CRE", "credit_account")


def _accounts(batch: Batch, party: str) -> Accounts:
    rows = batch.rows("credit_account")
    return Accounts(rows, rows.among("party", party), _gap(batch, party))


@derived
def company_credit(batch: Batch) -> Accounts:
    """The company's accounts (企业征信)."""
    return _accounts(batch, "company")


@derived
def owner_credit(batch: Batch) -> Accounts:
    """The owner's accounts (企业主征信)."""
    return _accounts(batch, "owner")


@dataclass(frozen=True, eq=False)
class PaidMonths:
    """How accounts were paid, month by month; ``company`` and ``owner`` are flags of rows."""

    rows: Rows
    age: Floats
    company: Bools
    owner: Bools
    overdue: Floats
    """Instalments overdue, NaN where not told."""
    gap: Floats

    def balance(self, months_ago: int) -> Floats:
        """Fen that the company owed at the end of a month."""
        at = self.company & (self.age == months_ago)
        return self.rows.sum(at, self.rows.number("balance_fen"))

    def late(self, party: Bools, months: int) -> Bools:
        """Rows of a window with an overdue instalment or amount."""
        late = (self.overdue > 0) | (np.isnan(self.overdue) & (self.rows.amount("overdue_fen") > 0))
        return party & (self.age < months) & (self.age >= 0) & late


@derived
def paid_months(batch: Batch) -> PaidMonths:
    """The payment record of reports."""
    rows = batch.rows("credit_month")
    return PaidMonths(
        rows,
        rows.age("month"),
        rows.among("party", "company"),
        rows.among("party", "owner"),
        rows.number("overdue_months"),
        batch.gap("credit_month"),
    )


@derived
def credit_inquiries(batch: Batch) -> tuple[Floats, Floats]:
    """Inquiries for a loan by firm and month, summed up from ``as_of``: on the company, on the owner."""
    rows = batch.rows("credit_inquiry")
    age = rows.age("event_date")
    wanted = rows.among("reason", "loan_approval")
    gap = batch.gap("credit_inquiry")[:, None]

    def of(party: str) -> Floats:
        keep = np.flatnonzero(wanted & rows.among("party", party) & (age < MONTHS))
        cell = rows.firm[keep] * MONTHS + age[keep].astype(np.int64)
        month = segment_sum(cell, batch.firms * MONTHS).reshape(batch.firms, MONTHS)
        return gap + np.cumsum(month, axis=1)

    return of("company"), of("owner")


@dataclass(frozen=True, eq=False)
class Guarantees:
    """Guarantees that still stand: fen, and whether one of them is watched or bad."""

    company: Floats
    company_bad: Floats
    owner_bad: Floats


@derived
def guarantees(batch: Batch) -> Guarantees:
    """Guarantees for others (对外担保)."""
    rows = batch.rows("credit_guarantee")
    stands = rows.lasting("ended_on")
    company, owner = (stands & rows.among("party", party) for party in ("company", "owner"))
    bad = rows.among("loan_class", *WATCHED)
    gap = batch.gap("credit_guarantee")
    return Guarantees(
        gap + rows.sum(company, rows.number("balance_fen")),
        gap + rows.any(company & bad),
        gap + rows.any(owner & bad),
    )


@dataclass(frozen=True, eq=False)
class Debt:
    """What is owed beside what is asked for, fen: all operating debt, what is due on it within a year
    (principal, interest), and what is short."""

    operating: Floats
    short: Floats
    service: Floats
    interest: Floats


@derived
def debt(batch: Batch, company_credit: Accounts, owner_credit: Accounts) -> Debt:
    """By the reports of company and owner; an owner without a report owes nothing that is known.

    An instalment that is told is paid every month of the year; else what falls due within the year, and
    interest at its rate, or at the usual one when that is not told.
    """
    rows = company_credit.rows
    operating = company_credit.open | (owner_credit.open & owner_credit.kind("business_loan"))
    balance = rows.amount("balance_fen")
    left = -rows.days_ago("due_on")
    short = ~(left > 365)
    rate = rows.number("annual_rate")
    interest = balance * np.where(np.isnan(rate), USUAL_RATE, rate)
    instalment = rows.number("instalment_fen")
    service = np.where(np.isnan(instalment), balance * short + interest, 12 * instalment)
    gap = company_credit.gap
    return Debt(
        gap + rows.sum(operating, balance),
        gap + rows.sum(operating & short, balance),
        gap + rows.sum(operating, service),
        gap + rows.sum(operating, interest),
    )


USUAL_RATE = 0.045
"""A year, for accounts that do not tell theirs."""
