"""Run promises over targets: in order within one, several targets at a time, each within its budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as OutOfTime
from typing import TypeVar

from connectors.overlay import overlays
from connectors.testing.canary import Eavesdropper, listening
from connectors.testing.case import Case
from connectors.testing.promises.promise import Promise
from connectors.testing.site import Reader, Site
from connectors.testing.verdict import Broken, NotApplicable, Result, Target, Verdict
from schema.dataset import Route
from schema.errors import TaxlinkError

AT_A_TIME = 4
"""Targets under certification at once: two cores drive no more browser contexts than this at a time."""

T = TypeVar("T")
Heard = Callable[[Result], None]
"""Told of each result as it comes, from several threads."""


def targets(regions: Iterable[str] | None = None, route: Route | None = None) -> list[Target]:
    """Every route of these regions (of all with an overlay unless named), by region and route."""
    wanted = None if regions is None else set(regions)
    return [
        Target(code, each.value, found.family)
        for code, overlay in sorted(overlays().items())
        for each, found in sorted(overlay.routes.items())
        if (wanted is None or code in wanted) and route in (None, each)
    ]


def certify(
    wanted: Mapping[Target, Sequence[type[Promise]]],
    sites: Mapping[Target, Site],
    read: Reader,
    heard: Heard = lambda result: None,
) -> list[Result]:
    """Every promise of every target has a result, in the order of ``wanted``. A target without a site breaks
    them all: nothing passes silently."""
    with listening() as ear, ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="certify") as pool:
        under_way = [
            pool.submit(_target, target, promises, sites.get(target), read, ear, heard)
            for target, promises in wanted.items()
        ]
        return [result for future in under_way for result in future.result()]


def _target(
    target: Target,
    promises: Sequence[type[Promise]],
    site: Site | None,
    read: Reader,
    ear: Eavesdropper,
    heard: Heard,
) -> list[Result]:
    results: list[Result] = []
    case = Case(site, read, ear) if site else None
    for promise in promises:
        begun = time.monotonic()
        verdict, message = (
            _kept(promise, case) if case else (Verdict.BROKEN, "nothing serves this route here")
        )
        seconds = time.monotonic() - begun
        result = Result(target, promise.name(), promise.title(), verdict, round(seconds, 3), message)
        results.append(result)
        heard(result)
        if site and case and seconds >= promise.budget_seconds:
            # The old case belongs to a thread that does not come back.
            case = Case(site, read, ear)
    if case:
        _within(case.close, Promise.budget_seconds)
    return results


def _kept(promise: type[Promise], case: Case) -> tuple[Verdict, str]:
    try:
        return Verdict.KEPT, _within(lambda: promise().keep(case), promise.budget_seconds)
    except NotApplicable as reason:
        return Verdict.NOT_APPLICABLE, str(reason)
    except Broken as reason:
        happened = str(reason)
    except OutOfTime:
        happened = f"no end within {promise.budget_seconds:.0f} seconds"
    except TaxlinkError as error:
        case.say(error)
        happened = f"raised {error.code} ({error.detail or error.message()})"
    except Exception as error:
        case.say(error)
        happened = f"raised {type(error).__name__}, which is no cause of schema.errors"
    return Verdict.BROKEN, f"{happened}. {promise.advice}"


def _within(call: Callable[[], T], seconds: float) -> T:
    """What the call gives, from a thread that nobody waits for beyond its time. Raises ``OutOfTime``."""
    outcome: Future[T] = Future()

    def work() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=work, name="promise", daemon=True).start()
    return outcome.result(timeout=seconds)
