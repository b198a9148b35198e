"""Memory that held a key is overwritten when it is done with, as far as Python allows (``docs/vault.md``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault import wrapping
from vault.reference import KeyClass
from vault.roots import file, keyfile
from vault.suite import Suite
from vault.vault import Vault


def test_a_class_key_is_overwritten_before_it_is_used(vault: Vault) -> None:
    key = vault.keys.sealing_key("consent_1", KeyClass.DATA)
    assert any(key)
    with vault.at_work(key):
        assert not any(key)


def test_the_root_keys_are_overwritten_once_they_are_read(tmp_path: Path) -> None:
    file.create(tmp_path / "root.key", Suite.INTL)
    with keyfile.load(tmp_path / "root.key") as held:
        keys = list(held.keys.values())
        assert all(any(key) for key in keys)
    assert not any(any(key) for key in keys)


def test_every_key_that_rotation_unwraps_is_overwritten(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.seal("consent_1", "raw", b"payload", key_class=KeyClass.DATA)
    unwrapped: list[bytearray] = []
    original = wrapping.Wrapper.unwrap

    def noted(self: wrapping.Wrapper, wrapped: bytes, context: bytes) -> bytearray:
        unwrapped.append(original(self, wrapped, context))
        return unwrapped[-1]

    monkeypatch.setattr(wrapping.Wrapper, "unwrap", noted)
    vault.rotate_tenant()
    vault.rotate_root()
    assert len(unwrapped) > 3
    assert not any(any(key) for key in unwrapped)


@pytest.mark.parametrize("suite", Suite)
def test_a_cipher_works_on_after_its_key_was_overwritten(suite: Suite) -> None:
    key = bytearray(range(32))
    wrapper = wrapping.Wrapper(suite, key)
    wrapping.wipe(key)
    again = wrapping.Wrapper(suite, bytes(range(32)))
    assert again.unwrap(wrapper.wrap(b"k" * 32, b"place"), b"place") == b"k" * 32
