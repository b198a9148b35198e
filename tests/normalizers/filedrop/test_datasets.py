"""What the delivery portal packs arrives whole in the common schema, from CSV and from workbooks alike."""

from __future__ import annotations

import io
from decimal import Decimal

import polars as pl
import pytest
import xlsxwriter

from normalizers.registry import normalize
from sandbox.company import Company
from schema.dataset import USUAL, Dataset
from schema.errors import ContractChanged, DataConflict, DataCorrupt, DataIncomplete
from schema.money import fen
from schema.snapshot import TABLES_OF
from schema.tables import TABLES
from tests.normalizers.filedrop.conftest import FETCHED, pages, raw, refs

KINDS = pytest.mark.parametrize("kind", ["gbk", "bom", "xlsx"])


def _tables(company: Company, dataset: Dataset, kind: str) -> dict[str, pl.DataFrame]:
    given = pages(company, dataset, kind)
    normalized = normalize(dataset, given, refs(given))
    assert normalized.findings == ()
    return normalized.tables


@KINDS
@pytest.mark.parametrize("dataset", USUAL)
def test_every_table_has_exactly_its_columns_and_its_origin(
    company: Company, dataset: Dataset, kind: str
) -> None:
    tables = _tables(company, dataset, kind)
    assert tuple(tables) == TABLES_OF[dataset][:2]
    for name, frame in tables.items():
        assert frame.schema == pl.Schema(TABLES[name])
        assert set(frame["parser"]) == {f"filedrop.{dataset}/1"}
        assert set(frame["fetched_at"]) == {FETCHED}
        assert frame["pointer"].str.contains(r"^(A|本期数|本年累计)\d+$").all()


@KINDS
def test_the_taxpayer(company: Company, kind: str) -> None:
    (row,) = _tables(company, Dataset.TAXPAYER, kind)["taxpayer"].to_dicts()
    assert (row["taxpayer_id"], row["name"]) == (company.taxpayer_id, company.name)
    assert (row["taxpayer_kind"], row["status"]) == ("general", "normal")
    assert row["industry_code"] == company.industry_code
    assert row["invoice_cap_fen"] == fen(company.invoice_cap)


@KINDS
def test_credit_ratings(company: Company, kind: str) -> None:
    rows = _tables(company, Dataset.TAX_CREDIT_RATING, kind)["tax_credit_rating"].to_dicts()
    assert [(row["year"], row["grade"], row["score"], row["event_date"]) for row in rows] == [
        (rating.year, rating.grade, float(rating.score), rating.published_on) for rating in company.ratings
    ]


@KINDS
def test_vat_returns_with_every_figure(company: Company, kind: str) -> None:
    tables = _tables(company, Dataset.TAX_RETURN, kind)
    assert tables["tax_return"]["return_id"].to_list() == [each.return_id for each in company.returns]
    figures = {
        (row["return_id"], row["line"], row["column"]): row["amount_fen"]
        for row in tables["tax_return_line"].iter_rows(named=True)
    }
    for each in company.returns:
        for line, (_, current, to_date) in each.lines.items():
            assert figures.pop((each.return_id, line, "current")) == fen(current)
            assert figures.pop((each.return_id, line, "year_to_date")) == fen(to_date)
    assert not figures


@KINDS
def test_invoices_to_the_fen_with_their_lines(company: Company, kind: str) -> None:
    tables = _tables(company, Dataset.INVOICE, kind)
    for direction, given in (("out", company.issued), ("in", company.received)):
        ours = tables["invoice"].filter(pl.col("direction") == direction)
        assert ours["number"].to_list() == [invoice.number for invoice in given]
        for column, name in (("amount_fen", "amount"), ("tax_fen", "tax"), ("total_fen", "total")):
            assert ours[column].to_list() == [fen(getattr(invoice, name)) for invoice in given]
        assert ours["original_number"].drop_nulls().len() == sum(bool(i.original_number) for i in given)
        assert (ours["state"] == "void").sum() == sum(i.state == "作废" for i in given)
        assert ours["has_time"].sum() == sum(i.has_time for i in given)
    lines = [line for invoice in (*company.issued, *company.received) for line in invoice.lines]
    assert tables["invoice_line"].height == len(lines)
    assert tables["invoice_line"]["amount_fen"].sum() == fen(sum((i.amount for i in lines), Decimal(0)))


@KINDS
@pytest.mark.parametrize("dataset", USUAL)
def test_renamed_headings_are_a_changed_contract(company: Company, dataset: Dataset, kind: str) -> None:
    given = pages(company, dataset, kind, changed=True)
    with pytest.raises(ContractChanged):
        normalize(dataset, given, refs(given))


def _csv(company: Company, before: str, after: str, times: int = 1) -> str:
    """The issued invoices as text, with a part exchanged."""
    text = pages(company, Dataset.INVOICE, "gbk")[0].content.decode("gbk")
    assert before in text
    return text.replace(before, after, times)


def _read(content: bytes, name: str = "a.csv", total: int | None = None) -> pl.DataFrame:
    return normalize(Dataset.INVOICE, [raw(Dataset.INVOICE, content, name, total=total)], ["raw/0"]).tables[
        "invoice"
    ]


def test_rows_that_do_not_add_up_to_the_files_total_are_a_conflict(company: Company) -> None:
    lines = pages(company, Dataset.INVOICE, "gbk")[0].content.decode("gbk").splitlines(keepends=True)
    with pytest.raises(DataConflict, match="金额"):
        _read("".join(lines[:2] + lines[3:]).encode("gbk"))


def test_fewer_invoices_than_the_manifest_counts_are_incomplete(company: Company) -> None:
    given = pages(company, Dataset.INVOICE, "gbk")[0]
    with pytest.raises(DataIncomplete):
        _read(given.content, total=(given.portal_total or 0) + 1)


def test_a_name_that_only_gb18030_can_write_is_read(company: Company) -> None:
    seller = company.issued[0].seller_name
    content = _csv(company, seller, "沙盒𠮷商行", times=-1).encode("gb18030")
    assert set(_read(content)["seller_name"]) == {"沙盒𠮷商行"}


def test_a_new_column_is_noted_and_the_data_are_read(company: Company) -> None:
    lines = pages(company, Dataset.TAXPAYER, "gbk")[0].content.decode("gbk").splitlines()
    content = f"{lines[0]},新字段\r\n{lines[1]},1\r\n".encode("gbk")
    page = raw(Dataset.TAXPAYER, content, "a.csv", total=1)
    (finding,) = normalize(Dataset.TAXPAYER, [page], ["raw/0"]).findings
    assert (finding.code, finding.detail) == ("new_field", "登记信息.新字段")


@pytest.mark.parametrize("content", [b"\x81\xff", b"\xef\xbb\xbf\xff", b'a,"b'])
def test_what_is_no_csv_of_its_encoding_is_corrupt(content: bytes) -> None:
    with pytest.raises(DataCorrupt):
        _read(content)


def test_a_ragged_row_is_corrupt(company: Company) -> None:
    with pytest.raises(DataCorrupt):
        _read(_csv(company, "\r\n", "\r\nx,", times=1).encode("gbk"))


def test_one_number_for_different_invoices_is_a_changed_contract(company: Company) -> None:
    with pytest.raises(ContractChanged, match="序号"):
        _read(_csv(company, "\r\n2,", "\r\n1,", times=1).encode("gbk"))


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://127.0.0.1/?"&A1)'])
def test_a_workbook_with_a_formula_is_corrupt(formula: str) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for row in range(20_000):
            page.write_string(row, 0, "x")
        page.write_formula(20_000, 0, formula, value=2)
    with pytest.raises(DataCorrupt, match="formulas"):
        _read(buffer.getvalue(), "a.xlsx")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>"])
def test_what_is_no_workbook_is_corrupt(content: bytes) -> None:
    with pytest.raises(DataCorrupt):
        _read(content, "a.xlsx")


def test_a_number_where_a_text_belongs_has_lost_its_digits(company: Company) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["评价年度", "评价等级", "评价得分", "公布日期"])
        page.write_row(1, 0, [2024, "A", 90, "2025-04-30"])
    given = raw(Dataset.TAX_CREDIT_RATING, buffer.getvalue(), "a.xlsx", total=1)
    with pytest.raises(ContractChanged, match="评价年度"):
        normalize(Dataset.TAX_CREDIT_RATING, [given], ["raw/0"])
