"""The day's faults at the sandbox's own door, as the day goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from bench.fleet.day import Day, Strike
from connectors.testing.portals import Portals

_LOOK_SECONDS = 0.1


class Faults:
    """Strikes and lifts what is due; moments only grow."""

    def __init__(self, portals: Portals, day: Day) -> None:
        self._portals, self._seed = portals, day.seed
        begins = [(strike.start, True, strike) for strike in day.strikes]
        ends = [(strike.end, False, strike) for strike in day.strikes if strike.end <= 1]
        self._due = sorted(begins + ends, key=lambda each: each[0])

    def at(self, moment: float) -> None:
        """The portals are as at this moment."""
        while self._due and self._due[0][0] <= moment:
            _, begins, strike = self._due.pop(0)
            if begins:
                self._strike(strike)
            else:
                self._portals.clear(strike.portal, kind=strike.kind)

    @contextmanager
    def by_clock(self, seconds: float) -> Iterator[None]:
        """The day passes in so many seconds; what lasts for good stays after it."""
        over, began = threading.Event(), time.monotonic()

        def pass_by() -> None:
            while not over.wait(_LOOK_SECONDS):
                self.at((time.monotonic() - began) / seconds)

        passing = threading.Thread(target=pass_by, name="day")
        passing.start()
        try:
            yield
        finally:
            over.set()
            passing.join()

    def _strike(self, strike: Strike) -> None:
        self._portals.fault(
            strike.portal,
            strike.kind,
            seconds=strike.seconds,
            share=strike.share,
            seed=self._seed + crc32(f"{strike.portal}.{strike.kind}".encode()),
        )
