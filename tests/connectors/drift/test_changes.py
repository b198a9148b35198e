"""Changes of payloads are kept until a later payload is whole again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.drift.changes import Changes
from connectors.places import Place
from schema.contract import Change, ChangeKind
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, PageChanged, PortalTimeout
from store.database import open_database
from store.migrate import migrate

PLACE, DATASET, FORMAT = Place("31", Route.API), Dataset.INVOICE, "gateway.invoice"
GONE = Change(ChangeKind.MISSING, "invoice.fpxx.fplx")
RENAMED = ContractChanged("", changes=[GONE, Change(ChangeKind.NEW, "invoice.fpxx.lx")])


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_minutes(self, minutes: int) -> datetime:
        self.at += timedelta(minutes=minutes)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes(tmp_path: Path, clock: Clock) -> Iterator[Changes]:
    engine = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    migrate(engine)
    yield Changes(engine, clock=clock)
    engine.dispose()


def words(changes: Changes) -> list[str]:
    return sorted(each.change.words for each in changes.open())


def test_a_change_keeps_its_beginning_and_is_counted(changes: Changes, clock: Clock) -> None:
    first = clock.at
    changes.met(PLACE, DATASET, FORMAT, RENAMED)
    last = clock.pass_minutes(5)
    changes.met(PLACE, DATASET, FORMAT, RENAMED)
    assert words(changes) == ["field `invoice.fpxx.fplx` is gone", "new field `invoice.fpxx.lx`"]
    assert {(each.first_seen, each.last_seen, each.times) for each in changes.open()} == {(first, last, 2)}


def test_a_whole_payload_ends_what_was_missing_and_leaves_what_is_new(changes: Changes, clock: Clock) -> None:
    changes.met(PLACE, DATASET, FORMAT, RENAMED)
    changes.read(PLACE, Dataset.TAX_RETURN, "gateway.tax_return", clock.pass_minutes(1))
    assert len(changes.open()) == 2, "another dataset's payload says nothing"
    changes.read(PLACE, DATASET, FORMAT, clock.pass_minutes(1))
    assert words(changes) == ["new field `invoice.fpxx.lx`"]
    again = clock.pass_minutes(1)
    changes.met(PLACE, DATASET, FORMAT, RENAMED)
    (gone,) = (each for each in changes.open() if each.change == GONE)
    assert (gone.first_seen, gone.times) == (again, 1)


def test_an_older_payload_ends_nothing(changes: Changes, clock: Clock) -> None:
    fetched_at = clock.at
    clock.pass_minutes(5)
    changes.met(PLACE, DATASET, FORMAT, RENAMED)
    changes.read(PLACE, DATASET, FORMAT, fetched_at)
    assert len(changes.open()) == 2


def test_an_accepted_new_field_stays_accepted_and_a_missing_one_comes_up_again(changes: Changes) -> None:
    changes.met(PLACE, DATASET, FORMAT, RENAMED)
    changes.accept(PLACE)
    assert not changes.open()
    changes.met(PLACE, DATASET, FORMAT, RENAMED)
    assert words(changes) == ["field `invoice.fpxx.fplx` is gone"]


def test_pages_and_unknown_forms_are_kept_and_other_faults_are_not(changes: Changes) -> None:
    changes.met(PLACE, DATASET, "", PageChanged("expected invoices, met an unknown page"))
    changes.met(PLACE, Dataset.TAXPAYER, "", ContractChanged("an answer lacks a code"))
    changes.met(PLACE, Dataset.TAX_RETURN, "", PortalTimeout("slow"))
    assert words(changes) == ["an answer lacks a code", "expected invoices, met an unknown page"]


def test_a_company_that_serves_as_a_key_is_no_part_of_a_path(changes: Changes, clock: Clock) -> None:
    changes.read(PLACE, DATASET, FORMAT, clock.at, ["invoice.91310000MA1FL8XQ37.je", "invoice.13800001111"])
    assert words(changes) == ["new field `invoice.#.je`", "new field `invoice.#`"]


def test_a_payload_of_endless_fields_is_cut(changes: Changes, clock: Clock) -> None:
    changes.read(PLACE, DATASET, FORMAT, clock.at, [f"invoice.f{number}" for number in range(500)])
    assert len(changes.open()) == 60
