"""Incremental refresh: invoices that an earlier run has read are not asked for again, but for a look-back.

Red invoices and changes of state come late, so the range asked for begins some months before the high-water
mark, at the start of a month; within it the new reading stands alone, before it the earlier ones. A page of
an earlier run goes on with ``before``, the day from which its rows no longer count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from authz.authorization import Authorization
from schema.dataset import Dataset, Route
from schema.period import Period, add_months
from stages.workshop import Workshop


@dataclass(frozen=True)
class Increment:
    """What is still to be asked for, and the pages of earlier runs that stand for the rest."""

    asked: Period
    pages: list[dict[str, Any]] = field(default_factory=list)


def increment(
    shop: Workshop, current: Authorization, route: Route, dataset: Dataset, period: Period
) -> Increment:
    """The whole period, unless a run before this one came to a good end under the same consent, by the same
    route."""
    if dataset is not Dataset.INVOICE or current.run == 1:
        return Increment(period)
    earlier = shop.casefile.last_read(current, dataset)
    if earlier is None or earlier.route is not route or earlier.period.start > period.start:
        return Increment(period)
    look_back = shop.rules(current.region, route).look_back_months
    start = add_months(earlier.period.end.replace(day=1), -look_back)
    if start <= period.start:
        return Increment(period)
    edge = start.isoformat()
    pages = [{**page, "before": min(edge, page.get("before", edge))} for page in earlier.pages]
    return Increment(
        Period(start=start, end=period.end), [page for page in pages if page["start"] < page["before"]]
    )
