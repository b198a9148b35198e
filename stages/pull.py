"""One dataset on its way from the portal: what an interrupted read has left, what comes, both together.

Pages are sealed in batches: one transaction each, and never a whole dataset in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from time import monotonic
from typing import Any

from authz.underway import Reading
from connectors.interface import Held
from normalizers.ahead import Ahead
from schema.errors import DataConflict
from schema.period import Period
from schema.raw import RawPage
from stages.workshop import Workshop
from vault.reference import KeyClass

BATCH_BYTES, BATCH_SECONDS = 2 << 20, 2.0
"""A batch is about this large, or what came in this time."""

Fetch = Callable[[Held], Iterable[RawPage]]
_Place = tuple[str, Period]


def pulled(shop: Workshop, owner: str, reading: Reading, fetch: Fetch, ahead: Ahead) -> list[dict[str, Any]]:
    """Every page of the reading, sealed for ``owner`` and read ahead. Where the record changes while it is
    read, all begins anew, once: then raises ``DataConflict``."""
    try:
        return _tried(shop, owner, Pull(shop, reading), fetch, ahead)
    except DataConflict:
        return _tried(shop, owner, Pull(shop, reading), fetch, ahead)


def _tried(shop: Workshop, owner: str, pull: Pull, fetch: Fetch, ahead: Ahead) -> list[dict[str, Any]]:
    try:
        return pull.whole(_sealed(shop, owner, pull, fetch(pull.held), ahead))
    except DataConflict:
        pull.forget()
        raise


def _sealed(
    shop: Workshop, owner: str, pull: Pull, pages: Iterable[RawPage], ahead: Ahead
) -> list[dict[str, Any]]:
    """A batch is sealed and hashed while the next one arrives, and kept for whoever must go on after a
    crash."""
    sealed: list[dict[str, Any]] = []
    batch: list[RawPage] = []
    begun = monotonic()

    def seal(full: list[RawPage]) -> None:
        contents = [page.content for page in full]
        hashed = hashing.map(shop.content_digests, contents)  # lets go of the interpreter, as sealing does
        refs = shop.vault.seal_many(owner, "raw", contents, key_class=KeyClass.DATA)
        for page, ref in zip(full, refs, strict=True):
            ahead.begin(ref, page)
        sealed.extend(described(*each) for each in zip(full, refs, hashed, strict=True))

    def seal_and_keep(full: list[RawPage]) -> None:
        seal(full)
        pull.keep(sealed[-len(full) :])

    with (
        ThreadPoolExecutor(1, thread_name_prefix="hash") as hashing,
        ThreadPoolExecutor(1, thread_name_prefix="seal") as beside,
    ):
        under_way = beside.submit(seal, [])
        for page in pages:
            pull.check(page)
            batch.append(page)
            full = sum(len(waiting.content) for waiting in batch) >= BATCH_BYTES
            if full or monotonic() - begun >= BATCH_SECONDS:
                under_way.result()
                under_way, batch, begun = beside.submit(seal_and_keep, batch), [], monotonic()
        under_way.result()
        seal(batch)
    return sealed


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


def described(page: RawPage, ref: str, hashed: Mapping[str, str]) -> dict[str, Any]:
    """A sealed page as plain values, its digests among them."""
    return {
        "ref": ref,
        "format": page.source_format,
        "locator": page.locator,
        "sequence": page.sequence,
        "type": page.content_type,
        "start": page.period.start.isoformat(),
        "end": page.period.end.isoformat(),
        "fetched_at": page.fetched_at.isoformat(),
        "total": page.portal_total,
        "bytes": len(page.content),
        **hashed,
    }
