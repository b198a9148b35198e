"""Collecting from a bureau: whole, counted, of the right company."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from connectors.registry import Tools, connect, endpoint
from normalizers.registry import normalize
from schema.dataset import USUAL, Dataset, Route
from schema.errors import ContractChanged, SessionExpired, WrongTaxpayer
from schema.period import Period
from schema.raw import RawPage
from tests.connectors.bank import PERIOD
from tests.connectors.bureau.conftest import REGIONS, Bank

GENERAL, SMALL, SMALL_SERVICES = 0, 7, 3
"""Companies of the generator: the fourth and eighth are small-scale; the fourth develops software."""


def fetched(bank: Bank, company: dict[str, Any], dataset: Dataset) -> list[RawPage]:
    return list(bank.connector.fetch(bank.granted(company), company["taxpayer_id"], dataset, PERIOD))


def tables(bank: Bank, company: dict[str, Any], dataset: Dataset) -> dict[str, pl.DataFrame]:
    pages = fetched(bank, company, dataset)
    found = normalize(dataset, pages, [f"raw/{page.sequence}" for page in pages])
    assert not found.findings
    return found.tables


@pytest.mark.parametrize(("index", "kind"), [(GENERAL, "general"), (SMALL, "small_scale")])
def test_the_registration_is_of_the_company(bank: Bank, index: int, kind: str) -> None:
    company = bank.companies[index]
    (row,) = tables(bank, company, Dataset.TAXPAYER)["taxpayer"].to_dicts()
    told = (row["taxpayer_id"], row["name"], row["taxpayer_kind"], row["status"])
    assert told == (company["taxpayer_id"], company["name"], kind, "normal")
    assert row["legal_representative"] == company["people"][0]["name"]


def test_every_invoice_of_both_directions_comes_once(bank: Bank) -> None:
    company = bank.companies[GENERAL]
    found = tables(bank, company, Dataset.INVOICE)
    counted = dict(found["invoice"]["direction"].value_counts().iter_rows())
    assert counted == {"out": company["issued"], "in": company["received"]}
    sums = found["invoice_line"].group_by("invoice_key").agg(pl.col("amount_fen", "tax_fen").sum())
    both = found["invoice"].join(sums, on="invoice_key", suffix="_lines")
    assert both.height == found["invoice"].height
    assert both["amount_fen"].equals(both["amount_fen_lines"])
    assert both["tax_fen"].equals(both["tax_fen_lines"])


@pytest.mark.parametrize("dataset", [Dataset.INVOICE, Dataset.TAX_RETURN])
def test_what_is_held_is_not_asked_for_again(bank: Bank, dataset: Dataset) -> None:
    company = bank.companies[GENERAL]
    grant, taxpayer_id = bank.granted(company), company["taxpayer_id"]
    pages = list(bank.connector.fetch(grant, taxpayer_id, dataset, PERIOD))
    counted = [page for page in pages if dataset is Dataset.INVOICE or page.portal_total == 1]
    held = {(page.locator, page.period): page.portal_total for page in counted[:-1]}
    rest = list(bank.connector.fetch(grant, taxpayer_id, dataset, PERIOD, held))
    assert [page.locator for page in rest if (page.locator, page.period) in held] == []
    assert counted[-1].locator in {page.locator for page in rest}


@pytest.mark.parametrize(
    ("index", "form", "returns"),
    [(GENERAL, "vat_general", 36), (SMALL, "vat_small", 12), (SMALL_SERVICES, "vat_small", 12)],
)
def test_returns_agree_with_the_invoices(bank: Bank, index: int, form: str, returns: int) -> None:
    company = bank.companies[index]
    found = tables(bank, company, Dataset.TAX_RETURN)
    assert set(found["tax_return"]["form"]) == {form, "surtax"}
    filed = found["tax_return"].filter(form=form)
    assert filed.height >= returns - 1
    assert filed.select("due_on", "event_date").null_count().row(0) == (0, 0)
    first, last = filed["period_start"].min(), filed["period_end"].max()
    issued = tables(bank, company, Dataset.INVOICE)["invoice"].filter(
        (pl.col("direction") == "out")
        & (pl.col("state") == "valid")
        & (pl.col("tax_fen") != 0)
        & pl.col("issued_at").dt.date().is_between(first, last)
    )
    current = found["tax_return_line"].filter(column="current")
    sales = current.filter(line="1")["amount_fen"].sum()
    tax = current.filter(line="11" if form == "vat_general" else "15")["amount_fen"].sum()
    assert (sales, tax) == (issued["amount_fen"].sum(), issued["tax_fen"].sum())


def test_pages_carry_where_they_come_from_and_the_portals_count(bank: Bank) -> None:
    company = bank.companies[GENERAL]
    pages = fetched(bank, company, Dataset.INVOICE)
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert {(page.region, page.route, page.source_format) for page in pages} == {
        (REGIONS[bank.family], Route.API, f"{bank.family}.invoice")
    }
    totals = {(page.period, page.locator.partition("#")[0]): page.portal_total for page in pages}
    assert len(totals) == 6
    assert sum(total or 0 for total in totals.values()) == company["issued"] + company["received"]


def test_pages_beyond_the_first_are_read(bank: Bank) -> None:
    company = bank.companies[GENERAL]
    target = endpoint(REGIONS[bank.family], Route.API, bank.sandbox.endpoints)
    limits = target.overlay.limits.model_copy(update={"page_size": 50})
    overlay = target.overlay.model_copy(update={"limits": limits})
    small = connect(replace(target, overlay=overlay), Tools(browser=lambda: pytest.fail("no browser")))
    pages = list(small.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    small.close()
    assert len(pages) > 12
    found = normalize(Dataset.INVOICE, pages, [f"raw/{page.sequence}" for page in pages])
    assert found.tables["invoice"].height == company["issued"] + company["received"]


@pytest.mark.parametrize("dataset", [Dataset.INVOICE, Dataset.TAX_RETURN])
def test_an_empty_period_is_proved_by_the_portals_count(bank: Bank, dataset: Dataset) -> None:
    company = bank.companies[GENERAL]
    old = Period.model_validate({"start": "2015-01-01", "end": "2015-06-30"})
    grant = bank.granted(company, scopes={dataset: old})
    pages = list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, old))
    assert pages
    assert {page.portal_total for page in pages} - {None} == {0}
    empty = normalize(dataset, pages, [f"raw/{page.sequence}" for page in pages])
    assert all(table.is_empty() for table in empty.tables.values())


@pytest.mark.parametrize("dataset", USUAL)
def test_another_company_is_refused_before_the_first_page(bank: Bank, dataset: Dataset) -> None:
    company = bank.companies[GENERAL]
    grant = bank.granted(company)
    bank.sandbox.fault(bank.portal, "wrong_company")
    with pytest.raises(WrongTaxpayer):
        next(iter(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD)))


@pytest.mark.parametrize("dataset", USUAL)
def test_another_company_on_a_page_is_refused(bank: Bank, dataset: Dataset) -> None:
    """The session's own check passes; the page that follows shows somebody else."""
    company = bank.companies[GENERAL]
    grant = bank.granted(company)
    for path in PAGES[bank.family][dataset]:
        bank.sandbox.fault(bank.portal, "wrong_company", path=path)
    pages = bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD)
    with pytest.raises(WrongTaxpayer):
        list(pages)


@pytest.mark.parametrize("dataset", USUAL)
def test_a_changed_layout_is_a_changed_contract(bank: Bank, dataset: Dataset) -> None:
    company = bank.companies[GENERAL]
    grant = bank.granted(company)
    for path in LAYOUTS[bank.family][dataset]:
        bank.sandbox.fault(bank.portal, "layout_changed", path=path)

    def read() -> None:
        pages = list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))
        normalize(dataset, pages, [f"raw/{page.sequence}" for page in pages])

    with pytest.raises(ContractChanged):
        read()


@pytest.mark.parametrize("dataset", USUAL)
def test_a_lost_session_is_told(bank: Bank, dataset: Dataset) -> None:
    company = bank.companies[GENERAL]
    grant = bank.granted(company)
    for path in PAGES[bank.family][dataset]:
        bank.sandbox.fault(bank.portal, "session_lost", path=path, times=1)
    with pytest.raises(SessionExpired):
        list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))


def test_a_reader_who_stops_early_leaves_nothing_behind(bank: Bank) -> None:
    company = bank.companies[GENERAL]
    pages = bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD)
    next(pages)
    pages.close()
    served = len(bank.sandbox.journal(bank.portal, "page_served"))
    bank.connector.probe()
    assert len(bank.sandbox.journal(bank.portal, "page_served")) == served


PAGES = {
    "foresee": {
        Dataset.TAXPAYER: ["/sbzs-cjpt-web/biz/sbzs/"],
        Dataset.TAX_CREDIT_RATING: ["/xypj-cjpt-web/"],
        Dataset.TAX_RETURN: ["/sbzs-cjpt-web/biz/sbzs/"],
        Dataset.INVOICE: ["/fpcx-cjpt-web/"],
    },
    "servyou": {
        Dataset.TAXPAYER: ["/sbzx-web/api/base/nsrxx/"],
        Dataset.TAX_CREDIT_RATING: ["/sbzx-web/api/xydj/"],
        Dataset.TAX_RETURN: ["/sbzx-web/api/sb/"],
        Dataset.INVOICE: ["/sbzx-web/api/fp/"],
    },
}
LAYOUTS = {
    "foresee": PAGES["foresee"] | {Dataset.TAX_RETURN: ["/tycx-cjpt-web/"]},
    "servyou": PAGES["servyou"]
    | {
        Dataset.TAX_RETURN: ["/sbzx-web/apps/views/"],
        Dataset.TAX_CREDIT_RATING: ["/sbzx-web/api/xydj/"],
    },
}
