"""The main job as one durable workflow: authorize, collect, normalize, score, notify.

A person may take minutes or days, so waiting costs nothing: when a challenge needs a person the leg ends, and
the answer starts the next one; when the portal is closed, busy or at rest the leg ends too, and goes on under
another name when the time has come. A killed worker's leg resumes at the step it was in. Only ids travel
through the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

import engine
from connectors.places import Place
from schema.dataset import Dataset, Route
from schema.errors import TaxlinkError
from stages import authorize, canaries, collect, dispose, normalize, notify, outcome, score, visit
from stages.canaries import CANARY
from stages.dispatch import DISPOSAL, LEG
from stages.normalize import HeadStart
from stages.outcome import ROUTE_BUSY
from stages.workshop import Workshop

log = structlog.get_logger()

_MOST_TURNS = 6
"""How often one leg may take up authorization anew before it gives up."""
_MOST_WAITS = 60
"""How often one leg may wait for its portal (maintenance, throttling, files in preparation) before it gives
up; waits for a free place do not count."""
_FIRST_WAIT, _LONGEST_WAIT = 60.0, 1800.0
"""Seconds to wait for a portal that does not say how long: doubled each time, up to the longest."""

_shop: Workshop | None = None


def shop() -> Workshop:
    """This worker's workshop. The engine calls the steps below by name, so it is held here."""
    assert _shop is not None, "no worker runs in this process"
    return _shop


@engine.workflow(LEG)
def leg(authorization_id: str, leg_key: str, turn: int = 0, waits: int = 0) -> str:
    """One leg of a run: from the last answer to the next question, or to the end. Returns how it ended.

    ``turn`` counts its waits so far, ``waits`` those of them that were for the portal.
    """
    with HeadStart(shop(), authorization_id) as ahead:
        return _leg(authorization_id, leg_key, turn, waits, ahead)


def _leg(authorization_id: str, leg_key: str, turn: int, waits: int, ahead: HeadStart) -> str:
    ending = _visit(authorization_id, leg_key, ahead)
    if ending["kind"] == "parked":
        return "parked"
    _leave(authorization_id)
    if ending["kind"] == "wait" and waits < _MOST_WAITS:
        _wait(authorization_id, leg_key, ending, turn, waits)
        return "waiting"
    scored = (
        ending["kind"] == "collected"
        and _normalize(authorization_id, ahead)
        and _score(authorization_id, ahead)
    )
    if ending["kind"] in ("wait", "again"):
        _give_up(authorization_id)
    _notify(authorization_id)
    return "scored" if scored else "ended"


def _visit(authorization_id: str, leg_key: str, ahead: HeadStart) -> dict[str, Any]:
    """The leg's work at the portal and how it ended; ``again`` when the turns are spent."""
    ending: dict[str, Any] = {"kind": "again"}
    for _ in range(_MOST_TURNS):
        ending = _authorize(authorization_id, leg_key)
        if ending["kind"] == "granted":
            ending = _collect_all(authorization_id, ahead)
        if ending["kind"] != "again":
            break
    return ending


def _collect_all(authorization_id: str, ahead: HeadStart) -> dict[str, Any]:
    for dataset in _remaining(authorization_id):
        taken: dict[str, Any] = _collect(authorization_id, dataset, ahead)
        if taken["kind"] in ("wait", "again", "ended"):
            return taken
        ahead.begin(Dataset(dataset))
    return {"kind": "collected"}


def _wait(authorization_id: str, leg_key: str, ending: dict[str, Any], turn: int, waits: int) -> None:
    key = f"{leg_key}~{turn + 1}"
    waited = waits if ending["code"] == ROUTE_BUSY else waits + 1
    engine.later(LEG, key, _seconds(ending, waits), authorization_id, leg_key, turn + 1, waited)
    _stand_in_line(authorization_id, key)


def _seconds(ending: dict[str, Any], waits: int) -> float:
    named: float | None = ending["seconds"]
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0**waits) if named is None else named


@engine.workflow(DISPOSAL)
def disposal(authorization_id: str, turn: int = 0) -> None:
    """After a withdrawal: revoke at the portal, destroy the keys."""
    ending = _dispose(authorization_id, turn >= _MOST_WAITS)
    if ending is not None:
        key = f"{authorization_id}.disposal~{turn + 1}"
        engine.later(DISPOSAL, key, _seconds(ending, turn), authorization_id, turn + 1)


@engine.workflow(CANARY)
def canary(region: str, route: str) -> None:
    """See whether a portal still shows what it did, as nobody in particular."""
    _look(region, route)


# --- the checkpoints: what each returns is kept by the engine in clear, so it is ids, codes and numbers ---


def _whole(stage: Callable[[Workshop, str], None], authorization_id: str) -> bool:
    """Run a stage that the data may break: False when the authorization failed with a code instead."""
    try:
        stage(shop(), authorization_id)
    except TaxlinkError as error:
        outcome.ended(shop(), authorization_id, error)
        return False
    except Exception:
        log.exception("stage.broke", authorization_id=authorization_id)
        outcome.ended(shop(), authorization_id, TaxlinkError())
        return False
    return True


@engine.step("authorize")
def _authorize(authorization_id: str, leg_key: str) -> dict[str, Any]:
    try:
        return authorize.authorize(shop(), authorization_id, leg_key).plain()
    except Exception:
        log.exception("authorize.broke", authorization_id=authorization_id)
        return outcome.ended(shop(), authorization_id, TaxlinkError()).plain()


@engine.step("remaining")
def _remaining(authorization_id: str) -> list[str]:
    return [dataset.value for dataset in collect.remaining(shop(), authorization_id)]


@engine.step("collect")
def _collect(authorization_id: str, dataset: str, ahead: HeadStart) -> dict[str, Any]:
    try:
        return collect.collect(shop(), authorization_id, Dataset(dataset), ahead.pages).plain()
    except Exception:
        log.exception("collect.broke", authorization_id=authorization_id, dataset=dataset)
        return outcome.ended(shop(), authorization_id, TaxlinkError()).plain()


@engine.step("normalize")
def _normalize(authorization_id: str, ahead: HeadStart) -> bool:
    return _whole(partial(normalize.normalize, ahead=ahead), authorization_id)


@engine.step("score")
def _score(authorization_id: str, ahead: HeadStart) -> bool:
    return _whole(partial(score.score, at_hand=ahead.tables), authorization_id)


@engine.step("notify")
def _notify(authorization_id: str) -> None:
    notify.notify(shop(), authorization_id)


@engine.step("leave")
def _leave(authorization_id: str) -> None:
    visit.leave(shop(), authorization_id)


@engine.step("stand_in_line")
def _stand_in_line(authorization_id: str, key: str) -> None:
    shop().leases.name(authorization_id, key)


@engine.step("give_up")
def _give_up(authorization_id: str) -> None:
    outcome.ended(shop(), authorization_id, outcome.last_error(shop(), authorization_id))


@engine.step("dispose")
def _dispose(authorization_id: str, last: bool) -> dict[str, Any] | None:
    ending = dispose.dispose(shop(), authorization_id, last=last)
    return None if ending is None else ending.plain()


@engine.step("look")
def _look(region: str, route: str) -> bool:
    return canaries.look(shop(), Place(region, Route(route)))


def work(workshop: Workshop, *, slots: int) -> engine.Worker:
    """Begin to take legs in this process, ``slots`` at a time. The caller closes the worker, then the
    workshop."""
    global _shop
    _shop = workshop
    workshop.leases.wake = engine.hasten
    worker = engine.Worker(workshop.settings.engine_url, workshop.name, slots, workshop.settings.home)
    workshop.leases.forget_former_life()
    return worker
