"""Fixtures that every room's tests share: sandbox portals as a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[1]


class Sandbox:
    """A running sandbox: ``endpoints`` is what ``connectors.registry.endpoint(listed=…)`` takes; the rest is
    admin.

    ``portal`` is ``"44.api"`` or the like.
    """

    def __init__(self, endpoints: dict[str, dict[str, Any]]) -> None:
        self.endpoints = endpoints
        self._http = requests.Session()
        self._http.trust_env = False

    def fault(
        self, portal: str, kind: str, *, path: str = "/", times: int | None = None, seconds: float = 1
    ) -> None:
        self._ask(
            portal, "POST", "faults", json={"kind": kind, "path": path, "times": times, "seconds": seconds}
        )

    def clear(self) -> None:
        """No faults at any portal."""
        for portal in self.endpoints:
            self._ask(portal, "DELETE", "faults")

    def journal(self, portal: str, event: str | None = None) -> list[dict[str, str]]:
        return self._ask(portal, "GET", "journal", params={"event": event} if event else {}).json()

    def companies(self, portal: str) -> list[dict[str, Any]]:
        return self._ask(portal, "GET", "companies").json()

    def sms_code(self, number: str) -> str:
        """The code of the newest message to this phone."""
        messages = self._ask(next(iter(self.endpoints)), "GET", f"phone/{number}.json").json()
        return messages[-1]["code"]

    def shift_clock(self, seconds: float) -> None:
        self._ask(next(iter(self.endpoints)), "POST", "clock", json={"seconds": seconds})

    def _ask(self, portal: str, method: str, path: str, **content: Any) -> requests.Response:
        url = f"{self.endpoints[portal]['base_url']}/_sandbox/{path}"
        answer = self._http.request(method, url, timeout=10, **content)
        answer.raise_for_status()
        return answer


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Sandbox]:
    """``python -m sandbox`` with these arguments, ended by SIGTERM."""
    endpoints = folder / "endpoints.json"
    command = [sys.executable, "-m", "sandbox", "--endpoints", str(endpoints), *arguments]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not endpoints.exists():
            assert process.poll() is None, "the sandbox ended before it listened"
            assert time.monotonic() < deadline, "the sandbox does not listen"
            time.sleep(0.02)
        yield Sandbox(json.loads(endpoints.read_text()))
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def start_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Sandbox]]:
    """``start_sandbox("--families", "gateway", …)`` starts one more, which lives until the session ends."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(started(tmp_path_factory.mktemp("sandbox"), *arguments))


@pytest.fixture(scope="session")
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """All regions and families, twelve generated companies each."""
    return start_sandbox("--seed", "7")


@pytest.fixture(scope="session")
def real_invoices() -> Path:
    """The folder ``sme_invoices`` of real invoices, or skip."""
    if (folder := os.environ.get("TAXLINK_REAL_DATA")) is None:
        pytest.skip("TAXLINK_REAL_DATA is not set")
    return Path(folder) / "sme_invoices"
