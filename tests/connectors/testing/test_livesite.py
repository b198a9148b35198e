"""A live portal with a consenting account: here a sandbox that is not told to be one, and a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.interface import Challenge, ChallengeKind, Option, Resume
from connectors.registry import Tools, endpoint
from connectors.testing.livesite import LiveAccount, LiveSite, Terminal
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from connectors.testing.promises import PROMISES
from connectors.testing.runner import certify
from connectors.testing.sandboxsite import sandbox
from connectors.testing.verdict import Verdict
from schema.dataset import Route
from stages.certification import read


@pytest.fixture(scope="module")
def portals() -> Iterator[Portals]:
    with sandbox(["31"]) as started:
        yield started


@dataclass
class Engineer:
    """Types what the person says, and remembers what was asked unseen."""

    portals: Portals
    person: Person
    asked: list[tuple[str, bool]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def ask(self, question: str, secret: bool) -> str:
        self.asked.append((question, secret))
        return self.portals.sms_code(self.person.phone)

    @property
    def terminal(self) -> Terminal:
        return Terminal(self.ask, self.told.append)


def test_a_live_portal_is_certified_without_faults_and_left_as_it_was(portals: Portals) -> None:
    person = people(portals, "31.api")[0]
    engineer = Engineer(portals, person)
    reached = endpoint("31", Route.API, portals.endpoints)
    site = LiveSite(
        reached, Tools(browser=_no_browser), person.taxpayer_id, person.person_id, engineer.terminal
    )
    results = {each.promise: each for each in certify({site.target: PROMISES}, {site.target: site}, read)}
    verdicts = {name: each.verdict for name, each in results.items()}
    assert Verdict.BROKEN not in verdicts.values(), results
    assert verdicts["authorizes_and_reads_every_dataset"] is Verdict.KEPT
    assert verdicts["wrong_sms_code_asks_again"] is Verdict.KEPT
    assert verdicts["maintenance_is_told"] is Verdict.NOT_APPLICABLE
    assert "sandbox" in results["maintenance_is_told"].message
    (company,) = (each for each in portals.companies("31.api") if each["taxpayer_id"] == person.taxpayer_id)
    assert company["grants"]
    assert {grant["state"] for grant in company["grants"]} == {"已撤销"}


def test_secrets_are_read_unseen_and_pictures_saved(tmp_path: Any) -> None:
    asked: list[tuple[str, bool]] = []
    told: list[str] = []

    def ask(question: str, secret: bool) -> str:
        asked.append((question, secret))
        return "typed"

    account = LiveAccount("company", "person", Terminal(ask, told.append), tmp_path)

    def answer(kind: ChallengeKind, **shown: Any) -> dict[str, str]:
        return account.answer(Challenge(kind, Resume.SERIALIZABLE, 60, **shown))

    assert answer(ChallengeKind.CREDENTIALS) == {"person_id": "typed", "password": "typed"}
    assert asked == [("person_id", False), ("password", True)]
    assert answer(ChallengeKind.SLIDER, picture=b"scene", piece=b"piece") == {"x": "typed"}
    assert (tmp_path / "picture.png").read_bytes() == b"scene"
    assert answer(ChallengeKind.IDENTITY, options=(Option("7", "甲公司", "法定代表人"),)) == {
        "choice": "typed"
    }
    assert any("甲公司" in line for line in told)
    assert answer(ChallengeKind.REDIRECT, url="https://portal.example/go") == {"response": "typed"}
    assert any("https://portal.example/go" in line for line in told)
    assert answer(ChallengeKind.APP_APPROVAL) == {}
    before = len(asked)
    assert answer(ChallengeKind.QR, picture=b"code", poll_seconds=1) == {}
    assert (tmp_path / "picture.png").read_bytes() == b"code"
    assert len(asked) == before, "nothing is typed: the flow sees it by itself"


def _no_browser() -> Any:
    raise AssertionError("an API route started a browser")
