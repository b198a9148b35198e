"""What rotation promises: records stay as they are, the vault stays in use, old versions are refused."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from schema.errors import KeyDestroyed, RootKeyUnavailable, SealBroken, VaultError
from vault.reference import KeyClass
from vault.suite import Suite
from vault.vault import Vault, VaultSettings

Start = Callable[[str], "subprocess.Popen[str]"]
OWNERS = [f"consent_{number}" for number in range(12)]


def _rows(folder: Path, query: str, name: str = "keys.db") -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / name) as database:
        return database.execute(query).fetchall()


@pytest.fixture
def refs(vault: Vault) -> list[str]:
    return [vault.seal(owner, "raw", owner.encode(), key_class=KeyClass.DATA) for owner in OWNERS]


@pytest.mark.parametrize("rotate", [Vault.rotate_root, Vault.rotate_tenant])
def test_rotation_touches_no_record_and_everything_opens(
    vault: Vault, refs: list[str], tmp_path: Path, rotate: Callable[[Vault], int]
) -> None:
    signer, key = vault.signer("consent").public_key, vault.service_key("audit")
    records = _rows(tmp_path, "select * from vault_record", "vault.db")
    for _ in range(3):
        rotate(vault)
    assert _rows(tmp_path, "select * from vault_record", "vault.db") == records
    vault.close()
    again = Vault.open(VaultSettings.in_folder(tmp_path))
    assert [again.unseal(ref).decode() for ref in refs] == OWNERS
    assert (again.signer("consent").public_key, again.service_key("audit")) == (signer, key)
    again.close()


def test_every_key_moves_to_the_new_version_and_the_old_ones_are_in_no_file(
    vault: Vault, refs: list[str], tmp_path: Path
) -> None:
    old = [wrapped for (wrapped,) in _rows(tmp_path, "select wrapped from class_key")]
    old += [wrapped for (wrapped,) in _rows(tmp_path, "select wrapped from tenant_key")]
    assert vault.rotate_tenant() == len(refs)
    assert {row[0][:4] for row in _rows(tmp_path, "select wrapped from class_key")} == {b"\0\0\0\2"}
    assert _rows(tmp_path, "select version, floor, length(wrapped) > 0 from tenant_key") == [
        (1, 1, 0),
        (2, 2, 1),
    ]
    contents = b"".join(path.read_bytes() for path in tmp_path.glob("keys.db*"))
    assert not [wrapped for wrapped in old if wrapped in contents]


def test_a_key_wrapped_under_a_retired_version_is_refused(
    vault: Vault, refs: list[str], tmp_path: Path
) -> None:
    """Even when an attacker puts the former rows back, the former tenant key's included."""
    keys, tenant = (_rows(tmp_path, f"select * from {table}") for table in ("class_key", "tenant_key"))
    vault.rotate_tenant()
    with sqlite3.connect(tmp_path / "keys.db") as database:
        database.executemany("replace into class_key values (?, ?, ?, ?, ?)", keys)
    with pytest.raises(SealBroken, match="retired"):
        vault.unseal(refs[0])
    with sqlite3.connect(tmp_path / "keys.db") as database:
        database.executemany("replace into tenant_key values (?, ?, ?, ?, ?, ?)", tenant)
    vault.close()
    again = Vault.open(VaultSettings.in_folder(tmp_path))
    with pytest.raises(SealBroken, match="retired"):
        again.unseal(refs[0])
    again.close()


def test_a_lowered_floor_is_noticed(vault: Vault, refs: list[str], tmp_path: Path) -> None:
    vault.rotate_tenant()
    vault.close()
    with sqlite3.connect(tmp_path / "keys.db") as database:
        database.execute("update tenant_key set floor = 1")
    with pytest.raises(RootKeyUnavailable):
        Vault.open(VaultSettings.in_folder(tmp_path))


def test_after_the_roots_rotation_a_former_copy_of_the_keys_opens_nothing(
    vault: Vault, refs: list[str], tmp_path: Path
) -> None:
    """What a database keeps of deleted rows, in dead tuples or a log, is worthless then."""
    former = _rows(tmp_path, "select * from tenant_key")
    vault.rotate_root()
    vault.close()
    with sqlite3.connect(tmp_path / "keys.db") as database:
        database.executemany("replace into tenant_key values (?, ?, ?, ?, ?, ?)", former)
    with pytest.raises(RootKeyUnavailable, match="retired"):
        Vault.open(VaultSettings.in_folder(tmp_path))


def test_sealing_and_opening_go_on_while_keys_rotate(vault: Vault, refs: list[str], elsewhere: Start) -> None:
    """In this process and in another that knew the old version only; no key is lost on the way."""
    other = elsewhere(
        "for line in sys.stdin:\n"
        "    try: say(vault.seal('other_' + line.strip(), 'raw', b'x', key_class=KeyClass.DATA))\n"
        "    except TaxlinkError as error: say(error.detail)\n"
    )
    assert other.stdin
    assert other.stdout
    assert other.stdout.readline() == "open\n"
    done = threading.Event()

    def work(name: str) -> list[str]:
        made: list[str] = []
        while not done.is_set():
            made.append(vault.seal(f"{name}_{len(made)}", "raw", b"x", key_class=KeyClass.DATA))
            assert vault.unseal(made[-1]) == b"x"
        return made

    sealed: list[str] = []
    with ThreadPoolExecutor(2) as threads:
        working = [threads.submit(work, name) for name in ("one", "two")]
        for number in range(4):
            vault.rotate_tenant()
            other.stdin.write(f"{number}\n")
            other.stdin.flush()
            sealed.append(other.stdout.readline().strip())
        done.set()
        sealed += [ref for each in working for ref in each.result()]
    vault.rotate_tenant()
    assert [vault.unseal(ref) for ref in sealed] == [b"x"] * len(sealed)
    assert [vault.unseal(ref).decode() for ref in refs] == OWNERS


def test_root_and_tenant_rotated_by_different_processes_at_once_lose_no_key(
    vault: Vault, refs: list[str], tmp_path: Path
) -> None:
    """Neither wraps by a version of the root that the other retires."""
    second = Vault.open(VaultSettings.in_folder(tmp_path))
    second.rotate_root()
    vault.rotate_tenant()
    with ThreadPoolExecutor(2) as threads:
        turns = [each for _ in range(4) for each in (vault.rotate_tenant, second.rotate_root)]
        for done in [threads.submit(each) for each in turns]:
            done.result()
    for each in (vault, second):
        each.close()
    again = Vault.open(VaultSettings.in_folder(tmp_path))
    assert [again.unseal(ref).decode() for ref in refs] == OWNERS
    again.close()


def test_two_rotations_at_once_lose_no_key(vault: Vault, refs: list[str], tmp_path: Path) -> None:
    second = Vault.open(VaultSettings.in_folder(tmp_path))
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(each.rotate_tenant) for each in (vault, second) for _ in range(3)]:
            done.result()
    for each in (vault, second):
        assert [each.unseal(ref).decode() for ref in refs] == OWNERS
    second.close()


def test_a_destroyed_key_stays_destroyed_through_rotation(vault: Vault, refs: list[str]) -> None:
    vault.destroy(OWNERS[0], KeyClass.DATA)
    vault.rotate_tenant()
    vault.rotate_root()
    with pytest.raises(KeyDestroyed):
        vault.unseal(refs[0])
    with pytest.raises(KeyDestroyed):
        vault.seal(OWNERS[0], "raw", b"again", key_class=KeyClass.DATA)


@pytest.mark.parametrize("step", ["_begin", "_rewrap", "_raise_floor"])
def test_a_rotation_that_was_cut_short_is_made_good_by_the_next(
    vault: Vault, refs: list[str], tmp_path: Path, elsewhere: Start, step: str
) -> None:
    """The process dies right after a step; whoever opens the vault next reads everything."""
    dying = elsewhere(
        "import os\n"
        "from vault import rotation\n"
        f"step = rotation.{step}\n"
        "def last(*given):\n"
        "    step(*given)\n"
        "    os._exit(7)\n"
        f"rotation.{step} = last\n"
        "vault.rotate_tenant()\n"
    )
    assert dying.wait(60) == 7
    assert [vault.unseal(ref).decode() for ref in refs] == OWNERS
    vault.rotate_tenant()
    assert [vault.unseal(ref).decode() for ref in refs] == OWNERS
    newest = max(version for (version,) in _rows(tmp_path, "select version from tenant_key"))
    assert {
        int.from_bytes(row[0][:4], "big") for row in _rows(tmp_path, "select wrapped from class_key")
    } == {newest}


def test_a_vault_of_one_suite_does_not_open_as_the_other(vault: Vault, tmp_path: Path) -> None:
    places = VaultSettings.in_folder(tmp_path)
    with pytest.raises(VaultError, match="intl"):
        Vault.open(VaultSettings(places.root_key_path, places.keys_url, places.records_url, suite=Suite.GM))
