"""What an application leaves open: the region from the company id, and the scopes that a score needs."""

from __future__ import annotations

from datetime import date, timedelta

from authz.consent import DataClass
from authz.consent.terms import Institution, Institutions
from connectors.overlay import overlay
from schema.dataset import USUAL, Dataset
from schema.errors import RegionUndecided, ScopeDenied
from schema.period import Period, add_months, last_full_month_end, month_end
from schema.region import default_region, region
from schema.taxpayer_id import division
from settings import Settings

MONTHS = 36
"""Two years of windows and the year before, for growth."""


def region_of(taxpayer_id: str, asked: str | None) -> str:
    """The region asked for, else the one that the division code points to.

    Raises ``RegionUndecided`` for the national register, ``UnknownRegion`` for a region that no overlay
    serves.
    """
    if asked is None:
        found = default_region(division(taxpayer_id))
        if found is None:
            raise RegionUndecided
        asked = found.code
    return overlay(asked).code


def default_period(today: date, *, as_of: date | None = None, valid_days: int = 0) -> Period:
    """The last 36 full months and what has passed of this one; up to ``as_of`` in a back-test. A periodic
    consent covers the ``valid_days`` to come too."""
    last_month = month_end(as_of) if as_of else last_full_month_end(today)
    first = add_months(last_month.replace(day=1), 1 - MONTHS)
    return Period(start=first, end=as_of or today + timedelta(days=valid_days))


def default_scopes(today: date, *, as_of: date | None = None, valid_days: int = 0) -> dict[Dataset, Period]:
    """The usual datasets for the default period."""
    return dict.fromkeys(USUAL, default_period(today, as_of=as_of, valid_days=valid_days))


def passed(scope: Period, today: date) -> Period:
    """The part of a scope that can be read today. Raises ``ScopeDenied`` when none of it has come yet."""
    if scope.start > today:
        raise ScopeDenied(f"{scope} has not begun")
    return Period(start=scope.start, end=min(scope.end, today))


def institutions(settings: Settings, tenant: str, region_code: str, data_class: DataClass) -> Institutions:
    """Who receives, who holds, and who carries the data of one class."""
    where = region(region_code)
    source = Institution("data_holder", "信息持有机构", "whoever holds these data")
    if data_class is DataClass.TAX:
        source = Institution(f"tax.{where.code}", f"{where.zh}税务机关", f"the tax authority of {where.en}")
    return Institutions(
        Institution(tenant, settings.bank_zh, settings.bank_en),
        source,
        Institution("operator", settings.operator_zh, settings.operator_en),
    )
