"""Faults on demand. The table is the whole behaviour: a server asks ``active`` before it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class FaultKind(StrEnum):
    DOWN = "down"
    """The connection is closed without an answer."""
    SLOW = "slow"
    """Every answer waits ``seconds``."""
    SERVER_ERROR = "server_error"
    """HTTP 500 with an HTML error page."""
    TRUNCATED = "truncated"
    """The body ends half-way, in a complete HTTP answer."""
    BROKEN = "broken"
    """The connection breaks in the middle of the body."""
    LAYOUT_CHANGED = "layout_changed"
    """Other element ids and labels on pages; renamed fields in messages."""
    WRONG_COMPANY = "wrong_company"
    """After sign-in the portal shows another company."""
    SESSION_LOST = "session_lost"
    """The session or token is forgotten."""
    MAINTENANCE = "maintenance"
    """A maintenance notice instead of an answer."""
    THROTTLED = "throttled"
    """HTTP 429 with ``Retry-After: seconds``."""
    CAPPED = "capped"
    """A query that finds more than ``rows`` records is refused: its period has to be narrowed."""


@dataclass
class Fault:
    """``path`` is a prefix of the paths it strikes; ``times`` counts down, None is until cleared. It strikes
    this ``share`` of the requests there, by dice of its own ``seed``."""

    kind: FaultKind
    path: str = "/"
    times: int | None = None
    seconds: float = 1.0
    rows: int = 0
    share: float = 1.0
    seed: int = 0
    _dice: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)

    def strikes(self, path: str) -> bool:
        """Whether this request is one of those."""
        return path.startswith(self.path) and (self.share >= 1 or self._dice.random() < self.share)


class FaultTable:
    """The faults of one portal."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self, kind: FaultKind | None = None) -> None:
        """No faults any more, or none of this kind."""
        self._faults = [fault for fault in self._faults if kind is not None and fault.kind is not kind]

    def active(self, kind: FaultKind, path: str) -> Fault | None:
        """The fault of this kind that strikes this path now, counted down; None when there is none."""
        for fault in self._faults:
            if fault.kind is kind and fault.strikes(path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None
