"""What the fraud graph says of one firm, and on which rows it rests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from schema.dataset import Missing
from scoring.inputs.invoices import Side
from scoring.result import Result
from scoring.value import Ints

MOST_ROWS = 20
"""Evidence rows a finding, the largest first."""


class Evidence(Result):
    """One invoice, with where it was read from."""

    invoice_key: str
    direction: str
    number: str | None
    issued_on: date
    party: str | None
    amount_fen: int
    raw_ref: str | None
    pointer: str | None


class Finding(Result):
    """A rule whose figure reached its threshold. For the bank's eyes."""

    rule: str
    figure: float
    threshold: float
    zh: str
    en: str
    detail: dict[str, float]
    parties: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    rows: int
    """How many invoices it rests on, those not listed included."""


class Examination(Result):
    """Every rule: found, clear with its figure, or not examined with the reason."""

    version: str
    sha256: str
    findings: tuple[Finding, ...]
    figures: dict[str, float]
    missing: dict[str, Missing]


@dataclass(frozen=True)
class Seen:
    """What one rule measured. ``figure`` may be a typed NaN; ``holds`` is what must be true beside it."""

    figure: float
    rows: tuple[tuple[Side, Ints], ...] = ()
    parties: Sequence[str] = ()
    detail: dict[str, float] | None = None
    holds: bool = True


def evidence(rows: Sequence[tuple[Side, Ints]]) -> tuple[Evidence, ...]:
    """The largest of some rows of both directions."""
    found = [(side, row) for side, chosen in rows for row in chosen.tolist()]
    found.sort(key=lambda each: (-abs(each[0].amount[each[1]]), each[1]))
    return tuple(_row(side, row) for side, row in found[:MOST_ROWS])


def _row(side: Side, row: int) -> Evidence:
    told = side.rows.frame.row(int(side.place[row]), named=True)
    pair = int(side.pair[row])
    return Evidence(
        invoice_key=told["invoice_key"],
        direction=told["direction"],
        number=told["number"],
        issued_on=told["issued_at"].date(),
        party=None if pair < 0 else side.pairs.keys[pair],
        amount_fen=told["amount_fen"],
        raw_ref=told["raw_ref"],
        pointer=told["pointer"],
    )
