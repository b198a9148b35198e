"""Fair-use templates: a consent cannot ask for more than the ceiling of its purpose, kind of fetch and
dataset."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from authz.consent.terms import Frequency, Terms
from schema.dataset import Dataset
from schema.errors import ConsentBeyondTemplate
from schema.period import Period

_FILE = Path(__file__).parent / "fairuse.toml"
_LONGEST_MONTH = 31


class Row(BaseModel):
    """One row of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: str | None = None
    fetch: str | None = Field(None, pattern="^(once|periodic)$")
    dataset: str | None = None
    data_life_days: int | None = Field(None, ge=1)
    valid_days: int | None = Field(None, ge=1)
    range_months: int | None = Field(None, ge=1)
    reads: int | None = Field(None, ge=1)
    unit: str | None = Field(None, pattern="^(day|month)$")

    def fits(self, purpose: str, fetch: str, dataset: str) -> bool:
        return (
            self.purpose in (None, purpose)
            and self.fetch in (None, fetch)
            and self.dataset in (None, dataset)
        )

    @property
    def weight(self) -> int:
        """A dataset outweighs a purpose, a purpose a kind of fetch."""
        return 4 * (self.dataset is not None) + 2 * (self.purpose is not None) + (self.fetch is not None)


class _Templates(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    template: list[Row]


@dataclass(frozen=True)
class Ceiling:
    """The most that may be asked for of one dataset."""

    data_life_days: int
    valid_days: int
    range_months: int
    frequency: Frequency


class Templates:
    """One version of the file. ``sha256`` is of its bytes."""

    def __init__(self, content: bytes) -> None:
        read = _Templates.model_validate(tomllib.loads(content.decode()))
        self.version, self.sha256 = read.version, hashlib.sha256(content).hexdigest()
        self._rows = sorted(read.template, key=lambda row: row.weight)

    def ceiling(self, purpose: str, fetch: str, dataset: Dataset) -> Ceiling:
        """Each ceiling from the most specific row that names it."""
        found: dict[str, int | str] = {}
        for row in self._rows:
            if row.fits(purpose, fetch, dataset.value):
                named = row.model_dump(exclude_none=True, exclude={"purpose", "fetch", "dataset"})
                found |= named
        return Ceiling(
            data_life_days=int(found["data_life_days"]),
            valid_days=int(found["valid_days"]),
            range_months=int(found["range_months"]),
            frequency=Frequency(int(found["reads"]), str(found["unit"])),
        )

    def check(self, terms: Terms) -> None:
        """Raises ``ConsentBeyondTemplate``, which names the dataset and the ceiling."""
        fetch = "periodic" if terms.periodic else "once"
        for dataset, period in terms.scopes.items():
            most = self.ceiling(terms.purpose, fetch, dataset)
            for name, asked, allowed in (
                ("data_life_days", terms.data_life_days, most.data_life_days),
                ("valid_days", terms.valid_days, most.valid_days),
                ("range_months", _months(period), most.range_months),
            ):
                if asked > allowed:
                    raise ConsentBeyondTemplate(f"{dataset}: {name} {asked} is above {allowed}")
            if not _within(terms.frequency, most.frequency):
                raise ConsentBeyondTemplate(
                    f"{dataset}: {terms.frequency.times} a {terms.frequency.unit} is above "
                    f"{most.frequency.times} a {most.frequency.unit}"
                )


def _months(period: Period) -> int:
    """The calendar months that a period touches."""
    start, end = period.start, period.end
    return (end.year - start.year) * 12 + end.month - start.month + 1


def _within(asked: Frequency, most: Frequency) -> bool:
    """Whether ``asked`` cannot come to more reads than ``most``; those of a month may fall on one day."""
    longer = asked.unit == "day" and most.unit == "month"
    return asked.times * (_LONGEST_MONTH if longer else 1) <= most.times


@cache
def templates() -> Templates:
    """Those of the package."""
    return Templates(_FILE.read_bytes())
