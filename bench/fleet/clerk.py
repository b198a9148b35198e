"""A clerk with the connector of each region's first route: one application after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from unittest.mock import patch

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from bench.fleet.assumptions import Assumptions
from bench.fleet.day import Application, Day
from bench.fleet.faults import Faults
from bench.fleet.people import Applicant
from bench.fleet.tally import Tally
from bench.granted import granted
from connectors import http
from connectors.families.unified import pages
from connectors.interface import Connector, Grant
from connectors.overlay import overlay
from connectors.registry import Endpoints, Tools, connect, endpoint
from connectors.rpa.browser import Browser
from connectors.testing.verdict import Broken
from schema.clock import today
from schema.dataset import USUAL, Dataset, Route
from schema.errors import Action, ResultNotReady, TaxlinkError
from stages.application import default_scopes, passed

_NEVER_AGAIN = frozenset({Action.STOP, Action.REFUSE})


@dataclass
class Clerk:
    """``retry`` is whether what fails is tried again: each request, then the whole authorization."""

    listed: Endpoints
    taken: Assumptions
    retry: bool

    def __post_init__(self) -> None:
        self._browser = Browser()
        self._tools = Tools(browser=lambda: self._browser)

    def work(
        self,
        day: Day,
        applications: Iterable[Application],
        who: Callable[[Application], Applicant],
        faults: Faults,
    ) -> Tally:
        """All of these in their order; the portals are as at each one's moment of the day."""
        tally = Tally()
        try:
            for each in applications:
                faults.at(day.moment(each))
                began = time.monotonic()
                tally.endings[each] = self._ending(who(each), f"{each.number:08d}.{day.seed}")
                tally.seconds += time.monotonic() - began
        finally:
            self._browser.close()
        return tally

    def _ending(self, person: Applicant, reference: str) -> str:
        try:
            if self.retry:
                self._persistently(person, reference)
            else:
                # Connectors try a request again by themselves.
                with patch.object(http, "TRIES", 1), patch.object(pages, "PAUSES", ()):
                    self._once(person, reference)
        except TaxlinkError as error:
            return error.code
        except Broken:
            return "asked_without_end"
        return ""

    def _persistently(self, person: Applicant, reference: str) -> None:
        pause = self.taken.ours(self.taken.first_pause)
        Retrying(
            stop=stop_after_attempt(self.taken.tries),
            wait=wait_exponential(multiplier=pause),
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )(self._once, person, reference)

    def _once(self, person: Applicant, reference: str) -> None:
        """Authorize and fetch everything. Raises the causes of ``schema.errors``."""
        route = next(route for route in Route if route in overlay(person.region).routes)
        with closing(connect(endpoint(person.region, route, self.listed), self._tools)) as connector:
            grant = granted(connector, replace(person, route=route.value), reference)
            for dataset in sorted(connector.datasets.intersection(USUAL)):
                _fetch(connector, grant, person.taxpayer_id, dataset)


def _fetch(connector: Connector, grant: Grant, taxpayer_id: str, dataset: Dataset) -> None:
    """Every page; what the portal has to prepare is waited for."""
    period = passed(default_scopes(today())[dataset], today())
    while True:
        try:
            for _ in connector.fetch(grant, taxpayer_id, dataset, period):
                pass
            return
        except ResultNotReady as error:
            ready = error.retry_at or datetime.now(UTC)
            time.sleep(max(0.1, (ready - datetime.now(UTC)).total_seconds()))


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, Broken) or (isinstance(error, TaxlinkError) and error.action not in _NEVER_AGAIN)
