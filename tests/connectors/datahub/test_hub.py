"""The bank's data hub: every dataset of a company by one key, checked, and read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl
import pytest

from connectors.datahub import NAME, DataHub, datahub
from connectors.testing.portals import Portals
from normalizers.registry import normalize
from schema.catalogue import TABLES_OF
from schema.dataset import Dataset
from schema.errors import ContractChanged, PortalUnavailable, RouteAbsent, RouteBroken, WrongTaxpayer
from schema.hubcontract import VERSIONS
from schema.period import Period
from schema.tables import rows, unfilled

DAYS = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})
ABNORMAL = 11


@pytest.fixture(scope="module")
def portals(start_sandbox: Callable[..., Portals]) -> Portals:
    return start_sandbox(
        "--regions",
        "44,51",
        "--families",
        "gateway",
        "--datahub",
        "--today",
        "2026-03-10",
        "--invoices",
        "120",
    )


@pytest.fixture
def hub(portals: Portals) -> Iterator[DataHub]:
    portals.clear()
    reached = datahub(portals.endpoints)
    assert reached is not None
    yield reached
    reached.close()


def tables(hub: DataHub, company: str, dataset: Dataset) -> dict[str, pl.DataFrame]:
    page = hub.page(company, "44", dataset, DAYS)
    assert page.portal_total is not None
    return normalize(dataset, [page], ["raw/0"]).tables


def test_every_dataset_of_every_company_is_read_whole(portals: Portals, hub: DataHub) -> None:
    companies = [each["taxpayer_id"] for each in portals.companies(NAME)]
    assert len(companies) == 24, "of both regions"
    for company in companies[:: len(companies) - 1]:
        for dataset in VERSIONS:
            found = tables(hub, company, dataset)
            assert set(found) == set(TABLES_OF[dataset])
            for name, frame in found.items():
                assert len(list(rows(name, frame))) == frame.height
                assert not unfilled(name, frame)


def test_what_the_hub_tells_agrees_with_the_company(portals: Portals, hub: DataHub) -> None:
    company = portals.companies(NAME)[0]
    own = tables(hub, company["taxpayer_id"], Dataset.REGISTRATION)
    assert own["registration"]["name"].to_list() == [company["name"]]
    assert own["registration_shareholder"]["share"].sum() == 1
    assert own["counterparty"].height == 10
    bills = tables(hub, company["taxpayer_id"], Dataset.ELECTRICITY_BILL)["electricity_bill"]
    assert bills.height == 24
    parts = bills.select(pl.sum_horizontal("peak_kwh", "valley_kwh", "flat_kwh").round(1)).to_series()
    assert parts.to_list() == bills["energy_kwh"].round(1).to_list()
    credit = tables(hub, company["taxpayer_id"], Dataset.CREDIT_REPORT)
    assert set(credit["credit_account"]["party"]) == {"company", "owner"}
    assert credit["credit_account"]["overdue_fen"].sum() == 0


def test_a_company_in_trouble_is_enforced_upon_and_overdue(portals: Portals, hub: DataHub) -> None:
    company = portals.companies(NAME)[ABNORMAL]
    assert company["status"] == "非正常户"
    assert tables(hub, company["taxpayer_id"], Dataset.JUDICIAL_RECORD)["enforcement"].height == 1
    accounts = tables(hub, company["taxpayer_id"], Dataset.CREDIT_REPORT)["credit_account"]
    assert accounts.filter(party="company")["overdue_fen"].sum() > 0


def test_a_wrong_key_and_an_unknown_company_are_told_apart(portals: Portals) -> None:
    company = portals.companies(NAME)[0]["taxpayer_id"]
    listed = {NAME: {**portals.endpoints[NAME], "keys": {"api_key": "wrong"}}}
    stranger = datahub(listed)
    assert stranger is not None
    with pytest.raises(RouteBroken):
        stranger.page(company, "44", Dataset.REGISTRATION, DAYS)
    stranger.close()


def test_what_the_hub_does_not_serve_is_absent(portals: Portals, hub: DataHub) -> None:
    company = portals.companies(NAME)[0]["taxpayer_id"]
    with pytest.raises(RouteAbsent):
        hub.page(company, "44", Dataset.INVOICE, DAYS)
    with pytest.raises(RouteAbsent):
        hub.page("91110101MA0SHAHE01", "44", Dataset.REGISTRATION, DAYS)
    few = datahub({NAME: {**portals.endpoints[NAME], "datasets": ["electricity_bill"]}})
    assert few is not None
    assert few.datasets == {Dataset.ELECTRICITY_BILL}
    few.close()
    assert datahub({}) is None


def test_another_company_is_refused(portals: Portals, hub: DataHub) -> None:
    company = portals.companies(NAME)[0]["taxpayer_id"]
    portals.fault(NAME, "wrong_company")
    with pytest.raises(WrongTaxpayer):
        hub.page(company, "44", Dataset.CREDIT_REPORT, DAYS)


def test_a_changed_layout_is_a_changed_contract(portals: Portals, hub: DataHub) -> None:
    company = portals.companies(NAME)[0]["taxpayer_id"]
    portals.fault(NAME, "layout_changed")
    with pytest.raises(ContractChanged, match=r"/tables/credit_report/0 lacks event_date"):
        tables(hub, company, Dataset.CREDIT_REPORT)


def test_a_hub_that_is_down_is_unavailable(portals: Portals, hub: DataHub) -> None:
    company = portals.companies(NAME)[0]["taxpayer_id"]
    portals.fault(NAME, "server_error")
    with pytest.raises(PortalUnavailable):
        hub.page(company, "44", Dataset.REGISTRATION, DAYS)
