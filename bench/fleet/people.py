"""The applicants: they take their time, get one captcha in five wrong, and try a page again that failed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from bench.fleet.assumptions import Assumptions
from bench.fleet.day import Application, Day
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals

_WRONG = {"picture": {"text": "0000"}, "slider": {"x": "1"}}
"""Neither is ever right: the pictures have no zeros, the gaps begin further right."""
_WRONG_PASSWORD = "Shahe@not-this-one"
_PAGE_TRIES = 10


@dataclass(frozen=True)
class Applicant(Person):
    """A person with habits. ``dice`` are their own."""

    dice: Random = field(default_factory=Random)
    taken: Assumptions = field(default_factory=Assumptions)

    def answer(self, challenge: dict[str, Any]) -> dict[str, str]:
        """After some thought; a captcha perhaps wrongly."""
        kind = challenge["kind"]
        time.sleep(self.taken.ours(self._seconds(kind)))
        if kind in _WRONG and self.dice.random() < self.taken.wrong_captcha:
            return dict(_WRONG[kind])
        patiently = Retrying(
            stop=stop_after_attempt(_PAGE_TRIES),
            wait=wait_fixed(1),
            retry=retry_if_exception_type((requests.RequestException, KeyError)),
            reraise=True,
        )
        return patiently(super().answer, challenge)

    def _seconds(self, kind: str) -> float:
        known = {"credentials": self.taken.credentials_seconds}
        known |= dict.fromkeys(_WRONG, self.taken.captcha_seconds)
        return known.get(kind, self.taken.other_seconds)


def applicants(portals: Portals, day: Day, taken: Assumptions) -> Mapping[Application, Applicant]:
    """Somebody with a company of their own for each application."""
    regions = {each.region for each in day.applications}
    living = {region: _living(portals, region) for region in regions}
    return {each: _applicant(living[each.region][each.row], each, day, taken) for each in day.applications}


def _living(portals: Portals, region: str) -> Sequence[Person]:
    portal = next(name for name in portals.endpoints if name.split(".")[0] == region)
    return people(portals, portal)


def _applicant(person: Person, application: Application, day: Day, taken: Assumptions) -> Applicant:
    facts = {each.name: getattr(person, each.name) for each in fields(person)}
    if application.wrong_password:
        facts["password"] = _WRONG_PASSWORD
    return Applicant(**facts, dice=Random(f"{day.seed}:{application.number}"), taken=taken)
