"""The bank's own data service: what no tax portal has, for any region, by one key.

It is reached where the deployment lists ``datahub.api`` among its endpoints: ``base_url``, ``keys`` with
``api_key``, and ``datasets`` where it serves fewer than ``schema.hubcontract.VERSIONS``. The borrower's
consent decides what is asked for; nothing is asked for without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from connectors.http import PortalHttp, persistently
from connectors.registry import Endpoints
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, DataCorrupt, RouteAbsent, RouteBroken, WrongTaxpayer
from schema.hubcontract import VERSIONS
from schema.period import Period
from schema.raw import RawPage

NAME = "datahub.api"
_TIMEOUT_SECONDS, _CONNECTIONS = 20, 4


class DataHub:
    """Threads may share it."""

    def __init__(self, http: PortalHttp, api_key: str, datasets: frozenset[Dataset]) -> None:
        self._http, self.datasets = http, datasets
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}

    def page(self, taxpayer_id: str, region: str, dataset: Dataset, period: Period) -> RawPage:
        """The dataset of one company, whole. Raises ``RouteAbsent`` for one that the hub does not have,
        ``WrongTaxpayer`` for another company's, and the causes of a transport."""
        if dataset not in self.datasets:
            raise RouteAbsent(f"the data hub does not serve {dataset}")
        path = f"/hub/v1/companies/{taxpayer_id}/{dataset}?from={period.start}&to={period.end}"
        answer = persistently(lambda: self._http.get(path, headers=self._headers))
        if answer.status in (401, 403):
            raise RouteBroken(f"the data hub refuses our key for {dataset}")
        if answer.status == 404:
            raise RouteAbsent(f"the data hub has no {dataset} of this company")
        if answer.status != 200:
            raise RouteBroken(f"the data hub answered {answer.status}")
        total = _checked(answer.body, taxpayer_id, dataset)
        return RawPage(
            dataset=dataset,
            period=period,
            region=region,
            route=Route.API,
            source_format=f"datahub.{dataset}",
            locator=f"hub/{dataset}",
            sequence=0,
            content=answer.body,
            content_type="application/json",
            fetched_at=datetime.now(UTC),
            portal_total=total,
        )

    def close(self) -> None:
        self._http.close()


def datahub(listed: Endpoints) -> DataHub | None:
    """The hub as this deployment reaches it; None where it lists none."""
    own = listed.get(NAME)
    if own is None:
        return None
    keys, served = own.get("keys", {}), own.get("datasets", list(VERSIONS))
    assert isinstance(keys, Mapping)
    assert isinstance(served, list)
    http = PortalHttp(
        str(own["base_url"]), private=True, timeout_seconds=_TIMEOUT_SECONDS, connections=_CONNECTIONS
    )
    return DataHub(http, str(keys.get("api_key", "")), frozenset(map(Dataset, served)) & VERSIONS.keys())


def _checked(content: bytes, taxpayer_id: str, dataset: Dataset) -> int:
    """The hub's own count of records, after whose they are was checked."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"hub/{dataset}: {len(content)} bytes are no JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("company"), str):
        raise ContractChanged(f"hub/{dataset} does not tell whose it is (company)")
    if found["company"] != taxpayer_id:
        raise WrongTaxpayer(f"hub/{dataset} answered for another company")
    if not isinstance(total := found.get("records"), int):
        raise ContractChanged(f"hub/{dataset} does not tell its count (records)")
    return total
