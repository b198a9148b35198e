"""Real firms: the figures equal those of a plain reading of the CSV. Skips where the data is not there."""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from schema.money import fen
from schema.snapshot import Snapshot
from scoring.decision import Application, ScoreResult, score
from tests.scoring.firms import Rows, table

DATA = os.environ.get("TAXLINK_REAL_DATA")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA, reason="TAXLINK_REAL_DATA names no folder of real data"),
]
FIRMS = ("E1", "E13", "E40", "E80", "E118")
AS_OF = date(2020, 1, 31)
DECIDED = datetime(2020, 2, 5, tzinfo=UTC)
Plain = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def issued() -> Plain:
    return _read("output")


@pytest.fixture(scope="module")
def received() -> Plain:
    return _read("input")


def _read(side: str) -> Plain:
    rows: Plain = defaultdict(list)
    path = Path(DATA or "") / "sme_invoices" / f"labelled_{side}_invoice.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["企业代号"] in FIRMS:
                rows[row["企业代号"]].append(row)
    return rows


def _rows(plain: list[dict[str, str]], direction: str, party: str) -> Rows:
    them, us = ("buyer_id", "seller_id") if direction == "out" else ("seller_id", "buyer_id")
    return [
        {
            "invoice_key": f"{direction}{number}",
            "direction": direction,
            "number": row["发票号码"],
            "issued_at": datetime.fromisoformat(row["开票日期"]),
            "has_time": False,
            them: row[party],
            us: row["企业代号"],
            "amount_fen": fen(row["金额"]),
            "tax_fen": fen(row["税额"]),
            "total_fen": fen(row["价税合计"]),
            "state": "valid" if row["发票状态"] == "有效发票" else "void",
            "fetched_at": datetime(2020, 2, 4, tzinfo=UTC),
        }
        for number, row in enumerate(plain)
    ]


def scored(out: list[dict[str, str]], into: list[dict[str, str]]) -> ScoreResult:
    rows = _rows(out, "out", "购方单位代号") + _rows(into, "in", "销方单位代号")
    firm = Snapshot(
        taxpayer_id="real",
        region="33",
        as_of=AS_OF,
        fetched_at=DECIDED,
        tables={"invoice": table("invoice", rows)},
    )
    return score(
        firm, application=Application(requested_amount_fen=10**8, term_months=12), decided_at=DECIDED
    )


def _in_window(row: dict[str, str], first: str) -> bool:
    return row["发票状态"] == "有效发票" and first <= row["开票日期"] <= "2020-01-31"


@pytest.mark.parametrize("firm", FIRMS)
def test_figures_equal_a_plain_reading(firm: str, issued: Plain, received: Plain) -> None:
    result = scored(issued[firm], received[firm])
    year = [row for row in issued[firm] if _in_window(row, "2019-02-01")]
    net = sum((Decimal(row["金额"]) for row in year), Decimal(0))
    blue = [row for row in year if Decimal(row["金额"]) >= 0]
    bought = [row for row in received[firm] if _in_window(row, "2019-02-01")]
    by_customer: dict[str, Decimal] = defaultdict(Decimal)
    for row in year:
        by_customer[row["购方单位代号"]] += Decimal(row["金额"])
    positive = [amount for amount in by_customer.values() if amount > 0]
    void = sum(
        Decimal(row["金额"])
        for row in issued[firm]
        if row["发票状态"] != "有效发票"
        and "2019-02-01" <= row["开票日期"] <= "2020-01-31"
        and Decimal(row["金额"]) > 0
    )
    red = -sum(Decimal(row["金额"]) for row in year if Decimal(row["金额"]) < 0)
    blue_sum = sum(Decimal(row["金额"]) for row in blue)
    values = result.indicators
    assert values["out_amt_12m"] == pytest.approx(float(net), abs=0.001)
    assert values["out_cnt_12m"] == len(blue)
    assert values["in_amt_12m"] == pytest.approx(
        float(sum(Decimal(row["金额"]) for row in bought)), abs=0.001
    )
    assert values["cust_cnt_12m"] == len(positive)
    assert values["out_active_months_12m"] == len({row["开票日期"][:7] for row in blue})
    if positive:
        assert values["cust_top1_share_12m"] == pytest.approx(float(max(positive) / sum(positive)))
    if blue_sum + void:
        assert values["out_cancel_rate_12m"] == pytest.approx(float((void + red) / (blue_sum + void)))


@pytest.mark.parametrize("firm", FIRMS)
def test_a_real_firm_is_decided_with_its_reasons(firm: str, issued: Plain, received: Plain) -> None:
    result = scored(issued[firm], received[firm])
    assert result.reasons
    assert result.score is not None
    assert result.limit.caps["L_inv"].amount_fen is not None
    assert result.limit.caps["L_tax"].skipped is not None
