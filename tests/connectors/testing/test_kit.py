"""The kit finds what is wrong: for each promise, a connector that breaks it alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from connectors.testing.case import Case
from connectors.testing.promises import PROMISES
from connectors.testing.promises.promise import Promise
from connectors.testing.runner import certify
from connectors.testing.verdict import Result, Verdict
from schema.errors import PortalUnavailable
from tests.connectors.testing.toy import PASSWORD, TARGET, Toy, ToySite, read
from tests.connectors.testing.wrong import WRONG


def run(site: ToySite, *promises: type[Promise]) -> dict[str, Result]:
    results = certify({TARGET: promises or PROMISES}, {TARGET: site}, read)
    return {result.promise: result for result in results}


def test_a_good_connector_keeps_every_promise() -> None:
    results = run(ToySite())
    assert {each.verdict for each in results.values()} == {Verdict.KEPT}, results
    assert list(results) == [promise.name() for promise in PROMISES]


def test_there_is_a_wrong_connector_for_every_promise() -> None:
    assert list(WRONG) == [promise.name() for promise in PROMISES]


@pytest.mark.parametrize("promise", WRONG)
def test_a_wrong_connector_breaks_its_promise_alone(promise: str) -> None:
    results = run(ToySite(WRONG[promise]))
    assert [name for name, each in results.items() if each.verdict is Verdict.BROKEN] == [promise]


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_says_what_it_is_and_what_to_do(promise: type[Promise]) -> None:
    assert promise.title().endswith(".")
    assert promise.advice.endswith(".")
    broken = run(ToySite(WRONG[promise.name()]))[promise.name()]
    assert broken.message.endswith(promise.advice)


@pytest.mark.parametrize("leak", [PASSWORD, "company-permitted"])
def test_a_connector_whose_evidence_tells_a_secret_or_whose_it_is_is_found(leak: str) -> None:
    class Leaky(Toy):
        def close(self) -> None:
            self.recorder.receipt(leak, datetime.now(UTC))

    found = run(ToySite(Leaky))["nothing_secret_is_told"]
    assert found.verdict is Verdict.BROKEN
    assert leak not in found.message


def test_a_message_never_tells_the_secret_it_found() -> None:
    site = ToySite(WRONG["nothing_secret_is_told"])
    assert PASSWORD not in run(site)["nothing_secret_is_told"].message


def test_without_a_door_for_faults_they_are_not_applicable() -> None:
    site = ToySite()
    site.faults = site.log = site.empty = None
    results = run(site)
    skipped = {name for name, each in results.items() if each.verdict is Verdict.NOT_APPLICABLE}
    assert skipped == {
        "emptiness_is_proven",
        "maintenance_is_told",
        "throttling_is_honoured",
        "changed_layout_gives_no_data",
        "another_company_is_never_read",
        "expired_session_is_told",
    }
    assert all(results[name].message for name in skipped)


def test_grants_of_a_tidy_site_are_withdrawn_at_the_end() -> None:
    site = ToySite()
    site.tidy = True
    run(site, *PROMISES[:1])
    assert [in_force for _, in_force in site.portal.grants.values()] == [False]


def test_a_target_that_nothing_serves_breaks_every_promise() -> None:
    results = certify({TARGET: PROMISES}, {}, read)
    assert {each.verdict for each in results} == {Verdict.BROKEN}
    assert len(results) == len(PROMISES)


class NeverEnds(Promise):
    """A promise that waits for what never comes."""

    advice = "Ask why."
    budget_seconds = 0.05
    released: ClassVar[threading.Event]

    def keep(self, case: Case) -> str:
        self.released.wait()
        return "late"


@pytest.fixture
def never() -> Iterator[type[Promise]]:
    NeverEnds.released = threading.Event()
    yield NeverEnds
    NeverEnds.released.set()


def test_a_promise_beyond_its_budget_is_broken_and_the_next_one_runs(never: type[Promise]) -> None:
    results = run(ToySite(), never, PROMISES[0])
    assert results[never.name()].verdict is Verdict.BROKEN
    assert "no end within" in results[never.name()].message
    assert results[PROMISES[0].name()].verdict is Verdict.KEPT


def test_an_error_without_a_name_breaks_the_promise_and_says_so() -> None:
    def probe(self: Toy) -> None:
        raise KeyError("toy-secret")

    found = run(ToySite(type("Toy", (Toy,), {"probe": probe})), PROMISES[0])[PROMISES[0].name()]
    assert found.verdict is Verdict.BROKEN
    assert "KeyError" in found.message
    assert "toy-secret" not in found.message


def test_a_fault_of_the_portal_is_told_by_its_code() -> None:
    def probe(self: Toy) -> None:
        raise PortalUnavailable("toy answered 500")

    found = run(ToySite(type("Toy", (Toy,), {"probe": probe})), PROMISES[0])[PROMISES[0].name()]
    assert "portal_unavailable (toy answered 500)" in found.message
