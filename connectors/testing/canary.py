"""Everything secret that passed through a case, and everything that was said meanwhile."""

from __future__ import annotations

import logging
import re
import traceback
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from connectors.interface import Grant

SHORTEST = 6
"""Shorter answers (a captcha's letters, a distance) are everywhere by chance and open nothing."""
_TOKEN = re.compile(rb"[A-Za-z0-9_\-+/=]{16,}")
MOST_LINES = 200_000


class Eavesdropper(logging.Handler):
    """Hears every log record of the process, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: deque[str] = deque(maxlen=MOST_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        text = record.getMessage() + ("".join(traceback.format_exception(error)) if error else "")
        self.lines.append(f"log of {record.name}: {text}")


@contextmanager
def listening() -> Iterator[Eavesdropper]:
    """Hear the logs of everything that happens within."""
    heard, root = Eavesdropper(), logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(heard)
        root.setLevel(level)


class Secrets:
    """What must be found nowhere: passwords, codes and whatever a grant opens doors with."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def answer(self, answer: Mapping[str, str]) -> None:
        """Every field of an answer but the person's own id."""
        values = {value for name, value in answer.items() if name not in ("person_id", "choice")}
        self._known |= {value for value in values if len(value) >= SHORTEST}

    def grant(self, grant: Grant, taxpayer_id: str) -> None:
        """Every token within a grant's secret; the receipt and the company's id are none."""
        tokens = {found.decode() for found in _TOKEN.findall(grant.secret)}
        self._known |= tokens - {grant.receipt, taxpayer_id}

    def __len__(self) -> int:
        return len(self._known)

    def leaks(self, texts: Iterator[str]) -> Iterator[str]:
        """The beginning of each text that tells a secret, never the secret."""
        if not self._known:
            return
        longest_first = sorted(self._known, key=len, reverse=True)
        told = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])")
        for text in texts:
            if match := told.search(text):
                yield text[: match.start()][:60]
