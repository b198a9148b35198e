"""Synthetic firms for scoring: plain rows in, a snapshot out. Nothing here is taken from real data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from schema.dataset import Dataset, Missing
from schema.period import add_months, month_end
from schema.snapshot import Snapshot
from schema.tables import TABLES
from schema.taxpayer_id import check_character
from scoring.decision import Application
from scoring.facts import COLUMNS
from scoring.value import CODE_OF, NANS, Floats, Value

AS_OF = date(2024, 6, 30)
DECIDED = datetime(2024, 7, 5, 9, tzinfo=UTC)
FETCHED = datetime(2024, 7, 4, 9, tzinfo=UTC)
ASKED = Application(requested_amount_fen=100_000_000, term_months=12)
Rows = list[dict[str, Any]]


def uscc(number: int, division: str = "330100") -> str:
    """A company id with the right check character."""
    body = f"91{division}{number:09d}"
    return body + check_character(body)


ME = uscc(1)


def table(name: str, rows: Rows) -> pl.DataFrame:
    """Rows as the table of the common schema; absent columns are null."""
    filled = [{"fetched_at": FETCHED, "route": "api"} | row for row in rows]
    schema = TABLES[name]
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in filled], schema=schema)


def snapshot(tables: dict[str, pl.DataFrame], **changes: Any) -> Snapshot:
    """A snapshot of ``AS_OF`` with these tables."""
    whole: dict[str, Any] = {
        "taxpayer_id": ME,
        "region": "33",
        "as_of": AS_OF,
        "fetched_at": FETCHED,
        "tables": tables,
    }
    return Snapshot(**(whole | changes))


def numbers(values: Mapping[str, Value]) -> Floats:
    """The columns of the catalogue with these values; any other is ``NOT_AVAILABLE``."""
    told = (values.get(key, Missing.NOT_AVAILABLE) for key in COLUMNS)
    return np.array([NANS[CODE_OF[each]] if isinstance(each, Missing) else each for each in told])


def invoice(number: int, day: date, yuan: float, **changes: Any) -> dict[str, Any]:
    """One valid special digital invoice to customer 100 unless changed."""
    amount = round(yuan * 100)
    tax = round(amount * 0.13)
    row: dict[str, Any] = {
        "invoice_key": f"k{number}",
        "direction": "out",
        "medium": "digital",
        "kind": "special",
        "number": str(number),
        "issued_at": datetime(day.year, day.month, day.day, 10),
        "has_time": True,
        "seller_id": ME,
        "buyer_id": uscc(100),
        "buyer_name": "杭州第100客户有限公司",
        "amount_fen": amount,
        "tax_fen": tax,
        "total_fen": amount + tax,
        "state": "valid",
    }
    return row | changes


def vat_returns(monthly_sales: list[float], *, form: str = "vat_general", unit: int = 1) -> tuple[Rows, Rows]:
    """Returns of the periods before ``AS_OF``'s own month, newest first; lines for every series."""
    returns: Rows = []
    lines: Rows = []
    for position, sales in enumerate(monthly_sales):
        end = month_end(
            add_months(AS_OF.replace(day=1), -1 - position * unit if unit == 1 else -3 - position * unit)
        )
        start = add_months(end.replace(day=1), 1 - unit)
        filed = end + timedelta(days=12)
        key = f"{form}-{end}"
        returns.append(
            {"return_id": key, "form": form, "period_start": start, "period_end": end, "due_on": end +
            timedelta(days=15), "event_date": filed}
        )  # fmt: skip
        shares = (
            {
                "1": 0.9,
                "5": 0.05,
                "7": 0.03,
                "8": 0.02,
                "11": 0.117,
                "12": 0.08,
                "19": 0.037,
                "20": 0.01,
                "24": 0.04,
            }
            if form == "vat_general"
            else {"1": 0.95, "9": 0.05, "15": 0.03, "20": 0.03}
        )
        lines += [
            {"return_id": key, "line": line, "column": "current", "amount_fen": round(sales * share * 100)}
            for line, share in shares.items()
        ]
    return returns, lines


FOUR = {
    Dataset.TAXPAYER: ("taxpayer",),
    Dataset.TAX_CREDIT_RATING: ("tax_credit_rating",),
    Dataset.TAX_RETURN: ("tax_return", "tax_return_line"),
    Dataset.INVOICE: ("invoice", "invoice_line"),
}
