"""A delivered ZIP, opened without trust, and held against its own manifest. Pure: bytes in, files out."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.families.filedrop.portal import ArchiveLimits
from schema.errors import ContractChanged, DataConflict, DataCorrupt, DataIncomplete

MANIFEST = "manifest.json"
KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NAME = re.compile(r"[\w\-]{1,80}\.(csv|xlsx|json)")
"""A plain name: no folder, no drive, no dot but the one before its kind."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class Listed(_Strict):
    """One file: name (文件名), records (总条数) and SHA-256 in hex."""

    wjm: str
    zts: int = Field(ge=0)
    sha256: str


class Manifest(_Strict):
    """What the portal says it packed: for which request, company, kind of data and days."""

    qqbh: str
    nsrsbh: str
    sjlx: str
    qsrq: str
    jzrq: str
    wjlb: list[Listed] = Field(min_length=1)


@dataclass(frozen=True)
class Delivered:
    """One file of an archive. ``total`` is the portal's count of its records."""

    name: str
    content: bytes = field(repr=False)
    content_type: str
    total: int


def opened(content: bytes, limits: ArchiveLimits) -> tuple[Manifest, list[Delivered]]:
    """The manifest, and its files in its order, each with the digest that it names.

    Raises ``DataCorrupt`` for what is no archive or one that breaks a limit, ``DataIncomplete`` for a file
    that is missing, ``DataConflict`` for one too many or another digest, ``ContractChanged`` for another
    manifest.
    """
    files = _unpacked(content, limits)
    try:
        manifest = Manifest.model_validate_json(files.pop(MANIFEST))
    except KeyError:
        raise DataIncomplete("an archive has no manifest") from None
    except ValidationError as error:
        places = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
        raise ContractChanged(f"a manifest has another form: {', '.join(places)}") from None
    if missing := {listed.wjm for listed in manifest.wjlb} - set(files):
        raise DataIncomplete(f"{len(missing)} files of a manifest are not in its archive")
    if len(files) != len(manifest.wjlb):
        raise DataConflict("an archive holds other files than its manifest lists")
    for listed in manifest.wjlb:
        if hashlib.sha256(files[listed.wjm]).hexdigest() != listed.sha256.lower():
            raise DataConflict("a file has another digest than its manifest lists")
    return manifest, [_delivered(listed, files[listed.wjm]) for listed in manifest.wjlb]


def _delivered(listed: Listed, content: bytes) -> Delivered:
    kind = listed.wjm.rpartition(".")[2]
    if kind not in KINDS:
        raise ContractChanged(f"a manifest lists a file of kind {kind}")
    return Delivered(listed.wjm, content, KINDS[kind], listed.zts)


def _unpacked(content: bytes, limits: ArchiveLimits) -> dict[str, bytes]:
    """Every file by name. Nothing is unpacked unless all of the directory is in order."""
    try:
        with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="gb18030") as archive:
            entries = archive.infolist()
            _refuse(entries, limits)
            files = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError, OSError):
        raise DataCorrupt(f"{len(content)} bytes are no archive") from None
    for name, found in files.items():
        if found.startswith(_ARCHIVES) and not name.endswith(".xlsx"):
            raise DataCorrupt("an archive within an archive is not read")
    return files


def _refuse(entries: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    """``ZipFile.read`` stops at the size that an entry declares, so that declared sizes are what counts."""
    if len(entries) > limits.most_files:
        raise DataCorrupt(f"an archive holds {len(entries)} files")
    if len({entry.filename for entry in entries}) != len(entries):
        raise DataCorrupt("an archive holds one name twice")
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if size > limits.most_bytes or size > max(1, packed) * limits.most_ratio:
        raise DataCorrupt(f"an archive unpacks to {size} bytes from {packed}")
    for entry in entries:
        mode = entry.external_attr >> 16
        if not _NAME.fullmatch(entry.filename) or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise DataCorrupt("an archive holds something else than plain files with plain names")
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            raise DataCorrupt("an archive is encrypted or packed in a way that is not read")
