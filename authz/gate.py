"""The one gate: whether a dataset may be fetched now. Every route passes it, at the start and again at
commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from authz.authorization import Authorization, State
from authz.consent import Consent, ConsentState, Disposal, Party
from authz.consent.classes import PARTIES, class_of
from schema.dataset import Dataset
from schema.errors import (
    ConsentExpired,
    ConsentMissing,
    ConsentSuspended,
    ConsentWithdrawn,
    ScopeDenied,
    StateConflict,
    TaxlinkError,
)
from schema.period import Period

_ENDED: Mapping[ConsentState, type[TaxlinkError]] = {
    ConsentState.SUSPENDED: ConsentSuspended,
    ConsentState.WITHDRAWN: ConsentWithdrawn,
    ConsentState.REJECTED: ConsentWithdrawn,
    ConsentState.EXPIRED: ConsentExpired,
    ConsentState.LAPSED: ConsentExpired,
}
_FETCHING = frozenset({State.GRANTED, State.REFRESHING})


@dataclass(frozen=True)
class Fetch:
    """One dataset for one period and purpose. ``reads_in_unit`` counts earlier reads of the dataset in the
    consent's present calendar unit, this run's own excluded; ``oldest_read`` is when the oldest data that
    are still held were read."""

    dataset: Dataset
    period: Period
    purpose: str
    reads_in_unit: int
    oldest_read: datetime | None = None


def check_live(consent: Consent, at: datetime) -> None:
    """Raises ``ConsentWithdrawn``, ``ConsentExpired``, ``ConsentSuspended`` or ``ScopeDenied`` unless the
    consent is active and valid at ``at``."""
    if consent.state is not ConsentState.ACTIVE:
        raise _ENDED.get(consent.state, ScopeDenied)(f"consent is {consent.state}")
    if not consent.valid_from <= at < consent.valid_until:
        raise ConsentExpired


def check(consents: Sequence[Consent], authorization: Authorization, fetch: Fetch, at: datetime) -> int:
    """The fencing token to hold until commit: the highest revision of the authorization's own consent and of
    every consent that the dataset needs. ``consents`` are those in use, at most one for each party and class
    of data.

    Raises as ``check_live`` for the authorization's own consent, ``ConsentMissing`` when another one that the
    dataset needs is not live, or ``StateConflict`` when the authorization is not granted.
    """
    own = next(each for each in consents if each.id == authorization.consent_id)
    check_live(own, at)
    relied = relied_on(consents, fetch.dataset)
    _check_relied(own, relied, at)
    if authorization.state not in _FETCHING:
        raise StateConflict(f"no fetch while the authorization is {authorization.state}")
    return _covering(own, relied, fetch, at)


def check_handed(
    consents: Sequence[Consent], authorization: Authorization, fetch: Fetch, at: datetime
) -> int:
    """The same for a file that is handed in: it needs no grant of a portal, and an own consent that was used
    up at the portal does not shut out what another consent covers."""
    own = next(each for each in consents if each.id == authorization.consent_id)
    check_open(own, at)
    relied = relied_on(consents, fetch.dataset)
    _check_relied(own, relied, at)
    return _covering(own, relied, fetch, at)


def check_open(consent: Consent, at: datetime) -> None:
    """As ``check_live``, but one that was used up still stands."""
    if consent.state is not ConsentState.CONSUMED:
        check_live(consent, at)


def check_commit(
    token: int, consents: Sequence[Consent], authorization: Authorization, fetch: Fetch, at: datetime
) -> None:
    """At commit: all holds that held at the start, under the very same revisions. A fetch in flight loses to
    a withdrawal. Raises as ``check``."""
    if check(consents, authorization, fetch, at) != token:
        raise ConsentWithdrawn("a consent changed while the data were being fetched")


def relied_on(consents: Sequence[Consent], dataset: Dataset) -> list[Consent]:
    """The consents that a dataset needs, the borrower's first.

    Raises ``ScopeDenied`` or ``ConsentMissing``.
    """
    data_class = class_of(dataset)
    relied = []
    for party in PARTIES[data_class]:
        given = [each for each in consents if each.party is party and each.data_class is data_class]
        if len(given) != 1:
            lacking = ScopeDenied if party is Party.BORROWER else ConsentMissing
            raise lacking(f"{party} was not asked for {data_class} data")
        relied += given
    return relied


def _check_relied(own: Consent, relied: Sequence[Consent], at: datetime) -> None:
    for consent in relied:
        if consent is own:
            check_live(own, at)
        else:
            _check_given(consent, at)


def _covering(own: Consent, relied: Sequence[Consent], fetch: Fetch, at: datetime) -> int:
    for consent in relied:
        _check_covers(consent, fetch, at)
    return max(consent.revision for consent in (own, *relied))


def _check_given(consent: Consent, at: datetime) -> None:
    try:
        check_live(consent, at)
    except TaxlinkError as error:
        raise ConsentMissing(f"{consent.party}: {error.detail or error.code}") from None


def _check_covers(consent: Consent, fetch: Fetch, at: datetime) -> None:
    if fetch.purpose != consent.purpose:
        raise ScopeDenied("another purpose")
    scope = consent.scopes.get(fetch.dataset)
    if scope is None or not scope.covers(fetch.period):
        raise ScopeDenied(f"{fetch.dataset} {fetch.period} is not covered")
    if consent.disposal is not Disposal.RETAINED:
        raise ConsentExpired(f"what was read is {consent.disposal}")
    if fetch.oldest_read and fetch.oldest_read + timedelta(days=consent.data_life_days) <= at:
        raise ConsentExpired("the life of what was read is over")
    if fetch.reads_in_unit >= consent.frequency.times:
        raise ScopeDenied(
            f"{fetch.dataset} was already read {fetch.reads_in_unit} times this {consent.frequency.unit}"
        )
