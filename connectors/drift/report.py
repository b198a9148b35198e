"""What ``taxlink doctor`` says: JSON for machines, one self-contained page for people."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.places import Place
from connectors.reporting.page import page
from schema.clock import BEIJING
from schema.region import REGIONS


class Standing(StrEnum):
    """How a route stands."""

    CLEAN = "clean"
    DRIFTED = "drifted"
    NO_ANSWER = "no_answer"
    """The last canary did not come back: the portal was down, closed or busy."""
    NEVER_SEEN = "never_seen"


@dataclass(frozen=True)
class Drift:
    """Something that changed. ``step`` is canary, sign_in, or the dataset's name; ``changed`` says what, in
    words; ``times`` counts the attempts or payloads that met it, None for a canary. Pictures are PNG, of the
    page as it was and as it is."""

    place: Place
    step: str
    since: datetime
    last_seen: datetime
    times: int | None
    changed: Sequence[str]
    advice: str
    before: bytes | None = field(default=None, repr=False)
    after: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Route:
    """A route that is watched. ``accepted_by`` says who took its page for right: ``first_sight`` or
    ``person``; ``fingerprint`` is the digest of what was seen last; ``detail`` why the last canary did not
    come back."""

    place: Place
    family: str
    standing: Standing
    accepted_by: str
    accepted_at: datetime | None
    seen_at: datetime | None
    fingerprint: str
    detail: str


@dataclass(frozen=True)
class Report:
    """The whole of it at one moment."""

    at: datetime
    routes: Sequence[Route]
    drifts: Sequence[Drift]

    def counts(self) -> dict[str, int]:
        """Routes by how they stand."""
        return {each.value: sum(route.standing is each for route in self.routes) for each in Standing}

    def plain(self) -> dict[str, Any]:
        """One object: the counts, a list of drifts, a list of routes. Pictures are left out."""
        return {
            "date": _printed(self.at),
            "counts": self.counts(),
            "drifts": [
                {
                    "region": each.place.region,
                    "route": each.place.route,
                    "step": each.step,
                    "since": _printed(each.since),
                    "last_seen": _printed(each.last_seen),
                    "times": each.times,
                    "changed": list(each.changed),
                    "advice": each.advice,
                }
                for each in self.drifts
            ],
            "routes": [
                {
                    "region": each.place.region,
                    "route": each.place.route,
                    "family": each.family,
                    "standing": each.standing,
                    "accepted_by": each.accepted_by,
                    "accepted_at": _printed(each.accepted_at),
                    "seen_at": _printed(each.seen_at),
                    "fingerprint": each.fingerprint,
                    "detail": each.detail,
                }
                for each in self.routes
            ],
        }

    def json(self) -> str:
        return json.dumps(self.plain(), ensure_ascii=False, indent=1)

    def html(self) -> str:
        """A page that needs nothing beside it: no script, no font, no network."""
        return page("doctor.html", _FILTERS, report=self, regions=REGIONS, words=STANDINGS)


STANDINGS = {
    Standing.CLEAN: "clean 正常",
    Standing.DRIFTED: "drifted 已变化",
    Standing.NO_ANSWER: "no answer 无响应",
    Standing.NEVER_SEEN: "never seen 未巡检",
}


def _printed(at: datetime | None) -> str:
    return at.astimezone(BEIJING).isoformat(timespec="minutes") if at else ""


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


_FILTERS: Mapping[str, Callable[..., str]] = {"picture": _data_uri, "when": _printed}
