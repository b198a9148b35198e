"""The main job as one durable workflow: authorize, collect, normalize, score, notify.

A person may take minutes or days, so waiting costs nothing: when a challenge needs a person the leg ends, and
the answer starts the next one. A killed worker's leg resumes at the step it was in. Only ids travel through
the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

import engine
from authz.authorization import Authorization
from schema.dataset import Dataset
from schema.errors import TaxlinkError
from stages import authorize, collect, dispose, normalize, notify, outcome, score
from stages.intake import Intake
from stages.workshop import Workshop

log = structlog.get_logger()

_MOST_TURNS = 6
"""How often one leg may take up authorization anew before it gives up."""
_MOST_WAITS = 60
"""How often one leg may wait for its portal (maintenance, throttling, files in preparation) before it gives
up."""

_shop: Workshop | None = None


def shop() -> Workshop:
    """This worker's workshop. The engine calls the steps below by name, so it is held here."""
    assert _shop is not None, "no worker runs in this process"
    return _shop


@engine.workflow("leg")
def leg(authorization_id: str, leg_key: str) -> str:
    """One leg of a run: from the last answer to the next question, or to the end. Returns how it ended."""
    ending = _work(authorization_id, leg_key)
    if ending != "parked":
        _notify(authorization_id)
    _hang_up(authorization_id)
    return ending


def _work(authorization_id: str, leg_key: str) -> str:
    turns = waits = 0
    while turns < _MOST_TURNS and waits < _MOST_WAITS:
        ending, seconds = _turn(authorization_id, leg_key)
        if ending == "wait":
            waits += 1
            engine.pause(seconds)
        elif ending == "again":
            turns += 1
        else:
            return ending
    _give_up(authorization_id)
    return "ended"


def _turn(authorization_id: str, leg_key: str) -> tuple[str, float]:
    """Authorize, then everything that follows: how it ended, and how long to wait when it is a wait."""
    granted = _authorize(authorization_id, leg_key)
    if granted["kind"] != "granted":
        return granted["kind"], granted["seconds"]
    for dataset in _remaining(authorization_id):
        taken = _collect(authorization_id, dataset)
        if taken["kind"] in ("wait", "again", "ended"):
            return taken["kind"], taken["seconds"]
    whole = _normalize(authorization_id) and _score(authorization_id)
    return "scored" if whole else "ended", 0


@engine.workflow("disposal")
def disposal(authorization_id: str) -> None:
    """After a withdrawal: revoke at the portal, destroy the keys."""
    _dispose(authorization_id)


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
def _collect(authorization_id: str, dataset: str) -> dict[str, Any]:
    try:
        return collect.collect(shop(), authorization_id, Dataset(dataset)).plain()
    except Exception:
        log.exception("collect.broke", authorization_id=authorization_id, dataset=dataset)
        return outcome.ended(shop(), authorization_id, TaxlinkError()).plain()


@engine.step("normalize")
def _normalize(authorization_id: str) -> bool:
    return _whole(normalize.normalize, authorization_id)


@engine.step("score")
def _score(authorization_id: str) -> bool:
    return _whole(score.score, authorization_id)


@engine.step("notify")
def _notify(authorization_id: str) -> None:
    notify.notify(shop(), authorization_id)


@engine.step("hang_up")
def _hang_up(authorization_id: str) -> None:
    shop().lines.hang_up(authorization_id)


@engine.step("give_up")
def _give_up(authorization_id: str) -> None:
    outcome.ended(shop(), authorization_id, outcome.last_error(shop(), authorization_id))


@engine.step("dispose")
def _dispose(authorization_id: str) -> None:
    dispose.dispose(shop(), authorization_id)


# --- the two ends ---


def intake(workshop: Workshop, enqueue: engine.Enqueuer) -> Intake:
    """The intake of a process, its legs and disposals handed to the workers."""

    def start_leg(current: Authorization) -> None:
        enqueue("leg", current.leg_key, current.id, current.leg_key)

    def start_disposal(current: Authorization) -> None:
        enqueue("disposal", f"{current.id}.disposal", current.id)

    return Intake(workshop, start_leg, start_disposal)


def work(workshop: Workshop, *, slots: int) -> engine.Worker:
    """Begin to take legs in this process, ``slots`` at a time. The caller closes the worker, then the
    workshop."""
    global _shop
    _shop = workshop
    return engine.Worker(workshop.settings.engine_url, workshop.name, slots, workshop.settings.home)
