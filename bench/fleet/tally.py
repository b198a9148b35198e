"""How an arm did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.fleet.day import Application

_Z = 1.96
"""Of a 95% interval."""


@dataclass
class Tally:
    """``endings`` has how each application ended: empty when complete, else the code of why not. ``seconds``
    is how long it all took, ``notes`` what else is worth telling."""

    endings: dict[Application, str] = field(default_factory=dict)
    seconds: float = 0.0
    notes: str = ""

    @property
    def asked(self) -> int:
        return len(self.endings)

    @property
    def completed(self) -> int:
        return sum(not ending for ending in self.endings.values())

    @property
    def rate(self) -> float:
        return self.completed / self.asked

    @property
    def of_achievable(self) -> float:
        achievable = [ending for each, ending in self.endings.items() if not each.unachievable]
        return sum(not ending for ending in achievable) / len(achievable)

    @property
    def per_hour(self) -> float:
        return 3600 * self.completed / self.seconds

    def behind(self) -> str:
        """What the figures rest on, in words."""
        lost = Counter(ending for each, ending in self.endings.items() if ending and not each.unachievable)
        told = ", ".join(f"{code} {count}" for code, count in lost.most_common()) or "none"
        unachievable = sum(bool(each.unachievable) for each in self.endings)
        return (
            f"{self.completed} of {self.asked}, {unachievable} not achievable; "
            f"{self.seconds:.0f} s; achievable ones lost: {told}{self.notes}"
        )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927)."""
    share, z2 = hits / of, _Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return middle - half, middle + half


def sampled(applications: Sequence[Application], every: int) -> Sequence[Application]:
    """Every so-manieth of the day. They came in a shuffled order."""
    return applications[::every]
