"""A period that holds too many records for one query of the portal, asked for in halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from schema.errors import TooManyRecords
from schema.period import Period

T = TypeVar("T")


def narrowed(period: Period, read: Callable[[Period], Iterator[T]]) -> Iterator[T]:
    """What ``read`` gives of the period, or of its halves where the portal refuses the whole at its first
    request. Raises ``TooManyRecords`` when it refuses a single day."""
    found = read(period)
    try:
        first = next(found, None)
    except TooManyRecords:
        if (halves := period.halves()) is None:
            raise
        for half in halves:
            yield from narrowed(half, read)
        return
    if first is not None:
        yield first
        yield from found
