"""Deadlines that another thread keeps: what blocks on a socket cannot look at a clock.

A timeout is for each wait on the socket, so an answer that comes byte by byte never meets it. One thread
keeps the deadlines of all, because a thread for each request costs as much as the request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Deadline:
    """``over`` is True once it has passed and ``hang_up`` was called."""

    def __init__(self, seconds: float, hang_up: Callable[[], None]) -> None:
        self.at, self.over = time.monotonic() + seconds, False
        self._hang_up = hang_up

    def pass_(self) -> None:
        """A socket that is gone already needs no hanging up."""
        self.over = True
        with suppress(OSError, RuntimeError, ValueError):
            self._hang_up()


class _Keeper:
    """Open deadlines, and the thread that sleeps until the next of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[Deadline] = set()
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._changed:
            self._open.add(deadline)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline.at < self._wakes_at:
                self._changed.notify()

    def remove(self, deadline: Deadline) -> None:
        with self._changed:
            self._open.discard(deadline)

    def _keep(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                due = {each for each in self._open if each.at <= now}
                self._open -= due
                if not due:
                    self._wakes_at = min((each.at for each in self._open), default=now + 3600)
                    self._changed.wait(self._wakes_at - now)
            for each in due:
                each.pass_()


_keeper = _Keeper()


@contextmanager
def deadline(seconds: float, hang_up: Callable[[], None]) -> Iterator[Deadline]:
    """Call ``hang_up``, from another thread, when what happens within takes longer."""
    kept = Deadline(seconds, hang_up)
    _keeper.add(kept)
    try:
        yield kept
    finally:
        _keeper.remove(kept)
