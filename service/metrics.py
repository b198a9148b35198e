"""What operations watch: requests by route and status, open streams, authorizations by state, routes that
have drifted. Counts only."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select

from service.desk import AtDesk
from stages import doctor
from store import tables
from store.database import reading


class Metrics:
    """The measures of one service process."""

    def __init__(self, store: Engine) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "taxlink_requests", "Requests", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "taxlink_request_seconds", "Time to the end of a request", ["route"], registry=self.registry
        )
        self.streams = Gauge("taxlink_open_streams", "Open event streams", registry=self.registry)
        self.registry.register(_Authorizations(store))
        self.registry.register(_Drifts(store))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. Streams end when people leave, so they are counted but not timed."""
        self._requests.labels(method, route, status).inc()
        if not route.endswith("/events"):
            self._seconds.labels(route).observe(seconds)


class _Authorizations(Collector):
    """Authorizations by state, counted when they are asked for."""

    def __init__(self, store: Engine) -> None:
        self._store = store

    def collect(self) -> Iterable[GaugeMetricFamily]:
        state = tables.authorization.c.state
        family = GaugeMetricFamily("taxlink_authorizations", "Authorizations by state", labels=["state"])
        with reading(self._store) as connection:
            for row in connection.execute(select(state, func.count()).group_by(state)).all():
                family.add_metric([row[0]], row[1])
        yield family

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []


class _Drifts(Collector):
    """1 for each route and step that has drifted, as ``taxlink doctor`` tells it."""

    def __init__(self, store: Engine) -> None:
        self._store = store

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "taxlink_drifted", "Routes that have drifted", labels=["region", "route", "step"]
        )
        for each in doctor.drifts(self._store):
            family.add_metric([each.place.region, each.place.route, each.step], 1)
        yield family

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []


def router(metrics: Metrics) -> APIRouter:
    """``/metrics`` and ``/healthz``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/metrics")
    def measures() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @routes.get("/healthz")
    def health(desk: AtDesk) -> dict[str, str]:
        """Whether the store answers."""
        with reading(desk.shop.store) as connection:
            connection.execute(select(1))
        return {"status": "ok"}

    return routes
