"""A session opens for the same tenant, company, region and person alone, and under live consents."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from authz.authorization import Authorization
from authz.consent import ConsentState
from authz.sessions import HeldSession, Sessions
from schema.dataset import Route
from vault.reference import KeyClass

if TYPE_CHECKING:
    from conftest import Desk

PERSON, SOON = "310101199001011234", timedelta(minutes=5)


@pytest.fixture
def sessions(desk: Desk) -> Sessions:
    return Sessions(desk.engine, desk.vault)


@pytest.fixture
def first(desk: Desk, sessions: Sessions) -> Authorization:
    """An authorization under whose consent the person signed in."""
    signed_in = desk.granted()
    sessions.keep(signed_in, Route.RPA, HeldSession(signed_in.consent_id, PERSON, b"cookies"), SOON)
    return signed_in


def test_another_consent_of_the_same_person_takes_it_up(
    desk: Desk, sessions: Sessions, first: Authorization
) -> None:
    found = sessions.find(desk.agreed(), Route.RPA, f" {PERSON.lower()} ")
    assert found == HeldSession(first.consent_id, PERSON, b"cookies")
    assert "cookies" not in repr(found)


@pytest.mark.parametrize(
    "other",
    [{"tenant": "other"}, {"taxpayer_id": "91310000MA1FL8XQ99"}, {"region": "44"}],
    ids=lambda other: next(iter(other)),
)
def test_another_tenant_company_or_region_never_gets_it(
    desk: Desk, sessions: Sessions, first: Authorization, other: dict[str, str]
) -> None:
    assert sessions.find(replace(desk.agreed(), **other), Route.RPA, PERSON) is None


@pytest.mark.parametrize("person_id", ["310101199001019999", ""])
def test_another_or_an_unknown_person_gets_their_own_authorizations_alone(
    desk: Desk, sessions: Sessions, first: Authorization, person_id: str
) -> None:
    assert sessions.find(desk.agreed(), Route.RPA, person_id) is None
    assert sessions.find(first, Route.RPA, person_id) is not None


def test_another_route_does_not_get_it(sessions: Sessions, first: Authorization) -> None:
    assert sessions.find(first, Route.API, PERSON) is None


def test_the_end_of_the_consent_ends_it(desk: Desk, sessions: Sessions, first: Authorization) -> None:
    again = desk.agreed()
    desk.consents.end(first.id, ConsentState.WITHDRAWN, actor="borrower", reason="withdrawn")
    assert sessions.find(again, Route.RPA, PERSON) is None, "before the keys are destroyed, too"
    desk.vault.destroy(first.vault_owner, KeyClass.CREDENTIAL)
    sessions.keep(first, Route.RPA, HeldSession(first.consent_id, PERSON, b"late"), SOON)
    assert sessions.find(first, Route.RPA, PERSON) is None


def test_one_that_the_portal_dropped_is_not_found_again(
    desk: Desk, sessions: Sessions, first: Authorization
) -> None:
    held = sessions.find(first, Route.RPA, PERSON)
    assert held is not None
    sessions.end(first, Route.RPA, held)
    assert sessions.find(first, Route.RPA, PERSON) is None
