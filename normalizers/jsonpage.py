"""JSON pages, each with one list, as frames of their records, typed by the contract.

Contracts are checked a page at a time; values are converted for all pages at once, in columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import polars as pl

from normalizers.contract import TEXT, Shape, check
from normalizers.jsonrecords import RecordList
from normalizers.registry import Page
from schema.errors import ContractChanged, DataCorrupt
from schema.raw import RawPage
from schema.snapshot import Finding

HEAD: dict[str, pl.DataType] = {"nsrsbh": TEXT}
"""Every page tells whose it is."""


@dataclass(frozen=True)
class Listing:
    """The records of some pages.

    ``rows`` has ``page``, ``row`` (its place in the page), the page's head fields and the record's own;
    ``nested`` has ``page``, ``row``, ``place`` and the fields of the list within each record.
    """

    rows: pl.DataFrame
    nested: pl.DataFrame
    counts: list[int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Prepared:
    """A page in columns: its head as one row, its records, those within, and how many each record has."""

    head: pl.DataFrame
    records: pl.DataFrame
    within: pl.DataFrame
    lengths: pl.Series
    findings: list[Finding]


@dataclass(frozen=True)
class Opened:
    """The object that a page holds, its list empty, and the JSON of that list."""

    head: dict[str, Any]
    records: bytes


Opening = Callable[[RawPage, str], Opened]
"""How the object that a page holds is found, where a family wraps it, by the name of its list."""


def opened(raw: RawPage, name: str, inside: Callable[[Any], Any] = lambda found: found) -> Opened:
    """The page's object, or what ``inside`` takes from it. Raises ``DataCorrupt`` and ``ContractChanged``."""
    if (cut := _cut(raw.content, name)) is not None:
        head = _object(inside(cut.head), raw)
        if head.get(name) == []:
            return Opened(head, cut.records)
    try:
        head = _object(inside(orjson.loads(raw.content)), raw)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"{raw.locator}: {len(raw.content)} bytes are no JSON object") from None
    if not isinstance(listed := head.get(name), list):
        return Opened(head, b"[]")
    return Opened(head | {name: []}, orjson.dumps(listed))


def _cut(content: bytes, name: str) -> Opened | None:
    """What is around the first list of this name, and the list's own bytes; None where they do not part at
    the last bracket. What is around is JSON, and so is the list if it can be read: so the whole is."""
    key = f'"{name}":['.encode()
    start, end = content.find(key) + len(key) - 1, content.rfind(b"]") + 1
    if start < len(key):
        return None
    try:
        return Opened(orjson.loads(content[:start] + b"[]" + content[end:]), content[start:end])
    except orjson.JSONDecodeError:
        return None


def _object(found: Any, raw: RawPage) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ContractChanged(f"{raw.locator} is no single object")
    return found


def whole(page: Page, shape: Shape) -> tuple[pl.DataFrame, list[Finding]]:
    """The page's object as one row of the shape. Raises ``DataCorrupt`` and ``ContractChanged``."""
    try:
        found = pl.read_json(page.raw.content)
    except pl.exceptions.PolarsError:
        size = len(page.raw.content)
        raise DataCorrupt(f"{page.raw.locator}: {size} bytes are no JSON object") from None
    if found.height != 1:
        raise ContractChanged(f"{page.raw.locator} is no single object")
    return check(found, shape, page.raw.dataset)


@dataclass(frozen=True)
class Listed:
    """Pages with one list each, as rows of ``record``; its own list, if any, as rows of ``inner``.

    Types are checked page by page, everything else for all pages at once.
    """

    outer: Shape
    record: Shape
    inner: Shape | None = None
    opening: Opening = opened

    def prepare(self, raw: RawPage) -> Prepared:
        """Raises ``DataCorrupt`` and ``ContractChanged``."""
        (name,) = self.outer.lists
        page = self.opening(raw, name)
        head, findings = check(pl.DataFrame([page.head]), self.outer, raw.dataset)
        found = self._list.read(page.records, raw.locator)
        records, more = check(found.rows, self.record, raw.dataset)
        within = pl.DataFrame()
        if self.inner is not None:
            within, most = check(found.within, self.inner, raw.dataset)
            more = [*more, *most]
        for nested in self.record.lists:
            records.drop_in_place(nested)
        head.drop_in_place(name)
        return Prepared(head, records, within, found.lengths, [*findings, *more])

    def read(self, pages: Sequence[Page]) -> Listing:
        """Pages that were not prepared are so on as many threads as there are cores: parsing lets go of the
        interpreter."""
        with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
            found = list(threads.map(self._prepared, pages))
        counts = [each.records.height for each in found]
        page = np.repeat(np.arange(len(found)), counts)
        row = np.concatenate([np.arange(count) for count in counts])
        heads = pl.concat([each.head for each in found])
        places = pl.DataFrame({"page": page, "row": row}, schema={"page": pl.Int64, "row": pl.Int64})
        rows = pl.concat([places, pl.concat([each.records for each in found]), heads[page]], how="horizontal")
        within = pl.DataFrame()
        if self.inner is not None:
            lengths = pl.concat([each.lengths for each in found]).to_numpy().astype(np.int64)
            starts = np.cumsum(lengths) - lengths
            place = np.arange(lengths.sum()) - np.repeat(starts, lengths)
            own = pl.DataFrame({"place": place}, schema={"place": pl.Int64})
            above = places[np.repeat(np.arange(len(lengths)), lengths)]
            within = pl.concat([above, own, pl.concat([each.within for each in found])], how="horizontal")
        findings = (finding for each in found for finding in each.findings)
        return Listing(rows, within, counts, tuple(findings))

    @cached_property
    def _list(self) -> RecordList:
        return RecordList(self.record, self.inner)

    def _prepared(self, page: Page) -> Prepared:
        return page.prepared if isinstance(page.prepared, Prepared) else self.prepare(page.raw)


Columns = tuple[Callable[[pl.DataFrame], pl.DataFrame], pl.DataFrame]


def beside(one: Columns, other: Columns) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two frames made into columns of ours at the same time."""
    with ThreadPoolExecutor(1) as thread:
        (convert, raw), (here, own) = one, other
        made, ours = thread.submit(convert, raw), here(own)
        return made.result(), ours
