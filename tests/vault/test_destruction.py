"""What destruction promises when something goes wrong on the way: nothing half done, nothing readable."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgres
import pytest
from sqlalchemy import create_engine, func, select

from schema.errors import KeyDestroyed, RootKeyUnavailable, SealBroken
from vault import keys as keys_module
from vault import sessions as sessions_module
from vault import tables
from vault.reference import KeyClass
from vault.sessions import PortalSessions
from vault.vault import Vault, VaultSettings

Start = Callable[[str], "subprocess.Popen[str]"]


def _records(vault: Vault, owner: str) -> int:
    with vault.engine.connect() as connection:
        query = select(func.count()).select_from(tables.record).where(tables.record.c.owner == owner)
        return int(connection.execute(query).scalar_one())


@pytest.mark.parametrize(
    "last",
    ["keys_module.truncate_log", "keys_module.DestructionProof.signed", "Vault._sweep"],
    ids=["overwritten", "not yet proved", "not yet deleted"],
)
def test_a_destruction_that_a_crash_cut_short_is_made_good_by_the_next(
    vault: Vault, elsewhere: Start, last: str
) -> None:
    """The process dies before a step; from then on nothing opens, and the next call leaves proof and no
    record."""
    ref = vault.seal("consent_1", "raw", b"payload", key_class=KeyClass.DATA)
    dying = elsewhere(
        "import os\n"
        "from vault import keys as keys_module\n"
        f"{last} = lambda *given: os._exit(7)\n"
        "vault.destroy('consent_1', KeyClass.DATA)\n"
    )
    assert dying.wait(60) == 7
    with pytest.raises(KeyDestroyed):
        vault.unseal(ref)
    with pytest.raises(KeyDestroyed):
        vault.seal("consent_1", "raw", b"again", key_class=KeyClass.DATA)
    proof = vault.destroy("consent_1", KeyClass.DATA)
    assert proof.verify(vault.proof_key())
    assert _records(vault, "consent_1") == 0


def test_sealing_that_a_destruction_overtakes_leaves_nothing(vault: Vault) -> None:
    """Neither a record nor a session, whichever of the two was quicker."""
    later = datetime.now(UTC) + timedelta(days=1)
    started = threading.Barrier(5)

    def work(number: int) -> int:
        started.wait()
        for done in range(10_000):
            try:
                vault.seal("consent_1", "raw", b"x", key_class=KeyClass.CREDENTIAL)
                vault.seal("consent_1", "raw", b"x", key_class=KeyClass.CREDENTIAL, id=str(number))
                PortalSessions(vault).keep("consent_1", str(number), "api", b"cookies", later)
            except KeyDestroyed:
                return done
        raise AssertionError("the destruction was never noticed")

    with ThreadPoolExecutor(4) as threads:
        working = [threads.submit(work, number) for number in range(4)]
        started.wait()
        vault.seal("consent_1", "raw", b"x", key_class=KeyClass.CREDENTIAL)
        vault.destroy("consent_1", KeyClass.CREDENTIAL)
        for each in working:
            each.result()
    assert _records(vault, "consent_1") == 0
    with vault.engine.connect() as connection:
        assert connection.execute(select(tables.session)).all() == []


def test_a_full_disk_in_the_middle_of_a_seal_keeps_nothing_and_harms_nothing(
    vault: Vault, elsewhere: Start
) -> None:
    before = vault.seal("consent_1", "raw", b"before", key_class=KeyClass.DATA)
    full = elsewhere(
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, -1))\n"
        "of = {'key_class': KeyClass.DATA}\n"
        "for act in (lambda: vault.seal_many('consent_1', 'raw', [bytes(200_000)] * 20, **of),\n"
        "            lambda: vault.seal('consent_1', 'raw', bytes(4_000_000), id='1', **of)):\n"
        "    try: act(); say('kept')\n"
        "    except TaxlinkError as error: say(f'{error.code} {error.detail}')\n"
    )
    told = full.communicate()[0].splitlines()[1:]
    assert told == ["vault_error the vault's disk is full or failing; nothing was kept"] * 2
    assert _records(vault, "consent_1") == 1
    assert vault.unseal(before) == b"before"
    assert vault.unseal(vault.seal("consent_1", "raw", b"after", key_class=KeyClass.DATA)) == b"after"


class _SetBack(datetime):
    """A clock that somebody set back by years."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return datetime(2020, 1, 1, tzinfo=UTC)


def test_a_clock_set_back_revives_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    PortalSessions(vault).keep("consent_1", "11", "rpa", b"cookies", datetime.now(UTC) - timedelta(seconds=1))
    assert PortalSessions(vault).open("consent_1", "11", "rpa") is None
    ref = vault.seal("consent_2", "raw", b"payload", key_class=KeyClass.DATA)
    proof = vault.destroy("consent_2", KeyClass.DATA)
    monkeypatch.setattr(sessions_module, "datetime", _SetBack)
    monkeypatch.setattr(keys_module, "datetime", _SetBack)
    assert PortalSessions(vault).open("consent_1", "11", "rpa") is None
    assert vault.destroy("consent_2", KeyClass.DATA) == proof
    with pytest.raises(KeyDestroyed):
        vault.unseal(ref)


# --- keys in PostgreSQL ---


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    bin = postgres.binaries()
    if bin is None:
        pytest.skip("no PostgreSQL is installed")
    with postgres.server(bin) as url:
        yield f"{url.replace('postgresql:', 'postgresql+psycopg:')}/postgres"


@pytest.mark.postgres
def test_what_postgresql_keeps_of_destroyed_keys_opens_nothing_once_buried(
    server: str, tmp_path: Path
) -> None:
    settings = replace(VaultSettings.in_folder(tmp_path), keys_url=server, records_url=server)
    vault = Vault.open(settings)
    refs = [vault.seal(f"consent_{n}", "raw", b"payload", key_class=KeyClass.DATA) for n in (1, 2)]
    assert vault.bury() is False
    keys = create_engine(server)
    with keys.connect() as connection:
        former = [connection.execute(select(table)).mappings().all() for table in _KEY_TABLES]
    vault.destroy("consent_1", KeyClass.DATA)
    assert vault.bury() is True
    assert vault.bury() is False
    assert vault.unseal(refs[1]) == b"payload"
    vault.close()

    with keys.begin() as connection:  # whoever finds the former rows puts them back
        for table, rows in zip(_KEY_TABLES, former, strict=True):
            connection.execute(table.delete())
            connection.execute(table.insert(), [dict(row) for row in rows])
    with pytest.raises(RootKeyUnavailable, match="retired"):
        Vault.open(settings)
    keys.dispose()


_KEY_TABLES = (tables.tenant_key, tables.class_key)


@pytest.mark.postgres
def test_keys_in_postgresql_rotate_while_they_are_made(server: str, tmp_path: Path) -> None:
    settings = replace(VaultSettings.in_folder(tmp_path), keys_url=server, records_url=server, tenant="other")
    one, two = Vault.open(settings), Vault.open(settings)
    done = threading.Event()

    def work() -> list[str]:
        made: list[str] = []
        while not done.is_set():
            made.append(two.seal(f"consent_{len(made)}", "raw", b"x", key_class=KeyClass.DATA))
        return made

    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(work)
        for _ in range(5):
            one.rotate_tenant()
        done.set()
        refs = working.result()
    one.rotate_tenant()
    assert [one.unseal(ref) for ref in refs] == [b"x"] * len(refs)
    assert [two.unseal(ref) for ref in refs] == [b"x"] * len(refs)
    with pytest.raises(SealBroken):
        one.unseal(refs[0].replace("consent_0", "consent_none"))
    one.close()
    two.close()
