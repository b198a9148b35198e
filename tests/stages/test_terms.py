"""At the end of its term nobody can be found behind the log, and the log still verifies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from authz.consent import TRANSITIONS, ConsentState
from schema.errors import AuthorizationUnknown, KeyDestroyed
from stages import dispose, terms
from stages.evidencefile import exported
from store.audit_table import audit_opening, audit_record
from store.database import reading
from store.metadata import metadata
from tests.service.conftest import Service, make
from vault.reference import KeyClass
from verifier.chain import Opening


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = make(tmp_path)
    yield made
    made.shop.close()


@pytest.fixture
def ended(service: Service) -> str:
    """An authorization that was agreed to, withdrawn and destroyed."""
    id: str = service.agreed()["id"]
    service.intake.withdraw(id, actor="borrower")
    dispose.dispose(service.shop, id, last=True)
    return id


def in_years(years: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "now", lambda: datetime.now(UTC) + timedelta(days=365.25 * years))


def openings(service: Service, subject: str) -> list[Opening]:
    with reading(service.shop.store) as connection:
        rows = connection.execute(select(audit_opening).where(audit_opening.c.subject == subject))
        return [Opening(row.subject, row.data, row.salt) for row in rows]


def intact(service: Service) -> bool:
    with reading(service.shop.store) as connection:
        return service.shop.audit.verify(connection, [service.shop.checkpoints.public_key]).intact


def test_before_the_end_nothing_is_forgotten(
    service: Service, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_years(9.9, monkeypatch)
    assert terms.forget(service.shop) == 0
    assert openings(service, ended)


def test_what_lives_or_is_not_destroyed_yet_is_never_forgotten(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.agreed()
    withdrawn = service.agreed()["id"]
    service.intake.withdraw(withdrawn, actor="borrower")
    in_years(99, monkeypatch)
    assert terms.due(service.shop, terms.now()) == []


def test_at_the_end_nobody_is_found_and_everything_verifies(
    service: Service, ended: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop, other = service.shop, service.agreed()["id"]
    note = shop.checkpoints.make()
    consent = shop.consents.of(ended)[0].id
    salts = [opening.salt for opening in openings(service, ended)]
    with reading(shop.store) as connection:
        before = connection.execute(select(audit_record).order_by(audit_record.c.seq)).all()
    in_years(10.1, monkeypatch)
    assert terms.forget(shop) == 1
    assert not openings(service, ended)
    assert openings(service, other), "others keep theirs"
    with reading(shop.store) as connection:
        after = connection.execute(select(audit_record).order_by(audit_record.c.seq)).all()
        assert after[: len(before)] == before
        assert after[-1].action == "audit.unlinked"
        assert shop.audit.verify(connection, [shop.checkpoints.public_key], [note]).intact
        for table in metadata.tables.values():
            assert ended not in str(connection.execute(select(table)).all()), table.name
    with pytest.raises(AuthorizationUnknown):
        exported(shop, ended, actor="auditor")
    with pytest.raises(KeyDestroyed):
        shop.vault.keys.opening_key(consent, KeyClass.EVIDENCE)
    shop.store.dispose()
    for path in tmp_path.glob("store.db*"):
        content = path.read_bytes()
        assert ended.encode() not in content
        assert not any(salt in content for salt in salts)
    assert list(tmp_path.glob("store.db*"))


def test_a_second_run_finds_nothing_and_a_crash_before_the_rows_is_made_good(
    service: Service, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_years(10.1, monkeypatch)

    def crash(*_: object) -> None:
        raise RuntimeError("the machine is gone")

    with monkeypatch.context() as broken:
        broken.setattr(terms, "_delete", crash)
        assert terms.forget(service.shop) == 0
    assert openings(service, ended), "all or nothing"
    assert intact(service)
    assert terms.forget(service.shop) == 1
    assert terms.forget(service.shop) == 0
    assert intact(service)


def test_an_opening_lost_without_a_record_of_it_is_still_found(
    service: Service, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = service.agreed()["id"]
    in_years(10.1, monkeypatch)
    terms.forget(service.shop)
    with service.shop.store.begin() as connection:
        connection.execute(delete(audit_opening).where(audit_opening.c.subject == other))
    assert not intact(service)


def test_every_end_of_a_consent_has_a_term_and_leap_days_end_on_a_day() -> None:
    assert set(terms.TERMS) == {state for state, after in TRANSITIONS.items() if not after}
    born = datetime(2024, 2, 29, tzinfo=UTC)
    assert terms.over(born, terms.TERMS[ConsentState.REJECTED]) == datetime(2027, 3, 1, tzinfo=UTC)
