"""A loan system and a borrower as the world sees them: HTTP and server-sent events, nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from connectors.testing.person import Person
from demo.processes import House

PATIENCE_SECONDS = 300
AMOUNT, TERM_MONTHS, PRODUCT = "500000.00", 12, "general"


class RunFailed(Exception):
    """A run ended without what the benchmark waits for."""


def session() -> requests.Session:
    """Loopback only: no proxy of the machine applies. A kept connection that the server closed meanwhile is
    opened anew."""
    http = requests.Session()
    http.trust_env = False
    http.mount("http://", HTTPAdapter(max_retries=Retry(2, allowed_methods=None)))
    return http


class Bank:
    """A loan system with its key."""

    def __init__(self, house: House) -> None:
        self._http, self._url = session(), f"{house.url}/v1/authorizations"
        bearer = house.issue_key("bench")
        self._http.headers["Authorization"] = f"Bearer {bearer}"

    def submit(self, person: Person) -> dict[str, Any]:
        """The submitted authorization with its link."""
        asked = {
            "taxpayer_id": person.taxpayer_id,
            "region": person.region,
            "person": {"name": person.name, "person_id": person.person_id, "phone": person.phone},
            "product": PRODUCT,
            "amount": AMOUNT,
            "term_months": TERM_MONTHS,
        }
        answer = self._http.post(self._url, json=asked, headers={"Idempotency-Key": uuid4().hex})
        answer.raise_for_status()
        submitted: dict[str, Any] = answer.json()
        return submitted

    def await_score(self, id: str) -> None:
        """Follow the authorization's events until it is scored. Raises ``RunFailed``."""
        self._await(id, lambda kind, data: kind == "score.kept")

    def await_end(self, id: str) -> None:
        """… until its one-time consent has ended."""
        self._await(id, lambda kind, data: kind == "consent.moved" and data.get("to") == "consumed")

    def _await(self, id: str, come: Callable[[str, dict[str, Any]], bool]) -> None:
        headers = {"Accept": "text/event-stream"}
        with stream(self._http, f"{self._url}/{id}/events", headers) as events:
            for kind, event in events:
                if come(kind, event["data"]):
                    return
                if event["data"].get("error"):
                    raise RunFailed(f"{id} ended with {event['data']['error']}")
        raise RunFailed(f"the events of {id} ended")


class Borrower:
    """A person with the link in a browser of their own, who answers at once."""

    def __init__(self, person: Person, link_url: str) -> None:
        self.person, self._url, self.http = person, link_url, session()
        self.http.get(link_url).raise_for_status()

    def agree(self, text_sha256: str) -> None:
        """One tap."""
        self.post("agree", {"text_sha256": text_sha256})

    def accompany(self) -> None:
        """Answer everything that is asked until the portal grants. Raises ``RunFailed``."""
        answered = ""
        with self.states() as states:
            for _, state in states:
                challenge = state["challenge"]
                if challenge and challenge["id"] != answered:
                    answered = challenge["id"]
                    self.answer(challenge)
                if state["phase"] in ("reading", "done"):
                    return
                if state["phase"] in ("failed", "expired", "closed"):
                    raise RunFailed(f"{state['phase']}: {state['error']}")
        raise RunFailed("the page's events ended")

    def answer(self, challenge: dict[str, Any]) -> None:
        """What the person types, drags or chooses."""
        self.post(f"answer/{challenge['id']}", self.person.answer(challenge))

    @contextmanager
    def states(self) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
        """The page's own stream."""
        with stream(self.http, f"{self._url}/events", {}) as events:
            yield events

    def post(self, path: str, content: dict[str, str]) -> None:
        self.http.post(f"{self._url}/{path}", json=content).raise_for_status()


@contextmanager
def stream(
    http: requests.Session, url: str, headers: dict[str, str]
) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """``(event, data)`` of a stream of server-sent events, as they come."""
    with http.get(url, headers=headers, stream=True, timeout=PATIENCE_SECONDS) as answer:
        answer.raise_for_status()
        yield _events(answer)


def _events(answer: requests.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in answer.iter_lines(chunk_size=None):
        field, _, value = line.decode().partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
