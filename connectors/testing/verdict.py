"""How a promise ended, and what a report says about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not_applicable"
    """The nature of the route, or of the site, leaves nothing to check; the message says why."""


class Broken(Exception):
    """A promise was not kept. The text says what happened; it never carries a secret."""


class NotApplicable(Exception):
    """There is nothing to check here. The text says why."""


@dataclass(frozen=True)
class Target:
    """One route into one region, and the family of its portal."""

    region: str
    route: str
    family: str

    @property
    def name(self) -> str:
        """``44.api``: the name of the portal."""
        return f"{self.region}.{self.route}"


@dataclass(frozen=True)
class Result:
    """One promise of one target. ``title`` is what is promised, ``message`` what was seen or what to do."""

    target: Target
    promise: str
    title: str
    verdict: Verdict
    seconds: float
    message: str
