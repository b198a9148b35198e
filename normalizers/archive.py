"""A ZIP of a stranger, its parts by name, within limits; an archive within it is never opened."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from schema.errors import DataCorrupt, DocumentLocked

MOST_PARTS, MOST_BYTES = 4096, 64 << 20
"""Parts and their size unpacked; beyond that nothing is unpacked."""
MOST_RATIO, SMALL = 200, 4 << 20
"""How many times more it may unpack to than it is packed; a small one may be of any."""
SIGNATURE = b"PK\x03\x04"
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,
    OSError,
)
"""What the library raises for an archive that is damaged on purpose."""
UNREADABLE = (*DAMAGED, RuntimeError)
"""The same, and for one that is encrypted."""
_ENCRYPTED = 0x1
_LOCAL = 1 << 16
"""Bytes of a broken archive, whose list of parts is lost, among which a part's own head is looked for."""


class Archive:
    """Raises ``DataCorrupt`` for what is no whole ZIP or too large, ``DocumentLocked`` for an encrypted
    one."""

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except UNREADABLE:
            raise DataCorrupt(f"{name}: {len(content)} bytes are no whole archive") from None
        parts = self._zip.infolist()
        size = sum(part.file_size for part in parts)
        most = min(MOST_BYTES, max(SMALL, MOST_RATIO * len(content)))
        if len(parts) > MOST_PARTS or size > most:
            raise DataCorrupt(f"{name}: an archive of {len(parts)} parts that unpacks to {size} bytes")
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise DocumentLocked(f"{name}: an encrypted archive")
        self.names = [part.filename for part in parts]

    def read(self, part: str) -> bytes:
        """One part, its check sum verified."""
        try:
            return self._zip.read(part)
        except UNREADABLE:
            raise DataCorrupt(f"{self._name}: {part} cannot be unpacked") from None

    def ending(self, suffix: str) -> Iterator[tuple[str, bytes]]:
        """Every part whose name ends so, with what it holds."""
        return ((name, self.read(name)) for name in self.names if name.lower().endswith(suffix))


def is_locked(content: bytes) -> bool:
    """Whether any part of it is encrypted."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            return any(part.flag_bits & _ENCRYPTED for part in opened.infolist())
    except UNREADABLE:
        return False


def holds(content: bytes, part: str) -> bool:
    """Whether this is a ZIP with such a part, whatever its case."""
    if not content.startswith(SIGNATURE):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            return any(name.lower().lstrip("/") == part.lower() for name in opened.namelist())
    except UNREADABLE:
        return part.encode() in content[:_LOCAL]
