"""Synthetic firms for the scoring benchmark: tables with every source, labelled synthetic, from one seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from schema.snapshot import Snapshot
from schema.tables import TABLES, conform
from schema.taxpayer_id import check_character
from scoring.context import Benchmark, Context, Norm, Place

AS_OF = date(2024, 6, 30)
DECIDED = datetime(2024, 7, 5, 9, tzinfo=UTC)
MONTHS = 36
CUSTOMERS = 60
Frames = dict[str, pl.DataFrame]


def company(number: int) -> str:
    """A company id with the right check character."""
    body = f"91330100{number:09d}"
    return body + check_character(body)


def firm(number: int, invoices: int, *, others: bool = True) -> Snapshot:
    """One firm: so many invoices with a line each over three years; with ``others``, all other sources."""
    chance = np.random.default_rng(number)
    tables = _trade(chance, number, invoices)
    if others:
        tables |= _tax() | _money(chance, number) | _records()
    stamped = {
        name: conform(name, frame.with_columns(fetched_at=pl.lit(DECIDED).cast(pl.Datetime("us", "UTC"))))
        for name, frame in tables.items()
    }
    empty = {name: conform(name, pl.DataFrame()) for name in TABLES} if others else {}
    return Snapshot(company(number), "33", AS_OF, DECIDED, empty | stamped)


def context() -> Context:
    """What the bank would know."""
    benchmark = Benchmark(
        vat_burden_median=0.03,
        vat_burden=Norm(0.03, 0.01),
        energy_per_yuan=Norm(0.01, 0.01),
        sales_per_head=Norm(500_000, 200_000),
        growth=0.05,
        peers={"out_amt_12m": (1e5, 1e6, 1e7)},
    )
    return Context(
        benchmark=benchmark,
        place=Place(covered=1.0),
        related=frozenset({company(10_001)}),
        abnormal={},
        registered={},
        contracts=frozenset(),
        drawdowns=(),
        edges=(),
        core=frozenset({company(10_002)}),
        scene=(),
        own_loans=(),
        requested_fen=50_000_000,
    )


def _trade(chance: np.random.Generator, number: int, invoices: int) -> Frames:
    days = np.sort(chance.integers(0, MONTHS * 30, invoices))
    issued = [datetime(2024, 6, 30, 10) - timedelta(days=int(day)) for day in days]
    out = chance.random(invoices) < 0.7
    parties = np.array([company(10_000 + (number * 7 + n) % 5_000) for n in range(CUSTOMERS)], dtype=object)
    names = np.array([f"第{(number * 7 + n) % 5_000}号商行有限公司" for n in range(CUSTOMERS)], dtype=object)
    party = (chance.random(invoices) ** 2 * CUSTOMERS).astype(int)
    yuan = np.round(chance.lognormal(9, 1, invoices), 2)
    fen = (yuan * 100).astype(np.int64) * np.where(chance.random(invoices) < 0.03, -1, 1)
    me = np.full(invoices, company(number), dtype=object)
    items = np.array(["1070101", "1090201", "1030101", "1080301"])[chance.integers(0, 4, invoices)]
    keys = [f"k{place}" for place in range(invoices)]
    invoice = pl.DataFrame(
        {
            "invoice_key": keys,
            "direction": np.where(out, "out", "in"),
            "medium": "digital",
            "kind": np.where(chance.random(invoices) < 0.6, "special", "ordinary"),
            "number": [str(place) for place in range(invoices)],
            "issued_at": issued,
            "has_time": True,
            "seller_id": np.where(out, me, parties[party]),
            "seller_name": np.where(out, "我方有限公司", names[party]),
            "buyer_id": np.where(out, parties[party], me),
            "buyer_name": np.where(out, names[party], "我方有限公司"),
            "amount_fen": fen,
            "tax_fen": fen * 13 // 100,
            "total_fen": fen + fen * 13 // 100,
            "state": np.where(chance.random(invoices) < 0.02, "void", "valid"),
        }
    )
    line = pl.DataFrame(
        {
            "invoice_key": keys,
            "item_name": items,
            "tax_class": [item + "0" * 12 for item in items],
            "unit": "件",
            "unit_price": np.round(chance.lognormal(4, 0.3, invoices), 2),
            "amount_fen": fen,
        }
    )
    return {"invoice": invoice, "invoice_line": line}


def _months(number: int) -> list[date]:
    return [date(2024 - (age + 6) // 12, (17 - age) % 12 + 1, 1) for age in range(number)]


def _tax() -> Frames:
    begins = _months(MONTHS)[1:]
    ends = [
        (begin.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) for begin in begins
    ]
    returns = pl.DataFrame(
        {
            "return_id": [f"r{place}" for place in range(len(begins))],
            "form": "vat_general",
            "period_start": begins,
            "period_end": ends,
            "due_on": [end + timedelta(days=15) for end in ends],
            "event_date": [end + timedelta(days=10) for end in ends],
        }
    )
    shares = {"1": 90, "5": 5, "7": 3, "8": 2, "11": 12, "12": 8, "20": 1, "24": 4}
    lines = pl.DataFrame(
        [
            {"return_id": f"r{place}", "line": line, "column": "current", "amount_fen": share * 40_000}
            for place in range(len(begins))
            for line, share in shares.items()
        ]
    )
    payments = pl.DataFrame(
        {"category": "vat", "nature": "tax", "event_date": ends, "due_on": ends, "amount_fen": 1_600_000}
    )
    return {
        "taxpayer": pl.DataFrame({"taxpayer_kind": ["general"], "status": ["normal"]}),
        "tax_credit_rating": pl.DataFrame({"year": [2023], "grade": ["B"], "score": [80.0]}),
        "tax_return": returns,
        "tax_return_line": lines,
        "tax_payment": payments,
    }


def _money(chance: np.random.Generator, number: int) -> Frames:
    rows = 600
    days = [AS_OF - timedelta(days=int(day)) for day in np.sort(chance.integers(0, 720, rows))]
    bank = pl.DataFrame(
        {
            "event_date": days,
            "direction": np.where(chance.random(rows) < 0.5, "in", "out"),
            "amount_fen": chance.integers(1_000_00, 90_000_00, rows),
            "balance_fen": chance.integers(1_000_00, 9_000_000_00, rows),
            "counterparty_name": [
                f"第{(number * 7 + n % CUSTOMERS) % 5_000}号商行有限公司" for n in range(rows)
            ],
            "summary": np.array(["货款", "代发工资", "电费", "房租", "贷款利息"])[
                chance.integers(0, 5, rows)
            ],
            "operating": True,
            "line": np.arange(rows, dtype=np.int32),
        }
    )
    return {"bank_transaction": bank}


def _records() -> Frames:
    months = _months(MONTHS)
    statement: list[dict[str, Any]] = [
        {"statement": kind, "period_start": date(2023, 1, 1), "period_end": date(2023, 12, 31),
         "event_date": date(2024, 4, 20), "item": item, "amount_fen": amount}
        for kind, item, amount in (
            ("income", "revenue", 360_000_000), ("income", "cost", 270_000_000),
            ("income", "net_profit", 20_000_000), ("balance_sheet", "assets", 300_000_000),
            ("balance_sheet", "liabilities", 120_000_000), ("balance_sheet", "equity", 180_000_000),
            ("balance_sheet", "inventory", 50_000_000), ("balance_sheet", "receivables", 60_000_000),
        )
    ]  # fmt: skip
    account = {"party": "company", "lender": "甲银行", "lender_kind": "bank", "kind": "business_loan",
               "event_date": date(2023, 9, 1), "due_on": date(2024, 9, 1), "limit_fen": 60_000_000,
               "balance_fen": 40_000_000, "overdue_fen": 0}  # fmt: skip
    return {
        "financial_statement": pl.DataFrame(statement),
        "electricity_bill": pl.DataFrame({"month": months, "energy_kwh": 4000.0, "amount_fen": 320_000}),
        "social_insurance": pl.DataFrame({"month": months, "insured_count": 9}),
        "registration": pl.DataFrame({"status": ["active"], "established_on": [date(2018, 3, 1)]}),
        "registration_change": pl.DataFrame({"event_date": [date(2023, 3, 1)], "kind": ["scope"]}),
        "judicial_case": pl.DataFrame(
            {"party": ["company"], "role": ["defendant"], "kind": ["civil"], "cause": ["sale"],
             "event_date": [date(2023, 5, 1)]}
        ),
        "credit_report": pl.DataFrame({"party": ["company", "owner"], "event_date": [AS_OF, AS_OF]}),
        "credit_account": pl.DataFrame([account, account | {"party": "owner", "kind": "card"}]),
        "intellectual_property": pl.DataFrame(
            {"asset_id": ["p1"], "kind": ["invention"], "state": ["valid"], "applied_on": [date(2020, 1, 1)]}
        ),
    }  # fmt: skip
