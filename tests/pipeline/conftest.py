"""A whole house in a folder: sandbox and worker as processes, the desk (store, vault, intake) in the test's
own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from authz.application import Application
from authz.authorization import Authorization, Progress, State
from authz.challenges import Relayed
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.processes import House, wait_for
from engine import Enqueuer
from schema.clock import today
from schema.dataset import Dataset
from schema.period import Period
from settings import Settings
from stages.application import default_scopes
from stages.dispatch import by_queue
from stages.intake import Intake
from stages.submission import submit
from stages.upkeep import Upkeep
from stages.workshop import Workshop

ENDED = frozenset({State.FAILED, State.CLOSED, State.NEEDS_REPAIR, State.REVOKED_AT_PORTAL})


@dataclass
class Desk:
    """What a test holds in its hands."""

    house: House
    portals: Portals
    shop: Workshop
    intake: Intake
    upkeep: Upkeep

    def people(self, portal: str) -> list[Person]:
        return people(self.portals, portal)

    def submit(
        self, person: Person, *, scopes: dict[Dataset, Period] | None = None, **changes: Any
    ) -> Authorization:
        """An application of this person's company, agreed to."""
        application = Application(
            tenant="bank",
            taxpayer_id=person.taxpayer_id,
            region=person.region,
            scopes=scopes or default_scopes(today()),
            product="general",
            amount_fen=50_000_000,
            term_months=12,
        )
        who = {"name": person.name, "person_id": person.person_id, "phone": person.phone}
        submitted = submit(self.shop, dataclasses.replace(application, **changes), who, actor="test")
        text = self.shop.ledger.consent(submitted.authorization.consent_id).text
        return self.intake.agree(submitted.authorization.id, text.sha256, actor="borrower")

    def question(self, id: str) -> Relayed | None:
        """The open challenge once there is one; None when the run ends first."""

        def asked_or_over() -> tuple[Relayed | None] | None:
            if (open_one := self.shop.challenges.open_one(id)) is not None:
                return (open_one,)
            return (None,) if self.over(id) else None

        found: tuple[Relayed | None] = wait_for(asked_or_over, f"no question: {self.events(id)}")
        return found[0]

    def answer(self, person: Person, asked: Relayed, **instead: str) -> None:
        """As the person answers, or as the test says."""
        shown = {"kind": asked.kind.value, **self.shop.challenges.prompt(asked)}
        self.intake.answer(asked.authorization_id, asked.id, instead or person.answer(shown))

    def accompany(self, person: Person, id: str) -> Authorization:
        """Answer everything until the run is over."""
        while (asked := self.question(id)) is not None:
            self.answer(person, asked)
            wait_for(lambda asked=asked: self.settled(asked), f"{asked.kind} hangs: {self.events(id)}")
        return self.shop.ledger.authorization(id)

    def settled(self, asked: Relayed) -> bool:
        return self.shop.challenges.get(asked.id).state not in ("open", "answered")

    def over(self, id: str) -> bool:
        current = self.shop.ledger.authorization(id)
        return current.state in ENDED or current.progress is Progress.DONE

    def events(self, id: str) -> list[str]:
        return [f"{event['kind']} {event['data']}" for event in self.shop.ledger.events(id)]

    def journal(self, portal: str, event: str, person: Person) -> list[dict[str, str]]:
        """What the portal itself logged of this person or company."""
        mine = (person.person_id, person.taxpayer_id)
        return [
            entry
            for entry in self.portals.journal(portal, event)
            if entry["person_id"] in mine or entry["taxpayer_id"] in mine
        ]


@contextmanager
def opened(home: Path, *sandbox: str, variables: dict[str, str] | None = None) -> Iterator[Desk]:
    """The house without a worker; the caller starts one."""
    with House(home, variables or {}) as house:
        house.sandbox(*sandbox)
        shop = Workshop(Settings.from_environment(house.environment), name="desk")
        enqueuer = Enqueuer(shop.settings.engine_url)
        try:
            dispatch = by_queue(enqueuer)
            portals = Portals(house.endpoints())
            yield Desk(house, portals, shop, Intake(shop, dispatch), Upkeep(shop, dispatch))
        finally:
            enqueuer.close()
            shop.close()


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One house for many tests; each takes people of its own."""
    with opened(tmp_path_factory.mktemp("house"), "--count", "16", "--invoices", "60") as found:
        found.house.worker()
        yield found


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """A house of the test's own, to kill and to search."""
    opening = []

    def start(*sandbox: str, **variables: str) -> Desk:
        context = opened(tmp_path / "house", *sandbox, variables=variables)
        opening.append(context)
        return context.__enter__()

    yield start
    for context in opening:
        context.__exit__(None, None, None)
