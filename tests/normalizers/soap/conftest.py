"""Bodies of the SOAP gateway, made of a generated company without a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from sandbox.company import Company
from sandbox.families.soap import records
from sandbox.families.soap.envelope import SERVICE, SOAP
from sandbox.generator import generate
from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage

T = f"{{{SERVICE}}}"
PERIOD = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})
FETCHED = datetime(2026, 3, 10, 4, 5, 6, tzinfo=UTC)

Change = Callable[[etree._Element], object]
"""Alters a page's answer in place."""


@pytest.fixture(scope="session")
def company() -> Company:
    return generate("32", seed=7, count=1, today=date(2026, 3, 10))[0]


def raw(dataset: Dataset, content: bytes, locator: str, *, total: int | None) -> RawPage:
    return RawPage(
        dataset=dataset,
        period=PERIOD,
        region="32",
        route=Route.API,
        source_format=f"soap.{dataset}",
        locator=locator,
        sequence=0,
        content=content,
        content_type="application/xml",
        fetched_at=FETCHED,
        portal_total=total,
    )


def pages(company: Company, dataset: Dataset, change: Change = lambda answer: None) -> list[RawPage]:
    """The dataset's raw pages, each changed."""
    answers = {
        Dataset.TAXPAYER: lambda: [records.taxpayer(company)],
        Dataset.TAX_CREDIT_RATING: lambda: [records.credit(company)],
        Dataset.TAX_RETURN: lambda: [records.vat(company, company.returns)],
        Dataset.INVOICE: lambda: [
            records.invoices(company, side, page, 50, register)
            for side, register in (("XX", company.issued), ("JX", company.received))
            for page in range(1, -(-len(register) // 50) + 1)
        ],
    }
    made = []
    for fields in answers[dataset]():
        answer = records.element("Response", fields)
        change(answer)
        body = etree.Element(f"{{{SOAP['1.1']}}}Body")
        body.append(answer)
        where = f"{dataset}/{fields.get('Fx', '')}#{fields.get('Ys', 1)}"
        made.append(raw(dataset, etree.tostring(body, method="c14n"), where, total=fields.get("Zts", 1)))
    return made


def refs(given: list[RawPage]) -> list[str]:
    return [f"raw/{number}" for number in range(len(given))]
