"""The suite: applications as they come, all under way together, in a house with its workers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any

from authz.authorization import State
from bench.desk import applied
from bench.fleet.assumptions import Assumptions
from bench.fleet.day import Application, Day
from bench.fleet.faults import Faults
from bench.fleet.people import Applicant
from bench.fleet.tally import Tally
from connectors.overlay import overlay
from schema.errors import Action, TaxlinkError, catalogue
from stages.intake import Intake
from stages.workshop import Workshop
from store.feed import Event

_LOOK_SECONDS = 1.0
_UNDER_WAY = "still_under_way"


@dataclass(frozen=True)
class _End:
    """How an authorization ended: ``why`` is empty when it completed."""

    id: str
    why: str
    at: float


class Suite:
    """The bank's side of a house whose workers are processes of their own."""

    def __init__(self, shop: Workshop, intake: Intake, patience_seconds: float) -> None:
        """``patience_seconds``: how long after the day one that could complete may still be under way."""
        self._shop, self._intake, self._patience = shop, intake, patience_seconds
        self._over = threading.Event()

    def day(
        self, day: Day, who: Mapping[Application, Applicant], faults: Faults, taken: Assumptions
    ) -> tuple[Tally, Mapping[Application, str]]:
        """Everybody applies at their moment; it is over when only those are left that nobody could complete.
        The tally, its seconds those to the last completion, and the ids of the authorizations."""
        each_seconds = taken.ours(taken.arrival_seconds)
        length, began = each_seconds * len(day.applications), time.monotonic()
        with faults.by_clock(length), ThreadPoolExecutor(len(day.applications)) as crowd:
            coming: dict[Application, Future[_End]] = {}
            for each in day.applications:
                time.sleep(max(0.0, began + each.number * each_seconds - time.monotonic()))
                coming[each] = crowd.submit(self._apply, who[each])
            self._await(future for each, future in coming.items() if not each.unachievable)
            ended = {each: future.result() for each, future in coming.items()}
        last = max((end.at for end in ended.values() if not end.why), default=time.monotonic())
        tally = Tally({each: end.why for each, end in ended.items()}, last - began)
        return tally, {each: end.id for each, end in ended.items()}

    def rerun(self, who: Mapping[str, Applicant]) -> dict[str, str]:
        """Operations run what has failed once more, with the person. How each ended; what cannot be run
        again is left out."""
        self._over.clear()
        with ThreadPoolExecutor(max(1, len(who))) as crowd:
            coming = {id: crowd.submit(self._again, id, person) for id, person in who.items()}
            self._await(coming.values())
            return {id: future.result() for id, future in coming.items()}

    def _await(self, coming: Iterable[Future[Any]]) -> None:
        wait(coming, timeout=self._patience)
        self._over.set()

    def faced(self) -> str:
        """What the house met on the way, from its own records."""
        with self._shop.store.connect() as connection:
            rows = connection.exec_driver_sql(_ATTEMPTS).all()
        counted = Counter(
            {f"{route} {outcome}{f' {code}' if code else ''}": n for route, outcome, code, n in rows}
        )
        return ", ".join(f"{what} {n}" for what, n in counted.most_common(12))

    def _apply(self, person: Applicant) -> _End:
        current = applied(self._shop, person)
        text = self._shop.ledger.consent(current.consent_id).text
        with self._events(current.id) as happened:
            self._intake.agree(current.id, text.sha256, actor="bench")
            why = self._accompanied(current.id, person, happened)
        return _End(current.id, why, time.monotonic())

    def _again(self, id: str, person: Applicant) -> str:
        with self._events(id) as happened:
            self._intake.rerun(id, actor="operations")
            return self._accompanied(id, person, happened)

    @contextmanager
    def _events(self, id: str) -> Iterator[SimpleQueue[Event]]:
        happened: SimpleQueue[Event] = SimpleQueue()
        with self._shop.feed.listening(id, happened.put):
            yield happened

    def _accompanied(self, id: str, person: Applicant, happened: SimpleQueue[Event]) -> str:
        """Answer what is asked until the run ends. Empty when everything is there, else why not."""
        while not self._over.is_set():
            try:
                event = happened.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if event.kind in ("challenge.opened", "challenge.changed"):
                self._answer(event.data["challenge"], person)
            elif event.kind == "authorization.moved" and event.data["to"] == State.FAILED:
                return str(event.data["error"])
            elif event.kind == "score.kept":
                return self._missing(id)
        return _UNDER_WAY

    def _answer(self, challenge_id: str, person: Applicant) -> None:
        """A question that has been replaced meanwhile takes no answer; the next one is on its way."""
        asked = self._shop.challenges.get(challenge_id)
        shown: dict[str, Any] = {"kind": asked.kind.value, "hint": asked.hint}
        try:
            fields = replace(person, route=asked.route.value).answer(
                shown | self._shop.challenges.prompt(asked)
            )
            self._intake.answer(asked.authorization_id, asked.id, fields)
        except TaxlinkError:
            return

    def _missing(self, id: str) -> str:
        """The cause of the first dataset that the region serves and that is not there."""
        current = self._shop.ledger.authorization(id)
        served = frozenset(
            each for route in overlay(current.region).routes.values() for each in route.datasets
        )
        kept = self._shop.casefile.collections(id, current.run)
        gone = [each for each in kept if each.missing and each.dataset in served]
        return f"missing:{gone[0].error_code}" if gone else ""


_ATTEMPTS = "select route, outcome, error_code, count(*) from attempt group by 1, 2, 3"


def failed(tally: Tally) -> Iterable[Application]:
    """What operations may run again with hope: neither an end that would come again (a wrong password) nor
    one that is none (a missing dataset, the time)."""
    causes = catalogue()
    return [
        each
        for each, ending in tally.endings.items()
        if ending in causes and causes[ending].action is not Action.STOP
    ]
