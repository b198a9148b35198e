"""What the root key file promises."""

from __future__ import annotations

import json
import resource
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import pytest

from schema.errors import RootKeyUnavailable
from vault.reference import KeyClass
from vault.roots import file, keyfile, shares, unsealed
from vault.roots.file import FileRoot
from vault.suite import Suite
from vault.vault import Vault, VaultSettings


def test_the_file_is_made_on_first_use_for_its_owner_only(tmp_path: Path) -> None:
    Vault.open(VaultSettings.in_folder(tmp_path)).close()
    assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys.db").stat().st_mode) == 0o600


def test_making_it_never_replaces_an_existing_one(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    wrapped = file.create(path, Suite.INTL).wrap(bytes(32), b"place")
    assert file.create(path, Suite.INTL).unwrap(wrapped, b"place") == bytes(32)
    assert [file.name for file in tmp_path.iterdir()] == ["root.key"]


def test_a_passphrase_is_needed_again_and_only_the_right_one_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "root.key"
    monkeypatch.setenv(keyfile.PASSPHRASE_VARIABLE, "correct horse")
    wrapped = file.create(path, Suite.INTL).wrap(bytes(32), b"place")
    assert FileRoot(path, Suite.INTL).unwrap(wrapped, b"place") == bytes(32)
    monkeypatch.setenv(keyfile.PASSPHRASE_VARIABLE, "wrong horse")
    with pytest.raises(RootKeyUnavailable, match="do not open"):
        FileRoot(path, Suite.INTL)
    monkeypatch.delenv(keyfile.PASSPHRASE_VARIABLE)
    with pytest.raises(RootKeyUnavailable, match="needs a passphrase"):
        FileRoot(path, Suite.INTL)


def test_a_passphrase_that_protects_nothing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.create(tmp_path / "root.key", Suite.INTL)
    monkeypatch.setenv(keyfile.PASSPHRASE_VARIABLE, "set too late")
    with pytest.raises(RootKeyUnavailable, match="not protected"):
        FileRoot(tmp_path / "root.key", Suite.INTL)


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    file.create(path, Suite.INTL)
    path.chmod(0o640)
    with pytest.raises(RootKeyUnavailable, match="0600"):
        FileRoot(path, Suite.INTL)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff\xfe", b'{"format": "other"}', b"[1]", b'{"format": "taxlink root key 2"}']
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "root.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(RootKeyUnavailable):
        FileRoot(path, Suite.INTL)


def test_a_hostile_scrypt_cost_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "root.key"
    monkeypatch.setenv(keyfile.PASSPHRASE_VARIABLE, "correct horse")
    file.create(path, Suite.INTL)
    document = json.loads(path.read_text())
    document["cost"]["n"] = 2**40
    path.write_text(json.dumps(document))
    with pytest.raises(RootKeyUnavailable, match="damaged"):
        FileRoot(path, Suite.INTL)


def test_a_lost_root_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    """A fresh root would make every record unreadable in silence."""
    settings = VaultSettings.in_folder(tmp_path)
    with_record = Vault.open(settings)
    with_record.seal("consent_1", "raw", b"payload", key_class=KeyClass.DATA)
    with_record.close()
    (tmp_path / "root.key").unlink()
    with pytest.raises(RootKeyUnavailable, match="gone"):
        Vault.open(settings)
    file.create(tmp_path / "root.key", Suite.INTL)
    with pytest.raises(RootKeyUnavailable, match="not the one"):
        Vault.open(settings)


# --- rotation ---


def test_an_older_version_opens_until_it_is_retired_and_never_after(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    root = file.create(path, Suite.INTL)
    old = root.wrap(bytes(32), b"place")
    root.rotate()
    new = root.wrap(bytes(32), b"place")
    assert root.unwrap(old, b"place") == root.unwrap(new, b"place") == bytes(32)
    root.retire()
    for reader in (root, FileRoot(path, Suite.INTL)):
        assert reader.unwrap(new, b"place") == bytes(32)
        with pytest.raises(RootKeyUnavailable, match="retired"):
            reader.unwrap(old, b"place")


def test_a_process_that_read_the_file_before_a_rotation_opens_what_is_wrapped_after_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "root.key"
    early = file.create(path, Suite.GM)
    later = FileRoot(path, Suite.GM)
    later.rotate()
    assert early.unwrap(later.wrap(bytes(32), b"place"), b"place") == bytes(32)


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "root.key"
    root = file.create(path, Suite.INTL)
    before = path.read_bytes()
    with pytest.raises(RootKeyUnavailable, match="cannot be made"), _no_room():
        root.rotate()
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["root.key"]


# --- two of three ---


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A root key file that is split, and its shares; the secret does not stay in the machine's memory."""
    path = tmp_path / "root.key"
    yield path
    unsealed.forget(path)


def test_any_two_of_three_persons_open_the_file_and_one_does_not(in_memory: Path) -> None:
    wrapped = file.create(in_memory, Suite.INTL).wrap(bytes(32), b"place")
    words = shares.split(in_memory)
    for pair in combinations(words, 2):
        unsealed.forget(in_memory)
        with pytest.raises(RootKeyUnavailable, match="two persons"):
            FileRoot(in_memory, Suite.INTL)
        shares.unseal(in_memory, pair)
        assert FileRoot(in_memory, Suite.INTL).unwrap(wrapped, b"place") == bytes(32)
    for wrong in ([words[0]], [words[0], words[0]], [words[0], words[1][:-4] + "acid"]):
        with pytest.raises(RootKeyUnavailable, match="shares"):
            shares.unseal(in_memory, wrong)


def test_former_shares_open_nothing_after_a_new_split(in_memory: Path) -> None:
    file.create(in_memory, Suite.INTL)
    former = shares.split(in_memory)
    shares.split(in_memory)
    unsealed.forget(in_memory)
    with pytest.raises(RootKeyUnavailable, match="do not open"):
        shares.unseal(in_memory, former[:2])
    with pytest.raises(RootKeyUnavailable, match="two persons"):
        FileRoot(in_memory, Suite.INTL)


def test_a_split_file_still_rotates(in_memory: Path) -> None:
    root = file.create(in_memory, Suite.INTL)
    shares.split(in_memory)
    root.rotate()
    assert FileRoot(in_memory, Suite.INTL).unwrap(root.wrap(bytes(32), b"p"), b"p") == bytes(32)


def test_the_secret_is_never_kept_on_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsealed, "_MEMORY", ())
    file.create(tmp_path / "root.key", Suite.INTL)
    before = (tmp_path / "root.key").read_bytes()
    with pytest.raises(RootKeyUnavailable, match="not in memory"):
        shares.split(tmp_path / "root.key")
    assert (tmp_path / "root.key").read_bytes() == before


@contextmanager
def _no_room() -> Iterator[None]:
    """No file of this process may grow beyond 64 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)
