"""API keys: for what they were issued, as long as they were issued for, and never kept themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text, update

from authz.apikeys import ApiKeys, Scope
from authz.links import hashed
from schema.errors import ApiKeyInvalid, ApiKeyUnknown, KeyScopeMissing
from store import tables
from store.audit_table import audit_opening, audit_record
from store.database import now, open_database, reading
from store.migrate import config, migrate
from tests.authz.conftest import Desk


@pytest.fixture
def keys(desk: Desk) -> ApiKeys:
    return ApiKeys(desk.engine, desk.vault, desk.ledger.audit)


def test_a_key_does_all_of_a_loan_system_unless_it_was_issued_for_less(keys: ApiKeys) -> None:
    assert keys.caller(keys.issue("bank", "loans")[0]).scopes == set(Scope)
    narrow = keys.caller(keys.issue("bank", "dashboard", scopes=[Scope.READ])[0])
    narrow.check(Scope.READ)
    for denied in set(Scope) - {Scope.READ}:
        with pytest.raises(KeyScopeMissing):
            narrow.check(denied)


def test_neither_key_nor_webhook_secret_is_in_the_store(keys: ApiKeys, desk: Desk) -> None:
    bearer, signing = keys.issue("bank", "loans")
    with reading(desk.engine) as connection:
        kept = str(
            connection.execute(select(tables.api_key)).all() + connection.execute(select(audit_record)).all()
        )
    assert bearer not in kept
    assert signing.removeprefix("whsec_") not in kept


def test_an_expired_and_a_revoked_key_open_nothing(keys: ApiKeys) -> None:
    expired, _ = keys.issue("bank", "old", expires_at=now() - timedelta(seconds=1))
    revoked, _ = keys.issue("bank", "lost")
    keys.revoke(keys.caller(revoked).key_id)
    for bearer in (expired, revoked, "tlk_unknown", ""):
        with pytest.raises(ApiKeyInvalid):
            keys.caller(bearer)
    assert {each.name: each.state(now()) for each in keys.listing()} == {"old": "expired", "lost": "revoked"}


def test_a_rotated_key_goes_on_for_the_overlap_and_no_longer(keys: ApiKeys, desk: Desk) -> None:
    first, _ = keys.issue("bank", "loans", scopes=[Scope.READ, Scope.SCORES])
    before = keys.caller(first)
    second = keys.rotate(before.key_id, overlap=timedelta(hours=1))
    after = keys.caller(second)
    assert (after.scopes, after.webhook_secret_ref) == (before.scopes, before.webhook_secret_ref)
    assert keys.caller(first).key_id == before.key_id
    with desk.engine.begin() as connection:
        connection.execute(
            update(tables.api_key).where(tables.api_key.c.id == before.key_id).values(expires_at=now())
        )
    with pytest.raises(ApiKeyInvalid):
        keys.caller(first)
    with pytest.raises(ApiKeyInvalid):
        keys.rotate(before.key_id, overlap=timedelta(0))


def test_rotation_never_lengthens_a_life(keys: ApiKeys) -> None:
    ends = now() + timedelta(hours=1)
    old = keys.caller(keys.issue("bank", "loans", expires_at=ends)[0])
    new = keys.caller(keys.rotate(old.key_id, overlap=timedelta(days=9)))
    assert {each.id: each.expires_at for each in keys.listing()} == {old.key_id: ends, new.key_id: ends}


def test_the_last_use_is_known_to_the_minute(keys: ApiKeys, desk: Desk) -> None:
    bearer, _ = keys.issue("bank", "loans")
    assert keys.listing()[0].last_used_at is None
    keys.caller(bearer)
    first = keys.listing()[0].last_used_at
    assert first is not None
    keys.caller(bearer)
    assert keys.listing()[0].last_used_at == first, "not written at every request"
    with desk.engine.begin() as connection:
        connection.execute(update(tables.api_key).values(last_used_at=first - timedelta(hours=1)))
    keys.caller(bearer)
    renewed = keys.listing()[0].last_used_at
    assert renewed is not None
    assert renewed >= first


def test_issuing_rotating_and_revoking_are_on_record(keys: ApiKeys, desk: Desk) -> None:
    bearer, _ = keys.issue("bank", "loans")
    id = keys.caller(bearer).key_id
    keys.rotate(id, overlap=timedelta(0))
    keys.revoke(id)
    keys.revoke(id)
    with reading(desk.engine) as connection:
        actions = connection.execute(select(audit_record.c.action).order_by(audit_record.c.seq)).scalars()
        assert list(actions) == ["apikey.issued", "apikey.rotated", "apikey.revoked"]
        subjects = connection.execute(select(audit_opening.c.subject).order_by(audit_opening.c.seq)).scalars()
        first, _, last = subjects
    assert first == last == id


@pytest.mark.parametrize("call", ["revoke", "rotate"])
def test_an_unknown_key_is_told_so(keys: ApiKeys, call: str) -> None:
    with pytest.raises(ApiKeyUnknown):
        keys.revoke("key_x") if call == "revoke" else keys.rotate("key_x", overlap=timedelta(0))


def test_a_key_from_before_there_were_scopes_goes_on_working(tmp_path: Path, desk: Desk) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    command.upgrade(config(engine), "0007")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO api_key VALUES ('key_1', 'bank', 'loans', :hash, 'vault:x', :at, NULL, NULL)"),
            {"hash": hashed("tlk_old"), "at": "2026-01-01 00:00:00"},
        )
    migrate(engine)
    caller = ApiKeys(engine, desk.vault, desk.ledger.audit).caller("tlk_old")
    assert caller.scopes == set(Scope) - {Scope.DOCUMENTS}
    engine.dispose()
