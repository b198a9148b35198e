"""What the vault promises: its records, its sessions, and that destruction is real."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from schema.errors import KeyDestroyed, SealBroken
from vault import tables
from vault.proof import DestructionProof
from vault.reference import KeyClass, Reference
from vault.sessions import PortalSessions
from vault.vault import Vault, VaultSettings

Start = Callable[[str], "subprocess.Popen[str]"]
CANARY = b"canary-6f1d-payload"
SOON = datetime.now(UTC) + timedelta(days=1)


def test_a_reference_opens_what_was_sealed(vault: Vault) -> None:
    ref = vault.seal("consent_1", "raw.invoice", CANARY, key_class=KeyClass.DATA)
    assert ref.startswith("vault:data/consent_1/raw.invoice/")
    assert vault.unseal(ref) == CANARY


def test_many_are_sealed_in_order(vault: Vault) -> None:
    contents = [str(number).encode() for number in range(50)]
    refs = vault.seal_many("consent_1", "raw.invoice", contents, key_class=KeyClass.DATA)
    assert [vault.unseal(ref) for ref in refs] == contents
    assert vault.seal_many("consent_1", "raw.invoice", [], key_class=KeyClass.DATA) == []


def test_sealing_an_id_again_replaces_it_and_the_old_reference_opens_nothing(vault: Vault) -> None:
    first = vault.seal("consent_1", "snapshot", b"old", key_class=KeyClass.DATA, id="s1")
    second = vault.seal("consent_1", "snapshot", b"new", key_class=KeyClass.DATA, id="s1")
    assert vault.unseal(second) == b"new"
    with pytest.raises(SealBroken):
        vault.unseal(first)


def test_a_replayed_older_revision_is_refused(vault: Vault) -> None:
    vault.seal("consent_1", "snapshot", b"old", key_class=KeyClass.DATA, id="s1")
    with vault.engine.begin() as connection:
        old = connection.execute(select(tables.record.c.sealed)).scalar_one()
    ref = vault.seal("consent_1", "snapshot", b"new", key_class=KeyClass.DATA, id="s1")
    with vault.engine.begin() as connection:
        connection.execute(update(tables.record).values(sealed=old))
    with pytest.raises(SealBroken):
        vault.unseal(ref)


def test_concurrent_seals_of_one_id_each_get_their_own_revision(vault: Vault) -> None:
    def seal(number: int) -> str:
        return vault.seal("consent_1", "state", b"x", key_class=KeyClass.DATA, id="one")

    with ThreadPoolExecutor(8) as threads:
        refs = list(threads.map(seal, range(40)))
    assert sorted(Reference.parse(ref).revision for ref in refs) == list(range(1, 41))


def test_swapped_rows_are_refused(vault: Vault) -> None:
    refs = [vault.seal(f"consent_{n}", "raw", CANARY, key_class=KeyClass.DATA, id="1") for n in (1, 2)]
    column = tables.record.c
    with vault.engine.begin() as connection:
        rows = connection.execute(select(column.serial, column.sealed)).all()
        for serial, other in ((rows[0].serial, rows[1].sealed), (rows[1].serial, rows[0].sealed)):
            connection.execute(update(tables.record).where(column.serial == serial).values(sealed=other))
    for ref in refs:
        with pytest.raises(SealBroken):
            vault.unseal(ref)


def test_a_swapped_wrapped_key_is_refused(vault: Vault, tmp_path: Path) -> None:
    refs = [vault.seal(f"consent_{n}", "raw", CANARY, key_class=KeyClass.DATA) for n in (1, 2)]
    with sqlite3.connect(tmp_path / "keys.db") as database:
        database.execute("update class_key set wrapped = (select wrapped from class_key where serial = 1)")
    assert vault.unseal(refs[0]) == CANARY
    with pytest.raises(SealBroken):
        vault.unseal(refs[1])


@pytest.mark.parametrize(
    "ref",
    ["", "vault:", "vault:data/a/b/c", "file:data/a/b/c/1", "vault:gold/a/b/c/1", "vault:data/../b/c/1"],
)
def test_what_is_no_reference_is_refused(vault: Vault, ref: str) -> None:
    with pytest.raises(SealBroken):
        vault.unseal(ref)


def test_a_forgotten_record_is_gone(vault: Vault) -> None:
    kept, gone = vault.seal_many("consent_1", "raw", [b"kept", b"gone"], key_class=KeyClass.DATA)
    vault.forget(gone)
    vault.forget(gone)
    with pytest.raises(SealBroken):
        vault.unseal(gone)
    assert vault.unseal(kept) == b"kept"


def test_records_and_keys_outlive_the_process(vault: Vault, tmp_path: Path) -> None:
    ref = vault.seal("consent_1", "raw", CANARY, key_class=KeyClass.DATA)
    key = vault.service_key("audit")
    vault.close()
    again = Vault.open(VaultSettings.in_folder(tmp_path))
    assert again.unseal(ref) == CANARY
    assert again.service_key("audit") == key
    assert again.service_key("other") != key
    again.close()


def test_two_processes_that_start_at_once_share_one_root(elsewhere: Start) -> None:
    script = "ref = vault.seal('consent_1', 'raw', b'x', key_class=KeyClass.DATA)\nsay(ref)\n"
    both = [elsewhere(script + "for ref in sys.stdin: say(vault.unseal(ref.strip()))\n") for _ in range(3)]
    refs = []
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        refs.append(process.stdout.readline())
    for process in both:
        answers = process.communicate("".join(refs))[0].split()
        assert answers == ["b'x'"] * 3


# --- sessions ---


def test_a_session_is_kept_until_it_expires_or_ends(vault: Vault) -> None:
    assert PortalSessions(vault).open("consent_1", "2102", "rpa") is None
    PortalSessions(vault).keep("consent_1", "2102", "rpa", b"cookies", SOON)
    PortalSessions(vault).keep("consent_1", "2102", "rpa", b"newer cookies", SOON)
    assert PortalSessions(vault).open("consent_1", "2102", "rpa") == b"newer cookies"
    assert PortalSessions(vault).open("consent_1", "2102", "api") is None
    PortalSessions(vault).keep("consent_1", "11", "api", b"late", datetime.now(UTC) - timedelta(seconds=2))
    assert PortalSessions(vault).open("consent_1", "11", "api") is None
    PortalSessions(vault).end("consent_1", "2102", "rpa")
    assert PortalSessions(vault).open("consent_1", "2102", "rpa") is None


def test_a_session_whose_expiry_was_moved_does_not_open(vault: Vault) -> None:
    PortalSessions(vault).keep("consent_1", "11", "rpa", b"cookies", SOON)
    with vault.engine.begin() as connection:
        connection.execute(update(tables.session).values(expires_at=tables.session.c.expires_at + 3600))
    with pytest.raises(SealBroken):
        PortalSessions(vault).open("consent_1", "11", "rpa")


# --- destruction ---


def test_destroying_one_class_leaves_the_others(vault: Vault) -> None:
    refs = {one: vault.seal("consent_1", "raw", CANARY, key_class=one) for one in KeyClass}
    vault.destroy("consent_1", KeyClass.DATA)
    with pytest.raises(KeyDestroyed):
        vault.unseal(refs[KeyClass.DATA])
    assert vault.unseal(refs[KeyClass.CREDENTIAL]) == CANARY
    assert vault.unseal(refs[KeyClass.EVIDENCE]) == CANARY


def test_a_withdrawal_destroys_everything_but_the_evidence(vault: Vault) -> None:
    refs = {one: vault.seal("consent_1", "raw", CANARY, key_class=one) for one in KeyClass}
    other = vault.seal("consent_2", "raw", CANARY, key_class=KeyClass.DATA)
    PortalSessions(vault).keep("consent_1", "11", "rpa", b"cookies", SOON)
    proofs = vault.destroy_all("consent_1")
    assert {proof.key_class for proof in proofs} == {"credential", "data"}
    for one in (KeyClass.CREDENTIAL, KeyClass.DATA):
        with pytest.raises(KeyDestroyed):
            vault.unseal(refs[one])
    assert PortalSessions(vault).open("consent_1", "11", "rpa") is None
    assert vault.unseal(refs[KeyClass.EVIDENCE]) == CANARY
    assert vault.unseal(other) == CANARY


def test_a_destroyed_key_is_never_made_again_even_if_it_never_was(vault: Vault) -> None:
    for owner in ("consent_1", "never_sealed"):
        vault.destroy(owner, KeyClass.DATA)
        with pytest.raises(KeyDestroyed):
            vault.seal(owner, "raw", CANARY, key_class=KeyClass.DATA)
        with pytest.raises(KeyDestroyed):
            vault.seal(owner, "raw", CANARY, key_class=KeyClass.DATA, id="1")


def test_the_proof_is_signed_and_the_same_every_time(vault: Vault) -> None:
    proof = vault.destroy("consent_1", KeyClass.DATA)
    assert vault.destroy("consent_1", KeyClass.DATA) == proof
    assert proof.verify(vault.proof_key())
    assert not DestructionProof(**{**proof.as_dict(), "owner": "consent_2"}).verify(vault.proof_key())
    assert not proof.verify("00" * 32)


def test_a_key_destroyed_in_one_process_is_noticed_in_another(vault: Vault, elsewhere: Start) -> None:
    ref = vault.seal("consent_1", "raw", CANARY, key_class=KeyClass.DATA)
    script = (
        f"ref = {ref!r}\n"
        "for line in sys.stdin:\n"
        "    for act in (lambda: vault.unseal(ref),\n"
        "                lambda: vault.seal('consent_1', 'raw', b'', key_class=KeyClass.DATA)):\n"
        "        try: act(); say('done')\n"
        "        except TaxlinkError as error: say(error.code)\n"
    )
    other = elsewhere(script)
    assert other.stdin
    assert other.stdout
    assert other.stdout.readline() == "open\n"
    for expected in ("done\n", "key_destroyed\n"):
        other.stdin.write("go\n")
        other.stdin.flush()
        assert [other.stdout.readline() for _ in range(2)] == [expected, expected]
        vault.destroy("consent_1", KeyClass.DATA)


def test_no_plaintext_in_any_file_before_or_after_destruction(vault: Vault, tmp_path: Path) -> None:
    for _ in range(20):
        vault.seal("consent_1", "raw", CANARY + bytes(5000), key_class=KeyClass.DATA)
    PortalSessions(vault).keep("consent_1", "11", "rpa", CANARY, SOON)
    assert not _found(tmp_path, CANARY)
    vault.destroy_all("consent_1")
    assert not _found(tmp_path, CANARY)
    vault.close()
    assert not _found(tmp_path, CANARY)


def test_a_destroyed_wrapped_key_is_in_no_file(vault: Vault, tmp_path: Path) -> None:
    """Among many owners, so that pages of the keys' database fill up and split."""
    owners = [f"consent_{number:03}" for number in range(150)]
    for owner in owners:
        vault.keys.sealing_key(owner, KeyClass.DATA)
    wrapped = _wrapped(tmp_path)
    doomed = owners[::7]
    assert all(_found(tmp_path, wrapped[owner]) for owner in owners)
    for owner in doomed:
        vault.destroy(owner, KeyClass.DATA)
    assert (tmp_path / "keys.db-wal").stat().st_size < 100_000
    for owner in owners:
        assert bool(_found(tmp_path, wrapped[owner])) == (owner not in doomed)


def test_no_key_is_in_any_file_in_clear(vault: Vault, tmp_path: Path) -> None:
    keys = [vault.keys.sealing_key("consent_1", one) for one in KeyClass] + [vault.service_key("audit")]
    for key in keys:
        assert not _found(tmp_path, key)
        assert not _found(tmp_path, key.hex().encode())


def _wrapped(folder: Path) -> dict[str, bytes]:
    with sqlite3.connect(folder / "keys.db") as database:
        return dict(database.execute("select owner, wrapped from class_key"))


def _found(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]
