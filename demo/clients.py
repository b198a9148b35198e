"""The two callers of the house over HTTP: a loan system with its key, and a borrower with a link."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import polars as pl
import requests

from connectors.testing.person import Person

_SECONDS = 120


class LoanSystem:
    """``POST /v1/authorizations`` and what follows from it."""

    def __init__(self, url: str, bearer: str) -> None:
        self._url = f"{url}/v1/authorizations"
        self._http = _session()
        self._http.headers["Authorization"] = f"Bearer {bearer}"

    def submit(self, application: dict[str, Any]) -> dict[str, Any]:
        """A new authorization, with its link and the consent as issued."""
        key = {"Idempotency-Key": uuid4().hex}
        return _json(self._http.post(self._url, json=application, headers=key, timeout=_SECONDS))

    def get(self, id: str, *path: str) -> dict[str, Any]:
        """``get(id)``, ``get(id, "score")``, ``get(id, "datasets")``, ``get(id, "events")``."""
        return _json(self._http.get("/".join((self._url, id, *path)), timeout=_SECONDS))

    def table(self, id: str, name: str) -> pl.DataFrame:
        """One table of the snapshot."""
        wanted = {"Accept": "application/vnd.apache.parquet"}
        answer = self._http.get(f"{self._url}/{id}/datasets/{name}", headers=wanted, timeout=_SECONDS)
        answer.raise_for_status()
        return pl.read_parquet(io.BytesIO(answer.content))


@dataclass
class Borrower:
    """Somebody in front of the link page, as its script acts: agrees, answers what comes, until the end."""

    link: str
    person: Person

    def __post_init__(self) -> None:
        self._http = _session()
        self._http.get(self.link, timeout=_SECONDS).raise_for_status()

    def agree(self, text_sha256: str) -> None:
        self._post("agree", {"text_sha256": text_sha256})

    def accompany(self) -> dict[str, Any]:
        """Answer each question once; the state that the run ended in."""
        answered: set[str] = set()
        for state in self.states():
            asked = state["challenge"]
            if state["phase"] in ("done", "failed", "closed", "expired"):
                return state
            if asked and asked["id"] not in answered:
                answered.add(asked["id"])
                self._post(f"answer/{asked['id']}", self.person.answer(asked))
        raise ConnectionError("the page's stream ended before the run did")

    def states(self) -> Iterator[dict[str, Any]]:
        """The page's states as the service pushes them."""
        with self._http.get(f"{self.link}/events", stream=True, timeout=_SECONDS) as stream:
            stream.raise_for_status()
            for line in stream.iter_lines(chunk_size=1):
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

    def _post(self, path: str, body: dict[str, str]) -> None:
        self._http.post(f"{self.link}/{path}", json=body, timeout=_SECONDS).raise_for_status()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Connection"] = "close"  # one kept too long would break just when it is used again
    return session


def _json(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
