"""Pages that are read while others are still on their way."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import polars as pl

from normalizers.registry import prepare, prepares
from schema.raw import RawPage


class Ahead:
    """Prepares pages on as many threads as there are cores: parsing lets go of the interpreter. What it holds
    is gone when it is closed."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(pl.thread_pool_size(), thread_name_prefix="ahead")
        self._begun: dict[str, Future[object | None]] = {}

    def begin(self, ref: str, raw: RawPage) -> None:
        """The page of this reference came. One that cannot be read by itself is left."""
        if prepares(raw.source_format):
            self._begun[ref] = self._threads.submit(prepare, raw)

    def holds(self, ref: str) -> bool:
        """Whether this page was begun."""
        return ref in self._begun

    def take(self, ref: str) -> object | None:
        """What was prepared of a page, waited for while it is under way; None for one that it does not hold.
        Raises as ``registry.prepare``."""
        begun = self._begun.pop(ref, None)
        return None if begun is None else begun.result()

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._begun.clear()
