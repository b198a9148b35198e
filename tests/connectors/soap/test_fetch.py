"""Collecting from the SOAP gateway: whole, counted, of the right company, in every dialect."""

from __future__ import annotations

from collections import Counter

import pytest
from lxml import etree

from schema.dataset import Dataset, Route
from tests.connectors.bank import PERIOD, SOAP, Bank

T = "{urn:yspt:taxdata:1}"


def _invoices(bank: Bank, company: dict[str, object]) -> Counter[str]:
    grant = bank.granted(company)
    found: Counter[str] = Counter()
    for page in bank.connector.fetch(grant, str(company["taxpayer_id"]), Dataset.INVOICE, PERIOD):
        root = etree.fromstring(page.content)
        found[root.findtext(f".//{T}Fx") or ""] += len(root.findall(f".//{T}Fp"))
    return found


def test_every_invoice_of_both_directions_comes_once(bank: Bank) -> None:
    company = bank.companies[0]
    assert _invoices(bank, company) == {"XX": company["issued"], "JX": company["received"]}


@pytest.mark.parametrize("soap", ["1.1", "1.2"])
@pytest.mark.parametrize("charset", ["UTF-8", "GBK"])
def test_both_soap_versions_and_both_encodings_say_the_same(bank: Bank, soap: str, charset: str) -> None:
    company = bank.companies[0]
    usual = bank.granted(company)
    bank.connector = SOAP.connected(bank.sandbox, {"labels": {"soap": soap, "charset": charset}})
    said = [
        etree.fromstring(page.content).findtext(f".//{T}Nsrmc")
        for page in bank.connector.fetch(usual, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD)
    ]
    assert said == [company["name"]]
    assert _invoices(bank, company).total() == company["issued"] + company["received"]


def test_pages_carry_where_they_come_from_and_the_portals_count(bank: Bank) -> None:
    company = bank.companies[0]
    pages = list(bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert {(page.region, page.route, page.source_format) for page in pages} == {
        ("32", Route.API, "soap.invoice")
    }
    totals = {page.locator.partition("#")[0]: page.portal_total for page in pages}
    assert len(totals) == 8
    assert sum(total or 0 for total in totals.values()) == company["issued"] + company["received"]
    assert all(page.period.start.year == page.period.end.year for page in pages)
