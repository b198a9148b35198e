"""What a loan system asks for, and the letters of authorization that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from authz.consent import (
    DAILY,
    ConsentText,
    DataClass,
    Frequency,
    Party,
    Terms,
    compose_text,
)
from authz.consent.classes import class_of, needed
from authz.consent.templates import templates
from authz.consent.terms import Institutions
from schema.dataset import Dataset
from schema.period import Period


@dataclass(frozen=True)
class Application:
    """What a loan system asks for. Amounts in fen. ``as_of`` is set for a back-test only."""

    tenant: str
    taxpayer_id: str
    region: str
    scopes: dict[Dataset, Period]
    product: str
    amount_fen: int
    term_months: int
    purpose: str = "loan_application"
    periodic: bool = False
    frequency: Frequency = DAILY
    valid_days: int = 90
    data_life_days: int = 365
    as_of: date | None = None
    callback_url: str | None = None
    callback_secret_ref: str | None = None

    def terms(self, data_class: DataClass) -> Terms:
        """What is asked for of one class of data."""
        return Terms(
            purpose=self.purpose,
            scopes={each: period for each, period in self.scopes.items() if class_of(each) is data_class},
            periodic=self.periodic,
            frequency=self.frequency,
            valid_days=self.valid_days,
            data_life_days=self.data_life_days,
        )


@dataclass(frozen=True)
class Letter:
    """授权书, a consent as it is drawn up: what one party is asked for, of one class of data. One beyond its
    fair-use template cannot be made (``ConsentBeyondTemplate``)."""

    id: str
    party: Party
    data_class: DataClass
    institutions: Institutions
    terms: Terms
    valid_from: datetime
    valid_until: datetime
    text: ConsentText
    version: int = 1
    supersedes: str | None = None

    def __post_init__(self) -> None:
        templates().check(self.terms)


def letter(
    id: str,
    taxpayer_id: str,
    party: Party,
    data_class: DataClass,
    institutions: Institutions,
    terms: Terms,
    at: datetime,
    *,
    version: int = 1,
    supersedes: str | None = None,
) -> Letter:
    """The letter with its text. Raises ``ConsentBeyondTemplate``."""
    templates().check(terms)
    until = at + timedelta(days=terms.valid_days)
    text = compose_text(
        institutions=institutions,
        taxpayer_id=taxpayer_id,
        party=party,
        data_class=data_class,
        terms=terms,
        valid_until=until,
    )
    return Letter(id, party, data_class, institutions, terms, at, until, text, version, supersedes)


def letters(
    application: Application,
    institutions: Callable[[DataClass], Institutions],
    ids: Callable[[], str],
    at: datetime,
) -> list[Letter]:
    """One for each party and class of data; the first is the borrower's, whose keys seal what is read."""
    return [
        letter(ids(), application.taxpayer_id, party, each, institutions(each), application.terms(each), at)
        for party, each in needed(application.scopes)
    ]
