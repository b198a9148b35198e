"""Collecting from the bank's data hub: under the same gate as a portal's data, without a portal's grant."""

from __future__ import annotations

from authz.authorization import Authorization
from authz.casefile import Collected
from authz.underway import Reading
from normalizers.ahead import Ahead
from schema.dataset import Dataset, Route
from schema.errors import RouteAbsent
from schema.period import Period
from stages.pull import pulled
from stages.workshop import Workshop
from store.database import now


def fetch(shop: Workshop, current: Authorization, dataset: Dataset, period: Period, ahead: Ahead) -> None:
    """Keep the dataset, once its consents were asked at the start and again at commit. Raises ``RouteAbsent``
    where the deployment lists no hub, and the causes of the gate and of the hub."""
    if (hub := shop.datahub) is None:
        raise RouteAbsent("this deployment lists no data hub")
    token = shop.casefile.open_gate(current, dataset, period)
    reading = Reading(current.id, current.run, dataset, period, Route.API, token)
    pages = pulled(
        shop,
        current.vault_owner,
        reading,
        lambda held: () if held else (hub.page(current.taxpayer_id, current.region, dataset, period),),
        ahead,
    )
    shop.casefile.commit_collection(
        current, Collected(dataset, period, Route.API, pages, None, None, now(), None), token
    )
