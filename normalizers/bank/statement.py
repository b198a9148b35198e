"""An account's statement as every format gives it, and its two tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from operator import attrgetter

import polars as pl

from normalizers.bank.balances import off
from normalizers.bank.operating import operating
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.snapshot import Finding, Severity
from schema.tables import TABLES

UNNAMED = "未注明"
"""Stands for an account whose number the file does not tell."""
MOST_PLACES = 20
"""Places that are told of one kind of finding; the rest is counted."""


@dataclass(slots=True)
class Movement:
    """One entry. ``amount_fen`` is not negative; hundredths of whatever the currency is."""

    pointer: str
    event_date: date
    direction: str
    amount_fen: int
    balance_fen: int | None = None
    at: time | None = None
    value_date: date | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None
    counterparty_bank: str | None = None
    summary: str | None = None
    purpose: str | None = None
    reference: str | None = None
    channel: str | None = None
    state: str = "booked"
    currency: str | None = None

    @property
    def effect(self) -> int:
        """What it does to the balance; 0 where nobody says in which direction it went."""
        if self.state != "booked":
            return 0
        return {"in": self.amount_fen, "out": -self.amount_fen}.get(self.direction, 0)


@dataclass
class Statement:
    """The movements of one account in the order of the file."""

    account_id: str = UNNAMED
    bank_name: str | None = None
    holder_name: str | None = None
    currency: str | None = None
    opening_balance_fen: int | None = None
    closing_balance_fen: int | None = None
    period_start: date | None = None
    period_end: date | None = None
    movements: list[Movement] = field(default_factory=list)
    pointer: str = ""

    def account(self) -> dict[str, object]:
        days = [movement.event_date for movement in self.movements]
        return {
            "account_id": self.account_id,
            "bank_name": self.bank_name,
            "holder_name": self.holder_name,
            "currency": self.currency,
            "period_start": self.period_start or min(days, default=None),
            "period_end": self.period_end or max(days, default=None),
            "opening_balance_fen": self.opening_balance_fen,
            "closing_balance_fen": self.closing_balance_fen,
            "pointer": self.pointer,
        }


_FIELDS = tuple(each.name for each in fields(Movement) if each.name not in ("at", "currency"))
_VALUES = attrgetter(*_FIELDS)
_ACCOUNT = {name: TABLES["bank_account"][name] for name in Statement().account()}
_TYPES = {name: TABLES["bank_transaction"][name] for name in _FIELDS}


def parsed(statements: Sequence[Statement], found: Iterable[tuple[str, str]] = ()) -> Parsed:
    """The tables, and what was noticed: ``found`` are (code, place) of the reader's own, and the balances are
    gone through line by line."""
    movements = [movement for statement in statements for movement in statement.movements]
    values = list(zip(*map(_VALUES, movements), strict=True)) or [()] * len(_FIELDS)
    columns = {
        name: pl.Series(given, dtype=_TYPES[name]) for name, given in zip(_FIELDS, values, strict=True)
    }
    for name, own in (
        ("account_id", [each.account_id for each in statements for _ in each.movements]),
        ("line", [line for each in statements for line in range(1, len(each.movements) + 1)]),
        ("currency", [one.currency or each.currency for each in statements for one in each.movements]),
        ("occurred_at", [one.at and datetime.combine(one.event_date, one.at) for one in movements]),
    ):
        columns[name] = pl.Series(own, dtype=TABLES["bank_transaction"][name])
    accounts = pl.DataFrame([statement.account() for statement in statements], schema=_ACCOUNT)
    transactions = pl.DataFrame(columns)
    transactions = transactions.with_columns(operating(transactions, accounts))
    told = [*found, *(each for statement in statements for each in off(statement))]
    return Parsed(
        {"bank_account": accounts, "bank_transaction": transactions}, [len(movements)], findings(told)
    )


def findings(found: Sequence[tuple[str, str]]) -> tuple[Finding, ...]:
    """A finding for each (code, detail), and for each code one more that counts what is not told singly."""
    told: Counter[str] = Counter()
    kept = []
    for code, detail in found:
        told[code] += 1
        if told[code] <= MOST_PLACES:
            kept.append(finding(code, detail))
    rest = [(code, number - MOST_PLACES) for code, number in told.items() if number > MOST_PLACES]
    return (*kept, *(finding(code, f"and {number} more") for code, number in rest))


def finding(code: str, detail: str) -> Finding:
    return Finding(code, SEVERITIES.get(code, Severity.WARNING), Dataset.BANK_TRANSACTION, detail)


SEVERITIES = {
    "balance_masked": Severity.INFO,
    "totals_row": Severity.INFO,
    "text_row": Severity.INFO,
    "headings_again": Severity.INFO,
    "new_field": Severity.INFO,
    "reversal": Severity.INFO,
    "unproven_amounts": Severity.INFO,
    "statement_incomplete": Severity.ERROR,
}
"""What is not listed is a warning."""
