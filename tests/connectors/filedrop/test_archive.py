"""What a portal delivers is opened without trust, and held against its manifest."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from typing import Any

import orjson
import pytest

from connectors.families.filedrop.archive import MANIFEST, opened
from connectors.families.filedrop.portal import PORTAL
from schema.errors import ContractChanged, DataConflict, DataCorrupt, DataIncomplete

LIMITS = PORTAL.archive
CSV = "序号,金额\r\n1,2\r\n".encode("gbk")


def _manifest(files: dict[str, bytes], **changes: Any) -> bytes:
    listed = [
        {"wjm": name, "zts": 1, "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]
    terms = {"qqbh": "WJ1", "nsrsbh": "N", "sjlx": "FPXX", "qsrq": "2025-01-01", "jzrq": "2025-12-31"}
    return orjson.dumps({**terms, "wjlb": listed, **changes})


def _zip(
    files: dict[str, bytes], manifest: bytes | None = None, method: int = zipfile.ZIP_DEFLATED, **attr: int
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        if manifest != b"":
            archive.writestr(MANIFEST, manifest or _manifest(files))
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            for field, value in attr.items():
                setattr(entry, field, value)
            archive.writestr(entry, content)
    return buffer.getvalue()


def test_files_come_in_the_manifests_order_with_its_counts() -> None:
    manifest, files = opened(_zip({"发票_开具.csv": CSV, "b-2.xlsx": b"x"}), LIMITS)
    assert manifest.nsrsbh == "N"
    assert [(file.name, file.total, file.content) for file in files] == [
        ("发票_开具.csv", 1, CSV),
        ("b-2.xlsx", 1, b"x"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "../a.csv",
        "/etc/a.csv",
        "a/b.csv",
        "a\\b.csv",
        "C:a.csv",
        "a..csv",
        ".csv",
        "a.csv.exe",
        "a.zip",
        "a.csv\n",
        "a b.csv",
        "folder/",
        "x" * 81 + ".csv",
    ],
)
def test_a_name_that_is_no_plain_name_is_corrupt(name: str) -> None:
    with pytest.raises(DataCorrupt):
        opened(_zip({name: CSV}), LIMITS)


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ"])
def test_an_archive_within_an_archive_is_corrupt(head: bytes) -> None:
    with pytest.raises(DataCorrupt):
        opened(_zip({"a.csv": head + b"rest"}), LIMITS)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(DataCorrupt, match="unpacks to"):
        opened(_zip({"a.csv": bytes(40_000_000)}), LIMITS)


def test_a_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    content = _zip({"a.csv": bytes(4_000_000)})
    honest, lie = struct.pack("<L", 4_000_000), struct.pack("<L", 100)
    assert content.count(honest) == 2
    with pytest.raises((DataCorrupt, DataConflict)):
        opened(content.replace(honest, lie), LIMITS)


def test_too_many_files_are_corrupt() -> None:
    with pytest.raises(DataCorrupt, match="33 files"):
        opened(_zip({f"a{number}.csv": CSV for number in range(32)}), LIMITS)


def test_one_name_twice_is_corrupt() -> None:
    content = _zip({"a.csv": CSV, "b.csv": b"2"}).replace(b"b.csv", b"a.csv")
    with pytest.raises(DataCorrupt, match="twice"):
        opened(content, LIMITS)


def test_an_encrypted_archive_is_corrupt() -> None:
    content = bytearray(_zip({"a.csv": CSV}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.rfind(mark) + offset] |= 1
    with pytest.raises(DataCorrupt):
        opened(bytes(content), LIMITS)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_slow_way_of_packing_is_corrupt(method: int) -> None:
    with pytest.raises(DataCorrupt):
        opened(_zip({"a.csv": CSV}, method=method), LIMITS)


def test_a_link_is_corrupt() -> None:
    with pytest.raises(DataCorrupt):
        opened(_zip({"a.csv": b"/etc/passwd"}, external_attr=0o120777 << 16), LIMITS)


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_cut_archive_is_corrupt(cut: int) -> None:
    with pytest.raises(DataCorrupt):
        opened(_zip({"a.csv": CSV})[:-cut], LIMITS)


def test_a_flipped_byte_is_noticed() -> None:
    content = bytearray(_zip({"a.csv": CSV}, method=zipfile.ZIP_STORED))
    content[content.find(CSV)] ^= 1
    with pytest.raises(DataCorrupt):
        opened(bytes(content), LIMITS)


@pytest.mark.parametrize("content", [b"", b"PK", b"<html>404</html>"])
def test_what_is_no_archive_is_corrupt(content: bytes) -> None:
    with pytest.raises(DataCorrupt):
        opened(content, LIMITS)


def test_without_a_manifest_nothing_is_believed() -> None:
    with pytest.raises(DataIncomplete):
        opened(_zip({"a.csv": CSV}, b""), LIMITS)


def test_a_file_that_the_manifest_lists_and_the_archive_lacks() -> None:
    with pytest.raises(DataIncomplete):
        opened(_zip({"a.csv": CSV}, _manifest({"a.csv": CSV, "b.csv": CSV})), LIMITS)


def test_a_file_that_the_manifest_does_not_list() -> None:
    with pytest.raises(DataConflict):
        opened(_zip({"a.csv": CSV, "b.csv": CSV}, _manifest({"a.csv": CSV})), LIMITS)


def test_another_digest() -> None:
    with pytest.raises(DataConflict):
        opened(_zip({"a.csv": CSV}, _manifest({"a.csv": CSV + b"x"})), LIMITS)


@pytest.mark.parametrize(
    "changes", [{"nsrsbh": 5}, {"wjlb": []}, {"wjlb": [{"wjm": "a.csv"}]}, {"qqbh": None}]
)
def test_another_manifest_is_a_changed_contract_and_shows_no_value(changes: dict[str, Any]) -> None:
    with pytest.raises(ContractChanged, match=next(iter(changes))):
        opened(_zip({"a.csv": CSV}, _manifest({"a.csv": CSV}, **changes)), LIMITS)
