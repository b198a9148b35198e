"""An attacker with a copy of every file but a root key learns nothing; with one tenant's root, nothing of
another's.

The attack is scripted and its own control: given the right root it finds every planted canary.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from schema.errors import RootKeyUnavailable, SealBroken
from vault.ciphers import KEY_BYTES
from vault.keys import class_place, service_place
from vault.record import RecordKey
from vault.reference import KeyClass, Reference
from vault.roots.file import FileRoot
from vault.secrets import Secrets
from vault.sessions import PortalSessions
from vault.stream import FORM, Streams, opened
from vault.suite import Suite
from vault.tenant import VERSION_BYTES, tenant_place
from vault.vault import Vault, VaultSettings
from vault.wrapping import Wrapper

FIELDS = {
    "nsrsbh": "91310000MA1FL8XQ37",
    "yhmc": "华东贸易有限公司",
    "mima": "canary-Pa55-word",
    "je": "1234567.89",
}
PAYLOAD = json.dumps(FIELDS, ensure_ascii=False).encode()
Row = dict[str, Any]


def _settings(folder: Path, tenant: str, suite: Suite) -> VaultSettings:
    places = replace(VaultSettings.in_folder(folder), tenant=tenant, suite=suite)
    return replace(places, root_key_path=folder.parent / "roots" / f"{tenant}.key")


@pytest.fixture(scope="module", params=Suite)
def copied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Suite]:
    """A copy of the databases of two tenants, taken from under running vaults, and the folder of their
    roots."""
    home = tmp_path_factory.mktemp("home")
    live = home / "live"
    live.mkdir()
    vaults = [Vault.open(_settings(live, tenant, request.param)) for tenant in ("bank", "other")]
    for vault in vaults:
        for key_class in KeyClass:
            vault.seal_many("consent_1", "raw", [PAYLOAD] * 3, key_class=key_class)
        Streams(vault).seal("consent_1", "archive", [PAYLOAD] * 5, key_class=KeyClass.DATA)
        PortalSessions(vault).keep("consent_1", "11", "rpa", PAYLOAD, datetime.now(UTC) + timedelta(days=1))
        Secrets(vault).put("consent_1", "password", FIELDS)
        vault.signer("consent")
        vault.destroy("consent_2", KeyClass.DATA)
    copy = home / "copy"
    shutil.copytree(live, copy)
    for vault in vaults:
        vault.close()
    return copy, home / "roots", request.param


def test_no_field_of_any_payload_stands_in_any_file(copied: tuple[Path, Path, Suite]) -> None:
    copy, _, _ = copied
    files = {path.name: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert {"keys.db", "vault.db"} <= set(files)
    for value in FIELDS.values():
        for form in _forms(value):
            assert not [name for name, content in files.items() if form in content], value


def test_without_a_root_no_structure_opens_under_anything_found_in_the_copy(
    copied: tuple[Path, Path, Suite],
) -> None:
    copy, _, suite = copied
    found = set(_candidates(copy))
    assert len(found) > 500
    assert list(_attack(copy, suite, found)) == []


def test_with_the_right_root_the_same_attack_reads_everything(copied: tuple[Path, Path, Suite]) -> None:
    copy, roots, suite = copied
    contents = list(_attack(copy, suite, set(_keys_under(copy, roots / "bank.key", "bank", suite))))
    assert len(contents) == 3 * len(KeyClass) + 3
    assert all(FIELDS["mima"].encode() in content for content in contents)


def test_the_root_of_one_tenant_opens_nothing_of_another(copied: tuple[Path, Path, Suite]) -> None:
    copy, roots, suite = copied
    with pytest.raises(RootKeyUnavailable):
        list(_keys_under(copy, roots / "bank.key", "other", suite))
    mine = set(_keys_under(copy, roots / "bank.key", "bank", suite))
    theirs = [row["tenant"] for table in ("vault_record", "vault_session") for row in _rows(copy, table)]
    assert theirs.count("other") == theirs.count("bank") == 3 * len(KeyClass) + 1
    assert list(_attack(copy, suite, mine, tenant="other")) == []


def test_another_tenants_rows_passed_off_as_ones_own_open_nothing(
    copied: tuple[Path, Path, Suite], tmp_path: Path
) -> None:
    """With write access to both databases and a root of one's own."""
    copy, roots, suite = copied
    forged = shutil.copytree(copy, tmp_path / "forged")
    shutil.copytree(roots, tmp_path / "roots")
    refs = [
        str(Reference(KeyClass(row["key_class"]), row["owner"], row["kind"], row["id"], row["revision"]))
        for row in _rows(copy, "vault_record")
        if row["tenant"] == "other"
    ]
    for name, tables in {"keys.db": ["class_key", "service_key"], "vault.db": ["vault_record"]}.items():
        with sqlite3.connect(forged / name) as database:
            for table in tables:
                database.execute(f"delete from {table} where tenant = 'bank'")
                database.execute(f"update {table} set tenant = 'bank'")
    vault = Vault.open(_settings(forged, "bank", suite))
    for ref in refs:
        with pytest.raises(SealBroken):
            vault.unseal(ref)
    vault.close()


# --- the attack ---


def _attack(copy: Path, suite: Suite, keys: set[bytes], tenant: str | None = None) -> Iterator[bytes]:
    """Every content that one of these keys opens, by whatever way a copy offers."""
    streams = {key: RecordKey(suite, key, FORM) for key in keys}
    records = {key: RecordKey(suite, key) for key in keys}
    chunks: dict[tuple[str, Reference], list[bytes]] = {}
    for row in _rows(copy, "vault_chunk"):
        reference = Reference(KeyClass(row["key_class"]), row["owner"], row["kind"], row["id"], 1)
        chunks.setdefault((row["tenant"], reference), []).append(row["sealed"])
    for (owner, reference), pieces in chunks.items():
        if tenant in (None, owner):
            for stream in streams.values():
                try:
                    yield b"".join(opened(stream, owner, reference, pieces))
                except SealBroken:
                    continue
    for owner, reference, sealed in _sealed(copy):
        if tenant in (None, owner):
            for record in records.values():
                try:
                    yield record.unseal(owner, reference, sealed)
                except SealBroken:
                    continue
    for place, wrapped in _wrapped(copy):
        for key in keys:
            if tenant is None or tenant.encode() in place:
                try:
                    unwrapped = Wrapper(suite, key).unwrap(wrapped[VERSION_BYTES:], place)
                except InvalidTag:
                    continue
                if bytes(unwrapped) not in keys:
                    yield bytes(unwrapped)


def _candidates(copy: Path) -> Iterator[bytes]:
    """Whatever in the copy could be a key: each run of 32 bytes of each blob, and the digest of each text."""
    yield bytes(KEY_BYTES)
    for table in ("tenant_key", "class_key", "service_key", "destruction", "vault_secret", "vault_session"):
        for row in _rows(copy, table):
            for value in row.values():
                if isinstance(value, bytes):
                    yield from (value[at : at + KEY_BYTES] for at in range(len(value) - KEY_BYTES + 1))
                else:
                    yield hashlib.sha256(str(value).encode()).digest()


def _keys_under(copy: Path, root: Path, tenant: str, suite: Suite) -> Iterator[bytes]:
    """Every key of a tenant, by a root."""
    opened_root = FileRoot(root, suite)
    for row in _rows(copy, "tenant_key"):
        if row["tenant"] == tenant:
            place = tenant_place(tenant, suite, row["version"], row["floor"])
            key = bytes(opened_root.unwrap(row["wrapped"], place))
            yield key
            for where, wrapped in _wrapped(copy):
                try:
                    yield bytes(Wrapper(suite, key).unwrap(wrapped[VERSION_BYTES:], where))
                except InvalidTag:
                    continue


def _wrapped(copy: Path) -> Iterator[tuple[bytes, bytes]]:
    for row in _rows(copy, "class_key"):
        yield class_place(row["tenant"], row["owner"], row["key_class"]), row["wrapped"]
    for row in _rows(copy, "service_key"):
        yield service_place(row["tenant"], row["name"]), row["wrapped"]


def _sealed(copy: Path) -> Iterator[tuple[str, Reference, bytes]]:
    for row in _rows(copy, "vault_record"):
        reference = Reference(
            KeyClass(row["key_class"]), row["owner"], row["kind"], row["id"], row["revision"]
        )
        yield row["tenant"], reference, row["sealed"]
    for row in _rows(copy, "vault_session"):
        name = f"{row['region']}.{row['route']}"
        reference = Reference(KeyClass.CREDENTIAL, row["owner"], "session", name, row["expires_at"])
        yield row["tenant"], reference, row["sealed"]
    for row in _rows(copy, "vault_secret"):
        reference = Reference(KeyClass.CREDENTIAL, row["owner"], row["kind"], row["id"], 1)
        yield row["tenant"], reference, row["sealed"]


def _rows(copy: Path, table: str) -> list[Row]:
    name = "vault.db" if table.startswith("vault_") else "keys.db"
    with sqlite3.connect(copy / name) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"select * from {table}")]


def _forms(value: str) -> list[bytes]:
    """How a value could lie in a file: as it is, escaped, encoded, and from either end."""
    plain = value.encode()
    return [
        plain,
        plain[::-1],
        value.encode("utf-16-le"),
        value.encode("gb18030"),
        json.dumps(value)[1:-1].encode(),
        plain.hex().encode(),
        base64.b64encode(plain).rstrip(b"=")[:-2],
    ]
