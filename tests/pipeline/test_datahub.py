"""What no tax portal has is collected from the bank's data hub, under consents that cover it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from authz.authorization import Progress
from authz.consent.classes import Party
from connectors.testing.person import Person
from schema.catalogue import TABLES_OF
from schema.clock import today
from schema.dataset import USUAL, Dataset, Missing
from stages.application import default_period

if TYPE_CHECKING:
    from conftest import Desk

PORTAL = "44.api"
KNOWN = (Dataset.TAX_PAYMENT, Dataset.TAX_VIOLATION, Dataset.TAXPAYER_CHANGE, Dataset.FINANCIAL_STATEMENT)
ASKED = (*USUAL, *KNOWN, Dataset.REGISTRATION, Dataset.ELECTRICITY_BILL, Dataset.CREDIT_REPORT)


def submitted(desk: Desk, person: Person, datasets: Iterable[Dataset]) -> str:
    """An application whose borrower agrees to every letter, and whose legal representative to none."""
    scopes = dict.fromkeys(datasets, default_period(today()))
    id = desk.submit(person, scopes=scopes).id
    while (letter := desk.shop.consents.asked(id, Party.BORROWER)) is not None:
        desk.intake.agree(id, letter.text.sha256, actor="borrower")
    while desk.shop.consents.asked(id, Party.LEGAL_REPRESENTATIVE) is not None:
        desk.intake.decline(id, actor="legal_representative", party=Party.LEGAL_REPRESENTATIVE)
    return id


def test_the_hub_and_the_gateway_give_what_the_consents_cover(own_desk: Callable[..., Desk]) -> None:
    desk = own_desk(
        "--regions", "44", "--families", "gateway", "--datahub", "--count", "4", "--invoices", "120"
    )
    desk.house.worker()
    person = desk.people(PORTAL)[0]
    done = desk.accompany(person, submitted(desk, person, ASKED))
    assert done.progress is Progress.DONE, desk.events(done.id)
    collected = {each.dataset: each.missing for each in desk.shop.casefile.collections(done.id, 1)}
    credit = collected.pop(Dataset.CREDIT_REPORT)
    assert credit is Missing.NOT_AUTHORISED, "the legal representative has not agreed"
    assert collected == dict.fromkeys(set(ASKED) - {Dataset.CREDIT_REPORT})
    held = desk.shop.casefile.snapshot(done.id)
    assert held is not None
    for dataset in (*KNOWN, Dataset.REGISTRATION, Dataset.ELECTRICITY_BILL):
        assert set(TABLES_OF[dataset]) <= set(held.tables), held.findings
    assert held.tables["electricity_bill"]["rows"] == 24
    assert held.missing == {Dataset.CREDIT_REPORT: Missing.NOT_AUTHORISED}


def test_without_a_hub_its_datasets_are_not_available(desk: Desk) -> None:
    person = next(each for each in desk.people(PORTAL) if each.taxpayer_id)
    done = desk.accompany(person, submitted(desk, person, (*USUAL, Dataset.REGISTRATION)))
    collected = {each.dataset: each.missing for each in desk.shop.casefile.collections(done.id, 1)}
    assert collected[Dataset.REGISTRATION] is Missing.NOT_AVAILABLE
    assert done.progress is Progress.DONE
