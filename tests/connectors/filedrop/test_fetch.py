"""Collecting from the delivery portal: one remote request, waited for, whole, of the right company."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import asyncssh
import pytest
from python_calamine import CalamineWorkbook

from connectors.families.filedrop.sftp import Sftp, SftpKeys
from schema.dataset import Dataset, Route
from schema.errors import (
    DataCorrupt,
    DataIncomplete,
    PortalError,
    PortalMaintenance,
    PortalUnavailable,
    RateLimited,
    ResultNotReady,
    RouteBroken,
    SignatureInvalid,
)
from schema.period import Period
from tests.connectors.bank import FILEDROP, PERIOD, Bank
from tests.connectors.filedrop.conftest import FILES, connected, fetched, ordered


def _requests(bank: Bank) -> int:
    return len(bank.sandbox.journal(FILEDROP.name, "file_requested"))


def test_a_file_under_preparation_is_a_wait_until_the_instant_the_portal_names(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    with pytest.raises(ResultNotReady) as raised:
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    assert raised.value.retry_at is not None
    assert timedelta(seconds=5) < raised.value.retry_at - datetime.now(UTC) <= timedelta(seconds=8)


def test_every_run_of_one_collection_meets_the_same_remote_request(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    before = _requests(bank)
    for _ in range(2):
        ordered(bank, grant, company, Dataset.INVOICE)
        bank.connector.close()
        bank.connector = connected(bank.sandbox)  # as after a crash: another process, nothing kept
    pages = fetched(bank, grant, company, Dataset.INVOICE)
    assert _requests(bank) == before + 1
    again = fetched(bank, grant, company, Dataset.INVOICE)
    assert [page.content for page in again] == [page.content for page in pages]
    assert _requests(bank) == before + 1


def test_another_grant_dataset_or_period_is_another_request(bank: Bank) -> None:
    company = bank.companies[0]
    before = _requests(bank)
    for grant in (bank.granted(company), bank.granted(company)):
        fetched(bank, grant, company, Dataset.TAXPAYER)
        fetched(bank, grant, company, Dataset.TAX_CREDIT_RATING)
    shorter = Period(start=PERIOD.start, end=PERIOD.end.replace(day=1))
    list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, shorter))
    assert _requests(bank) == before + 5


def test_a_file_that_expired_is_asked_for_anew_once(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    before = _requests(bank)
    fetched(bank, grant, company, Dataset.INVOICE)
    bank.sandbox.shift_clock(2 * 86_400)
    for _ in range(2):
        ordered(bank, grant, company, Dataset.INVOICE)
    assert fetched(bank, grant, company, Dataset.INVOICE)
    assert _requests(bank) == before + 2


@pytest.mark.parametrize("transport", ["https", "sftp"])
def test_every_invoice_of_both_directions_comes_once(bank: Bank, transport: str) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.connector = connected(bank.sandbox, transport)
    issued, received = fetched(bank, grant, company, Dataset.INVOICE)
    assert (issued.portal_total, received.portal_total) == (company["issued"], company["received"])
    rows = list(csv.reader(io.StringIO(issued.content.decode("gbk"))))
    assert len({row[0] for row in rows[1:-1]}) == company["issued"]
    assert rows[-1][0] == "合计"
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(received.content)).get_sheet_by_index(0).to_python()
    assert len({row[0] for row in sheet[1:]}) == company["received"]


def test_pages_carry_where_they_come_from(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    for dataset, names in (
        (Dataset.TAXPAYER, ["登记信息.csv"]),
        (Dataset.TAX_CREDIT_RATING, ["信用等级.xlsx"]),
        (Dataset.TAX_RETURN, ["增值税申报.csv"]),
        (Dataset.INVOICE, ["发票_开具.csv", "发票_取得.xlsx"]),
    ):
        pages = fetched(bank, grant, company, dataset)
        assert [page.locator.rpartition("/")[2] for page in pages] == names
        assert [page.sequence for page in pages] == list(range(len(pages)))
        assert {(page.region, page.route, page.source_format) for page in pages} == {
            ("37", Route.API, f"filedrop.{dataset}")
        }


def test_an_empty_period_is_proved_by_the_portals_count(bank: Bank) -> None:
    company = bank.companies[0]
    old = Period.model_validate({"start": "2015-01-01", "end": "2015-06-30"})
    grant = bank.granted(company, scopes={Dataset.INVOICE: old})
    with pytest.raises(ResultNotReady):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, old))
    bank.sandbox.shift_clock(60)
    pages = list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, old))
    assert [page.portal_total for page in pages] == [0, 0]


@pytest.mark.parametrize(("fault", "cause"), [("throttled", RateLimited), ("maintenance", PortalMaintenance)])
def test_a_long_retry_after_is_the_callers_to_plan(
    bank: Bank, fault: str, cause: type[RateLimited] | type[PortalMaintenance]
) -> None:
    bank.sandbox.fault(FILEDROP.name, fault, times=1, seconds=3600)
    with pytest.raises(cause) as raised:
        bank.connector.probe()
    assert raised.value.retry_at is not None
    bank.connector.probe()


@pytest.mark.parametrize(
    ("fault", "cause"), [("server_error", PortalUnavailable), ("truncated", DataCorrupt)]
)
def test_an_answer_that_the_portal_did_not_sign_is_no_answer(
    bank: Bank, fault: str, cause: type[PortalError]
) -> None:
    bank.sandbox.fault(FILEDROP.name, fault)
    with pytest.raises(cause):
        bank.connector.probe()


@pytest.mark.parametrize("fault", ["down", "broken", "server_error"])
def test_a_passing_fault_while_asking_makes_no_second_request(bank: Bank, fault: str) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    before = _requests(bank)
    bank.sandbox.fault(FILEDROP.name, fault, path=f"{FILES}/request", times=2)
    assert fetched(bank, grant, company, Dataset.TAXPAYER)
    assert _requests(bank) == before + 1


def test_half_an_archive_is_refused(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(FILEDROP.name, "truncated", path=f"{FILES}/WJ")
    with pytest.raises(DataCorrupt):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_an_answer_under_another_secret_is_refused(bank: Bank) -> None:
    keys = {**bank.sandbox.endpoints[FILEDROP.name]["keys"], "app_secret": "00" * 32}
    with pytest.raises(SignatureInvalid):
        connected(bank.sandbox, keys=keys).probe()


# --- SFTP ---


def _by_sftp(bank: Bank, *, sftp: str = "", **keys: str) -> None:
    """The bank's connector over SFTP, with these keys, or this address."""
    own = bank.sandbox.endpoints[FILEDROP.name]
    hosts = {"sftp": sftp or own["hosts"]["sftp"]}
    bank.connector = connected(bank.sandbox, "sftp", hosts=hosts, keys={**own["keys"], **keys})


def _key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def test_a_server_with_another_host_key_is_refused(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    _by_sftp(bank, sftp_host_key=_key().export_public_key().decode())
    with pytest.raises(RouteBroken, match="host key"):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_a_server_that_refuses_our_key_is_a_broken_route(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    _by_sftp(bank, sftp_key=_key().export_private_key().decode())
    with pytest.raises(RouteBroken, match="refuses our key"):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_no_server_at_the_address_is_unavailable(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    _by_sftp(bank, sftp="sftp://127.0.0.1:9")
    with pytest.raises(PortalUnavailable):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


@pytest.mark.parametrize("name", ["sftp_key", "sftp_host_key", "app_secret"])
def test_a_malformed_key_is_named_without_its_value(bank: Bank, name: str) -> None:
    with pytest.raises(RouteBroken, match=name) as raised:
        _by_sftp(bank, **{name: "garbage"})
    assert "garbage" not in str(raised.value)


def test_a_private_address_is_refused_unless_the_deployment_lists_it(bank: Bank) -> None:
    own = bank.sandbox.endpoints[FILEDROP.name]
    sftp = Sftp(own["hosts"]["sftp"], SftpKeys.parse(own["keys"]), private=False, timeout_seconds=2)
    with pytest.raises(RouteBroken, match="private"):
        sftp.file("/outbox/WJ00000001.zip")


def test_a_file_that_is_not_there_is_incomplete(bank: Bank) -> None:
    own = bank.sandbox.endpoints[FILEDROP.name]
    sftp = Sftp(own["hosts"]["sftp"], SftpKeys.parse(own["keys"]), private=True, timeout_seconds=2)
    for path in ("/outbox/WJ99999999.zip", "/etc/passwd", "/outbox/../etc/passwd"):
        with pytest.raises(DataIncomplete):
            sftp.file(path)
