"""The register of a region."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sandbox.directory import Directory
from sandbox.generator import generate


def test_one_reference_never_makes_two_grants() -> None:
    directory = Directory("44", generate("44", seed=7, count=2, today=date(2026, 3, 10), invoices_each=4))
    first, second = directory.companies.values()
    now = datetime(2026, 3, 10, tzinfo=UTC)
    terms = {
        "reference": "R1",
        "bank": "沙盒银行",
        "scopes": "invoice",
        "person_id": first.people[0].person_id,
        "channel": "gateway",
        "granted_at": now,
        "expires_at": now + timedelta(days=1),
    }
    grant, made = directory.make_grant(first, **terms)
    again, made_again = directory.make_grant(second, **terms)
    assert (made, made_again) == (True, False)
    assert again is grant
    assert not second.grants


def test_a_person_is_found_by_citizen_id_and_by_phone() -> None:
    directory = Directory("44", generate("44", seed=7, count=1, today=date(2026, 3, 10), invoices_each=4))
    person = next(iter(directory.persons.values()))
    assert directory.person(person.person_id) is person
    assert directory.person(person.phone) is person
    assert directory.person("nobody") is None
