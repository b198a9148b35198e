"""One function decides every fetch, at the start and again at commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authz import gate
from authz.authorization import State
from authz.consent import ConsentState
from authz.gate import Fetch
from schema.dataset import Dataset
from schema.errors import (
    ConsentExpired,
    ConsentSuspended,
    ConsentWithdrawn,
    ScopeDenied,
    StateConflict,
    TaxlinkError,
)
from schema.period import Period
from store.database import now

if TYPE_CHECKING:
    from conftest import Desk

INSIDE = Period(start=date(2025, 1, 1), end=date(2025, 12, 31))


def fetch(**changes: object) -> Fetch:
    values: dict[str, object] = {
        "dataset": Dataset.INVOICE,
        "period": INSIDE,
        "purpose": "loan_application",
        "reads_in_unit": 0,
    }
    return Fetch(**(values | changes))  # type: ignore[arg-type]


def test_a_covered_fetch_is_allowed_and_gives_the_fencing_token(desk: Desk) -> None:
    current = desk.granted()
    held = desk.ledger.consent(current.consent_id)
    assert gate.check([held], current, fetch(), now()) == held.revision


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"dataset": Dataset.TAXPAYER}, ScopeDenied),
        ({"period": Period(start=date(2020, 1, 1), end=date(2025, 1, 1))}, ScopeDenied),
        ({"purpose": "marketing"}, ScopeDenied),
        ({"reads_in_unit": 1}, ScopeDenied),
    ],
)
def test_what_lies_outside_the_consent_is_refused(
    desk: Desk, changes: dict[str, object], cause: type[TaxlinkError]
) -> None:
    current = desk.granted()
    with pytest.raises(cause):
        gate.check([desk.ledger.consent(current.consent_id)], current, fetch(**changes), now())


def test_nothing_is_fetched_before_the_tap(desk: Desk) -> None:
    opened = desk.open()
    with pytest.raises(ScopeDenied):
        gate.check([desk.ledger.consent(opened.consent_id)], opened, fetch(), now())


def test_nothing_is_fetched_after_the_validity(desk: Desk) -> None:
    current = desk.granted()
    with pytest.raises(ConsentExpired):
        gate.check([desk.ledger.consent(current.consent_id)], current, fetch(), now() + timedelta(days=91))


def test_a_fetch_in_flight_loses_to_a_withdrawal(desk: Desk) -> None:
    current = desk.granted()
    token = gate.check([desk.ledger.consent(current.consent_id)], current, fetch(), now())
    desk.consents.end(current.id, ConsentState.WITHDRAWN, actor="borrower", reason="withdrawn")
    with pytest.raises(ConsentWithdrawn):
        gate.check_commit(token, [desk.ledger.consent(current.consent_id)], current, fetch(), now())


def test_a_fetch_in_flight_loses_to_any_change_of_the_consent(desk: Desk) -> None:
    current = desk.granted()
    held = desk.ledger.consent(current.consent_id)
    token = gate.check([held], current, fetch(), now())
    with pytest.raises(ConsentWithdrawn):
        gate.check_commit(token, [replace(held, revision=held.revision + 1)], current, fetch(), now())


@given(
    consent_state=st.sampled_from(ConsentState),
    state=st.sampled_from(State),
    dataset=st.sampled_from(Dataset),
    reads=st.integers(0, 3),
    days=st.integers(-10, 200),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_only_a_live_consent_and_a_grant_open_the_gate(
    desk: Desk, consent_state: ConsentState, state: State, dataset: Dataset, reads: int, days: int
) -> None:
    current = desk.granted()
    at = now() + timedelta(days=days)
    held = replace(desk.ledger.consent(current.consent_id), state=consent_state)
    may = (
        consent_state is ConsentState.ACTIVE
        and state in (State.GRANTED, State.REFRESHING)
        and dataset is Dataset.INVOICE
        and reads < 1
        and held.valid_from <= at < held.valid_until
    )
    asked = fetch(dataset=dataset, reads_in_unit=reads)
    if may:
        assert gate.check([held], replace(current, state=state), asked, at) == held.revision
    else:
        with pytest.raises((ScopeDenied, ConsentExpired, ConsentWithdrawn, ConsentSuspended, StateConflict)):
            gate.check([held], replace(current, state=state), asked, at)
