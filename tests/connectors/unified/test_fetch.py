"""Reading under a grant: what the pages show is what arrives, and only for the company that granted it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from connectors.families.unified import reading
from connectors.families.unified.sessions import key
from connectors.interface import Grant
from normalizers.registry import normalize
from schema.dataset import USUAL, Dataset
from schema.errors import (
    ConnectionBroken,
    ContractChanged,
    DataCorrupt,
    GrantRevoked,
    PageChanged,
    PortalMaintenance,
    PortalUnavailable,
    SessionExpired,
    WrongTaxpayer,
)
from schema.money import fen
from schema.period import Period

pytestmark = pytest.mark.browser
PERIOD = Period(start=date(2025, 1, 1), end=date(2026, 8, 31))


def fetched(bureau, grant, company, dataset, period=PERIOD):
    return list(bureau.connector.fetch(grant, company.taxpayer_id, dataset, period))


def normalized(bureau, grant, company, dataset, period=PERIOD):
    pages = fetched(bureau, grant, company, dataset, period)
    return normalize(dataset, pages, [f"raw/{page.sequence}" for page in pages]).tables


def forget_tab(browser, grant: Grant) -> None:
    """As after a restart: nothing is left but the sealed bytes."""
    if tab := browser.run(browser.take(key(grant.secret))):
        browser.run(tab.close())


def within(records, period=PERIOD):
    return [record for record in records if period.start <= record.issued_at.date() <= period.end]


def test_what_arrives_is_what_the_portal_holds(bureau, browser):
    company = bureau.companies[1]
    grant = bureau.grant(company)

    (taxpayer,) = normalized(bureau, grant, company, Dataset.TAXPAYER)["taxpayer"].iter_rows(named=True)
    assert (taxpayer["taxpayer_id"], taxpayer["name"]) == (company.taxpayer_id, company.name)
    assert taxpayer["invoice_cap_fen"] == fen(company.invoice_cap)
    assert taxpayer["general_since"] == company.general_since

    ratings = normalized(bureau, grant, company, Dataset.TAX_CREDIT_RATING)["tax_credit_rating"]
    assert ratings.select("year", "grade", "event_date").rows() == [
        (each.year, each.grade, each.published_on) for each in company.ratings
    ]

    forget_tab(browser, grant)
    returns = normalized(bureau, grant, company, Dataset.TAX_RETURN)
    filed = [each for each in company.returns if PERIOD.start <= each.start and each.end <= PERIOD.end]
    assert returns["tax_return"]["return_id"].to_list() == [each.return_id for each in filed]
    figures = {
        (row["return_id"], row["line"], row["column"]): row["amount_fen"]
        for row in returns["tax_return_line"].iter_rows(named=True)
    }
    assert figures == {
        (each.return_id, line, column): fen(amount)
        for each in filed
        for line, (_, current, to_date) in each.lines.items()
        for column, amount in (("current", current), ("year_to_date", to_date))
    }


def test_every_invoice_arrives_to_the_fen(bureau):
    company = bureau.companies[0]
    tables = normalized(bureau, bureau.grant(company), company, Dataset.INVOICE)
    for direction, records in (("out", company.issued), ("in", company.received)):
        expected = within(records)
        found = tables["invoice"].filter(direction=direction)
        assert found["number"].to_list() == [record.number for record in expected]
        assert found["amount_fen"].to_list() == [fen(record.amount) for record in expected]
        assert found["total_fen"].to_list() == [fen(record.total) for record in expected]
        assert found["state"].to_list() == [
            "valid" if record.state == "正常" else "void" for record in expected
        ]
        assert found["issued_at"].to_list() == [record.issued_at for record in expected]
        assert found["original_number"].fill_null("").to_list() == [
            record.original_number for record in expected
        ]
        lines = tables["invoice_line"].join(found.select("invoice_key"), on="invoice_key", how="semi")
        assert lines.height == sum(len(record.lines) for record in expected)
        assert lines["amount_fen"].sum() == sum(fen(record.amount) for record in expected)


def test_tables_are_read_where_nothing_can_be_exported(bureau, monkeypatch):
    monkeypatch.setattr(reading, "_EXPORT", "//no-such-element")
    company = bureau.companies[0]
    grant = bureau.grant(company)
    year = Period(start=date(2025, 9, 1), end=date(2026, 8, 31))
    pages = fetched(bureau, grant, company, Dataset.INVOICE, year)
    assert {page.source_format for page in pages} == {"unified.invoice_html"}
    assert len(pages) >= 2
    invoice = normalize(Dataset.INVOICE, pages, [page.locator for page in pages]).tables["invoice"]
    expected = [*within(company.issued, year), *within(company.received, year)]
    assert invoice["number"].to_list() == [record.number for record in expected]
    assert invoice["amount_fen"].sum() == fen(sum((record.amount for record in expected), Decimal(0)))


def test_several_table_pages_make_one_answer(bureau, monkeypatch):
    monkeypatch.setattr(reading, "_EXPORT", "//no-such-element")
    company = bureau.companies[0]
    company.issued = (company.issued * 3)[:230]
    moment = datetime(2026, 3, 1, 10)
    company.issued = [replace(record, issued_at=moment) for record in company.issued]
    month = Period(start=date(2026, 3, 1), end=date(2026, 3, 31))
    pages = fetched(bureau, bureau.grant(company), company, Dataset.INVOICE, month)
    assert [page.locator.partition("#")[2] for page in pages][:3] == ["1", "2", "3"]
    invoice = normalize(Dataset.INVOICE, pages, [page.locator for page in pages]).tables["invoice"]
    assert invoice.filter(direction="out").height == 230
    assert invoice["invoice_key"].n_unique() == invoice.height

    grant = bureau.grant(company)
    for kept, asked in ((pages[:2], [pages[0], *pages[2:]]), (pages[1:], [pages[0], pages[3]])):
        held = {(page.locator, page.period): page.portal_total for page in kept}
        rest = list(bureau.connector.fetch(grant, company.taxpayer_id, Dataset.INVOICE, month, held))
        assert [page.locator for page in rest] == [page.locator for page in asked]


def test_a_range_with_too_many_records_is_asked_for_in_halves(bureau):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    bureau.fault("capped", path="/dppt/fpcx", rows=40)
    pages = fetched(bureau, grant, company, Dataset.INVOICE)
    assert max(page.portal_total for page in pages) <= 40
    tables = normalize(Dataset.INVOICE, pages, [page.locator for page in pages]).tables
    for direction, records in (("out", company.issued), ("in", company.received)):
        assert tables["invoice"].filter(direction=direction).height == len(within(records))


def test_nothing_found_is_proved_by_the_page(bureau):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    before = Period(start=date(2001, 1, 1), end=date(2001, 3, 31))
    for dataset in (Dataset.INVOICE, Dataset.TAX_RETURN):
        pages = fetched(bureau, grant, company, dataset, before)
        assert pages
        assert all(page.portal_total == 0 for page in pages)
        assert all(company.taxpayer_id.encode() in page.content for page in pages)
        tables = normalize(dataset, pages, ["raw"] * len(pages)).tables
        assert all(table.is_empty() for table in tables.values())


def test_lost_session_is_told(bureau, browser):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    bureau.fault("session_lost", "/etax/xydj", times=1)
    with pytest.raises(SessionExpired):
        fetched(bureau, grant, company, Dataset.TAX_CREDIT_RATING)
    with pytest.raises(SessionExpired):
        fetched(bureau, grant, company, Dataset.TAXPAYER)


def test_idle_session_ends(bureau):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    bureau.portal.clock.shift(901)
    with pytest.raises(SessionExpired):
        fetched(bureau, grant, company, Dataset.TAXPAYER)


@pytest.mark.parametrize("dataset", USUAL)
@pytest.mark.parametrize("kept", [True, False])
def test_another_company_on_the_page_is_never_read(bureau, browser, dataset, kept):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    if not kept:
        forget_tab(browser, grant)
    bureau.fault("wrong_company")
    with pytest.raises(WrongTaxpayer):
        fetched(bureau, grant, company, dataset)


def test_grant_of_one_company_reads_no_other(bureau):
    company, other = bureau.companies[:2]
    grant = bureau.grant(company)
    with pytest.raises(WrongTaxpayer):
        fetched(bureau, grant, other, Dataset.TAXPAYER)


def test_revoked_grant_is_not_read_under(bureau, browser):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    bureau.connector.revoke(grant, company.taxpayer_id)
    assert [entry["detail"] for entry in bureau.events("grant_revoked")] == [grant.receipt]
    with pytest.raises(GrantRevoked):
        fetched(bureau, grant, company, Dataset.TAXPAYER)
    bureau.connector.revoke(grant, company.taxpayer_id)
    assert len(bureau.events("grant_revoked")) == 1


@pytest.mark.parametrize(
    ("kind", "path", "dataset", "cause"),
    [
        ("truncated", "/dppt/fpcx/export", Dataset.INVOICE, DataCorrupt),
        ("truncated", "/etax/sbcx/", Dataset.TAX_RETURN, DataCorrupt),
        ("truncated", "/etax/nsrxx", Dataset.TAXPAYER, DataCorrupt),
        ("broken", "/dppt/fpcx/export", Dataset.INVOICE, ConnectionBroken),
        ("layout_changed", "/etax/nsrxx", Dataset.TAXPAYER, PageChanged),
        ("layout_changed", "/etax/sbcx/", Dataset.TAX_RETURN, PageChanged),
        ("maintenance", "/dppt/fpcx/export", Dataset.INVOICE, PortalMaintenance),
        ("maintenance", "/etax/xydj", Dataset.TAX_CREDIT_RATING, PortalMaintenance),
        ("session_lost", "/dppt/fpcx/export", Dataset.INVOICE, SessionExpired),
    ],
)
def test_fault_stops_its_dataset(bureau, kind, path, dataset, cause):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    bureau.fault(kind, path)
    with pytest.raises(cause):
        fetched(bureau, grant, company, dataset)


def test_renamed_heading_of_the_export_stops_the_dataset(bureau):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    bureau.fault("layout_changed", "/dppt/fpcx/export")
    pages = fetched(bureau, grant, company, Dataset.INVOICE)
    with pytest.raises(ContractChanged):
        normalize(Dataset.INVOICE, pages, ["raw"] * len(pages))


@pytest.mark.parametrize(
    ("path", "dataset"), [("/etax/nsrxx", Dataset.TAXPAYER), ("/dppt/fpcx/export", Dataset.INVOICE)]
)
def test_a_page_that_the_portal_failed_to_give_is_asked_for_again(bureau, path, dataset):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    bureau.fault("server_error", path, times=2)
    assert fetched(bureau, grant, company, dataset)
    bureau.fault("server_error", path)
    with pytest.raises(PortalUnavailable):
        fetched(bureau, grant, company, dataset)


def test_the_tab_of_the_attempt_serves_the_next_dataset(bureau, browser):
    company = bureau.companies[0]
    grant = bureau.grant(company)
    tab = browser.run(browser.take(key(grant.secret)))
    browser.run(browser.keep(key(grant.secret), tab))
    fetched(bureau, grant, company, Dataset.TAXPAYER)
    assert browser.run(browser.take(key(grant.secret))) is tab
    browser.run(tab.close())


def test_pages_tell_where_they_came_from(bureau):
    company = bureau.companies[0]
    tables = normalized(bureau, bureau.grant(company), company, Dataset.INVOICE)
    row = tables["invoice"].row(0, named=True)
    assert (row["region"], row["route"], row["raw_ref"], row["pointer"]) == ("44", "rpa", "raw/1", "A2")
    assert row["fetched_at"].tzinfo is not None
    assert tables["invoice"].select(pl.col("parser").unique()).item() == "unified.invoice/1"
