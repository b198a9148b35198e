"""One dataset on its way from the portal: what an interrupted read has left, what comes, both together."""

from __future__ import annotations

from datetime import date
from typing import Any

from authz.underway import Reading
from connectors.interface import Held
from schema.errors import DataConflict
from schema.period import Period
from schema.raw import RawPage
from stages.workshop import Workshop

_Place = tuple[str, Period]


class Pull:
    """The pages of one reading, as descriptions with vault references."""

    def __init__(self, shop: Workshop, reading: Reading) -> None:
        self._shop, self._reading = shop, reading
        self._left = {_place(page): page for page in shop.under_way.of(self._reading)}
        self._totals: dict[_Place, int | None] = {}
        for (locator, period), page in self._left.items():
            self._count(locator, period, page["total"])

    @property
    def held(self) -> Held:
        """What the connector need not ask for again."""
        return {place: page["total"] for place, page in self._left.items()}

    def check(self, page: RawPage) -> None:
        """Raises ``DataConflict`` when the portal counts otherwise than before: then all begins anew."""
        self._count(page.locator, page.period, page.portal_total)

    def keep(self, described: list[dict[str, Any]]) -> None:
        """These are sealed, and others follow."""
        self._shop.under_way.keep(self._reading, described)

    def whole(self, described: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Everything, once: what came now stands for what was held of the same place."""
        came = {_place(page) for page in described}
        return [*(page for place, page in self._left.items() if place not in came), *described]

    def forget(self) -> None:
        """Nothing that was sealed of it counts any more."""
        for page in self._shop.under_way.of(self._reading):
            self._shop.vault.forget(page["ref"])
        self._shop.under_way.drop(self._reading.authorization_id, self._reading.run, self._reading.dataset)

    def _count(self, locator: str, period: Period, total: int | None) -> None:
        """What follows ``#`` in a locator is the page within one count."""
        part = locator.partition("#")[0]
        if self._totals.setdefault((part, period), total) != total:
            raise DataConflict(f"{part}: the portal's count changed between pages")


def _place(page: dict[str, Any]) -> _Place:
    period = Period(start=date.fromisoformat(page["start"]), end=date.fromisoformat(page["end"]))
    return page["locator"], period
