"""Processes of a demonstration: sandbox, worker and service, started together and ended by their id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from demo import users
from settings import Settings
from stages.workshop import Workshop

_ROOT = Path(__file__).parent.parent
_PATIENCE_SECONDS = 90


class DidNotStart(Exception):
    """A process ended, or did not answer in time; its log says why."""


def wait_for(condition: Callable[[], Any], what: str, *, seconds: float = _PATIENCE_SECONDS) -> Any:
    """The first true value of ``condition``. Raises ``DidNotStart``."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise DidNotStart(what)
        time.sleep(0.02)
    return value


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """One deployment in a folder: its environment and its processes."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoints_file(self) -> Path:
        return self.home / "endpoints.json"

    def endpoints(self) -> dict[str, dict[str, Any]]:
        """The portals' addresses, once the sandbox listens."""
        found: dict[str, dict[str, Any]] = json.loads(self.endpoints_file.read_text())
        return found

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the house is given. Proxies of the machine do not apply to loopback."""
        return {
            **os.environ,
            "TAXLINK_HOME": str(self.home),
            "TAXLINK_ENDPOINTS": str(self.endpoints_file),
            "TAXLINK_PUBLIC_URL": self.url,
            "NO_PROXY": "127.0.0.1,localhost",
            **self.variables,
        }

    def start(self, *sandbox: str) -> None:
        """Start everything at once and wait until the portals listen and the service answers."""
        self._begin_sandbox(*sandbox)
        self.worker()
        self._begin_serve()
        self._await("sandbox", self.endpoints_file.exists)
        self._await("serve", self._answers)

    def sandbox(self, *arguments: str) -> None:
        """Start the portals and wait until they listen."""
        self._begin_sandbox(*arguments)
        self._await("sandbox", self.endpoints_file.exists)

    def worker(self, name: str = "worker-1", *, slots: int = 8) -> None:
        """Start a worker."""
        self._start(name, "-m", "cli", "worker", "--name", name, "--slots", str(slots))

    def serve(self) -> None:
        """Start the service and wait until it answers."""
        self._begin_serve()
        self._await("serve", self._answers)

    def issue_key(self, name: str) -> str:
        """A bearer key of a loan system."""
        with self._workshop() as shop:
            return shop.api_keys.issue("bank", name)[0]

    def add_users(self) -> None:
        """The people of the demonstration, who may sign in to the console."""
        with self._workshop() as shop:
            users.add(shop)

    def _workshop(self) -> closing[Workshop]:
        return closing(Workshop(Settings.from_environment(self.environment), name="demo"))

    def process_id(self, name: str) -> int:
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """SIGKILL: the process gets no chance to put anything in order."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self, *names: str) -> None:
        """SIGTERM to these processes, or to all, and wait for them."""
        ending = [self._running.pop(name) for name in (names or list(self._running))]
        for process in ending:
            process.terminate()
        for process in ending:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, name: str) -> str:
        """What a process has printed."""
        return (self.home / f"{name}.log").read_text(errors="replace")

    def __enter__(self) -> House:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _begin_sandbox(self, *arguments: str) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.endpoints_file.unlink(missing_ok=True)
        self._start("sandbox", "-m", "sandbox", "--endpoints", str(self.endpoints_file), *arguments)

    def _begin_serve(self) -> None:
        self._start("serve", "-m", "cli", "serve", "--port", str(self.port))

    def _start(self, name: str, *arguments: str) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments], cwd=_ROOT, env=self.environment, stdout=log, stderr=log
            )

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        process = self._running[name]

        def ready_or_dead() -> bool:
            if process.poll() is not None:
                raise DidNotStart(f"{name} ended:\n{self.log(name)[-2000:]}")
            return ready()

        wait_for(ready_or_dead, f"{name} does not answer:\n{self.log(name)[-2000:]}")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=2, proxies={"http": ""}).ok
        except requests.ConnectionError:
            return False
