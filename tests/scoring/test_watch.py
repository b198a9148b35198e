"""The figures that warnings read beside the catalogue."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from schema.dataset import Missing
from scoring.context import Context
from scoring.facts import Facts
from scoring.policy.loader import load
from scoring.value import Value
from tests.scoring.firms import AS_OF, DECIDED, Rows, invoice, snapshot, table, uscc


def figures(
    tables: dict[str, pl.DataFrame], context: Context | None = None, **changes: Any
) -> dict[str, Value]:
    return Facts(snapshot(tables, **changes), context or Context(), DECIDED, load().measurement).figures


def sold(ages: range, customer: int, yuan: float) -> Rows:
    """One invoice a month to a customer."""
    return [
        invoice(1000 * customer + age, date(2024, 6, 15) - timedelta(days=30 * age), yuan,
            buyer_id=uscc(customer), buyer_name=f"第{customer}客户有限公司")
        for age in ages
    ]  # fmt: skip


def lost(*rows: Rows) -> Value:
    whole = [row for each in rows for row in each]
    return figures({"invoice": table("invoice", whole)})["lost_buyer_cnt"]


def test_a_large_customer_without_an_invoice_in_three_months_is_lost() -> None:
    others = [sold(range(14), customer, 1000) for customer in range(101, 108)]
    assert lost(*others) == 0
    assert lost(sold(range(4, 14), 100, 9000), *others) == 1
    assert lost(sold(range(2, 14), 100, 9000), *others) == 0
    assert lost(sold(range(4, 14), 100, 10), *others) == 0, "a small one is none of the five"
    assert lost(sold(range(4, 14, 2), 100, 9000), *others) == 0, (
        "who buys now and then is often silent so long"
    )
    assert lost(sold(range(8), 100, 9000)) is Missing.INSUFFICIENT


def paid(*rows: tuple[int, float, str]) -> dict[str, pl.DataFrame]:
    """Outflows: days before ``AS_OF``, yuan, to whom."""
    return {
        "bank_transaction": table(
            "bank_transaction",
            [
                {"event_date": AS_OF - timedelta(days=days), "direction": "out",
                 "amount_fen": int(yuan * 100), "counterparty_name": name, "operating": True}
                for days, yuan, name in rows
            ],
        )
    }  # fmt: skip


def test_what_goes_to_persons_in_the_week_after_a_loan_is_told() -> None:
    moved = paid((10, 300, "张三"), (9, 700, "杭州某某有限公司"), (40, 5000, "李四"))
    drawn = Context(drawdowns=(AS_OF - timedelta(days=12),))
    assert figures(moved, drawn)["private_after_drawdown"] == pytest.approx(0.3)
    assert figures(moved, Context(drawdowns=()))["private_after_drawdown"] is Missing.NOT_APPLICABLE
    assert figures(moved)["private_after_drawdown"] is Missing.NOT_AVAILABLE


def test_money_into_property_or_securities_is_told() -> None:
    moved = paid((10, 200, "某某证券有限公司"), (20, 800, "杭州某某有限公司"))
    assert figures(moved)["invested_ratio_6m"] == pytest.approx(0.2)
    assert figures({})["invested_ratio_6m"] is Missing.NOT_AUTHORISED


def test_what_the_bank_knows_of_applicant_authorisation_and_debt() -> None:
    known = Context(
        applicant_fits=False, applicant_age=30, authorisation_expires=date(2024, 7, 25),
        operating_debt_fen=100_00, annual_service_fen=10_00,
    )  # fmt: skip
    told = figures({}, known)
    assert (told["applicant_unfit"], told["applicant_age"]) == (1, 30)
    assert told["authorisation_days_left"] == 20
    assert (told["operating_debt"], told["debt_service"]) == (100, 10)
    silent = figures({})
    for key in ("applicant_unfit", "applicant_age", "authorisation_days_left"):
        assert silent[key] is Missing.NOT_AVAILABLE
    assert silent["operating_debt"] is Missing.NOT_AUTHORISED


def test_old_data_are_counted_as_stale() -> None:
    tables = {"invoice": table("invoice", [invoice(1, AS_OF, 100)])}
    assert figures(tables)["stale_source_cnt"] == 0
    assert figures(tables, fetched_at=datetime.fromisoformat("2024-04-01T00:00:00Z"))["stale_source_cnt"] == 1
