"""Fraud put into the invoices of real firms: known kinds, known rates, a seed.

Every row that is added is made up; it follows the firm's own sales in size. Rates are parts of the sales of
the firm's last 12 months, but of a surge, which multiplies the last two months.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl

from schema.period import add_months
from schema.tables import conform

Rows = dict[str, list[dict[str, Any]]]
"""Firm to the rows that are added to its invoices."""
Books = Mapping[str, pl.DataFrame]

RATES: dict[str, tuple[float, ...]] = {
    "mutual": (0.05, 0.2, 0.4),
    "loop": (0.02, 0.05, 0.2),
    "shell": (0.1, 0.25, 0.5),
    "split": (0.1, 0.3, 0.6),
    "surge": (2.0, 4.0, 8.0),
}
GROUP = {"mutual": 2, "loop": 3}
"""Firms that a scheme takes; one for any other."""


def yearly_sales(books: Books, firm: str, as_of: date) -> float:
    """Fen of valid sales in the 12 months to ``as_of``."""
    return _sales(books, firm, add_months(as_of, -12), as_of)


def _sales(books: Books, firm: str, after: date, until: date) -> float:
    at = pl.col("issued_at").dt.date()
    mine = books[firm].filter(
        (pl.col("direction") == "out") & (pl.col("state") == "valid") & (at > after) & (at <= until)
    )
    return float(mine["amount_fen"].sum())


def injected(books: Books, firms: Sequence[str], kind: str, rate: float, as_of: date, seed: str) -> Rows:
    """The rows of one scheme among ``firms``; as many of them as ``GROUP`` says."""
    return _KINDS[kind](books, firms, rate, as_of, Random(f"{kind} {rate} {seed}"))


def added(books: Books, rows: Rows) -> dict[str, pl.DataFrame]:
    """The books with the rows."""
    return {
        firm: frame
        if firm not in rows
        else pl.concat([frame, conform("invoice", pl.DataFrame(rows[firm], infer_schema_length=None))])
        for firm, frame in books.items()
    }


def _circle(books: Books, firms: Sequence[str], rate: float, as_of: date, random: Random) -> Rows:
    """Each sells to the next, the last to the first: the same sum with a few per cent of difference, in eight
    invoices over the year. The sum is the rate of the largest firm's sales, so that every one shows it."""
    found: Rows = {firm: [] for firm in firms}
    width = rate * max(yearly_sales(books, firm, as_of) for firm in firms)
    for place, seller in enumerate(firms):
        buyer = firms[(place + 1) % len(firms)]
        whole = width * random.uniform(0.97, 1.03)
        for part in range(8):
            day = as_of - timedelta(days=random.randrange(360))
            row = _row(seller, buyer, day, whole / 8 * random.uniform(0.8, 1.2), f"{seller}{part}")
            found[seller].append(row | {"direction": "out"})
            found[buyer].append(row | {"direction": "in"})
    return found


def _shell(books: Books, firms: Sequence[str], rate: float, as_of: date, random: Random) -> Rows:
    """A customer nobody knew buys for whole sums within the last three months."""
    (firm,) = firms
    number = random.randint(3, 8)
    whole = rate * yearly_sales(books, firm, as_of) / number
    days = [as_of - timedelta(days=random.randrange(80)) for _ in range(number)]
    totals = [max(1, round(whole * 1.13 / 100_000)) * 100_000 for _ in days]
    return {
        firm: [
            _row(firm, f"SHELL{firm}", day, total / 1.13, f"shell{part}") | {"direction": "out"}
            for part, (day, total) in enumerate(zip(days, totals, strict=True))
        ]
    }


def _split(books: Books, firms: Sequence[str], rate: float, as_of: date, random: Random) -> Rows:
    """Sales of the last three months to usual-looking customers, cut into pieces just under 10,000 or 100,000
    yuan on the same day."""
    (firm,) = firms
    left = rate * yearly_sales(books, firm, as_of)
    cap = 10_000_000 if left > 100_000_000 else 1_000_000
    rows: list[dict[str, Any]] = []
    while left > 0:
        day, buyer = as_of - timedelta(days=random.randrange(85)), f"SPLIT{random.randrange(4)}"
        for _ in range(random.randint(3, 9)):
            amount = cap * random.uniform(0.92, 0.999)
            left -= amount
            rows.append(_row(firm, buyer, day, amount, f"split{len(rows)}") | {"direction": "out"})
    return {firm: rows}


def _surge(books: Books, firms: Sequence[str], rate: float, as_of: date, random: Random) -> Rows:
    """The last two months' sales become ``rate`` times a usual two months', in invoices of usual size."""
    (firm,) = firms
    usual = _sales(books, firm, add_months(as_of, -12), add_months(as_of, -2)) / 5
    recent = _sales(books, firm, add_months(as_of, -2), as_of)
    sizes = books[firm].filter((pl.col("direction") == "out") & (pl.col("amount_fen") > 0))["amount_fen"]
    typical = max(float(sizes.quantile(0.5) or 0.0), usual / 50)
    rows: list[dict[str, Any]] = []
    left = rate * usual - recent
    while left > 0:
        amount = typical * random.uniform(0.5, 2.0)
        left -= amount
        day, buyer = as_of - timedelta(days=random.randrange(58)), f"SURGE{random.randrange(12)}"
        rows.append(_row(firm, buyer, day, amount, f"surge{len(rows)}") | {"direction": "out"})
    return {firm: rows}


def _row(seller: str, buyer: str, day: date, amount: float, key: str) -> dict[str, Any]:
    fen = round(amount)
    return {
        "invoice_key": f"injected-{key}",
        "number": f"injected-{key}",
        "issued_at": datetime(day.year, day.month, day.day),
        "has_time": False,
        "seller_id": seller,
        "buyer_id": buyer,
        "amount_fen": fen,
        "tax_fen": round(fen * 0.13),
        "total_fen": fen + round(fen * 0.13),
        "state": "valid",
    }


_KINDS: dict[str, Callable[[Books, Sequence[str], float, date, Random], Rows]] = {
    "mutual": _circle,
    "loop": _circle,
    "shell": _shell,
    "split": _split,
    "surge": _surge,
}
