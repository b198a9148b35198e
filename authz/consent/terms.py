"""The terms of a consent, and a consent as the store holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from authz.consent.classes import DataClass, Party
from authz.consent.states import ConsentState, Disposal
from schema.clock import BEIJING
from schema.dataset import Dataset
from schema.period import Period


@dataclass(frozen=True)
class Frequency:
    """How often a dataset may be read: ``times`` a calendar ``unit`` (``day`` or ``month``)."""

    times: int
    unit: str

    def unit_start(self, at: datetime) -> datetime:
        """The first instant of the calendar unit of ``at``, by the calendar of Beijing."""
        midnight = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.replace(day=1) if self.unit == "month" else midnight


DAILY = Frequency(1, "day")


@dataclass(frozen=True)
class Terms:
    """What is asked for: what a fair-use template has a ceiling for."""

    purpose: str
    scopes: dict[Dataset, Period]
    periodic: bool
    frequency: Frequency
    valid_days: int
    data_life_days: int


@dataclass(frozen=True)
class ConsentText:
    """The text in both languages exactly as shown, with its digests over both (SHA-256 and SM3, hex)."""

    version: str
    zh: str
    en: str
    sha256: str
    sm3: str


@dataclass(frozen=True)
class Institution:
    """A bank, an authority or an operator, by its code and its names."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Institutions:
    """Who receives, who holds, and who carries the data."""

    recipient: Institution
    source: Institution
    operator: Institution


@dataclass(frozen=True)
class Consent:
    """One revision of a consent. ``revision`` is the fencing token of the gate: every change of a consent
    raises it above those of all consents of the authorization."""

    id: str
    authorization_id: str
    version: int
    supersedes: str | None
    party: Party
    data_class: DataClass
    institutions: Institutions
    revision: int
    state: ConsentState
    disposal: Disposal
    purpose: str
    scopes: dict[Dataset, Period]
    periodic: bool
    frequency: Frequency
    valid_from: datetime
    valid_until: datetime
    data_life_days: int
    text: ConsentText
    template_version: str
    template_sha256: str
    artefact_ref: str | None = field(default=None, repr=False)
    artefact_sha256: str | None = None
    timestamp_ref: str | None = field(default=None, repr=False)

    @property
    def reference(self) -> str:
        """What the portal knows the authorization by under this consent. An amended one asks for a grant of
        its own."""
        return self.authorization_id if self.version == 1 else self.id
