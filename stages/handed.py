"""What files that were handed in add to a dataset of the snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from authz.authorization import Authorization
from authz.casefile import Collected
from authz.documents import Document
from normalizers.handed.owner import of_others
from normalizers.registry import normalize
from schema.errors import TaxlinkError
from schema.raw import RawPage
from schema.snapshot import Finding, Severity
from stages.workshop import Workshop
from vault.redaction import said


@dataclass(frozen=True)
class Added:
    """Tables, empty when nothing of the files can be used, and what was noticed."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read(
    shop: Workshop,
    current: Authorization,
    collected: Collected,
    documents: Sequence[Document],
    company: str | None,
) -> Added:
    """The files of one dataset as one. Those of another company, which is known only now, are left out."""
    refs = [each.page_ref or "" for each in documents]
    contents = shop.vault.unseal_many(refs)
    given = [_page(current, collected, *each) for each in zip(documents, contents, strict=True)]
    dataset = collected.dataset
    try:
        found = normalize(dataset, given, refs)
        strange = set(of_others(found.tables, current.taxpayer_id, company)["raw_ref"])
        if not strange:
            return Added(found.tables, list(found.findings))
        left_out = Finding("document_of_another", Severity.WARNING, dataset, f"{len(strange)} files left out")
        own = [(page, ref) for page, ref in zip(given, refs, strict=True) if ref not in strange]
        if not own:
            return Added(findings=[left_out])
        found = normalize(dataset, [page for page, _ in own], [ref for _, ref in own])
        return Added(found.tables, [*found.findings, left_out])
    except TaxlinkError as error:
        return Added(findings=[Finding(error.code, Severity.ERROR, dataset, said(error.detail))])


def _page(current: Authorization, collected: Collected, document: Document, content: bytes) -> RawPage:
    return RawPage(
        dataset=collected.dataset,
        period=document.days,
        region=current.region,
        route=collected.route,
        source_format=f"handed.{collected.dataset}",
        locator=document.id,
        sequence=0,
        content=content,
        content_type="application/octet-stream",
        fetched_at=document.handed_at,
        owner=current.taxpayer_id,
    )
