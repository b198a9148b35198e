"""Companies from a folder of invoices keep every row as it is."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from sandbox.folder import codes_of_moderate_size, load
from sandbox.identity import company_id_of
from schema.taxpayer_id import is_valid

TODAY = date(2026, 3, 10)
OUT = """企业代号,发票号码,开票日期,购方单位代号,金额,税额,价税合计,发票状态
E1,100,2019-05-04,B1,94.34,5.66,100.0,有效发票
E1,100,2019-05-04,B1,94.34,5.66,100.0,有效发票
E1,101,2019-06-04,B2,-94.34,-5.66,-100.0,作废发票
E1,102,2019-06-05,B2,0.0,0.0,0.0,有效发票
E2,103,2019-06-05,B2,10.0,1.3,11.29,有效发票
"""
IN = """企业代号,发票号码,开票日期,销方单位代号,金额,税额,价税合计,发票状态
E1,9,2019-05-01,A00297,50.0,6.5,56.5,有效发票
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "some_output_invoice.csv").write_text(OUT, "utf-8")
    (tmp_path / "some_input_invoice.csv").write_text(IN, "utf-8")
    return tmp_path


def test_every_row_is_kept(folder: Path) -> None:
    first, second = load(folder, "44", ["E1", "E2"], seed=7, today=TODAY)
    assert [invoice.number for invoice in first.issued] == ["100", "100", "101", "102"]
    assert first.issued[2].state == "作废"
    assert first.issued[2].total == Decimal("-100.0")
    assert first.issued[3].total == 0
    assert second.issued[0].total == Decimal("11.29")


def test_counterparties_keep_their_codes_and_the_firm_gets_a_valid_id(folder: Path) -> None:
    (company,) = load(folder, "31", ["E1"], seed=7, today=TODAY)
    assert company.received[0].seller_id == "A00297"
    assert company.name == "企业E1"
    assert company.taxpayer_id == company_id_of("E1", "31")
    assert is_valid(company.taxpayer_id)


def test_an_unknown_firm_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="E77"):
        load(folder, "44", ["E77"], seed=7, today=TODAY)


def test_returns_cover_the_history(folder: Path) -> None:
    (company,) = load(folder, "44", ["E1"], seed=7, today=TODAY)
    assert [each.lines["11"][1] for each in company.returns] == [Decimal("11.32"), Decimal("0.0")]
    assert [each.lines["12"][1] for each in company.returns] == [Decimal("6.5"), Decimal(0)]


@pytest.mark.real_data
def test_real_firms_equal_the_csv(real_invoices: Path) -> None:
    codes = codes_of_moderate_size(real_invoices, 4)
    for company, code in zip(load(real_invoices, "44", codes, seed=7, today=TODAY), codes, strict=True):
        for pattern, kept in (("*output*", company.issued), ("*input*", company.received)):
            rows = pl.concat(pl.read_csv(f, infer_schema=False) for f in real_invoices.glob(pattern))
            rows = rows.filter(pl.col("企业代号") == code)
            assert sum((i.amount for i in kept), Decimal(0)) == sum(map(Decimal, rows["金额"]), Decimal(0))
            states = Counter({"有效发票": "正常", "作废发票": "作废"}[state] for state in rows["发票状态"])
            assert Counter(invoice.state for invoice in kept) == states
