"""Stage 3, normalize: sealed raw pages in, one sealed snapshot out. A dataset that breaks its contract stops
alone."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from authz.authorization import Authorization
from authz.casefile import Collected, HeldSnapshot
from authz.documents import Document
from connectors.places import Place
from normalizers.ahead import Ahead
from normalizers.contract import NEW_FIELD
from normalizers.invoices.offsets import CODES as OF_RED
from normalizers.reconciliation import report as reconciliation
from normalizers.registry import joined
from normalizers.registry import normalize as normalize_pages
from schema.dataset import Dataset, Missing
from schema.errors import TaxlinkError
from schema.period import Period, last_full_month_end
from schema.raw import RawPage
from schema.snapshot import TABLES_OF, Finding, Severity, Snapshot
from schema.tables import conform
from stages import handed, peerindex
from stages.companyname import told
from stages.workshop import Workshop
from store.database import now
from vault.redaction import said
from vault.reference import KeyClass


@dataclass(frozen=True)
class _Sheet:
    """A table, and how it is sealed."""

    table: pl.DataFrame
    content: bytes


@dataclass
class _Draft:
    sheets: dict[str, _Sheet] = field(default_factory=dict)
    missing: dict[Dataset, Missing] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, part: _Draft) -> None:
        self.sheets |= part.sheets
        self.missing |= part.missing
        self.findings += part.findings

    def found(self, current: Authorization, as_of: date) -> tuple[Finding, ...]:
        """What was found on the way, and what the tables disagree about."""
        tables = {name: sheet.table for name, sheet in self.sheets.items()}
        whole = Snapshot(current.taxpayer_id, current.region, as_of, now(), tables, self.missing)
        return (*self.findings, *reconciliation.findings(reconciliation.report(whole)))


class HeadStart:
    """Reads what one leg has collected while the leg collects on, page by page where a page can be read by
    itself. Nothing depends on it: what it does not hold is read when its turn comes. Its rows are gone when
    the leg is over."""

    def __init__(self, shop: Workshop, authorization_id: str) -> None:
        self._shop, self._id, self.pages = shop, authorization_id, Ahead()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="head-start")
        self._begun: dict[Dataset, Future[tuple[Collected, _Draft]]] = {}
        self.tables: dict[str, pl.DataFrame] = {}
        """Of the snapshot that the leg kept, by their vault references."""

    def __enter__(self) -> HeadStart:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        self.pages.close()
        self._begun.clear()
        self.tables.clear()

    def begin(self, dataset: Dataset) -> None:
        """The dataset was collected."""
        self._begun[dataset] = self._threads.submit(self._read, dataset)

    def take(self, collected: Collected) -> _Draft | None:
        """What was read of this very collection, waited for when it is being read."""
        if (begun := self._begun.pop(collected.dataset, None)) is None:
            return None
        read, draft = begun.result()
        return draft if read == collected else None

    def _read(self, dataset: Dataset) -> tuple[Collected, _Draft]:
        current = self._shop.ledger.authorization(self._id)
        held = self._shop.casefile.collections(current.id, current.run)
        collected = next(each for each in held if each.dataset is dataset)
        return collected, _read(self._shop, current, collected, self.pages)


def normalize(shop: Workshop, authorization_id: str, ahead: HeadStart) -> None:
    """Keep the snapshot of the present run. A dataset that cannot be read becomes missing, with its code as a
    finding."""
    current = shop.ledger.authorization(authorization_id)
    draft, documents = _Draft(), shop.documents.readable(current.id)
    collections = shop.casefile.collections(current.id, current.run)
    for collected in collections:
        draft.add(ahead.take(collected) or _read(shop, current, collected, ahead.pages))
    for collected in collections:
        if given := [each for each in documents if each.dataset is collected.dataset]:
            _add_handed(shop, current, draft, collected, given)
    as_of = current.as_of or last_full_month_end(current.created_at.date())
    with ThreadPoolExecutor(1, thread_name_prefix="reconciliation") as beside:
        found = beside.submit(draft.found, current, as_of)
        held = _sealed(shop, current, draft.sheets, ahead)
    ids = [each.id for each in documents]
    shop.casefile.keep_snapshot(current, held, draft.missing, found.result(), as_of, ids)
    peerindex.keep(shop, current, {name: sheet.table for name, sheet in draft.sheets.items()}, as_of)


def _sealed(
    shop: Workshop, current: Authorization, sheets: Mapping[str, _Sheet], ahead: HeadStart
) -> dict[str, dict[str, Any]]:
    """Each table with its reference, rows and digests; the tables stay at hand for the score."""
    contents = [sheet.content for sheet in sheets.values()]
    refs = shop.vault.seal_many(current.vault_owner, "table", contents, key_class=KeyClass.DATA)
    ahead.tables = dict(zip(refs, (sheet.table for sheet in sheets.values()), strict=True))
    return {
        name: {"ref": ref, "rows": sheet.table.height, **shop.content_digests(sheet.content)}
        for (name, sheet), ref in zip(sheets.items(), refs, strict=True)
    }


def _add_handed(
    shop: Workshop, current: Authorization, draft: _Draft, collected: Collected, given: list[Document]
) -> None:
    """Files that were handed in, beside what was read; they stand alone where nothing was."""
    company = told(draft.sheets["taxpayer"].table) if "taxpayer" in draft.sheets else None
    added = handed.read(shop, current, collected, given, company)
    draft.findings += added.findings
    if not added.tables:
        return
    names = [name for name in TABLES_OF[collected.dataset] if name in draft.sheets]
    read = {name: draft.sheets[name].table for name in names}
    tables, findings = joined(collected.dataset, [each for each in (read, added.tables) if each])
    draft.findings = [each for each in draft.findings if each.code not in OF_RED]
    draft.add(_Draft({name: _sheet(table) for name, table in tables.items()}, {}, findings))
    draft.missing.pop(collected.dataset, None)


def _sheet(table: pl.DataFrame) -> _Sheet:
    return _Sheet(table, serialized(table))


def _read(shop: Workshop, current: Authorization, collected: Collected, ahead: Ahead) -> _Draft:
    """One dataset of the snapshot. Only what is not read ahead is unsealed."""
    if collected.missing:
        return _Draft(missing={collected.dataset: collected.missing})
    refs = [page["ref"] for page in collected.pages]
    sealed = [ref for ref in refs if not ahead.holds(ref)]
    contents = dict(zip(sealed, shop.vault.unseal_many(sealed), strict=True))
    pages = [_page(current, collected, page, contents.get(page["ref"], b"")) for page in collected.pages]
    place, source_format = Place(current.region, collected.route), _format(pages)
    before = {page["ref"]: date.fromisoformat(page["before"]) for page in collected.pages if "before" in page}
    try:
        done = normalize_pages(collected.dataset, pages, refs, before, [ahead.take(ref) for ref in refs])
    except TaxlinkError as error:
        shop.changes.met(place, collected.dataset, source_format, error)
        finding = Finding(error.code, Severity.ERROR, collected.dataset, said(error.detail))
        return _Draft(missing={collected.dataset: Missing.NOT_AVAILABLE}, findings=[finding])
    new = [finding.detail for finding in done.findings if finding.code == NEW_FIELD]
    shop.changes.read(place, collected.dataset, source_format, collected.fetched_at, new)
    sheets = {name: _sheet(table) for name, table in done.tables.items()}
    return _Draft(sheets, {}, list(done.findings))


def _format(pages: Sequence[RawPage]) -> str:
    """The format of the pages, or their family and dataset where they have several."""
    first, formats = pages[0].source_format, {page.source_format for page in pages}
    return first if len(formats) == 1 else f"{first.partition('.')[0]}.{pages[0].dataset}"


def _page(current: Authorization, collected: Collected, page: dict[str, Any], content: bytes) -> RawPage:
    return RawPage(
        dataset=collected.dataset,
        period=Period(start=date.fromisoformat(page["start"]), end=date.fromisoformat(page["end"])),
        region=current.region,
        route=collected.route,
        source_format=page["format"],
        locator=page["locator"],
        sequence=page["sequence"],
        content=content,
        content_type=page["type"],
        fetched_at=datetime.fromisoformat(page["fetched_at"]),
        portal_total=page["total"],
    )


def serialized(table: pl.DataFrame) -> bytes:
    """A table as it is sealed: Arrow IPC, LZ4."""
    buffer = io.BytesIO()
    table.write_ipc(buffer, compression="lz4")
    return buffer.getvalue()


def opened(
    shop: Workshop,
    current: Authorization,
    held: HeldSnapshot,
    at_hand: Mapping[str, pl.DataFrame] = MappingProxyType({}),
) -> Snapshot:
    """The snapshot with its tables unsealed, as far as they are not at hand by their references. Datasets of
    the schema outside the consent are NOT_AUTHORISED."""
    refs = {name: table["ref"] for name, table in held.tables.items()}
    sealed = {name: ref for name, ref in refs.items() if ref not in at_hand}
    contents = dict(zip(sealed, shop.vault.unseal_many(list(sealed.values())), strict=True))
    tables = {  # one that an earlier version kept has fewer columns
        name: conform(name, pl.read_ipc(io.BytesIO(contents[name]))) if name in sealed else at_hand[ref]
        for name, ref in refs.items()
    }
    scopes = shop.consents.scopes(current)
    unasked = {dataset: Missing.NOT_AUTHORISED for dataset in TABLES_OF if dataset not in scopes}
    return Snapshot(
        taxpayer_id=current.taxpayer_id,
        region=current.region,
        as_of=held.as_of,
        fetched_at=held.fetched_at,
        tables=tables,
        missing=unasked | held.missing,
        findings=held.findings,
    )
