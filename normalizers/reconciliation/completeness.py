"""The portal's own count against the rows received. A difference stops the dataset."""

from __future__ import annotations

from collections.abc import Sequence

from schema.errors import DataConflict, DataIncomplete
from schema.raw import RawPage


def counts(pages: Sequence[RawPage], records: Sequence[int]) -> None:
    """Compare records with ``portal_total``, for each part that the portal counted.

    A part is a period and a locator; what follows ``#`` in a locator is the page within it. Raises
    ``DataIncomplete`` for fewer, ``DataConflict`` for more, or for pages of one part that tell different
    totals.
    """
    parts: dict[str, list[tuple[int | None, int]]] = {}
    for page, found in zip(pages, records, strict=True):
        part = f"{page.period} {page.locator.partition('#')[0]}"
        parts.setdefault(part, []).append((page.portal_total, found))
    for part, counted in parts.items():
        totals = {total for total, _ in counted if total is not None}
        found = sum(number for _, number in counted)
        if len(totals) > 1:
            raise DataConflict(f"{part}: the portal's count changed between pages")
        for total in totals:
            if found < total:
                raise DataIncomplete(f"{part}: {found} records of {total}")
            if found > total:
                raise DataConflict(f"{part}: {found} records where the portal counts {total}")
