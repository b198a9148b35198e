"""What the commands of the vault promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from schema.errors import RootKeyUnavailable
from vault.reference import KeyClass
from vault.roots import unsealed
from vault.vault import Vault, VaultSettings

run = CliRunner().invoke


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TAXLINK_HOME", str(tmp_path))
    yield tmp_path
    unsealed.forget(tmp_path / "root.key")


def test_rotation_leaves_every_record_readable(home: Path) -> None:
    vault = Vault.open(VaultSettings.in_folder(home))
    ref = vault.seal("consent_1", "raw", b"payload", key_class=KeyClass.DATA)
    told = json.loads(run(app, ["vault", "rotate", "--json"]).stdout)
    assert told["tenant_keys_rewrapped"] == 1
    assert told["keys_rewrapped"] >= 1
    assert vault.unseal(ref) == b"payload"
    vault.close()


def test_two_persons_unseal_what_was_split(home: Path) -> None:
    Vault.open(VaultSettings.in_folder(home)).close()
    words = [line for line in run(app, ["vault", "split"]).stdout.splitlines() if len(line.split()) == 33]
    assert len(words) == 3
    run(app, ["vault", "seal"])
    with pytest.raises(RootKeyUnavailable, match="two persons"):
        Vault.open(VaultSettings.in_folder(home))
    unsealing = run(app, ["vault", "unseal"], input=f"{words[2]}\n{words[0]}\n")
    assert unsealing.exit_code == 0
    assert words[0].split()[5] not in unsealing.stdout
    Vault.open(VaultSettings.in_folder(home)).close()


def test_a_genuine_proof_is_told_from_an_altered_one(home: Path) -> None:
    vault = Vault.open(VaultSettings.in_folder(home))
    proof = vault.destroy("consent_1", KeyClass.DATA).as_dict()
    vault.close()
    key, genuine, altered = (home / name for name in ("key.pem", "genuine.json", "altered.json"))
    key.write_text(run(app, ["vault", "public-key"]).stdout)
    genuine.write_text(json.dumps(proof))
    altered.write_text(json.dumps(proof | {"owner": "consent_2"}))
    for options in ([], ["--key", str(key)]):
        assert run(app, ["vault", "verify-proof", str(genuine), *options]).exit_code == 0
        assert run(app, ["vault", "verify-proof", str(altered), *options]).exit_code == 1
