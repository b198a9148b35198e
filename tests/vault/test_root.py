"""What the root key file promises."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from schema.errors import RootKeyUnavailable
from vault import root
from vault.reference import KeyClass
from vault.vault import Vault, VaultSettings


def test_the_file_is_made_on_first_use_for_its_owner_only(tmp_path: Path) -> None:
    Vault.open(VaultSettings.in_folder(tmp_path)).close()
    assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys.db").stat().st_mode) == 0o600


def test_making_it_never_replaces_an_existing_one(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    wrapped = root.create(path).wrap(bytes(32), b"place")
    assert root.create(path).unwrap(wrapped, b"place") == bytes(32)
    assert [file.name for file in tmp_path.iterdir()] == ["root.key"]


def test_a_passphrase_is_needed_again_and_only_the_right_one_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "root.key"
    monkeypatch.setenv(root.PASSPHRASE_VARIABLE, "correct horse")
    wrapped = root.create(path).wrap(bytes(32), b"place")
    assert root.load(path).unwrap(wrapped, b"place") == bytes(32)
    monkeypatch.setenv(root.PASSPHRASE_VARIABLE, "wrong horse")
    with pytest.raises(RootKeyUnavailable, match="does not open"):
        root.load(path)
    monkeypatch.delenv(root.PASSPHRASE_VARIABLE)
    with pytest.raises(RootKeyUnavailable, match="needs a passphrase"):
        root.load(path)


def test_a_passphrase_that_protects_nothing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.create(tmp_path / "root.key")
    monkeypatch.setenv(root.PASSPHRASE_VARIABLE, "set too late")
    with pytest.raises(RootKeyUnavailable, match="not protected"):
        root.load(tmp_path / "root.key")


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    root.create(path)
    path.chmod(0o640)
    with pytest.raises(RootKeyUnavailable, match="0600"):
        root.load(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"format": "other"}', b"[1]"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "root.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(RootKeyUnavailable):
        root.load(path)


def test_a_hostile_scrypt_cost_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "root.key"
    monkeypatch.setenv(root.PASSPHRASE_VARIABLE, "correct horse")
    root.create(path)
    document = json.loads(path.read_text())
    document["cost"]["n"] = 2**40
    path.write_text(json.dumps(document))
    with pytest.raises(RootKeyUnavailable, match="damaged"):
        root.load(path)


def test_a_lost_root_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    """A fresh root would make every record unreadable in silence."""
    settings = VaultSettings.in_folder(tmp_path)
    with_record = Vault.open(settings)
    with_record.seal("consent_1", "raw", b"payload", key_class=KeyClass.DATA)
    with_record.close()
    (tmp_path / "root.key").unlink()
    with pytest.raises(RootKeyUnavailable, match="gone"):
        Vault.open(settings)
    root.create(tmp_path / "root.key")
    with pytest.raises(RootKeyUnavailable, match="not the one"):
        Vault.open(settings)
