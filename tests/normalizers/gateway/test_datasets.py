"""What the gateway tells arrives whole in the common schema."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import orjson
import polars as pl
import pytest

from normalizers.gateway.behaviour import RECORDS
from normalizers.registry import normalize
from sandbox.behaviour import due, sales
from sandbox.company import Company
from sandbox.families.gateway.behaviour import LISTINGS, listing
from sandbox.generator import generate
from sandbox.incometax import income_returns
from schema.dataset import USUAL, Dataset
from schema.money import fen
from schema.snapshot import TABLES_OF
from schema.tables import TABLES, rows, unfilled
from tests.normalizers.gateway.conftest import FETCHED, pages, raw, refs


def _tables(company: Company, dataset: Dataset) -> dict[str, pl.DataFrame]:
    given = pages(company, dataset)
    normalized = normalize(dataset, given, refs(given))
    assert normalized.findings == ()
    return normalized.tables


@pytest.mark.parametrize("dataset", USUAL)
def test_every_table_has_exactly_its_columns(company: Company, dataset: Dataset) -> None:
    tables = _tables(company, dataset)
    assert tuple(tables) == tuple(name for name in TABLES_OF[dataset] if name != "invoice_repeat")
    for name, frame in tables.items():
        assert frame.schema == pl.Schema(TABLES[name])


@pytest.mark.parametrize("dataset", USUAL)
def test_every_row_can_be_traced_to_its_place_in_a_raw_page(company: Company, dataset: Dataset) -> None:
    given = pages(company, dataset)
    for frame in normalize(dataset, given, refs(given)).tables.values():
        assert set(frame["region"]) == {"44"}
        assert set(frame["route"]) == {"api"}
        assert set(frame["parser"]) == {f"gateway.{dataset}/1"}
        assert set(frame["fetched_at"]) == {FETCHED}
        for row in frame.sample(min(20, frame.height), seed=1).iter_rows(named=True):
            found = orjson.loads(given[int(row["raw_ref"].removeprefix("raw/"))].content)
            for step in row["pointer"].split("/")[1:]:
                found = found[int(step) if isinstance(found, list) else step]
            assert found


def test_the_taxpayer(company: Company) -> None:
    (row,) = _tables(company, Dataset.TAXPAYER)["taxpayer"].to_dicts()
    assert row["taxpayer_id"] == company.taxpayer_id
    assert (row["taxpayer_kind"], row["status"]) == ("general", "normal")
    assert row["registered_on"] == company.registered_on
    assert row["general_since"] == company.general_since
    assert row["invoice_cap_fen"] == fen(company.invoice_cap)


def test_credit_ratings(company: Company) -> None:
    rows = _tables(company, Dataset.TAX_CREDIT_RATING)["tax_credit_rating"].to_dicts()
    assert [(row["year"], row["grade"], row["event_date"]) for row in rows] == [
        (rating.year, rating.grade, rating.published_on) for rating in company.ratings
    ]


def test_tax_returns_with_every_figure(company: Company) -> None:
    tables = _tables(company, Dataset.TAX_RETURN)
    returns = tables["tax_return"].filter(form="vat_general")
    assert returns["return_id"].to_list() == [each.return_id for each in company.returns]
    assert returns["event_date"].to_list() == [each.filed_on for each in company.returns]
    lines = tables["tax_return_line"].filter(pl.col("return_id").is_in(returns["return_id"].to_list()))
    figures = {
        (row["return_id"], row["line"], row["column"]): row["amount_fen"]
        for row in lines.iter_rows(named=True)
    }
    for each in company.returns:
        for line, (_, current, to_date) in each.lines.items():
            assert figures.pop((each.return_id, line, "current")) == fen(current)
            assert figures.pop((each.return_id, line, "year_to_date")) == fen(to_date)
    assert not figures


@pytest.mark.parametrize(
    ("general", "forms"), [(True, {"cit_quarterly", "cit_annual"}), (False, {"cit_deemed"})]
)
def test_income_tax_returns_with_every_figure(general: bool, forms: set[str]) -> None:
    firms = generate("44", seed=7, count=12, today=date(2026, 3, 10))
    company = next(each for each in firms if each.general is general)
    tables = _tables(company, Dataset.TAX_RETURN)
    returns = tables["tax_return"].filter(pl.col("form").str.starts_with("cit"))
    assert set(returns["form"]) == forms
    told: dict[tuple[str, str], int] = {}
    for row in tables["tax_return_line"].iter_rows(named=True):
        told[row["return_id"], row["line"]] = row["amount_fen"]
        if row["return_id"] in set(returns["return_id"]):
            assert row["column"] == ("current" if "N" in row["return_id"][:10] else "year_to_date")
    if general:
        for row in tables["tax_return_schedule_line"].iter_rows(named=True):
            told[row["return_id"], f"{row['schedule']}/{row['line']}"] = row["amount_fen"]
    made = {each.return_id: each for each in income_returns(company)}
    assert returns.height > 10
    for return_id in returns["return_id"]:
        for line, _, amount in made[return_id].lines:
            assert told[return_id, line] == fen(amount)


def test_invoices_to_the_fen(company: Company) -> None:
    invoices = _tables(company, Dataset.INVOICE)["invoice"]
    for direction, given in (("out", company.issued), ("in", company.received)):
        ours = invoices.filter(pl.col("direction") == direction)
        assert ours.height == len(given)
        for column, name in (("amount_fen", "amount"), ("tax_fen", "tax"), ("total_fen", "total")):
            assert ours[column].sum() == fen(sum((getattr(i, name) for i in given), Decimal(0)))
        assert ours["original_number"].drop_nulls().len() == sum(bool(i.original_number) for i in given)
        assert (ours["state"] == "void").sum() == sum(i.state == "作废" for i in given)


def test_both_notations_of_a_date(company: Company) -> None:
    invoices = _tables(company, Dataset.INVOICE)["invoice"]
    timed = invoices.filter("has_time")
    assert set(timed["medium"]) == {"digital"}
    assert timed["code"].null_count() == timed.height
    dated = invoices.filter(~pl.col("has_time"))
    assert set(dated["medium"]) == {"tax_control"}
    assert all(moment == datetime.combine(moment, datetime.min.time()) for moment in dated["issued_at"])
    assert invoices["issued_at"].min().date() >= date(2023, 3, 1)


def test_lines_join_their_invoice(company: Company) -> None:
    tables = _tables(company, Dataset.INVOICE)
    sums = tables["invoice_line"].group_by("invoice_key").agg(pl.col("amount_fen", "tax_fen").sum())
    joined = tables["invoice"].join(sums, on="invoice_key", suffix="_lines")
    assert joined.height == tables["invoice"].height
    assert (joined["amount_fen"] == joined["amount_fen_lines"]).all()
    assert (joined["tax_fen"] == joined["tax_fen_lines"]).all()


def test_an_exempt_line_has_no_rate(company: Company) -> None:
    lines = _tables(company, Dataset.INVOICE)["invoice_line"]
    exempt = lines.filter(pl.col("tax_rate").is_null())
    assert exempt.height
    assert set(exempt["tax_fen"]) == {0}
    assert set(lines["tax_rate"].drop_nulls()) == {0.13, 0.09, 0.06}


def _behaviour(company: Company, dataset: Dataset, *methods: str) -> dict[str, pl.DataFrame]:
    """The tables of a dataset that comes as lists."""
    formats = {records.name: source_format for source_format, records in RECORDS.items()}
    given = []
    for method in methods:
        body = listing(company, LISTINGS[method], "20230301", "20260228")
        page = raw(dataset, body, method, total=body["zts"])
        given.append(replace(page, source_format=formats[LISTINGS[method].name]))
    tables = normalize(dataset, given, refs(given)).tables
    for name, frame in tables.items():
        assert len(list(rows(name, frame))) == frame.height
        assert not unfilled(name, frame)
    return tables


def test_what_was_paid_is_what_was_declared(company: Company) -> None:
    paid = _behaviour(company, Dataset.TAX_PAYMENT, "payment.query", "arrears.query")["tax_payment"]
    vat = paid.filter(category="vat", nature="tax")
    declared = [due(each) for each in company.returns if each.filed_on <= date(2026, 2, 28)]
    assert vat["amount_fen"].sum() == fen(sum(declared, Decimal(0)))
    assert vat["event_date"].min() >= date(2023, 3, 1)
    assert paid["voucher"].n_unique() == paid.height


def test_an_abnormal_household_owes_and_is_looked_into() -> None:
    company = generate("44", seed=7, count=12, today=date(2026, 3, 10))[11]
    paid = _behaviour(company, Dataset.TAX_PAYMENT, "payment.query", "arrears.query")
    assert paid["tax_arrears"].select("category", "settled_on").rows() == [("vat", None)]
    found = _behaviour(company, Dataset.TAX_VIOLATION, "violation.query", "inspection.query")
    assert found["tax_violation"]["state"].to_list().count("open") == 1
    assert found["tax_inspection"]["state"].to_list() == ["open"]
    changed = _behaviour(company, Dataset.TAXPAYER_CHANGE, "change.query")["taxpayer_change"]
    assert "abnormal_household" in changed["kind"].to_list()


def test_statements_balance_and_their_items_are_known(company: Company) -> None:
    table = _behaviour(company, Dataset.FINANCIAL_STATEMENT, "statement.query")["financial_statement"]
    sheets = table.filter(statement="balance_sheet").pivot("item", index="period_end", values="amount_fen")
    assert sheets.height >= 11
    assert (sheets["assets"] == sheets["liabilities"] + sheets["equity"]).all()
    income = table.filter(statement="income").pivot("item", index="period_end", values="amount_fen")
    last = income.sort("period_end").row(-1, named=True)
    assert last["revenue"] == fen(sales(company, date(2025, 1, 1), date(2025, 12, 31)))
    assert last["net_profit"] < last["total_profit"] < last["revenue"]
