"""Collecting wherever a code grants: of the right company, within a session that lives, nothing twice."""

from __future__ import annotations

import pytest

from schema.dataset import USUAL, Dataset
from schema.errors import SessionExpired, WrongTaxpayer
from schema.period import Period
from tests.connectors.bank import GATEWAY, PERIOD, SOAP, Bank

paged = pytest.mark.parametrize("served", [GATEWAY, SOAP], indirect=True, ids=lambda portal: portal.family)
"""The families that hand out invoices page by page."""


@pytest.mark.parametrize("dataset", USUAL)
def test_another_company_is_refused_in_every_dataset(bank: Bank, dataset: Dataset) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(bank.portal.name, "wrong_company")
    with pytest.raises(WrongTaxpayer):
        list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))


@paged
def test_another_company_on_a_later_page_is_refused(bank: Bank) -> None:
    company = bank.companies[0]
    pages = bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD)
    next(pages)
    bank.sandbox.fault(bank.portal.name, "wrong_company")
    with pytest.raises(WrongTaxpayer):
        list(pages)


def test_a_lost_session_is_told(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(bank.portal.name, "session_lost", times=1)
    with pytest.raises(SessionExpired):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


@paged
def test_what_is_held_is_not_asked_for_again(bank: Bank) -> None:
    company = bank.companies[0]
    grant, taxpayer_id = bank.granted(company), company["taxpayer_id"]
    pages = list(bank.connector.fetch(grant, taxpayer_id, Dataset.INVOICE, PERIOD))
    kept = [pages[0], *pages[2:]]
    held = {(page.locator, page.period): page.portal_total for page in kept}
    rest = list(bank.connector.fetch(grant, taxpayer_id, Dataset.INVOICE, PERIOD, held))
    assert [page.locator for page in rest] == [pages[1].locator]


@paged
def test_an_empty_period_is_proved_by_the_portals_count(bank: Bank) -> None:
    company = bank.companies[0]
    old = Period.model_validate({"start": "2015-01-01", "end": "2015-06-30"})
    grant = bank.granted(company, scopes={Dataset.INVOICE: old})
    pages = list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, old))
    assert [page.portal_total for page in pages] == [0, 0]
