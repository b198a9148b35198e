"""Intellectual property: assets, their inventors, and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import segment_sum
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Bools, Floats, Ints

PATENTS = ("invention", "utility", "design")
KINDS = (*PATENTS, "software", "trademark", "standard")


@dataclass(frozen=True, eq=False)
class Assets:
    """``valid`` are in force at ``as_of``; dates after it are not known yet."""

    rows: Rows
    kind: Ints
    applied: Floats
    """Age of the application, NaN when not told or later than ``as_of``."""
    valid: Bools

    def of(self, *kinds: str) -> Bools:
        """Assets of some kinds."""
        return self.rows.among("kind", *kinds)

    @property
    def patents(self) -> Bools:
        return self.kind < len(PATENTS)

    def closed(self, months: int, *states: str) -> Floats:
        """Inventions whose application ended so in the window."""
        age = self.rows.age("state_since")
        inside = self.of("invention") & (age >= 0) & (age < months)
        return self.rows.count(inside & self.rows.among("state", *states))


@derived
def assets(batch: Batch) -> Assets:
    """The assets applied for by ``as_of``. One that lapsed after it was still valid."""
    rows = batch.rows("intellectual_property")
    applied = rows.age("applied_on")
    if (applied < 0).any():
        rows = rows.where(~(applied < 0))
        applied = rows.age("applied_on")
    ended = rows.among("state", "lapsed", "expired", "invalidated") & (rows.days_ago("state_since") < 0)
    valid = (rows.among("state", "valid") & ~(rows.days_ago("granted_on") < 0)) | ended
    return Assets(rows, rows.words("kind", KINDS), applied, valid & rows.lasting("expires_on"))


@dataclass(frozen=True, eq=False)
class Deals:
    """Transfers, pledges and licences, and whether each is of a patent."""

    rows: Rows
    age: Floats
    patent: Bools
    asset: Ints
    """A code of the asset, within the batch."""

    def of(self, kind: str) -> Bools:
        return self.rows.among("kind", kind)


@derived
def deals(batch: Batch, assets: Assets) -> Deals:
    """What became of the assets by ``as_of``."""
    rows = batch.rows("intellectual_property_deal")
    known = set(compress(assets.rows.keyed("asset_id"), assets.patents.tolist()))
    patent = [key in known for key in rows.keyed("asset_id")]
    return Deals(rows, rows.age("event_date"), np.array(patent, dtype=np.bool_), rows.codes("asset_id"))


@dataclass(frozen=True, eq=False)
class Inventors:
    """Different inventors of the window, and those among them who are insured at ``as_of``."""

    number: Floats
    recent: Floats
    employed: Floats


@derived
def inventors(batch: Batch, assets: Assets) -> Inventors:
    """``number`` over 60 months, ``recent`` and ``employed`` over 36."""
    rows, people = batch.rows("inventor"), batch.rows("insured_person")
    age_of = dict(zip(assets.rows.keyed("asset_id"), assets.applied.tolist(), strict=True))
    age = np.array([age_of.get(key, np.nan) for key in rows.keyed("asset_id")], dtype=np.float64)
    insured = people.lasting("until") & ~(people.days_ago("since") < 0)
    staff = set(compress(people.keyed("person_key"), insured.tolist()))
    keys = rows.codes("person_key")
    here = np.array([key in staff for key in rows.keyed("person_key")], dtype=np.bool_)
    gap = batch.gap("inventor")
    return Inventors(
        gap + rows.distinct(age < 60, keys),
        gap + rows.distinct(age < 36, keys),
        batch.masked(gap + rows.distinct((age < 36) & here, keys), "insured_person"),
    )


@derived
def patent_fields(batch: Batch, assets: Assets) -> Floats:
    """Share of valid patents in the classes of the industry's products; ``INSUFFICIENT`` without a patent."""
    classes = [
        None if context.benchmark is None else context.benchmark.patent_classes for context in batch.contexts
    ]
    rows = assets.rows
    told = [
        text is not None and (wanted := classes[firm]) is not None and text[:4] in wanted
        for firm, text in rows.keyed("ipc")
    ]
    mine = assets.valid & assets.patents
    number = rows.count(mine)
    part = np.where(number > 0, rows.count(mine & np.array(told, dtype=np.bool_)) / number, INSUFFICIENT)
    gap = np.array([np.nan if wanted is None else 0.0 for wanted in classes])
    return np.where(np.isnan(gap), NOT_AVAILABLE, part)


@derived
def family_countries(assets: Assets) -> Floats:
    """Different countries among the families of valid patents."""
    rows = assets.rows
    mine = (assets.valid & assets.patents).tolist()
    seen = {
        (firm, country)
        for firm, texts in compress(rows.keyed("family_countries"), mine)
        if texts
        for country in texts.split(",")
    }
    return segment_sum(np.array([firm for firm, _ in seen], dtype=np.int64), rows.firms)
