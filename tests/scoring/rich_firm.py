"""A steady firm that has every source of data, and every bank-side fact about it."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import polars as pl

import tests.scoring.rich_other as other
from schema.period import add_months, month_end
from scoring.context import Benchmark, Context, Edge, Norm, Place
from tests.scoring.firms import AS_OF, ME, Rows, invoice, table, uscc, vat_returns


def _trade(chance: random.Random, months: int) -> tuple[Rows, Rows]:
    """Invoices and lines: 30 sales and 12 purchases a month, a few red, a few void."""
    invoices: Rows = []
    lines: Rows = []
    number = 0
    for age in range(months):
        first = add_months(AS_OF.replace(day=1), -age)
        length = month_end(first).day
        for position in range(42):
            number += 1
            out = position < 30
            party = chance.randrange(12) if out else chance.randrange(11, 20)
            day = first + timedelta(days=chance.randrange(length))
            yuan = round(chance.lognormvariate(9, 0.8), 2)
            division = "330100" if party % 3 else "310100"
            them: dict[str, str | None] = {
                "id": uscc(100 + party, division),
                "name": f"第{100 + party}号商行有限公司",
            }
            if out and position == 29:
                them = {"id": None, "name": "张三（个人）"}
            row = invoice(
                number,
                day,
                yuan,
                direction="out" if out else "in",
                medium="tax_control" if position % 5 == 0 else "digital",
                kind="ordinary" if position % 7 == 0 else "special",
                state="void" if position == 5 and age % 3 == 0 else "valid",
                device_id="device-1",
                issued_at=datetime(day.year, day.month, day.day, 23 if position == 3 else 10),
                seller_id=ME if out else them["id"],
                seller_name="我方有限公司" if out else them["name"],
                buyer_id=them["id"] if out else ME,
                buyer_name=them["name"] if out else "我方有限公司",
            )
            invoices.append(row)
            item = (
                chance.choice(("1070101", "1090201", "1030101"))
                if out
                else chance.choice(("1070101", "1080301"))
            )
            quantity = chance.randrange(1, 20)
            lines.append(
                {
                    "invoice_key": row["invoice_key"],
                    "line": 1,
                    "item_name": f"货物{item}",
                    "tax_class": item + "0" * 12,
                    "unit": "件",
                    "quantity": float(quantity),
                    "unit_price": yuan / quantity,
                    "tax_rate": 0.13,
                    "amount_fen": row["amount_fen"],
                    "tax_fen": row["tax_fen"],
                }
            )
        number += 1
        blue = invoices[-20]
        invoices.append(
            blue
            | {
                "invoice_key": f"k{number}",
                "number": str(number),
                "original_number": blue["number"],
                "issued_at": min(
                    blue["issued_at"] + timedelta(days=40 if age % 2 else 1), datetime(2024, 6, 30)
                ),
                "state": "valid",
            }
            | {column: -blue[column] for column in ("amount_fen", "tax_fen", "total_fen")}
        )
    return invoices, lines


def _other_returns() -> tuple[Rows, Rows]:
    """Eight quarterly income-tax returns (year to date) and 12 monthly withholding returns."""
    returns: Rows = []
    lines: Rows = []
    for year in (2022, 2023, 2024):
        for quarter in range(1, 5):
            end = month_end(date(year, quarter * 3, 1))
            if end >= AS_OF:
                continue
            key = f"cit-{end}"
            returns.append(
                {"return_id": key, "form": "cit_quarterly", "period_start": date(year, 1, 1), "period_end":
                end, "event_date": end + timedelta(days=12)}
            )  # fmt: skip
            lines += [
                {"return_id": key, "line": line, "column": "year_to_date", "amount_fen": amount * quarter}
                for line, amount in (("1", 90_000_000), ("12", 900_000))
            ]
    for year in (2022, 2023):
        key, end = f"cit-annual-{year}", date(year, 12, 31)
        returns.append(
            {"return_id": key, "form": "cit_annual", "period_start": date(year, 1, 1), "period_end": end,
             "event_date": date(year + 1, 5, 20)}
        )  # fmt: skip
        lines.append({"return_id": key, "line": "1", "column": "current", "amount_fen": 360_000_000})
    for age in range(1, 13):
        end = month_end(add_months(AS_OF.replace(day=1), -age))
        key = f"iit-{end}"
        returns.append(
            {"return_id": key, "form": "iit_withholding", "period_start": end.replace(day=1), "period_end":
            end, "event_date": end + timedelta(days=12)}
        )  # fmt: skip
        lines += [
            {"return_id": key, "line": "headcount", "column": "current", "amount_fen": 10},
            {"return_id": key, "line": "income", "column": "current", "amount_fen": 6_000_000},
        ]
    return returns, lines


def _correct(returns: Rows, lines: Rows) -> None:
    """The third newest VAT return is corrected, with a twentieth less sales."""
    first = returns[2]
    key = f"{first['return_id']}-corrected"
    filed = first["event_date"] + timedelta(days=5)
    returns.append(first | {"return_id": key, "corrects": first["return_id"], "event_date": filed})
    lines += [
        line | {"return_id": key, "amount_fen": round(line["amount_fen"] * 0.95)}
        for line in lines
        if line["return_id"] == first["return_id"]
    ]


def _research() -> Rows:
    """Research expense of the annual income-tax returns (A107012)."""
    return [
        {
            "return_id": f"cit-annual-{year}",
            "schedule": "A107012",
            "line": "40",
            "column": "1",
            "amount_fen": fen,
        }
        for year, fen in ((2022, 9_000_000), (2023, 10_000_000))
    ]  # fmt: skip


def _books() -> Rows:
    rows: Rows = []
    for year in (2022, 2023):
        span = {
            "period_start": date(year, 1, 1),
            "period_end": date(year, 12, 31),
            "event_date": date(year + 1, 4, 20),
        }
        income = {
            "revenue": 360_000_000,
            "cost": 270_000_000,
            "admin_expense": 30_000_000,
            "net_profit": 20_000_000,
            "rd_expense": 10_000_000,
            "subsidy": 1_000_000,
        }
        balance = {
            "assets": 300_000_000, "liabilities": 120_000_000, "equity": 180_000_000,
            "current_assets": 200_000_000, "current_liabilities": 100_000_000,
            "receivables": 60_000_000,
            "inventory": 50_000_000, "payables": 40_000_000, "prepayments": 5_000_000,
            "advances": 5_000_000, "fixed_assets": 70_000_000, "intangible": 5_000_000,
            "other_receivables": 4_000_000,
        }  # fmt: skip
        for statement, figures in (("income", income), ("balance_sheet", balance)):
            rows += [
                span | {"statement": statement, "item": item, "amount_fen": amount}
                for item, amount in figures.items()
            ]
    return rows


def _payments() -> Rows:
    rows: Rows = []
    for age in range(30):
        day = add_months(AS_OF.replace(day=14), -age)
        rows.append({"category": "vat", "nature": "tax", "event_date": day, "due_on": day + timedelta(days=1),
                     "amount_fen": 1_200_000})  # fmt: skip
        if age % 3 == 0:
            rows.append({"category": "cit", "nature": "tax", "event_date": day, "amount_fen": 900_000})
        if age == 7:
            rows.append({"category": "vat", "nature": "refund", "event_date": day, "amount_fen": 50_000,
                         "applied_on": day - timedelta(days=18)})  # fmt: skip
            rows.append({"category": "vat", "nature": "late_fee", "event_date": day, "amount_fen": 3_000})
    return rows


def _bank(invoices: Rows) -> Rows:
    """Most invoices are paid 20 days later; a loan that does not count."""
    rows: Rows = []
    for row in invoices:
        day = row["issued_at"].date() + timedelta(days=20)
        if row["amount_fen"] > 0 and row["state"] == "valid" and day <= AS_OF:
            out = row["direction"] == "out"
            rows.append(
                {
                    "event_date": day,
                    "direction": "in" if out else "out",
                    "amount_fen": row["total_fen"],
                    "counterparty_name": row["buyer_name" if out else "seller_name"],
                    "operating": True,
                }
            )
    rows.append(
        {
            "event_date": AS_OF,
            "direction": "in",
            "amount_fen": 99,
            "counterparty_name": "某银行",
            "operating": False,
        }
    )
    return rows


def rich_tables(kind: str = "general", months: int = 36) -> dict[str, pl.DataFrame]:
    """Every table that the common schema has, for a steady firm."""
    invoices, lines = _trade(random.Random(7), months)
    monthly = [
        sum(
            row["amount_fen"] / 100
            for row in invoices
            if row["direction"] == "out"
            and row["state"] == "valid"
            and (row["issued_at"].year, row["issued_at"].month)
            == (add_months(AS_OF, -age).year, add_months(AS_OF, -age).month)
        )
        for age in range(1, months)
    ]
    if kind == "general":
        vat = vat_returns(monthly)
    else:
        quarters = [sum(monthly[start : start + 3]) for start in range(2, len(monthly) - 2, 3)]
        vat = vat_returns(quarters, form="vat_small", unit=3)
    _correct(*vat)
    more = _other_returns()
    months_back = [add_months(AS_OF.replace(day=1), -age) for age in range(14)]
    rows: dict[str, Rows] = {
        "taxpayer": [
            {
                "taxpayer_id": ME, "name": "我方有限公司", "taxpayer_kind": kind, "status": "normal",
                "registered_on": date(2018, 3, 1), "industry_code": "C3411", "invoice_cap_fen": 10_000_000,
                "general_since": date(2018, 6, 1), "legal_representative": "王甲",
            }
        ],
        "tax_credit_rating": [
            {"year": year, "grade": "A", "score": 92.0, "event_date": date(year + 1, 4, 10)} for year in
            (2022, 2023)
        ],
        "tax_return": vat[0] + more[0],
        "tax_return_line": vat[1] + more[1],
        "invoice": invoices,
        "invoice_line": lines,
        "tax_payment": _payments(),
        "financial_statement": _books(),
        "bank_transaction": _bank(invoices) + other.bank_extras(),
        "bank_account": [{"account_id": "0001", "bank_name": "我行某支行"}],
        "social_insurance": [
            {"month": month, "insured_count": 9, "fund_count": 8, "fund_fen": 4000} for month in months_back
        ],
        "electricity_bill": other.electricity(),
        "tax_return_schedule_line": _research(),
        **other.registration(), **other.court(), **other.credit(), **other.assets(), **other.tax_office(),
    }  # fmt: skip
    return {name: table(name, content) for name, content in rows.items()}


PLACED = (
    "out_amt_12m", "gross_margin_proxy_12m", "vat_burden_12m", "out_amt_per_head_12m", "out_cv_12m",
    "cust_hhi_12m", "out_cancel_rate_12m", "energy_per_yuan_12m",
)  # fmt: skip
"""Columns that peers are compared by."""


def rich_context() -> Context:
    """Every bank-side fact."""
    parties = {uscc(100 + number, "330100" if number % 3 else "310100") for number in range(20)}
    return Context(
        benchmark=Benchmark(
            vat_burden_median=0.03,
            vat_burden=Norm(0.035, 0.01),
            energy_per_yuan=Norm(0.01, 0.01),
            sales_per_head=Norm(500_000, 200_000),
            inputs_of={"109020": frozenset({"108030"})},
            allowed=1.0,
            npl_rate=0.02,
            npl_trend=-0.001,
            growth=0.05,
            volatility=0.2,
            climate=50.4,
            price_yoy=0.01,
            policy=0.5,
            energy_intensive=0.0,
            overcapacity=0.0,
            export_dependence=0.2,
            top_share=0.15,
            tariff_of={"US": 0.25},
            chain=1.0,
            chain_position={"107010": 2.0},
            peers=dict.fromkeys(PLACED, (0.01, 0.1, 0.5, 1.0, 1e6)),
            item_classes=frozenset({"107010"}),
            patent_classes=frozenset({"F16H"}),
            growth_of={uscc(101): 0.1, uscc(102): 0.2},
            price_yoy_of={"108030": 0.03},
        ),
        place=Place(covered=1.0, npl_rate=0.015, growth=0.04, land_grade="B", cluster_sales=(1e5, 1e6, 1e7)),
        core=frozenset({uscc(101), uscc(104)}),
        own_bank="我行",
        scene=other.scene(),
        own_loans=other.own_loans(),
        requested_fen=100_000_000,
        related=frozenset({uscc(101)}),
        abnormal={uscc(999): date(2023, 1, 1)},
        controlled_numbers=frozenset(),
        registered={party: date(2015, 1, 1) for party in parties} | {uscc(113): date(2024, 4, 1)},
        contracts=frozenset({"第101号商行有限公司", "第102号商行有限公司"}),
        drawdowns=(date(2024, 4, 1),),
        edges=(Edge(uscc(101), uscc(113), 50_000_00, date(2024, 1, 10)),),
        device_firms={"device-1": frozenset({ME})},
        doc_tamper=False,
        authorisation_expires=date(2025, 1, 1),
        licence_matches=True,
        operating_debt_fen=50_000_000,
        annual_service_fen=10_000_000,
        ebitda_fen=150_000_000,
        largest_unsecured_limit_fen=100_000_000,
        own_funds_fen=5_000_000,
        working_capital_loans_fen=0,
        other_funding_fen=0,
        confirmed_ar_fen=0,
    )
