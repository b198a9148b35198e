"""What a certificate says: JSON for machines, one self-contained page for people."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from connectors.reporting.page import page
from connectors.testing.verdict import Result, Target, Verdict
from schema.region import REGIONS

_PACKAGES = ("taxlink", "playwright", "requests")


@dataclass(frozen=True)
class Report:
    """One run of the kit. ``site`` is sandbox or live; ``seconds`` is from its start to its end."""

    site: str
    begun_at: datetime
    seconds: float
    results: Sequence[Result]

    @property
    def broken(self) -> int:
        return sum(result.verdict is Verdict.BROKEN for result in self.results)

    def counts(self) -> dict[str, int]:
        """Results by verdict."""
        found = Counter(result.verdict for result in self.results)
        return {verdict.value: found[verdict] for verdict in Verdict}

    def json(self) -> str:
        """One object: the run, and a list of results."""
        return json.dumps(
            {
                "site": self.site,
                "date": self.begun_at.isoformat(timespec="seconds"),
                "seconds": round(self.seconds, 1),
                "versions": versions(),
                "counts": self.counts(),
                "results": [_told(result) for result in self.results],
            },
            ensure_ascii=False,
            indent=1,
        )

    def html(self) -> str:
        """A page that needs nothing beside it: no script, no font, no network."""
        told = {"versions": versions(), "regions": list(self._regions()), "marks": _MARKS}
        return page("certificate.html", {}, report=self, **told)

    def by_target(self) -> dict[Target, list[Result]]:
        found: dict[Target, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.target, []).append(result)
        return found

    def _regions(self) -> Iterator[dict[str, Any]]:
        """Regions in order, each with its routes."""
        by_region: dict[str, list[dict[str, Any]]] = {}
        for target, results in self.by_target().items():
            route = {
                "target": target,
                "results": results,
                "seconds": sum(result.seconds for result in results),
                "broken": sum(result.verdict is Verdict.BROKEN for result in results),
                "kept": sum(result.verdict is Verdict.KEPT for result in results),
            }
            by_region.setdefault(target.region, []).append(route)
        for code, routes in by_region.items():
            yield {"code": code, "region": REGIONS[code], "routes": routes}


_MARKS = {
    Verdict.KEPT: ("✓", "kept 守约"),
    Verdict.BROKEN: ("✗", "broken 违约"),
    Verdict.NOT_APPLICABLE: ("–", "not applicable 不适用"),
}


def versions() -> dict[str, str]:
    """What the certificate was made with."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "source"
    return found


def _told(result: Result) -> dict[str, Any]:
    target = result.target
    return {
        "region": target.region,
        "route": target.route,
        "family": target.family,
        "promise": result.promise,
        "title": result.title,
        "verdict": result.verdict.value,
        "seconds": result.seconds,
        "message": result.message,
    }
