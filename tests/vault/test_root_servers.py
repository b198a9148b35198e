"""What every root promises, on real ones: a file, a SoftHSM token, an OpenBao server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import rootservers as servers

from schema.errors import RootKeyUnavailable, SealBroken
from vault.reference import KeyClass
from vault.roots.pkcs11 import PIN_VARIABLE
from vault.roots.root import Root, open_root
from vault.roots.transit import TOKEN_VARIABLE
from vault.suite import Suite
from vault.vault import Vault, VaultSettings

Start = Callable[[str], "subprocess.Popen[str]"]
KEY, PLACE = bytes(range(32)), b"a place"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> str:
    module = servers.softhsm_module()
    if module is None:
        pytest.skip("no SoftHSM is installed")
    os.environ[PIN_VARIABLE] = servers.PIN
    return servers.new_token(tmp_path_factory.mktemp("hsm") / "tokens", module)


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = servers.bao_program()
    if program is None:
        pytest.skip("no OpenBao is installed")
    with servers.open_bao(tmp_path_factory.mktemp("bao") / "server", program) as (address, token):
        os.environ[TOKEN_VARIABLE] = token
        yield f"openbao:{address}/transit"


@pytest.fixture(params=["file", "pkcs11", "openbao"])
def root_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A root of this test's own."""
    if request.param == "pkcs11":
        return str(request.getfixturevalue("token")).replace("object=root", f"object={tmp_path.name}")
    if request.param == "openbao":
        return f"{request.getfixturevalue('bao')}/{tmp_path.name}"
    return ""


@pytest.fixture
def root(root_url: str, tmp_path: Path) -> Iterator[Root]:
    opened = open_root(root_url, tmp_path / "root.key", Suite.INTL, fresh=True)
    yield opened
    opened.close()


def test_a_key_opens_in_its_own_place_only(root: Root) -> None:
    wrapped = root.wrap(KEY, PLACE)
    assert KEY not in wrapped
    assert root.unwrap(wrapped, PLACE) == KEY
    for altered, place in ((wrapped, b"another place"), (wrapped[:-4] + b"AAA=", PLACE), (b"", PLACE)):
        with pytest.raises(RootKeyUnavailable):
            root.unwrap(altered, place)


def test_a_retired_version_opens_nothing(root: Root, root_url: str, tmp_path: Path) -> None:
    old = root.wrap(KEY, PLACE)
    root.rotate()
    new = root.wrap(KEY, PLACE)
    assert root.unwrap(old, PLACE) == KEY
    root.retire()
    again = open_root(root_url, tmp_path / "root.key", Suite.INTL, fresh=False)
    for each in (root, again):
        assert each.unwrap(new, PLACE) == KEY
        with pytest.raises(RootKeyUnavailable):
            each.unwrap(old, PLACE)
    again.close()


def test_another_process_follows_a_rotation_in_what_it_opens_and_wraps(
    root: Root, root_url: str, tmp_path: Path
) -> None:
    early = open_root(root_url, tmp_path / "root.key", Suite.INTL, fresh=False)
    root.rotate()
    assert early.unwrap(root.wrap(KEY, PLACE), PLACE) == KEY
    root.retire()
    assert root.unwrap(early.wrap(KEY, PLACE), PLACE) == KEY
    early.close()


@pytest.mark.parametrize("suite", Suite)
def test_a_vault_lives_on_it_through_rotation_and_restart(
    root_url: str, tmp_path: Path, suite: Suite
) -> None:
    settings = replace(VaultSettings.in_folder(tmp_path), root_url=root_url, suite=suite)
    vault = Vault.open(settings)
    ref = vault.seal("consent_1", "raw", b"payload", key_class=KeyClass.DATA)
    vault.rotate_root()
    vault.rotate_tenant()
    assert vault.unseal(ref) == b"payload"
    vault.close()
    again = Vault.open(settings)
    assert again.unseal(ref) == b"payload"
    again.close()


def test_a_wrong_pin_is_told_without_the_pin(token: str, elsewhere: Start) -> None:
    script = (
        "import os\n"
        "from vault.roots.pkcs11 import PIN_VARIABLE, open_token\n"
        "os.environ[PIN_VARIABLE] = '999999'\n"
        f"try: open_token({token.partition(':')[2]!r}, fresh=True)\n"
        "except TaxlinkError as error: say(error.code + ' ' + error.detail)\n"
    )
    told = elsewhere(script).communicate()[0]
    assert "root_key_unavailable the token refused (PinIncorrect)" in told
    assert "999999" not in told


def test_a_server_that_is_gone_or_refuses_is_told(
    bao: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "root.key"
    gone = open_root("openbao:http://127.0.0.1:9/transit/key", path, Suite.INTL, fresh=False)
    with pytest.raises(RootKeyUnavailable, match="ConnectionError"):
        gone.wrap(KEY, PLACE)
    monkeypatch.setenv(TOKEN_VARIABLE, "s.wrong")
    refused = open_root(f"{bao}/key", path, Suite.INTL, fresh=False)
    with pytest.raises(RootKeyUnavailable, match="Forbidden"):
        refused.wrap(KEY, PLACE)


@pytest.mark.parametrize("url", ["kms:key", "pkcs11:token=", "openbao:bao.internal/transit"])
def test_what_names_no_root_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(RootKeyUnavailable):
        open_root(url, tmp_path / "root.key", Suite.INTL, fresh=True)


def test_another_root_than_the_vaults_is_refused(root_url: str, tmp_path: Path) -> None:
    if root_url:
        Vault.open(VaultSettings.in_folder(tmp_path)).close()
        with pytest.raises((RootKeyUnavailable, SealBroken)):
            Vault.open(replace(VaultSettings.in_folder(tmp_path), root_url=root_url))
