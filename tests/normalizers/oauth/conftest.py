"""Pages of the platform, made of a generated company without a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from sandbox.company import Company
from sandbox.families.oauth import records
from sandbox.generator import generate
from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage

PERIOD = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})
FETCHED = datetime(2026, 3, 10, 4, 5, 6, tzinfo=UTC)

Change = Callable[[dict[str, Any]], object]
"""Alters a page's body in place."""


@pytest.fixture(scope="session")
def company() -> Company:
    return generate("33", seed=7, count=1, today=date(2026, 3, 10))[0]


def raw(dataset: Dataset, body: dict[str, Any] | bytes, locator: str, *, total: int | None) -> RawPage:
    return RawPage(
        dataset=dataset,
        period=PERIOD,
        region="33",
        route=Route.API,
        source_format=f"oauth.{dataset}",
        locator=locator,
        sequence=0,
        content=body if isinstance(body, bytes) else orjson.dumps(body),
        content_type="application/json",
        fetched_at=FETCHED,
        portal_total=total,
    )


def bodies(company: Company, dataset: Dataset) -> list[dict[str, Any]]:
    """The platform's answers for the dataset, as objects."""
    if dataset is Dataset.TAXPAYER:
        return [{"taxpayerId": company.taxpayer_id, **records.taxpayer(company)}]
    if dataset is Dataset.TAX_CREDIT_RATING:
        return [_page(company, [records.rating(each) for each in company.ratings])]
    if dataset is Dataset.TAX_RETURN:
        return [_page(company, [records.vat_return(each) for each in company.returns])]
    return [
        {"direction": side} | _page(company, [records.invoice(each) for each in invoices])
        for side, invoices in (("ISSUED", company.issued), ("RECEIVED", company.received))
    ]


def _page(company: Company, items: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"taxpayerId": company.taxpayer_id, "count": len(items)}
    return head | {"items": items, "nextCursor": None}


def pages(company: Company, dataset: Dataset, change: Change = lambda body: None) -> list[RawPage]:
    """The dataset's raw pages, each changed."""
    made = []
    for body in bodies(company, dataset):
        total = body.get("count", 1)
        change(body)
        made.append(raw(dataset, body, f"{dataset}/{body.get('direction', '')}#1", total=total))
    return made


def refs(given: list[RawPage]) -> list[str]:
    return [f"raw/{number}" for number in range(len(given))]
