"""From raw pages to one dataset of the common schema: the right module reads, the contract and the counts are
checked.

A family is a package ``normalizers.<family>``. Each of its modules that reads something declares

* ``FORMATS: frozenset[str]``, the ``RawPage.source_format`` it reads, and
* ``read(pages: Sequence[Page]) -> Parsed``, and may declare
* ``prepare(raw: RawPage) -> object``, what can be read of a page before the others are there, on any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import Any

import polars as pl

from normalizers.invoices.offsets import reddened
from normalizers.invoices.sources import merged
from normalizers.overlap import Before, cut
from normalizers.reconciliation.completeness import counts
from schema.dataset import Dataset
from schema.errors import ContractChanged
from schema.raw import RawPage
from schema.snapshot import TABLES_OF, Finding, Normalized
from schema.tables import conform, unfilled


@dataclass(frozen=True)
class Page:
    """A raw page with the vault reference it is sealed under. ``prepared`` is what the module's ``prepare``
    made of it, if it was asked."""

    raw: RawPage
    ref: str
    prepared: object | None = None


@dataclass(frozen=True)
class Parsed:
    """What a module read: tables with the columns of ``schema.tables`` (absent ones become null), and the
    number of records in each page, in the order of the pages."""

    tables: dict[str, pl.DataFrame]
    records: Sequence[int]
    findings: tuple[Finding, ...] = ()


Reader = Callable[[Sequence[Page]], Parsed]


def prepares(source_format: str) -> bool:
    """Whether a page of this format can be read by itself, while others are still on their way."""
    module = _modules(source_format.partition(".")[0]).get(source_format)
    return hasattr(module, "prepare")


def prepare(raw: RawPage) -> object:
    """What can be read of a page by itself, where ``prepares`` says so. Raises as ``normalize``."""
    return _module(raw.source_format).prepare(raw)


def normalize(
    dataset: Dataset,
    pages: Sequence[RawPage],
    raw_refs: Sequence[str],
    before: Before = MappingProxyType({}),
    prepared: Sequence[object | None] = (),
) -> Normalized:
    """The dataset in the common schema. ``raw_refs`` are the vault references of the pages, in the same
    order. ``before`` cuts invoice pages of earlier readings, each of which was whole by the portal's count.
    ``prepared`` are the results of ``prepare`` for the pages, where it was called; the content of such a page
    is not looked at again.

    Raises ``ContractChanged`` for a missing or retyped field or an unknown format, ``DataCorrupt`` for a page
    that does not parse, ``DataIncomplete`` or ``DataConflict`` when the rows are fewer or more than the
    portal's own count.
    """
    ahead = prepared or [None] * len(pages)
    given = [Page(*each) for each in zip(pages, raw_refs, ahead, strict=True)]
    by_reader: dict[Reader, list[Page]] = {}
    for page in given:
        by_reader.setdefault(_module(page.raw.source_format).read, []).append(page)
    parts: list[dict[str, pl.DataFrame]] = []
    findings: list[Finding] = []
    for read, own in by_reader.items():
        parsed = read(own)
        counts([page.raw for page in own], parsed.records)
        findings.extend(parsed.findings)
        tables = {name: _conformed(name, frame) for name, frame in parsed.tables.items()}
        parts.append(cut(tables, before) if before else tables)
    whole, more = _joined(dataset, parts)
    findings.extend(more)
    if dataset is Dataset.INVOICE:
        whole["invoice"], more = reddened(whole["invoice"])
        findings.extend(more)
    return Normalized(dataset, whole, tuple(dict.fromkeys(findings)))


def joined(
    dataset: Dataset, sources: Sequence[dict[str, pl.DataFrame]]
) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """The same dataset, normalized from several sources, as one: of an invoice the better source is kept."""
    whole, findings = _joined(dataset, sources)
    if dataset is Dataset.INVOICE:
        whole["invoice"], more = reddened(whole["invoice"])
        findings.extend(more)
    return whole, findings


def _joined(
    dataset: Dataset, parts: Sequence[dict[str, pl.DataFrame]]
) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """What several modules read, as one."""
    if dataset is Dataset.INVOICE and len(parts) > 1:
        return merged(parts)
    frames = {name: [part[name] for part in parts if name in part] for name in TABLES_OF[dataset]}
    return {name: pl.concat(found) for name, found in frames.items() if found}, []


def _module(source_format: str) -> Any:
    """The module that reads this format. Raises ``ContractChanged`` when there is none."""
    try:
        return _modules(source_format.partition(".")[0])[source_format]
    except KeyError:
        raise ContractChanged(f"no normalizer reads {source_format}") from None


@cache
def _modules(family: str) -> dict[str, ModuleType]:
    try:
        package = import_module(f"normalizers.{family}")
    except ModuleNotFoundError:
        return {}
    modules = (import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__))
    return {name: module for module in modules for name in getattr(module, "FORMATS", ())}


def _conformed(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The table. Raises ``ContractChanged`` for a value of another type, and for a column that is never null
    and is so in some row."""
    try:
        table = conform(name, frame)
    except pl.exceptions.PolarsError as error:
        raise ContractChanged(f"{name} does not fit the schema ({type(error).__name__})") from None
    if empty := unfilled(name, table):
        told = (f"{column} is empty in {rows} of {table.height} rows" for column, rows in empty.items())
        raise ContractChanged(f"{name}: {'; '.join(told)}")
    return table
