"""Pages of the gateway, made of a generated company without a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from sandbox.company import Company
from sandbox.families.gateway import records
from sandbox.generator import generate
from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage

PERIOD = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})
FETCHED = datetime(2026, 3, 10, 4, 5, 6, tzinfo=UTC)
ROWS = {Dataset.TAX_CREDIT_RATING: "pjxx", Dataset.TAX_RETURN: "sbxx", Dataset.INVOICE: "fpxx"}

Change = Callable[[dict[str, Any]], object]
"""Alters a page's body in place."""


@pytest.fixture(scope="session")
def company() -> Company:
    return generate("44", seed=7, count=1, today=date(2026, 3, 10))[0]


def raw(dataset: Dataset, body: dict[str, Any] | bytes, locator: str, *, total: int | None) -> RawPage:
    return RawPage(
        dataset=dataset,
        period=PERIOD,
        region="44",
        route=Route.API,
        source_format=f"gateway.{dataset}",
        locator=locator,
        sequence=0,
        content=body if isinstance(body, bytes) else orjson.dumps(body),
        content_type="application/json",
        fetched_at=FETCHED,
        portal_total=total,
    )


def bodies(company: Company, dataset: Dataset) -> list[dict[str, Any]]:
    """The gateway's answers for the dataset, as objects."""
    if dataset is Dataset.TAXPAYER:
        return [records.taxpayer(company)]
    if dataset is Dataset.TAX_CREDIT_RATING:
        return [records.credit(company)]
    if dataset is Dataset.TAX_RETURN:
        return [records.vat(company, "20230301", "20260228")]
    return [
        {
            "nsrsbh": company.taxpayer_id,
            "fx": side,
            "zts": len(invoices),
            "ys": 1,
            "mys": 1000,
            "fpxx": [orjson.loads(row) for row in records.encoded_invoices(invoices)[1]],
        }
        for side, invoices in (("1", company.issued), ("2", company.received))
    ]


def pages(company: Company, dataset: Dataset, change: Change = lambda body: None) -> list[RawPage]:
    """The dataset's raw pages, each changed."""
    made = []
    for body in bodies(company, dataset):
        total = body.get("zts", 1)
        change(body)
        made.append(raw(dataset, body, f"{dataset}/{body.get('fx', '')}#1", total=total))
    return made


def refs(given: list[RawPage]) -> list[str]:
    return [f"raw/{number}" for number in range(len(given))]
