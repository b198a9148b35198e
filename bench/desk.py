"""People who answer at once, by the intake itself: for a figure that is about the worker alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from authz.application import Application
from authz.authorization import Authorization
from bench.callers import PATIENCE_SECONDS, PRODUCT, TERM_MONTHS, RunFailed
from connectors.testing.person import Person
from demo.processes import House
from engine import Enqueuer
from schema.clock import today
from settings import Settings
from stages.application import default_scopes
from stages.dispatch import by_queue
from stages.intake import Intake
from stages.submission import submit
from stages.workshop import Workshop
from store.feed import Event

_AMOUNT_FEN = 50_000_000


def applied(shop: Workshop, person: Person) -> Authorization:
    """The bank asks for this person's company."""
    application = Application(
        tenant="bank",
        taxpayer_id=person.taxpayer_id,
        region=person.region,
        scopes=default_scopes(today()),
        product=PRODUCT,
        amount_fen=_AMOUNT_FEN,
        term_months=TERM_MONTHS,
    )
    who = {"name": person.name, "person_id": person.person_id, "phone": person.phone}
    return submit(shop, application, who, actor="bench").authorization


class Desk:
    """The intake of a house whose worker is a process of its own."""

    def __init__(self, shop: Workshop, intake: Intake) -> None:
        self._shop, self._intake = shop, intake

    def flow(self, person: Person) -> None:
        """From submission to score. Raises ``RunFailed``."""
        current = applied(self._shop, person)
        happened: SimpleQueue[Event] = SimpleQueue()
        with self._shop.feed.listening(current.id, happened.put):
            text = self._shop.ledger.consent(current.consent_id).text
            self._intake.agree(current.id, text.sha256, actor="bench")
            while (event := happened.get(timeout=PATIENCE_SECONDS)).kind != "score.kept":
                if event.data.get("error"):
                    raise RunFailed(f"{current.id} ended with {event.data['error']}")
                if event.kind == "challenge.opened":
                    self._answer(person, event.data["challenge"])

    def _answer(self, person: Person, challenge_id: str) -> None:
        asked = self._shop.challenges.get(challenge_id)
        shown = {"kind": asked.kind.value, **self._shop.challenges.prompt(asked)}
        self._intake.answer(asked.authorization_id, asked.id, person.answer(shown))


@contextmanager
def bank(house: House) -> Iterator[tuple[Workshop, Intake]]:
    """The bank's side of a house, in this process."""
    shop = Workshop(Settings.from_environment(house.environment), name="bench")
    enqueuer = Enqueuer(shop.settings.engine_url)
    try:
        yield shop, Intake(shop, by_queue(enqueuer))
    finally:
        enqueuer.close()
        shop.close()
