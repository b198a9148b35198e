"""How an export of the log lies in its folder, and the reading of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from verifier import notes
from verifier.chain import Chain, Finding, Opening, Record, Tampering

RECORDS, CHECKPOINTS, KEY = "records.jsonl", "checkpoints.jsonl", "key.pem"
"""A record a line; a checkpoint's text a line; the key that checkpoints verify under."""


class BadExport(ValueError):
    """The folder does not hold an export, or a line of it cannot be read."""


def verified(folder: Path, keys: Sequence[str] = (), kept: Sequence[str] = ()) -> tuple[Chain, list[Finding]]:
    """The chain that was read, and what is broken. ``keys`` (PEM) in place of the export's own; ``kept`` are
    checkpoints from elsewhere. Raises ``BadExport``."""
    keys = keys or [_text(folder / KEY)]
    try:
        signed = [notes.opened(note, keys) for note in kept]
        told = [
            notes.opened(str(json.loads(each)), keys) for each in _text(folder / CHECKPOINTS).splitlines()
        ]
    except ValueError as error:
        raise BadExport(f"a checkpoint cannot be trusted: {error}") from None
    if not told:
        raise BadExport("there is no checkpoint")
    largest = max(told, key=lambda each: each.size)
    with_openings = '"opening"' in _first_line(folder / RECORDS)
    chain = Chain(largest.hash, [*signed, *told], openings=with_openings)
    for each, opening in _lines(folder / RECORDS):
        chain.add(each, opening)
    findings = list(chain.finish())
    if chain.last > largest.size:
        findings.append(Finding(largest.size + 1, chain.last, Tampering.HEAD_ALTERED))
    return chain, findings


def record(plain: dict[str, Any]) -> tuple[Record, Opening | None]:
    """A record and its opening as an export writes them.

    Raises ``KeyError``, ``TypeError``, ``ValueError``.
    """
    read = Record(
        int(plain["seq"]),
        str(plain["at"]),
        str(plain["actor"]),
        str(plain["action"]),
        *(bytes.fromhex(plain[name]) for name in ("commitment", "previous", "hash")),
    )
    told = plain.get("opening")
    if told is None:
        return read, None
    return read, Opening(str(told["subject"]), str(told["data"]), bytes.fromhex(told["salt"]))


def _lines(path: Path) -> Iterator[tuple[Record, Opening | None]]:
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield record(json.loads(line))
            except (KeyError, TypeError, ValueError, RecursionError):
                raise BadExport(f"line {number} of {path.name} is no record") from None


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            return lines.readline()
    except OSError:
        raise BadExport(f"{path.name} cannot be read") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadExport(f"{path.name} cannot be read") from None
