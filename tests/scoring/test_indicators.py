"""Values that can be checked by hand, and the types of missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schema.dataset import Dataset, Missing
from scoring.context import Context, Edge
from scoring.facts import COLUMNS, Facts
from scoring.policy.loader import load
from scoring.value import Value
from tests.scoring.firms import AS_OF, DECIDED, FETCHED, ME, Rows, invoice, snapshot, table, uscc, vat_returns
from tests.scoring.rich_firm import rich_context, rich_tables


def values_of(rows: dict[str, Rows], context: Context | None = None, **changes: Any) -> dict[str, Value]:
    tables = {name: table(name, content) for name, content in rows.items()}
    facts = Facts(snapshot(tables, **changes), context or Context(), DECIDED, load().measurement)
    return facts.measured.of(0, COLUMNS)


def month(age: int, day: int = 10) -> date:
    index = AS_OF.year * 12 + AS_OF.month - 1 - age
    return date(index // 12, index % 12 + 1, day)


def test_sales_are_blue_plus_red_without_void() -> None:
    rows = [
        invoice(1, month(0), 1000.01),
        invoice(2, month(1), -200.00),
        invoice(3, month(1), 500, state="void"),
        invoice(4, month(3), 300),
        invoice(5, month(12), 7000),
    ]
    values = values_of({"invoice": rows})
    assert values["out_amt_1m"] == 1000.01
    assert values["out_amt_3m"] == 800.01
    assert values["out_amt_12m"] == 1100.01
    assert values["out_amt_24m"] == 8100.01
    assert values["out_cnt_12m"] == 2
    assert values["out_cancel_rate_12m"] == pytest.approx((500 + 200) / (1300.01 + 500))
    assert values["out_red_amt_rate_12m"] == pytest.approx(200 / 1300.01)
    assert values["out_active_months_12m"] == 2
    assert values["out_days_since_last"] == 20
    assert values["out_first_months"] == 12


def test_shares_use_net_amounts_after_red() -> None:
    rows = [
        invoice(1, month(0), 600, buyer_id=uscc(100)),
        invoice(2, month(0), -300, buyer_id=uscc(100)),
        invoice(3, month(1), 700, buyer_id=uscc(101)),
        invoice(4, month(1), 50, buyer_id=uscc(102)),
        invoice(5, month(1), -50, buyer_id=uscc(102)),
    ]
    values = values_of({"invoice": rows})
    assert values["cust_cnt_12m"] == 2
    assert values["cust_top1_share_12m"] == pytest.approx(0.7)
    assert values["cust_hhi_12m"] == pytest.approx(0.09 + 0.49)


def test_february_neither_counts_nor_breaks_a_run_of_silent_months() -> None:
    active = [invoice(age, month(age), 100) for age in range(12) if month(age).month not in (1, 2, 3)]
    values = values_of({"invoice": active})
    assert values["out_zero_months_12m"] == 2
    assert values["out_zero_run_12m"] == 2


def test_the_gap_in_invoicing_counts_both_ends_of_the_window() -> None:
    values = values_of({"invoice": [invoice(1, AS_OF - timedelta(days=30), 100)]})
    assert values["out_max_gap_days_6m"] == 152  # from 31 December to 31 May
    assert values["out_days_since_last"] == 30


def test_counterparties_of_any_code_are_told_apart_and_names_fold() -> None:
    rows = [
        invoice(1, month(0), 100, buyer_id="B03711", buyer_name=None),
        invoice(2, month(0), 100, buyer_id=None, buyer_name="杭州市恒达商贸有限公司"),
        invoice(3, month(0), 100, buyer_id=None, buyer_name="恒达商贸（杭州）有限责任公司"),
        invoice(4, month(0), 100, buyer_id=None, buyer_name="李先生"),
        invoice(5, month(0), 100, buyer_id=None, buyer_name="王五（个人）"),
    ]
    values = values_of({"invoice": rows})
    assert values["cust_cnt_12m"] == 3
    assert values["individual_share_12m"] == pytest.approx(0.4)


def test_a_red_invoice_finds_its_blue_one_by_number_or_by_amount() -> None:
    rows = [
        invoice(1, month(2, 1), 100),
        invoice(2, month(2, 11), -100),
        invoice(3, month(1, 1), 80),
        invoice(4, month(0, 1), 80),
        invoice(5, month(0, 11), -80, original_number="3"),
    ]
    values = values_of({"invoice": rows})
    assert values["out_red_lag_days_12m"] == pytest.approx((10 + 41) / 2)
    assert values["cross_month_red_12m"] == pytest.approx(80 / 260)


def test_a_circle_of_four_sales_is_found_and_a_fifth_step_is_not() -> None:
    far = [Edge(uscc(100), uscc(201), 40_00, month(1)), Edge(uscc(201), uscc(202), 90_00, month(1))]
    rows = [
        invoice(1, month(0), 100),
        invoice(2, month(0), 500, direction="in", seller_id=uscc(202), buyer_id=ME),
    ]
    assert values_of({"invoice": rows}, Context(edges=tuple(far)))["loop_net_ratio_12m"] == pytest.approx(0.4)
    longer = (
        far[0],
        Edge(uscc(201), uscc(203), 90_00, month(1)),
        Edge(uscc(203), uscc(202), 90_00, month(1)),
    )
    assert values_of({"invoice": rows}, Context(edges=longer))["loop_net_ratio_12m"] == 0


def test_declared_windows_end_with_the_last_filed_period() -> None:
    returns, lines = vat_returns([100.0] * 24)
    sold = [invoice(age, month(age), 80) for age in range(24)]
    values = values_of({"tax_return": returns, "tax_return_line": lines, "invoice": sold})
    assert values["declared_sales_12m"] == pytest.approx(1200)
    assert values["inv_declared_ratio_12m"] == pytest.approx(0.8)
    assert values["vat_burden_12m"] == pytest.approx(0.04 / 0.95)
    assert values["input_output_tax_ratio_12m"] == pytest.approx(0.08 / 0.117)


def test_a_month_that_was_not_filed_is_unknown_not_zero() -> None:
    returns, lines = vat_returns([100.0] * 12)
    values = values_of({"tax_return": returns[:4] + returns[5:], "tax_return_line": lines})
    assert values["declared_sales_3m"] == pytest.approx(300)
    assert values["declared_sales_12m"] is Missing.INSUFFICIENT
    assert values["declared_yoy_12m"] is Missing.INSUFFICIENT


def test_a_firm_that_stopped_filing_is_stale() -> None:
    returns, lines = vat_returns([100.0] * 24)
    assert (
        values_of({"tax_return": returns[4:], "tax_return_line": lines})["declared_sales_3m"] is Missing.STALE
    )


def test_a_correcting_return_replaces_the_original() -> None:
    returns, lines = vat_returns([100.0] * 12)
    fixed = returns[0] | {
        "return_id": "fixed",
        "corrects": returns[0]["return_id"],
        "event_date": date(2024, 6, 25),
    }
    line = {"return_id": "fixed", "line": "1", "column": "current", "amount_fen": 40_00}
    values = values_of({"tax_return": [*returns, fixed], "tax_return_line": [*lines, line]})
    assert values["declared_sales_12m"] == pytest.approx(1140)


def test_quarterly_filers_have_a_third_of_the_periods() -> None:
    returns, lines = vat_returns([300.0] * 8, form="vat_small", unit=3)
    values = values_of({"tax_return": returns, "tax_return_line": lines})
    assert values["declared_active_periods_12m"] == 4
    assert values["declared_sales_3m"] == pytest.approx(300)
    assert values["declared_sales_24m"] == pytest.approx(2400)
    assert values["input_output_tax_ratio_12m"] is Missing.NOT_APPLICABLE


def test_small_scale_lines_add_up_to_sales() -> None:
    returns, _ = vat_returns([0.0], form="vat_small", unit=3)
    key = returns[0]["return_id"]
    lines = [
        {"return_id": key, "line": line, "column": "current", "amount_fen": amount}
        for line, amount in (
            ("1", 100_00),
            ("4", 20_00),
            ("7", 3_00),
            ("9", 400_00),
            ("13", 5_00),
            ("20", 3_60),
        )
    ]
    values = values_of({"tax_return": returns, "tax_return_line": lines})
    assert values["declared_sales_3m"] == pytest.approx(528)


@pytest.mark.parametrize("reason", [Missing.NOT_AUTHORISED, Missing.NOT_AVAILABLE])
def test_a_missing_dataset_passes_its_reason_on(reason: Missing) -> None:
    values = values_of({}, missing={Dataset.INVOICE: reason})
    assert values["out_amt_12m"] is reason
    assert values["declared_sales_12m"] is Missing.NOT_AUTHORISED  # never asked for
    assert values["vat_paid_12m"] is Missing.NOT_AUTHORISED


def test_fetched_and_empty_is_a_known_zero() -> None:
    values = values_of({"invoice": []})
    assert values["out_amt_12m"] == 0
    assert values["cust_cnt_12m"] == 0
    assert values["out_yoy_12m"] is Missing.INSUFFICIENT


def test_no_tax_paid_at_all_is_a_known_zero() -> None:
    values = values_of({"tax_payment": []})
    assert values["total_tax_paid_12m"] == 0
    assert values["tax_paid_yoy_12m"] is Missing.INSUFFICIENT


def test_credit_carried_forward_is_a_balance_not_a_flow() -> None:
    returns, lines = vat_returns([300.0] * 4, unit=3)
    values = values_of({"tax_return": returns, "tax_return_line": lines})
    assert values["credit_carry_ratio_12m"] == pytest.approx(300 * 0.01 / (1200 * 0.117))


def test_old_fetches_are_stale() -> None:
    values = values_of({"invoice": [invoice(1, month(0), 100)]}, fetched_at=DECIDED - timedelta(days=60))
    assert values["out_amt_12m"] is Missing.STALE


def test_void_rate_does_not_apply_to_digital_invoices() -> None:
    assert (
        values_of({"invoice": [invoice(1, month(0), 100)]})["out_void_cnt_rate_12m"] is Missing.NOT_APPLICABLE
    )


def test_a_partial_month_never_enters_a_window() -> None:
    rows = [invoice(1, date(2024, 6, 30), 100), invoice(2, date(2024, 7, 2), 900)]
    assert values_of({"invoice": rows}, as_of=date(2024, 7, 3))["out_amt_1m"] == 100


def test_rows_fetched_after_the_decision_do_not_count() -> None:
    late = datetime(2024, 7, 6, tzinfo=UTC)
    rows = [invoice(1, month(0), 100), invoice(2, month(0), 900) | {"fetched_at": late}]
    assert values_of({"invoice": rows})["out_amt_1m"] == 100
    assert late > DECIDED > FETCHED


def test_a_listing_after_as_of_does_not_count() -> None:
    rows = [invoice(1, month(0), 100, direction="in", seller_id=uscc(100), buyer_id=ME)]
    before = values_of({"invoice": rows}, Context(abnormal={uscc(100): AS_OF}))
    after = values_of({"invoice": rows}, Context(abnormal={uscc(100): AS_OF + timedelta(days=1)}))
    assert (before["supp_abnormal_share_12m"], after["supp_abnormal_share_12m"]) == (1, 0)


def test_books_of_the_rich_firm_read_as_written() -> None:
    facts = Facts(snapshot(rich_tables()), rich_context(), DECIDED, load().measurement)
    values = facts.measured.of(0, COLUMNS)
    assert values["fin_gross_margin_12m"] == pytest.approx(0.25)
    assert values["fin_ar_days_12m"] == pytest.approx(365 / 6)
    assert values["cit_contribution_12m"] == pytest.approx(0.01)
    assert values["payroll_per_head_12m"] == pytest.approx(6000)
    assert values["vat_paid_12m"] == pytest.approx(144_000)
    assert values["total_tax_paid_12m"] == pytest.approx(180_000)
