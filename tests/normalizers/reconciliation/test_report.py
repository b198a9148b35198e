"""Each check tells what agrees, what differs by how much and in which rows, and what it could not check."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from normalizers.invoices.sources import merged
from normalizers.reconciliation.check import MOST_EVIDENCE, Outcome, Result
from normalizers.reconciliation.report import CHECKS, findings, report
from schema.dataset import Missing
from schema.period import add_months, month_end
from tests.scoring.firms import Rows, invoice, snapshot, table

MONTHS = [date(2024, month, 1) for month in range(1, 7)]
Tables = dict[str, pl.DataFrame]


def found(tables: Tables, code: str) -> Result:
    return next(each for each in report(snapshot(tables)) if each.check.code == code)


def issued(amounts: list[float], **changes: Any) -> Rows:
    """One invoice a month of 2024, in the middle of it."""
    return [
        invoice(number, month.replace(day=15), amount, **changes)
        for number, (month, amount) in enumerate(zip(MONTHS, amounts, strict=False), start=1)
    ]


def returned(lines: dict[str, list[float]], form: str = "vat_general") -> Tables:
    """A monthly return for each month of 2024; figures in yuan."""
    heads = [
        {
            "return_id": f"r{month:%m}",
            "form": form,
            "period_start": month,
            "period_end": month_end(month),
            "event_date": add_months(month, 1).replace(day=10),
            "pointer": f"/sb/{month:%m}",
        }
        for month in MONTHS
    ]
    figures = [
        {"return_id": f"r{month:%m}", "line": line, "column": "current", "amount_fen": round(amount * 100)}
        for line, amounts in lines.items()
        for month, amount in zip(MONTHS, amounts, strict=False)
    ]
    return {"tax_return": table("tax_return", heads), "tax_return_line": table("tax_return_line", figures)}


def test_each_check_has_a_code_of_its_own() -> None:
    assert len({check.code for check in CHECKS}) == len(CHECKS)


def test_nothing_is_checked_where_nothing_was_read() -> None:
    results = report(snapshot({}))
    assert {each.outcome for each in results} == {Outcome.NOT_CHECKED}
    assert all(each.absent and each.absent.reason is Missing.NOT_AVAILABLE for each in results)
    assert findings(results) == []


def test_sales_invoiced_beyond_the_declaration_differ() -> None:
    tables = {"invoice": table("invoice", issued([100.0] * 5 + [900.0]))} | returned({"1": [10_000.0] * 6})
    assert found(tables, "sales_differ").outcome is Outcome.AGREES
    tables["invoice"] = table("invoice", issued([100.0] * 5 + [12_000.0]))
    result = found(tables, "sales_differ")
    assert (result.outcome, result.compared, result.differing) == (Outcome.DIFFERS, 6, 1)
    (row,) = result.evidence
    assert (row["return_id"], row["left_fen"], row["right_fen"]) == ("r06", 1_200_000, 1_000_000)
    assert row["pointer"] == "/sb/06"


def test_a_difference_within_one_percent_agrees() -> None:
    tables = {"invoice": table("invoice", issued([100_900.0] * 6))} | returned({"1": [100_000.0] * 6})
    assert found(tables, "sales_differ").outcome is Outcome.AGREES
    tables["invoice"] = table("invoice", issued([101_100.0] * 6))
    assert found(tables, "sales_differ").differing == 6


def test_void_invoices_and_months_without_invoices_at_the_edge_do_not_count() -> None:
    rows = [*issued([100.0] * 4), invoice(99, date(2024, 2, 20), 1000000.0, state="void")]
    result = found({"invoice": table("invoice", rows)} | returned({"1": [100.0] * 6}), "sales_differ")
    assert (result.outcome, result.compared) == (Outcome.AGREES, 4)


def test_a_corrected_return_is_the_one_that_counts() -> None:
    tables = {"invoice": table("invoice", issued([5_000.0] * 6))} | returned({"1": [5_000.0] * 6})
    wrong = tables["tax_return"].head(1).with_columns(return_id=pl.lit("old"))
    tables["tax_return"] = pl.concat(
        [
            wrong,
            tables["tax_return"].with_columns(
                corrects=pl.when(pl.col("return_id") == "r01").then(pl.lit("old"))
            ),
        ]
    )
    old = (
        tables["tax_return_line"]
        .head(1)
        .with_columns(return_id=pl.lit("old"), amount_fen=pl.lit(1, pl.Int64))
    )
    tables["tax_return_line"] = pl.concat([old, tables["tax_return_line"]])
    assert found(tables, "sales_differ").outcome is Outcome.AGREES


def test_output_tax_of_a_small_taxpayer_is_not_asked_for() -> None:
    tables = {"invoice": table("invoice", issued([1.0] * 6))} | returned({"1": [1.0] * 6}, "vat_small")
    result = found(tables, "output_tax_differs")
    assert result.absent is not None
    assert result.absent.reason is Missing.NOT_APPLICABLE


def test_input_tax_may_be_deducted_later_but_never_beyond_what_was_received() -> None:
    received = {"invoice": table("invoice", issued([1_000.0] * 6, direction="in"))}
    later = received | returned({"1": [0.0] * 6, "12": [0.0, 0.0, 0.0, 520.0, 0.0, 260.0]})
    assert found(later, "input_tax_differs").outcome is Outcome.AGREES
    sooner = received | returned({"1": [0.0] * 6, "12": [780.0, 0.0, 0.0, 0.0, 0.0, 0.0]})
    assert found(sooner, "input_tax_differs").differing == 5


def test_tax_that_was_not_paid_differs_to_the_yuan() -> None:
    def payment(month: date, yuan: float, **changes: Any) -> dict[str, Any]:
        return {
            "category": "vat",
            "nature": "tax",
            "period_start": month,
            "period_end": month_end(month),
            "amount_fen": round(yuan * 100),
        } | changes

    payments = [payment(month, 500.0) for month in MONTHS[:5]] + [payment(MONTHS[5], 9.0, nature="late_fee")]
    tables = returned({"34": [500.0, 500.5, 500.0, 500.0, 500.0, 500.0]})
    result = found(tables | {"tax_payment": table("tax_payment", payments)}, "paid_differs")
    assert [row["return_id"] for row in result.evidence] == ["r06"]


def test_revenue_is_compared_for_years_filed_in_full() -> None:
    returns = returned({"1": [100.0] * 6})
    statement = {
        "statement": "income",
        "item": "revenue",
        "period_start": date(2024, 1, 1),
        "period_end": date(2024, 12, 31),
        "amount_fen": 60_000,
    }
    tables = returns | {"financial_statement": table("financial_statement", [statement])}
    assert found(tables, "revenue_differs").absent is not None


@pytest.mark.parametrize(("equity", "outcome"), [(40_000, Outcome.AGREES), (40_200, Outcome.DIFFERS)])
def test_a_balance_sheet_balances(equity: int, outcome: Outcome) -> None:
    items = {"assets": 100_000, "liabilities": 60_000, "equity": equity}
    rows = [
        {"statement": "balance_sheet", "period_end": date(2024, 6, 30), "item": item, "amount_fen": fen}
        for item, fen in items.items()
    ]
    result = found({"financial_statement": table("financial_statement", rows)}, "sheet_unbalanced")
    assert result.outcome is outcome


def test_bank_balances_follow_from_their_movements_account_by_account() -> None:
    def movement(account: str, yuan: float, balance: float) -> dict[str, Any]:
        way = "in" if yuan > 0 else "out"
        return {
            "event_date": date(2024, 6, 3),
            "account_id": account,
            "direction": way,
            "amount_fen": round(abs(yuan) * 100),
            "balance_fen": round(balance * 100),
        }

    rows = [movement("a", 10, 110), movement("b", 5, 5), movement("a", -30, 80), movement("b", -1, 4)]
    assert found({"bank_transaction": table("bank_transaction", rows)}, "balances_break").differing == 0
    rows[2] = movement("a", -30, 81)
    result = found({"bank_transaction": table("bank_transaction", rows)}, "balances_break")
    assert (result.compared, result.differing, result.evidence[0]["right_fen"]) == (2, 1, 8_100)


def test_goods_sold_that_were_never_bought_differ_unless_the_firm_makes_them() -> None:
    invoices = [invoice(1, MONTHS[0], 900.0), invoice(2, MONTHS[0], 100.0, direction="in")]
    lines = [
        {"invoice_key": "k1", "tax_class": "1070301000000000000", "amount_fen": 90_000},
        {"invoice_key": "k2", "tax_class": "1090501000000000000", "amount_fen": 10_000},
    ]
    tables = {"invoice": table("invoice", invoices), "invoice_line": table("invoice_line", lines)}
    result = found(tables, "goods_unexplained")
    assert [row["tax_class"] for row in result.evidence] == ["107"]
    maker = tables | {"taxpayer": table("taxpayer", [{"industry_code": "C2651"}])}
    assert found(maker, "goods_unexplained").outcome is Outcome.NOT_CHECKED


def test_evidence_is_the_worst_rows_and_bounded() -> None:
    rows = [invoice(n, MONTHS[0], 10.0, total_fen=1_130 + n) for n in range(1, 60)]
    result = found({"invoice": table("invoice", rows)}, "total_differs")
    assert (result.differing, len(result.evidence)) == (59, MOST_EVIDENCE)
    assert result.evidence[0]["number"] == "59"


def test_findings_carry_figures_and_no_names() -> None:
    rows = [invoice(1, MONTHS[0], 10.0, total_fen=1)]
    (finding,) = findings(report(snapshot({"invoice": table("invoice", rows)})))
    assert finding.detail == "1 of 1: amount + tax ≠ total"


def test_an_invoice_that_two_sources_tell_differently_is_shown_with_both() -> None:
    def answered(total: float, route: str | None, parser: str) -> Tables:
        row = invoice(1, date(2024, 1, 15), total) | {"number": "2" * 20, "route": route, "parser": parser}
        return {
            "invoice": table("invoice", [row | {"code": None}]),
            "invoice_line": table("invoice_line", []),
        }

    portal, file = answered(100.0, "api", "gateway.invoice/1"), answered(900.0, None, "invoice.ofd/1")
    assert found(portal, "source_conflict").outcome is Outcome.NOT_CHECKED, "there is one source"
    tables, _ = merged([portal, file])
    result = found(tables, "source_conflict")
    assert (result.outcome, result.compared, result.differing) == (Outcome.DIFFERS, 1, 1)
    (row,) = result.evidence
    assert (row["kept"], row["other"]) == ("gateway.invoice/1", "invoice.ofd/1")
    assert row["left_fen"] < row["right_fen"]
    assert "total_fen" in row["columns"].split()
    assert "source_conflict" in {each.code for each in findings([result])}
    agreeing, _ = merged([portal, answered(100.0, None, "invoice.pdf/1")])
    assert found(agreeing, "source_conflict").outcome is Outcome.AGREES
