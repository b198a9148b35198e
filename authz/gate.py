"""The one gate: whether a dataset may be fetched now. Every route passes it, at the start and again at
commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from authz.authorization import Authorization, State
from authz.consent import Consent, ConsentState
from schema.dataset import Dataset
from schema.errors import ConsentExpired, ConsentWithdrawn, ScopeDenied, StateConflict, TaxlinkError
from schema.period import Period

_ENDED: Mapping[ConsentState, type[TaxlinkError]] = {
    ConsentState.WITHDRAWN: ConsentWithdrawn,
    ConsentState.REJECTED: ConsentWithdrawn,
    ConsentState.EXPIRED: ConsentExpired,
    ConsentState.LAPSED: ConsentExpired,
}
_FETCHING = frozenset({State.GRANTED, State.REFRESHING})


@dataclass(frozen=True)
class Fetch:
    """One dataset for one period and purpose. ``reads_in_unit`` counts earlier reads of the dataset in the
    consent's present calendar unit, this run's own excluded."""

    dataset: Dataset
    period: Period
    purpose: str
    reads_in_unit: int


def check_live(consent: Consent, at: datetime) -> None:
    """Raises ``ConsentWithdrawn``, ``ConsentExpired`` or ``ScopeDenied`` unless the consent is active and
    valid at ``at``."""
    if consent.state is not ConsentState.ACTIVE:
        raise _ENDED.get(consent.state, ScopeDenied)(f"consent is {consent.state}")
    if not consent.valid_from <= at < consent.valid_until:
        raise ConsentExpired


def check(consent: Consent, authorization: Authorization, fetch: Fetch, at: datetime) -> int:
    """The consent's revision, the fencing token to hold until commit.

    Raises ``ConsentWithdrawn``, ``ConsentExpired``, ``ScopeDenied``, or ``StateConflict`` when the
    authorization is not granted.
    """
    check_live(consent, at)
    if authorization.state not in _FETCHING:
        raise StateConflict(f"no fetch while the authorization is {authorization.state}")
    if fetch.purpose != consent.purpose:
        raise ScopeDenied("another purpose")
    scope = consent.scopes.get(fetch.dataset)
    if scope is None or not scope.covers(fetch.period):
        raise ScopeDenied(f"{fetch.dataset} {fetch.period} is not covered")
    if fetch.reads_in_unit >= consent.frequency.times:
        raise ScopeDenied(
            f"{fetch.dataset} was already read {fetch.reads_in_unit} times this {consent.frequency.unit}"
        )
    return consent.revision


def check_commit(token: int, consent: Consent, at: datetime) -> None:
    """At commit: the consent is still live and at the revision of the start. A fetch in flight loses to a
    withdrawal."""
    check_live(consent, at)
    if consent.revision != token:
        raise ConsentWithdrawn("the consent changed while the data were being fetched")
