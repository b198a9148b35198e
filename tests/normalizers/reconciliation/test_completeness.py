"""Counts that disagree stop the dataset; figures that disagree are findings and every row stays."""

from __future__ import annotations

from typing import Any

import pytest

from normalizers.reconciliation.report import findings, report
from normalizers.registry import normalize
from sandbox.company import Company
from schema.dataset import Dataset
from schema.errors import DataConflict, DataIncomplete
from schema.snapshot import Finding, Normalized, Severity
from tests.normalizers.gateway.conftest import bodies, company, pages, raw, refs
from tests.scoring.firms import snapshot

__all__ = ["company"]


def _invoices(company: Company, change: Any) -> Normalized:
    given = pages(company, Dataset.INVOICE, change)
    return normalize(Dataset.INVOICE, given, refs(given))


def test_fewer_rows_than_the_portal_counts_are_incomplete(company: Company) -> None:
    with pytest.raises(DataIncomplete, match="95 records of 96"):
        _invoices(company, lambda body: body["fpxx"].pop())


def test_more_rows_than_the_portal_counts_are_a_conflict(company: Company) -> None:
    with pytest.raises(DataConflict):
        _invoices(company, lambda body: body["fpxx"].append(body["fpxx"][0]))


def test_pages_of_one_part_are_counted_together(company: Company) -> None:
    body = bodies(company, Dataset.INVOICE)[0]
    rows, total = body["fpxx"], len(body["fpxx"])
    halves = [{**body, "fpxx": rows[:40]}, {**body, "fpxx": rows[40:]}]
    given = [raw(Dataset.INVOICE, half, f"q/out#{page}", total=total) for page, half in enumerate(halves, 1)]
    assert normalize(Dataset.INVOICE, given, refs(given)).tables["invoice"].height == total
    with pytest.raises(DataIncomplete):
        normalize(Dataset.INVOICE, given[:1], refs(given[:1]))


def test_a_count_that_changes_between_pages_is_a_conflict(company: Company) -> None:
    body = bodies(company, Dataset.INVOICE)[0]
    given = [raw(Dataset.INVOICE, body, f"q/out#{page}", total=96 + page) for page in (1, 2)]
    with pytest.raises(DataConflict, match="changed between pages"):
        normalize(Dataset.INVOICE, given, refs(given))


def test_an_empty_part_with_a_count_of_zero_is_a_success(company: Company) -> None:
    body = {**bodies(company, Dataset.INVOICE)[0], "fpxx": [], "zts": 0}
    tables = normalize(Dataset.INVOICE, [raw(Dataset.INVOICE, body, "q/out#1", total=0)], ["raw/0"]).tables
    assert (tables["invoice"].height, tables["invoice_line"].height) == (0, 0)


def _findings(normalized: Normalized) -> list[Finding]:
    return findings(report(snapshot(normalized.tables)))


def test_exact_duplicates_are_found_and_kept(company: Company) -> None:
    def repeat(body: dict[str, Any]) -> None:
        body["fpxx"][1] = body["fpxx"][0]

    normalized = _invoices(company, repeat)
    invoices = normalized.tables["invoice"]
    assert invoices.height == len(company.issued) + len(company.received)
    assert invoices["invoice_key"].is_unique().all()
    assert [(f.code, f.severity) for f in _findings(normalized)] == [("duplicate_rows", Severity.WARNING)]
    assert _findings(normalized)[0].detail.startswith("2 of 240")


def test_a_total_that_does_not_add_up_is_found_and_kept(company: Company) -> None:
    normalized = _invoices(company, lambda body: body["fpxx"][0].update(jshj="0.01"))
    assert [finding.code for finding in _findings(normalized)] == ["total_differs"]
    assert (normalized.tables["invoice"]["total_fen"] == 1).sum() == 2


def test_lines_that_differ_from_their_header_are_found(company: Company) -> None:
    normalized = _invoices(company, lambda body: body["fpxx"][0]["mx"][0].update(je="0.01"))
    assert [finding.code for finding in _findings(normalized)] == ["lines_differ"]


def test_findings_name_nobody(company: Company) -> None:
    normalized = _invoices(company, lambda body: body["fpxx"][0].update(jshj="0.01"))
    told = [finding.detail for finding in _findings(normalized)]
    assert told
    assert not any(company.name in detail or company.taxpayer_id in detail for detail in told)
