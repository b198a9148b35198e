"""A bundle of evidence: what one attempt or one collection did at the portal, as bytes to seal.

A ZIP, the same for the same content: ``manifest.json`` first, then the pictures in their order; the manifest
holds the SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from schema.errors import SealBroken

MANIFEST = "manifest.json"
MOST_BYTES = 8 << 20
"""Of a bundle unpacked; a recorder's own bounds lie far below."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Fact):
    """Where the work stood, ``at`` so many milliseconds after it began."""

    name: str
    at: int


class Exchange(_Fact):
    """One request: where it went, never what it carried. ``status`` is 0 where there is none; ``ms`` is how
    long it took."""

    at: int
    method: str
    host: str
    path: str
    status: int
    bytes: int
    ms: int


class Receipt(_Fact):
    """授权回执: the portal's number and its time."""

    number: str
    granted_at: datetime


class Fault(_Fact):
    """A cause of ``schema.errors`` and the step where it happened."""

    code: str
    step: str


class Part(_Fact):
    """A picture beside the manifest, and the page that it shows."""

    name: str
    step: str
    bytes: int
    sha256: str


class Manifest(_Fact):
    """What a bundle says. ``steps_dropped`` and ``exchanges_dropped`` came after the bounds were reached."""

    version: int = 1
    begun_at: datetime
    ms: int
    outcome: str
    steps: tuple[Step, ...]
    steps_dropped: int = 0
    exchanges: tuple[Exchange, ...]
    exchanges_dropped: int = 0
    receipt: Receipt | None = None
    fault: Fault | None = None
    parts: tuple[Part, ...] = ()


class Bundle(_Fact):
    """A manifest with the pictures that it lists, in its order."""

    manifest: Manifest
    pictures: tuple[bytes, ...]


def part(number: int, step: str, picture: bytes) -> Part:
    """How the manifest lists a picture (PNG)."""
    name = f"{number:02d}-{step}.png"
    return Part(name=name, step=step, bytes=len(picture), sha256=hashlib.sha256(picture).hexdigest())


def packed(manifest: Manifest, pictures: Sequence[bytes]) -> bytes:
    """The bundle's bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        told = manifest.model_dump_json(exclude_defaults=True).encode()
        archive.writestr(_entry(MANIFEST), told, zipfile.ZIP_DEFLATED)
        for each, picture in zip(manifest.parts, pictures, strict=True):
            archive.writestr(_entry(each.name), picture, zipfile.ZIP_STORED)
    return content.getvalue()


def opened(content: bytes) -> Bundle:
    """Raises ``SealBroken`` for anything but a whole bundle whose pictures are those that it lists."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_BYTES:
                raise SealBroken("a bundle of evidence is too large")
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
            pictures = tuple(archive.read(each.name) for each in manifest.parts)
    except (zipfile.BadZipFile, KeyError, ValidationError):
        raise SealBroken("no bundle of evidence") from None
    for each, picture in zip(manifest.parts, pictures, strict=True):
        if hashlib.sha256(picture).hexdigest() != each.sha256:
            raise SealBroken("a picture is another one than the manifest lists")
    return Bundle(manifest=manifest, pictures=pictures)


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, _EPOCH)
