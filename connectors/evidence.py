"""Evidence of work at a portal: steps with their times, exchanges without what they carried, masked pictures,
the receipt.

Default deny: a name that is no word of ours, a part of a path that could be an id, a query, a header and a
body never get in; neither does a person's answer. Pictures come from ``connectors.rpa.picture``.
"""

from __future__ import annotations

import re
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors import bundle
from connectors.bundle import Exchange, Fault, Manifest, Receipt, Step
from vault.redaction import MASK, place

MOST_STEPS, MOST_EXCHANGES, MOST_PICTURES = 200, 500, 4
MOST_PICTURE_BYTES = 1 << 20
_STEP = re.compile(r"[A-Za-z][A-Za-z_]{0,31}(?:[.:][A-Za-z_]{1,31})?")
_METHOD = re.compile(r"[A-Z]{1,8}")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DRAWN = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


@dataclass
class Noted:
    """What is learnt of an exchange while it lasts."""

    status: int = 0
    bytes: int = 0


class Recorder:
    """One attempt, or one collection, from ``begin`` to ``bundle``. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        """Forget what was noted: another attempt or collection starts now."""
        with self._lock:
            self._begun_at, self._begun = datetime.now(UTC), time.monotonic()
            self._here = "begin"
            self._steps: list[Step] = []
            self._exchanges: list[Exchange] = []
            self._steps_dropped = self._exchanges_dropped = 0
            self._pictures: list[tuple[str, bytes]] = []
            self._receipt: Receipt | None = None
            self._fault: Fault | None = None

    def step(self, name: str) -> None:
        """A page that was met or an operation that began; the same one again is still the same step."""
        name = name if _STEP.fullmatch(name) else "unknown"
        with self._lock:
            if name == self._here:
                return
            self._here = name
            if len(self._steps) < MOST_STEPS:
                self._steps.append(Step(name=name, at=self._elapsed()))
            else:
                self._steps_dropped += 1

    @contextmanager
    def exchange(self, method: str, url: str) -> Iterator[Noted]:
        """A request and its answer, noted when it is over however it ends."""
        noted, begun = Noted(), time.monotonic()
        try:
            yield noted
        finally:
            self.exchanged(method, url, noted.status, noted.bytes, time.monotonic() - begun)

    def exchanged(self, method: str, url: str, status: int, size: int, seconds: float) -> None:
        """An exchange that has just ended."""
        host, path = place(url)
        ms = max(0, round(seconds * 1000))
        with self._lock:
            if len(self._exchanges) >= MOST_EXCHANGES:
                self._exchanges_dropped += 1
                return
            self._exchanges.append(
                Exchange(
                    at=max(0, self._elapsed() - ms),
                    method=method if _METHOD.fullmatch(method) else MASK,
                    host=host,
                    path=path,
                    status=status,
                    bytes=size,
                    ms=ms,
                )
            )

    def picture(self, png: bytes) -> None:
        """A masked picture of the page of the present step; not kept beyond the bounds."""
        drawn = bare(png)
        with self._lock:
            if len(self._pictures) < MOST_PICTURES and 0 < len(drawn) <= MOST_PICTURE_BYTES:
                self._pictures.append((self._here, drawn))

    def receipt(self, number: str, granted_at: datetime) -> None:
        """The portal's own confirmation."""
        with self._lock:
            self._receipt = Receipt(number=number, granted_at=granted_at)

    def fault(self, code: str) -> None:
        """What ended it, by its code, at the present step."""
        with self._lock:
            self._fault = Fault(code=code, step=self._here)

    def bundle(self, outcome: str) -> bytes:
        """Everything that was noted since ``begin``, as bytes to seal."""
        with self._lock:
            pictures = [picture for _, picture in self._pictures]
            manifest = Manifest(
                begun_at=self._begun_at,
                ms=self._elapsed(),
                outcome=outcome,
                steps=tuple(self._steps),
                steps_dropped=self._steps_dropped,
                exchanges=tuple(self._exchanges),
                exchanges_dropped=self._exchanges_dropped,
                receipt=self._receipt,
                fault=self._fault,
                parts=tuple(
                    bundle.part(number, step.replace(":", "-"), picture)
                    for number, (step, picture) in enumerate(self._pictures, 1)
                ),
            )
        return bundle.packed(manifest, pictures)

    def _elapsed(self) -> int:
        return round((time.monotonic() - self._begun) * 1000)


def bare(png: bytes) -> bytes:
    """A PNG with what is drawn alone: no text, no times, nothing behind its end. Empty for what is no PNG."""
    if not png.startswith(_SIGNATURE):
        return b""
    kept, at = bytearray(_SIGNATURE), len(_SIGNATURE)
    while at + 12 <= len(png):
        (length,), kind = struct.unpack_from(">I", png, at), png[at + 4 : at + 8]
        end = at + 12 + length
        if kind in _DRAWN:
            kept += png[at:end]
        if kind == b"IEND" and end <= len(png):
            return bytes(kept)
        at = end
    return b""
