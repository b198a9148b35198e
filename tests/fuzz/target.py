"""One file given to the readers as anybody may hand it over. It must end in rows or in a named error,
quickly, and write nothing."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import UTC, datetime

from normalizers import handover
from normalizers.documents import Document

_AT = datetime(2026, 11, 25, tzinfo=UTC)
ZIPPED = {"ofd", "xlsx"}
"""Kinds whose parts are mutated before they are packed: a broken ZIP is refused before its parts are read."""


def take(content: bytes) -> list[handover.Outcome]:
    """Everything that a caller does with a file: it is read, and what was read is summed up."""
    outcomes = handover.read(Document("fuzzed", content, _AT))
    for outcome in outcomes:
        if outcome.normalized is not None:
            handover.summary(outcome.normalized)
    return outcomes


def unpacked(content: bytes) -> bytes:
    """A ZIP as its parts one after another, each behind its name and length, for the mutator."""
    with zipfile.ZipFile(io.BytesIO(content)) as given:
        parts = [(name.encode(), given.read(name)) for name in given.namelist()]
    return b"".join(b"%b\x00%d\x00%b" % (name, len(part), part) for name, part in parts)


def packed(parts: bytes) -> bytes:
    """``unpacked`` the other way round, whatever became of it in between."""
    content = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        warnings.simplefilter("ignore")  # a name that is there twice
        while parts:
            name, _, rest = parts.partition(b"\x00")
            length, _, rest = rest.partition(b"\x00")
            size = int(length) if length.isdigit() and len(length) < 9 else len(rest)
            made.writestr(name.decode("latin-1")[:200] or "part", rest[:size])
            parts = rest[size:]
    return content.getvalue()
