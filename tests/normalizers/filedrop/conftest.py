"""Delivered files, made of a generated company without a server."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connectors.families.filedrop.archive import KINDS
from sandbox.company import Company
from sandbox.families.filedrop import sheets
from sandbox.families.filedrop.sheets import Sheet
from sandbox.generator import generate
from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage

PERIOD = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})
FETCHED = datetime(2026, 3, 10, 4, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="session")
def company() -> Company:
    return generate("37", seed=7, count=1, today=date(2026, 3, 10))[0]


def raw(dataset: Dataset, content: bytes, name: str, *, total: int | None) -> RawPage:
    return RawPage(
        dataset=dataset,
        period=PERIOD,
        region="37",
        route=Route.API,
        source_format=f"filedrop.{dataset}",
        locator=f"files/WJ00000001/{name}",
        sequence=0,
        content=content,
        content_type=KINDS[name.rpartition(".")[2]],
        fetched_at=FETCHED,
        portal_total=total,
    )


def sheets_of(company: Company, dataset: Dataset) -> list[Sheet]:
    if dataset is Dataset.TAXPAYER:
        return [sheets.taxpayer(company)]
    if dataset is Dataset.TAX_CREDIT_RATING:
        return [sheets.credit(company)]
    if dataset is Dataset.TAX_RETURN:
        return [sheets.vat(company.returns)]
    return [sheets.invoices(company.issued, "开具"), sheets.invoices(company.received, "取得")]


def pages(company: Company, dataset: Dataset, kind: str, *, changed: bool = False) -> list[RawPage]:
    """The dataset's files as ``gbk`` or ``bom`` CSV, or as ``xlsx``."""
    made = []
    for sheet in sheets_of(company, dataset):
        if kind == "xlsx":
            content, name = sheet.xlsx(changed=changed), f"{sheet.name}.xlsx"
        else:
            content, name = sheet.csv(changed=changed, marked=kind == "bom"), f"{sheet.name}.csv"
        made.append(raw(dataset, content, name, total=sheet.records))
    return made


def refs(given: list[RawPage]) -> list[str]:
    return [f"raw/{number}" for number in range(len(given))]
