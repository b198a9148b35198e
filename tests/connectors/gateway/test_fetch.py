"""Collecting from the gateway: whole, counted, of the right company."""

from __future__ import annotations

from collections import defaultdict

import orjson
import pytest

from normalizers.registry import normalize
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, ScopeDenied, TooManyRecords
from tests.connectors.bank import GATEWAY, PERIOD, Bank


def test_every_invoice_of_both_directions_comes_once(bank: Bank) -> None:
    company = bank.companies[0]
    pages = list(bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    found: defaultdict[str, int] = defaultdict(int)
    for page in pages:
        body = orjson.loads(page.content)
        found[body["fx"]] += len(body["fpxx"])
        assert body["nsrsbh"] == company["taxpayer_id"]
    assert dict(found) == {"1": company["issued"], "2": company["received"]}


def test_a_period_with_too_many_records_is_asked_for_in_halves(bank: Bank) -> None:
    company = bank.companies[0]
    grant, taxpayer_id = bank.granted(company), company["taxpayer_id"]
    whole = list(bank.connector.fetch(grant, taxpayer_id, Dataset.INVOICE, PERIOD))
    most = max(page.portal_total or 0 for page in whole)
    bank.sandbox.fault(GATEWAY.name, "capped", rows=most // 3)
    pages = list(bank.connector.fetch(grant, taxpayer_id, Dataset.INVOICE, PERIOD))
    assert len({page.period for page in pages}) > len({page.period for page in whole})
    assert all((page.portal_total or 0) <= most // 3 for page in pages)
    both = [
        normalize(Dataset.INVOICE, each, [page.locator for page in each]).tables["invoice"]
        for each in (whole, pages)
    ]
    ours, theirs = (frame["invoice_key"].sort() for frame in both)
    assert ours.equals(theirs)
    bank.sandbox.clear()
    bank.sandbox.fault(GATEWAY.name, "capped", rows=-1)
    with pytest.raises(TooManyRecords):
        list(bank.connector.fetch(grant, taxpayer_id, Dataset.INVOICE, PERIOD))


def test_pages_carry_where_they_come_from_and_the_portals_count(bank: Bank) -> None:
    company = bank.companies[0]
    pages = list(bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert {(page.region, page.route, page.source_format) for page in pages} == {
        ("44", Route.API, "gateway.invoice")
    }
    totals = {page.locator.partition("#")[0]: page.portal_total for page in pages}
    assert len(totals) == 6
    assert sum(total or 0 for total in totals.values()) == company["issued"] + company["received"]
    assert all(
        page.period.end <= page.period.start.replace(year=page.period.start.year + 1) for page in pages
    )


def test_a_changed_layout_is_a_changed_contract(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(GATEWAY.name, "layout_changed")
    with pytest.raises(ContractChanged):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))


def test_a_reader_who_stops_early_leaves_nothing_behind(bank: Bank) -> None:
    company = bank.companies[0]
    pages = bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD)
    next(pages)
    pages.close()
    served = len(bank.sandbox.journal(GATEWAY.name, "page_served"))
    bank.connector.probe()
    assert len(bank.sandbox.journal(GATEWAY.name, "page_served")) == served


@pytest.mark.parametrize(
    ("dataset", "formats"),
    [
        (Dataset.TAX_PAYMENT, {"gateway.tax_payment", "gateway.tax_arrears"}),
        (Dataset.TAX_VIOLATION, {"gateway.tax_violation", "gateway.tax_inspection"}),
        (Dataset.TAXPAYER_CHANGE, {"gateway.taxpayer_change"}),
        (Dataset.FINANCIAL_STATEMENT, {"gateway.financial_statement"}),
    ],
)
def test_what_the_authority_knows_beside_returns(bank: Bank, dataset: Dataset, formats: set[str]) -> None:
    """Every table of the dataset comes, empty ones with the portal's count; each is read."""
    company = bank.companies[1]
    grant = bank.granted(company, scopes={dataset: PERIOD})
    pages = list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))
    assert {page.source_format for page in pages} == formats
    assert all(page.portal_total is not None for page in pages)
    tables = normalize(dataset, pages, [page.locator for page in pages]).tables
    assert set(tables) == {each.partition(".")[2] for each in formats}
    with pytest.raises(ScopeDenied):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))
