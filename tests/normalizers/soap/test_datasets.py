"""What the SOAP gateway tells arrives whole in the common schema."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from lxml import etree

from normalizers.registry import normalize
from sandbox.company import Company
from schema.dataset import USUAL, Dataset
from schema.errors import ContractChanged, DataCorrupt, DataIncomplete
from schema.money import fen
from schema.snapshot import TABLES_OF
from schema.tables import TABLES
from tests.normalizers.soap.conftest import FETCHED, Change, T, pages, raw, refs


def _tables(company: Company, dataset: Dataset) -> dict[str, pl.DataFrame]:
    given = pages(company, dataset)
    normalized = normalize(dataset, given, refs(given))
    assert normalized.findings == ()
    return normalized.tables


@pytest.mark.parametrize("dataset", USUAL)
def test_every_row_can_be_traced_to_its_place_in_a_raw_page(company: Company, dataset: Dataset) -> None:
    given = pages(company, dataset)
    tables = normalize(dataset, given, refs(given)).tables
    assert tuple(tables) == TABLES_OF[dataset][:2]
    for name, frame in tables.items():
        assert frame.schema == pl.Schema(TABLES[name])
        assert set(frame["parser"]) == {f"soap.{dataset}/1"}
        assert set(frame["fetched_at"]) == {FETCHED}
        for row in frame.sample(min(20, frame.height), seed=1).iter_rows(named=True):
            body = etree.fromstring(given[int(row["raw_ref"].removeprefix("raw/"))].content)
            if dataset is not Dataset.TAXPAYER:
                path = "/".join(f"{T}{step}" for step in row["pointer"].split("/"))
                assert body[0].find(path) is not None


def test_the_taxpayer(company: Company) -> None:
    (row,) = _tables(company, Dataset.TAXPAYER)["taxpayer"].to_dicts()
    assert (row["taxpayer_id"], row["name"]) == (company.taxpayer_id, company.name)
    assert (row["taxpayer_kind"], row["status"]) == ("general", "normal")
    assert row["general_since"] == company.general_since
    assert row["invoice_cap_fen"] == fen(company.invoice_cap)


def test_credit_ratings(company: Company) -> None:
    rows = _tables(company, Dataset.TAX_CREDIT_RATING)["tax_credit_rating"].to_dicts()
    assert [(row["year"], row["grade"], row["event_date"]) for row in rows] == [
        (rating.year, rating.grade, rating.published_on) for rating in company.ratings
    ]


def test_vat_returns_with_every_figure(company: Company) -> None:
    tables = _tables(company, Dataset.TAX_RETURN)
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


def test_invoices_to_the_fen_with_their_lines(company: Company) -> None:
    tables = _tables(company, Dataset.INVOICE)
    for direction, given in (("out", company.issued), ("in", company.received)):
        ours = tables["invoice"].filter(pl.col("direction") == direction)
        assert ours.height == len(given)
        for column, name in (("amount_fen", "amount"), ("tax_fen", "tax"), ("total_fen", "total")):
            assert ours[column].sum() == fen(sum((getattr(i, name) for i in given), Decimal(0)))
        assert (ours["state"] == "void").sum() == sum(i.state == "作废" for i in given)
        assert ours["has_time"].sum() == sum(i.has_time for i in given)
    lines = [line for invoice in (*company.issued, *company.received) for line in invoice.lines]
    assert tables["invoice_line"].height == len(lines)
    assert tables["invoice_line"]["amount_fen"].sum() == fen(sum((i.amount for i in lines), Decimal(0)))


def _renamed(name: str) -> Change:
    def change(answer: etree._Element) -> None:
        for each in answer.iter(f"{T}{name}"):
            each.tag = f"{T}Renamed"

    return change


def _dropped_once(name: str) -> Change:
    def change(answer: etree._Element) -> None:
        found = next(answer.iter(f"{T}{name}"))
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)

    return change


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        (Dataset.TAXPAYER, "Nsrmc"),
        (Dataset.TAX_CREDIT_RATING, "Xydj"),
        (Dataset.TAX_RETURN, "Sbrq"),
        (Dataset.TAX_RETURN, "Bys"),
        (Dataset.INVOICE, "Je"),
        (Dataset.INVOICE, "Yfphm"),
        (Dataset.INVOICE, "Slv"),
    ],
)
def test_a_renamed_element_is_a_changed_contract(company: Company, dataset: Dataset, name: str) -> None:
    given = pages(company, dataset, _renamed(name))
    with pytest.raises(ContractChanged, match=name):
        normalize(dataset, given, refs(given))


def test_an_element_missing_in_one_record(company: Company) -> None:
    given = pages(company, Dataset.INVOICE, _dropped_once("Fphm"))
    with pytest.raises(ContractChanged, match="Fphm is empty in 1 of"):
        normalize(Dataset.INVOICE, given, refs(given))


def test_a_new_element_is_noted_and_the_data_are_read(company: Company) -> None:
    def extend(answer: etree._Element) -> None:
        etree.SubElement(answer, f"{T}Xzd").text = "1"

    given = pages(company, Dataset.TAXPAYER, extend)
    (finding,) = normalize(Dataset.TAXPAYER, given, refs(given)).findings
    assert (finding.code, finding.detail) == ("new_field", "GetTaxpayer.Xzd")


def test_a_page_that_is_missing_is_noticed_by_the_portals_count(company: Company) -> None:
    given = pages(company, Dataset.INVOICE)[:-1]
    with pytest.raises(DataIncomplete):
        normalize(Dataset.INVOICE, given, refs(given))


@pytest.mark.parametrize(
    "content",
    [b"", b"<a>", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', b"\xff\xfe"],
)
def test_what_is_no_plain_xml_is_corrupt(content: bytes) -> None:
    with pytest.raises(DataCorrupt):
        normalize(Dataset.INVOICE, [raw(Dataset.INVOICE, content, "x", total=None)], ["raw/0"])


@pytest.mark.parametrize("amount", ["1.005", "1e5", "NaN"])
def test_what_is_no_amount_is_corrupt_and_is_not_shown(company: Company, amount: str) -> None:
    def alter(answer: etree._Element) -> None:
        next(answer.iter(f"{T}Je")).text = amount

    given = pages(company, Dataset.INVOICE, alter)
    with pytest.raises(DataCorrupt, match="Je is not an amount of money") as raised:
        normalize(Dataset.INVOICE, given, refs(given))
    assert amount not in str(raised.value)
